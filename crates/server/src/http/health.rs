//! Is the process alive, does the road work, what has been counted.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use lockstep_app::Right;
use serde_json::{Value, json};

use super::{Face, identity::Signed, problem::Problem};
use crate::state::State as Worker;

/// As Prometheus asks for it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn routes() -> Router<Face> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

async fn alive() -> Json<Value> {
    Json(json!({"ok": true, "worker": std::process::id(), "build": super::build()}))
}

/// 503 with the reasons while pages of this worker would not follow at full speed.
async fn ready(State(face): State<Face>) -> Response {
    let reasons = reasons(&face.worker);
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let position = face.worker.sync.status().borrow().position.clone();
    (status, Json(json!({"ready": reasons.is_empty(), "reasons": reasons, "position": position}))).into_response()
}

fn reasons(worker: &Worker) -> Vec<&'static str> {
    let status = worker.sync.status().borrow().clone();
    let all = [
        (worker.is_draining(), "draining: the worker was told to stop"),
        (status.position.is_none(), "starting: the ledger was not read yet"),
        (!status.ledger, "ledger: the database does not answer"),
        (!status.bus, "bus: Redis is not heard; changes come from the ledger, a little later"),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}

pub(super) async fn metrics(State(face): State<Face>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], face.worker.metrics.text()).into_response()
}

pub(super) async fn metrics_for_admins(state: State<Face>, signed: Signed) -> Result<Response, Problem> {
    signed.caller.must(Right::Admin)?;
    Ok(metrics(state).await)
}
