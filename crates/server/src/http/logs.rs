//! Log lines: taken from programs, looked through by people, taken along as a file.
//!
//! Lines that are taken are queued and answered with 202 before the database has them; those that find no place are refused whole with
//! 429. Files are written while they are sent, the oldest line first, and no faster than the client takes them.

mod file;
mod write;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use lockstep_app::{LogPage, LogWords, clock::rfc3339};
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
    items: Vec<Line>,
    before: Option<String>,
    after: Option<String>,
    kept_since: Option<String>,
}

impl From<LogPage> for Page {
    fn from(page: LogPage) -> Self {
        let LogPage { lines, before, after, oldest_at } = page;
        let (before, after) = (before.map(|place| place.to_string()), after.map(|place| place.to_string()));
        Self { items: lines, before, after, kept_since: oldest_at.map(rfc3339) }
    }
}

async fn list(State(face): State<Face>, signed: Signed, words: Words) -> Result<Json<Page>, Problem> {
    Ok(Json(face.worker.app.read_logs(&signed.caller, &wanted(words)?).await?.into()))
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
    let kept_since = found.oldest_at.map(rfc3339);
    Ok(Json(Facets { sources: found.sources, environments: found.environments, kept_since, days: app.log_days() }))
}
