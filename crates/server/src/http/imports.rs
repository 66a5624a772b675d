//! Imports from 1C: what there is, having it done, and how it went.

mod issues;
mod upload;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, Uri, header};
use lockstep_app::{
    FieldError, ImportOrder, ImportSources, ImportType, ImportsQuery, Only, Preview, TypeReady, Why,
    jobs::{Job, JobPage},
};
use serde_json::{Map, Value, json};

use super::{
    Face, SYNC_POSITION,
    admin::Words,
    body::{Fields, JsonBytes, MaybeJson},
    entities::Id,
    identity::Signed,
    language::Language,
    problem::Problem,
};

pub(super) use upload::PATH as UPLOAD;

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/imports", get(list).post(start))
        .route("/api/imports/sources", get(sources))
        .route("/api/imports/preview", post(preview))
        .route(UPLOAD, post(upload::upload).layer(DefaultBodyLimit::disable()))
        .route("/api/imports/{id}", get(one))
        .route("/api/imports/{id}/cancel", post(cancel))
        .route("/api/imports/{id}/retry", post(retry))
        .merge(issues::routes())
}

/// `?type=&state=&active=&before=&limit=` → sessions, newest first.
async fn list(State(face): State<Face>, signed: Signed, Words(words): Words) -> Result<Response, Problem> {
    let query = ImportsQuery::read(words)?;
    let JobPage { jobs, next, position } = face.worker.app.import_sessions(&signed.caller, &query).await?;
    let items: Vec<Value> = jobs.iter().map(Job::shown).collect();
    let body = Json(json!({"items": items, "next": next}));
    Ok(([(SYNC_POSITION, position.to_string())], body).into_response())
}

/// `{type, source, dry_run?, skip_broken?, allow_mass_delete?, only?}` → the session.
async fn start(
    State(face): State<Face>,
    signed: Signed,
    body: JsonBytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut fields = Fields::new(body.object()?);
    let (import_type, source) = (type_of(&mut fields), fields.text("source"));
    let mut flag = |name: &str| fields.flag(name).unwrap_or_default();
    let (dry_run, skip_broken) = (flag("dry_run"), flag("skip_broken"));
    let allow_mass_delete = flag("allow_mass_delete");
    let only = only_of(&mut fields);
    fields.finish()?;
    let order = ImportOrder { dry_run, skip_broken, allow_mass_delete, only, ..ImportOrder::new(import_type, source) };
    let job = face.worker.app.start_import(&signed.caller, order).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}

async fn one(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<Response, Problem> {
    let (session, position) = face.worker.app.import_session(&signed.caller, &id).await?;
    Ok(([(SYNC_POSITION, position.to_string())], Json(session)).into_response())
}

/// Asked for twice, the second time says the same.
async fn cancel(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<(StatusCode, Json<Value>), Problem> {
    let job = face.worker.app.cancel_import(&signed.caller, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}

/// `{only_errors?}` → a new session, from where this one ended if it can be.
async fn retry(
    State(face): State<Face>,
    signed: Signed,
    Id(id): Id,
    MaybeJson(body): MaybeJson,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut fields = Fields::new(body.map_or(Ok(Map::new()), |body| body.object())?);
    let only_errors = fields.flag("only_errors").unwrap_or_default();
    fields.finish()?;
    let job = face.worker.app.retry_import(&signed.caller, &id, only_errors).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}

/// What lies below the root, and what can begin.
async fn sources(
    State(face): State<Face>,
    signed: Signed,
    uri: Uri,
    headers: http::HeaderMap,
) -> Result<Json<Value>, Problem> {
    let language = Language::of(&uri, &headers);
    let ImportSources { root, items, types, active } = face.worker.app.import_sources(&signed.caller).await?;
    let ready = |TypeReady { import_type, why }: &TypeReady| {
        let (code, message) = why.as_ref().map(|why| (why.code, said(why, language))).unzip();
        json!({"type": import_type, "ready": why.is_none(), "why": code, "message": message})
    };
    Ok(Json(json!({"root": root, "items": items, "types": types.iter().map(ready).collect::<Vec<_>>(),
        "active": active.as_ref().map(Job::shown)})))
}

/// `{type, source}` → what an import would find.
async fn preview(
    State(face): State<Face>,
    signed: Signed,
    uri: Uri,
    headers: http::HeaderMap,
    body: JsonBytes,
) -> Result<Response, Problem> {
    let language = Language::of(&uri, &headers);
    let mut fields = Fields::new(body.object()?);
    let (import_type, source) = (type_of(&mut fields), fields.text("source"));
    fields.finish()?;
    let preview: Preview = face.worker.app.preview_import(&signed.caller, import_type, &source).await?;
    let why = preview.why.as_ref().map(|why| json!({"code": why.code, "message": said(why, language)}));
    let mut shown = serde_json::to_value(&preview).map_err(|_| Problem::internal())?;
    shown["why"] = why.unwrap_or_default();
    Ok(([(header::CONTENT_LANGUAGE, language.tag())], Json(shown)).into_response())
}

/// Why something cannot begin, in words.
fn said(why: &Why, language: Language) -> String {
    let key = format!("error.{}", why.code);
    language.message(&key, &why.params)
}

/// Any type after an error, which [`Fields::finish`] tells.
fn type_of(fields: &mut Fields) -> ImportType {
    let known = ImportType::ALL.map(ImportType::name);
    let parsed = fields.text("type").parse();
    parsed.unwrap_or_else(|_| {
        fields.refuse("type", FieldError::new("field.not_allowed").with("allowed", known.as_slice()));
        ImportType::Catalog
    })
}

fn only_of(fields: &mut Fields) -> Vec<Only> {
    let known = Only::ALL.map(Only::name);
    let named = fields.maybe_texts("only");
    let parts: Option<Vec<Only>> = named.iter().map(|name| Only::of(name)).collect();
    parts.unwrap_or_else(|| {
        fields.refuse("only", FieldError::new("field.not_allowed").with("allowed", known.as_slice()));
        Vec::new()
    })
}
