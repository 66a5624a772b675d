//! Files that a person sends to be imported: a form becomes a set below the root of all sources.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Multipart, Request, State, multipart::Field},
};
use http::{StatusCode, header};
use lockstep_app::{Error, FieldError, FieldErrors, ImportUpload, MAX_FILES, Right};
use serde_json::{Value, json};

use crate::http::{
    Face,
    body::refuse,
    problem::Problem,
    uploads::{Flow, admit, bad_form, cut_short},
};

/// Where sets are sent to.
pub(in crate::http) const PATH: &str = "/api/imports/upload";

/// A form with files, and nothing else → `{"source": …}`.
pub(super) async fn upload(State(face): State<Face>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let (mut head, body) = request.into_parts();
    let caller = match admit(&face, &mut head, Right::ImportsRun).await {
        Ok(caller) => caller,
        Err(problem) => return Err(refuse(problem, &head.headers, body)),
    };
    let limits = &face.worker.settings.limits;
    let (max, waits) = (limits.upload_bytes, head.headers.contains_key(header::EXPECT));
    let (flow, body) = Flow::of(body, max, limits.body(), waits);
    let form = Multipart::from_request(Request::from_parts(head, body), &face).await.map_err(|_| bad_form())?;
    let upload = face.worker.app.import_upload(&caller).await.map_err(|error| Problem::from(error).closing())?;
    let source = take(form, upload, &flow, max).await.map_err(Problem::closing)?;
    Ok((StatusCode::CREATED, Json(json!({ "source": source }))))
}

async fn take(mut form: Multipart, mut upload: ImportUpload, flow: &Arc<Flow>, max: u64) -> Result<String, Problem> {
    while let Some(field) = form.next_field().await.map_err(|_| cut_short(flow, max))? {
        match field.file_name().map(ToOwned::to_owned) {
            Some(name) => file(&mut upload, field, &name, flow, max).await?,
            None => return Err(unknown(field.name().unwrap_or_default())),
        }
    }
    if upload.files() == 0 {
        return Err(Error::field("file", FieldError::new("field.required")).into());
    }
    Ok(upload.finish().await?)
}

async fn file(
    upload: &mut ImportUpload,
    mut field: Field<'_>,
    name: &str,
    flow: &Arc<Flow>,
    max: u64,
) -> Result<(), Problem> {
    upload.begin_file(name).await.map_err(too_many)?;
    while let Some(bytes) = field.chunk().await.map_err(|_| cut_short(flow, max))? {
        upload.write(&bytes).await?;
    }
    Ok(upload.end_file().await?)
}

fn too_many(error: Error) -> Problem {
    let files = matches!(error, Error::TooLarge { max: MAX_FILES });
    let problem = Problem::from(error);
    if files { problem.saying("error.too_many_files") } else { problem }
}

fn unknown(name: &str) -> Problem {
    let name = name.chars().take(64).collect();
    Problem::invalid(FieldErrors::from([(name, FieldError::new("field.unknown"))]))
}
