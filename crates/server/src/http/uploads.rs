//! Files that people send as forms, and their bytes again.
//!
//! A form is read as it comes and never held: its pieces go to disk through [`lockstep_app::Upload`]. It may last as long as it wants,
//! but not stand still; one that is too large, broken, or left by its client leaves nothing behind.

mod content;
mod flow;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request, State, multipart::Field},
    routing::{get, post},
};
use http::{HeaderName, StatusCode, header, request::Parts};
use lockstep_app::{Caller, Entity, Error, FieldError, FieldErrors, MAX_FILES, NewUpload, Right, Upload};
use serde_json::{Value, json};

use super::{
    Face,
    body::{announced, refuse},
    exchange,
    identity::Signed,
    imports,
    page::Page,
    problem::Problem,
};
pub(super) use flow::Flow;

/// Where files are sent to.
const PATH: &str = "/api/files/upload";

/// No upload takes longer. At the largest size that is set by default it is 25 KB a second.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The client's own name for an upload; a field of the form says the same.
const UPLOAD_ID: HeaderName = HeaderName::from_static("x-upload-id");

/// The longest text of a field: a note of ten thousand letters.
const MAX_TEXT: usize = 48 * 1024;

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route(PATH, post(upload).layer(DefaultBodyLimit::disable()))
        .route("/api/files/{id}/content", get(content::content))
}

/// Whether a request has the limits of an upload instead of those of all others.
pub(super) fn is_one(request: &Request) -> bool {
    [PATH, imports::UPLOAD, exchange::PATH].contains(&request.uri().path())
}

/// A form with files → `{"items":[row, …]}`.
async fn upload(State(face): State<Face>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let (mut head, body) = request.into_parts();
    let caller = match admit(&face, &mut head, Right::Edit(Entity::Files)).await {
        Ok(caller) => caller,
        Err(problem) => return Err(refuse(problem, &head.headers, body)),
    };
    let Page(origin) = Page::from_request_parts(&mut head, &face).await?;
    let total = announced(&head.headers);
    let given = head.headers.get(UPLOAD_ID).map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let limits = &face.worker.settings.limits;
    let (flow, body) = Flow::of(body, limits.upload_bytes, limits.body(), head.headers.contains_key(header::EXPECT));
    let request = Request::from_parts(head, body);
    let form = Multipart::from_request(request, &face).await.map_err(|_| bad_form())?;
    let new = NewUpload { upload_id: given, total, ..NewUpload::default() };
    let mut form = Form { face: face.clone(), caller, form, flow, new, upload: None };
    match form.read().await {
        Ok(()) => form.finish(origin.as_deref()).await,
        Err(wrong) => Err(form.fail(wrong)),
    }
}

/// Before a byte of the body is read: who may not, and what is too large by its own word.
pub(super) async fn admit(face: &Face, head: &mut Parts, right: Right) -> Result<Caller, Problem> {
    let signed = Signed::from_request_parts(head, face).await?;
    signed.caller.must(right)?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media").saying("error.bad_multipart"));
    }
    let max = face.worker.settings.limits.upload_bytes;
    match announced(&head.headers) {
        Some(length) if length > max => Err(too_large(max)),
        _ => Ok(signed.caller),
    }
}

/// A form under way.
struct Form {
    face: Face,
    caller: Caller,
    form: Multipart,
    flow: Arc<Flow>,
    new: NewUpload,
    /// From the first file on.
    upload: Option<Upload>,
}

/// Why a form is not taken.
enum Wrong {
    /// By the application.
    Refused(Error),
    /// By its form.
    Form(Problem),
    /// Its body ended, stood still, or was none.
    Body,
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Wrong::Refused(error)
    }
}

impl Form {
    async fn read(&mut self) -> Result<(), Wrong> {
        loop {
            let Some(field) = self.form.next_field().await.map_err(|_| Wrong::Body)? else { break };
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(ToOwned::to_owned) {
                Some(file) => {
                    if self.upload.is_none() {
                        self.upload = Some(self.face.worker.app.upload(&self.caller, &self.new).await?);
                    }
                    let upload = self.upload.as_mut().expect("begun above");
                    take(upload, &self.flow, field, &file).await?;
                }
                None if self.upload.is_some() => {
                    return Err(Wrong::Form(bad_form().saying("error.late_field")));
                }
                None => say(&mut self.new, &name, text(&name, field).await?)?,
            }
        }
        match self.upload.as_ref().is_some_and(|upload| upload.files() > 0) {
            true => Ok(()),
            false => Err(Error::field("file", FieldError::new("field.required")).into()),
        }
    }

    async fn finish(self, origin: Option<&str>) -> Result<(StatusCode, Json<Value>), Problem> {
        let Some(upload) = self.upload else { return Err(Problem::bad_request()) };
        let added = upload.finish(&self.caller, origin).await?;
        let items: Vec<&Value> = added.iter().map(|added| &added.row.value).collect();
        Ok((StatusCode::CREATED, Json(json!({ "items": items }))))
    }

    fn fail(self, wrong: Wrong) -> Problem {
        let (flow, max) = (self.flow, self.face.worker.settings.limits.upload_bytes);
        let (problem, error) = match wrong {
            Wrong::Refused(error) => (Problem::from(error.clone()), Some(error)),
            Wrong::Form(problem) => (problem, None),
            Wrong::Body if flow.is_too_large() => {
                let error = Error::TooLarge { max: usize::try_from(max).unwrap_or(usize::MAX) };
                (too_large(max), Some(error))
            }
            Wrong::Body => (cut_short(&flow, max), None),
        };
        let files = matches!(error, Some(Error::TooLarge { max }) if max == MAX_FILES);
        if let (Some(upload), Some(error)) = (self.upload, &error) {
            upload.fail(error);
        }
        let problem = if files { problem.saying("error.too_many_files") } else { problem };
        problem.closing()
    }
}

/// The bytes of a file, one piece after the other.
async fn take(upload: &mut Upload, flow: &Flow, mut field: Field<'_>, name: &str) -> Result<(), Wrong> {
    upload.begin_file(name).await?;
    while let Some(bytes) = field.chunk().await.map_err(|_| Wrong::Body)? {
        upload.write(&bytes).await?;
        upload.loaded(flow.bytes());
    }
    Ok(upload.end_file().await?)
}

async fn text(name: &str, mut field: Field<'_>) -> Result<String, Wrong> {
    let mut text = Vec::new();
    while let Some(bytes) = field.chunk().await.map_err(|_| Wrong::Body)? {
        text.extend_from_slice(&bytes);
        if text.len() > MAX_TEXT {
            return Err(Error::field(shown(name), FieldError::new("field.too_long").with("max", MAX_TEXT)).into());
        }
    }
    String::from_utf8(text).map_err(|_| Error::field(shown(name), FieldError::new("field.format")).into())
}

fn say(new: &mut NewUpload, name: &str, text: String) -> Result<(), Error> {
    let field = match name {
        "category_id" => &mut new.category_id,
        "registrator_id" => &mut new.registrator_id,
        "note" => &mut new.note,
        "upload_id" => &mut new.upload_id,
        _ => {
            return Err(Error::Invalid {
                fields: FieldErrors::from([(shown(name), FieldError::new("field.unknown"))]),
            });
        }
    };
    *field = Some(text);
    Ok(())
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Why the rest of a form did not come.
pub(super) fn cut_short(flow: &Flow, max: u64) -> Problem {
    match () {
        () if flow.is_too_large() => too_large(max),
        () if flow.stood_still() => Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout"),
        () => bad_form(),
    }
}

fn too_large(max: u64) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").with("max", max).saying("error.upload_too_large")
}

pub(super) fn bad_form() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_multipart")
}
