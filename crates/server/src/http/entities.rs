//! The rows that people edit: lists, one row, add, change, switch, delete. The same for every entity.

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use lockstep_app::{Edited, Entity, ListQuery};
use lockstep_protocol::Position;
use serde_json::{Map, Value, json};

use super::{
    Face, SYNC_POSITION,
    body::{Fields, JsonBytes, MaybeJson},
    conditional::{Expected, etag_of, etag_of_body, if_match, is_known, required},
    identity::Signed,
    page::Page,
    problem::Problem,
};

pub(super) fn routes() -> Router<Face> {
    Entity::ALL.into_iter().fold(Router::new(), |router, entity| {
        let path = format!("/api/{entity}");
        let row = get(move |a, b, c| one(entity, a, b, c))
            .patch(move |a, b, c, d, e, f| change(entity, a, b, c, d, e, f))
            .delete(move |a, b, c, d, e| delete(entity, a, b, c, d, e));
        let router = router
            .route(
                &path,
                get(move |a, b, c, d| list(entity, a, b, c, d)).post(move |a, b, c, d| add(entity, a, b, c, d)),
            )
            .route(&format!("{path}/{{id}}"), row);
        match entity.has_enabled() {
            true => router.route(
                &format!("{path}/{{id}}/toggle"),
                post(move |a, b, c, d, e, f| toggle(entity, a, b, c, d, e, f)),
            ),
            false => router,
        }
    })
}

/// The `{id}` of the address. One that is no text names no row.
pub(super) struct Id(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Self(id))
    }
}

/// The words behind the `?`.
pub(super) type Words = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// What they want of a list.
pub(super) fn wanted(words: Words) -> Result<ListQuery, Problem> {
    let Query(words) = words.map_err(|_| Problem::bad_request())?;
    // The language of error messages is no filter.
    Ok(ListQuery::read(words.into_iter().filter(|(name, _)| name != "lang"))?)
}

async fn list(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    query: Words,
) -> Result<Response, Problem> {
    let rows = face.worker.app.list(&signed.caller, entity, &wanted(query)?).await?;
    let body = json!({
        "items": rows.items,
        "total": rows.total,
        "page": rows.page,
        "per_page": rows.per_page,
        "pages": rows.pages,
    });
    Ok(unless_known(&headers, &body, &rows.position))
}

/// An answer under a tag of its own, with the position at which it was read; 304 to those who have it.
pub(super) fn unless_known(headers: &HeaderMap, body: &Value, position: &Position) -> Response {
    let body = Bytes::from(body.to_string());
    let etag = etag_of_body(&body);
    if is_known(headers, &etag) {
        return placed(StatusCode::NOT_MODIFIED, Some(etag), Some(position));
    }
    let mut response = placed(StatusCode::OK, Some(etag), Some(position));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = body.into();
    response
}

/// The tag is the revision, which changes go by. It says nothing of the names and counts that come from other rows, so the row is sent
/// even to those who know its revision.
async fn one(entity: Entity, State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<Response, Problem> {
    let (row, position) = face.worker.app.get(&signed.caller, entity, &id).await?;
    Ok((placed_headers(Some(etag_of(row.rev)), Some(&position)), Json(row.value)).into_response())
}

async fn add(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    Page(origin): Page,
    body: JsonBytes,
) -> Result<Response, Problem> {
    let fields = Value::Object(body.object()?);
    let added = face.worker.app.create(&signed.caller, entity, &fields, origin.as_deref()).await?;
    let location =
        HeaderValue::from_str(&format!("/api/{entity}/{}", added.row.id)).map_err(|_| Problem::internal())?;
    let mut response = edited(&added);
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

async fn change(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Page(origin): Page,
    Id(id): Id,
    body: JsonBytes,
) -> Result<Response, Problem> {
    let expected = required(&headers)?;
    let fields = Value::Object(body.object()?);
    let (app, caller, origin) = (&face.worker.app, &signed.caller, origin.as_deref());
    let changed = expected.guard(|rev| app.patch(caller, entity, &id, rev, &fields, origin)).await?;
    Ok(edited(&changed))
}

async fn toggle(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Page(origin): Page,
    Id(id): Id,
    MaybeJson(body): MaybeJson,
) -> Result<Response, Problem> {
    let expected = if_match(&headers)?.unwrap_or(Expected::Any);
    let mut fields = Fields::new(body.map_or(Ok(Map::new()), |body| body.object())?);
    let enabled = fields.flag("enabled");
    fields.finish()?;
    let (app, caller, origin) = (&face.worker.app, &signed.caller, origin.as_deref());
    let toggled = expected.guard(|rev| app.toggle(caller, entity, &id, rev, enabled, origin)).await?;
    Ok(edited(&toggled))
}

async fn delete(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    headers: HeaderMap,
    Page(origin): Page,
    Id(id): Id,
) -> Result<Response, Problem> {
    let expected = required(&headers)?;
    let (app, caller, origin) = (&face.worker.app, &signed.caller, origin.as_deref());
    let deleted = expected.guard(|rev| app.delete(caller, entity, &id, rev, origin)).await?;
    Ok(placed(StatusCode::NO_CONTENT, None, deleted.position.as_ref()))
}

fn edited(edited: &Edited) -> Response {
    let headers = placed_headers(Some(etag_of(edited.row.rev)), edited.position.as_ref());
    (headers, Json(&edited.row.value)).into_response()
}

fn placed(status: StatusCode, etag: Option<HeaderValue>, position: Option<&Position>) -> Response {
    (status, placed_headers(etag, position)).into_response()
}

fn placed_headers(etag: Option<HeaderValue>, position: Option<&Position>) -> HeaderMap {
    let position = position.and_then(|position| HeaderValue::from_str(&position.to_string()).ok());
    let etag = etag.map(|etag| (header::ETAG, etag));
    etag.into_iter().chain(position.map(|position| (SYNC_POSITION, position))).collect()
}
