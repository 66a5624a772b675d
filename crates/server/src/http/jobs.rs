//! Long work: what there is, ending it, having it done again.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use lockstep_app::jobs::{Job, JobPage, JobsQuery};
use serde_json::{Value, json};

use super::{Face, SYNC_POSITION, admin::Words, entities::Id, identity::Signed, problem::Problem};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/jobs", get(list))
        .route("/api/jobs/{id}", get(one))
        .route("/api/jobs/{id}/cancel", post(cancel))
        .route("/api/jobs/{id}/retry", post(retry))
}

async fn list(State(face): State<Face>, signed: Signed, Words(words): Words) -> Result<Response, Problem> {
    let query = JobsQuery::read(words)?;
    let JobPage { jobs, next, position } = face.worker.app.jobs(&signed.caller, &query).await?;
    let items: Vec<Value> = jobs.iter().map(Job::shown).collect();
    let body = Json(json!({"items": items, "next": next}));
    Ok(([(SYNC_POSITION, position.to_string())], body).into_response())
}

async fn one(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<Json<Value>, Problem> {
    Ok(Json(face.worker.app.job(&signed.caller, &id).await?.shown()))
}

/// Asked for twice, the second time says the same.
async fn cancel(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<(StatusCode, Json<Value>), Problem> {
    let job = face.worker.app.cancel_job(&signed.caller, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}

async fn retry(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<(StatusCode, Json<Value>), Problem> {
    let job = face.worker.app.retry_job(&signed.caller, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(job.shown())))
}
