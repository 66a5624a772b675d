//! Having the folder of a registrator scanned.

use axum::{Json, Router, extract::State, routing::post};
use http::StatusCode;
use lockstep_app::ScanOptions;
use serde_json::{Map, Value};

use super::{
    Face,
    body::{Fields, MaybeJson},
    entities::Id,
    identity::Signed,
    problem::Problem,
};

pub(super) fn routes() -> Router<Face> {
    Router::new().route("/api/registrators/{id}/scan", post(scan))
}

/// `{sha256?, force?}` → the job.
async fn scan(
    State(face): State<Face>,
    signed: Signed,
    Id(id): Id,
    MaybeJson(body): MaybeJson,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut fields = Fields::new(body.map_or(Ok(Map::new()), |body| body.object())?);
    let (sha256, force) = (fields.flag("sha256"), fields.flag("force"));
    fields.finish()?;
    let options = ScanOptions { sha256: sha256.unwrap_or(false), force: force.unwrap_or(false) };
    let job = face.worker.app.scan(&signed.caller, &id, options).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}
