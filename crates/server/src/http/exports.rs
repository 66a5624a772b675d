//! A whole list as a file for spreadsheets: `GET /api/files.csv` with the words of the list.
//!
//! CSV by RFC 4180 in UTF-8 with a byte order mark, so that spreadsheets read it right. It is written while it is sent, some rows at a
//! time, and no faster than the client takes it; one that cannot be finished ends as a broken connection, never as a shorter file.
//! No cell is a formula: rows are other people's text.

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Uri, header};
use lockstep_app::{App, Entity, Error, Export, clock};
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use super::{
    Face, SYNC_POSITION,
    entities::{Words, wanted},
    identity::Signed,
    language::Language,
    problem::Problem,
    sheet::Sheet,
};

/// Files that a worker writes at once. Each holds the ids of its rows, up to 800 KB, for as long as its client takes.
pub(super) const AT_ONCE: usize = 8;

/// When it makes sense to try again after that.
const BUSY_S: u64 = 5;

/// What spreadsheets tell UTF-8 by.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn routes() -> Router<Face> {
    Entity::ALL.into_iter().fold(Router::new(), |router, entity| {
        router.route(&format!("/api/{entity}.csv"), get(move |a, b, c, d, e| file(entity, a, b, c, d, e)))
    })
}

async fn file(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    uri: Uri,
    headers: HeaderMap,
    words: Words,
) -> Result<Response, Problem> {
    let query = wanted(words)?;
    let place = place(&face)?;
    let app = face.worker.app.clone();
    let export = app.export(&signed.caller, entity, &query).await.map_err(too_many)?;
    let language = Language::of(&uri, &headers);
    let headers = headers_of(entity, &app, &export, language);
    let file = File { app, export, sheet: Sheet::new(entity, language), begun: false, _place: place };
    let parts = stream::try_unfold(file, async |mut file| Ok::<_, Error>(file.next().await?.map(|part| (part, file))));
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// A place among the files that are written at once; held until the file is done.
pub(super) fn place(face: &Face) -> Result<OwnedSemaphorePermit, Error> {
    let busy = |_| Error::RateLimited { seconds: BUSY_S };
    face.exports.clone().try_acquire_owned().map_err(busy)
}

fn too_many(error: Error) -> Problem {
    let words = matches!(error, Error::TooLarge { .. }).then_some("error.too_many_rows");
    let problem = Problem::from(error);
    words.into_iter().fold(problem, Problem::saying)
}

fn headers_of(entity: Entity, app: &App, export: &Export, language: Language) -> HeaderMap {
    let now = clock::rfc3339(app.clock().now_ms());
    let day = now.split('T').next().unwrap_or_default();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{entity}-{day}.csv\""));
    let position = HeaderValue::from_str(&export.position.to_string());
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_DISPOSITION, name.expect("an entity and a day")),
        (SYNC_POSITION, position.expect("an epoch and a number")),
    ])
}

/// A file under way.
struct File {
    app: App,
    export: Export,
    sheet: Sheet,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

impl File {
    /// The next bytes of it.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if !std::mem::replace(&mut self.begun, true) {
            return Ok(Some(format!("{BYTE_ORDER_MARK}{}", self.sheet.head()).into()));
        }
        let rows = self.app.next_part(&mut self.export).await.inspect_err(|error| {
            warn!(
                error = error as &dyn std::error::Error,
                "an export breaks off, its client is told by a broken connection"
            );
        })?;
        Ok(rows.map(|rows| self.sheet.rows(&rows).into()))
    }
}
