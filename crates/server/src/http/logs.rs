//! Log lines: taken from programs, looked through by people, taken along as a file.
//!
//! Where the database keeps none (`[logs] retention_days = 0`) there are those that this worker has in memory.
//! Lines that are taken are queued and answered with 202 before the database has them; those that find no place are refused whole with
//! 429. Files are written while they are sent, the oldest line first, and no faster than the client takes them.

mod file;
mod ring;
mod write;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use lockstep_app::{LogPage, LogWords, Right, clock::rfc3339};
use lockstep_protocol::log::Line;
use serde::Serialize;

use super::{Face, entities::Words, identity::Signed, problem::Problem};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/logs", get(list).post(write::write))
        .route("/api/logs.txt", get(file::text))
        .route("/api/logs.jsonl", get(file::json_lines))
        .route("/api/logs/facets", get(facets))
}

/// Lines, the oldest first, and where to go on.
#[derive(Serialize)]
struct Page {
    items: Vec<Arc<Line>>,
    before: Option<String>,
    after: Option<String>,
    kept_since: Option<String>,
}

impl From<LogPage> for Page {
    fn from(page: LogPage) -> Self {
        let LogPage { lines, before, after, oldest_at } = page;
        let (before, after) = (before.map(|place| place.to_string()), after.map(|place| place.to_string()));
        Self { items: lines.into_iter().map(Arc::new).collect(), before, after, kept_since: oldest_at.map(rfc3339) }
    }
}

async fn list(State(face): State<Face>, signed: Signed, words: Words) -> Result<Json<Page>, Problem> {
    let (app, words) = (&face.worker.app, wanted(words)?);
    signed.caller.must(Right::LogsView)?;
    match app.log_days() {
        0 => Ok(Json(ring::page(&face, &words))),
        _ => Ok(Json(app.read_logs(&signed.caller, &words).await?.into())),
    }
}

/// What the words behind the `?` ask for. The language of error messages is no filter.
fn wanted(words: Words) -> Result<LogWords, Problem> {
    let Query(words) = words.map_err(|_| Problem::bad_request())?;
    Ok(LogWords::read(words.into_iter().filter(|(name, _)| name != "lang"))?)
}

/// What there is to choose from.
#[derive(Serialize)]
struct Facets {
    sources: Vec<String>,
    environments: Vec<String>,
    kept_since: Option<String>,
    days: u32,
}

async fn facets(State(face): State<Face>, signed: Signed) -> Result<Json<Facets>, Problem> {
    let app = &face.worker.app;
    let found = app.log_facets(&signed.caller).await?;
    if app.log_days() == 0 {
        return Ok(Json(ring::facets(&face)));
    }
    let kept_since = found.oldest_at.map(rfc3339);
    Ok(Json(Facets { sources: found.sources, environments: found.environments, kept_since, days: app.log_days() }))
}
