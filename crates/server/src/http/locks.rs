//! Rows that one page has for itself: who has one, taking and keeping it, giving it back.

use axum::{Json, Router, extract::State, routing::get};
use http::StatusCode;
use lockstep_app::{Caller, Entity, Error, Lease};
use serde_json::{Map, Value, json};

use super::{
    Face,
    body::{Fields, MaybeJson},
    entities::Id,
    identity::Signed,
    page::Page,
    problem::Problem,
};

pub(super) fn routes() -> Router<Face> {
    Entity::ALL.into_iter().fold(Router::new(), |router, entity| {
        let lock = get(move |a, b, c, d| look(entity, a, b, c, d))
            .post(move |a, b, c, d, e| take(entity, a, b, c, d, e))
            .delete(move |a, b, c, d| give_back(entity, a, b, c, d));
        router.route(&format!("/api/{entity}/{{id}}/lock"), lock)
    })
}

/// `{entity, id, user, since, expires_at, mine}`, times in milliseconds since 1970.
pub(super) fn shown(lease: &Lease, mine: bool) -> Value {
    let Lease { entity, id, client: _, user, since, expires_at } = lease;
    json!({"entity": entity.name(), "id": id, "user": user, "since": since, "expires_at": expires_at, "mine": mine})
}

async fn look(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    Page(page): Page,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    let lease = face.worker.app.lease(&signed.caller, entity, &id).await?;
    let lock = lease.map(|lease| shown(&lease, is_of(&lease, &signed.caller, page.as_deref())));
    Ok(Json(json!({ "lock": lock })))
}

fn is_of(lease: &Lease, caller: &Caller, page: Option<&str>) -> bool {
    caller.actor().zip(page).is_some_and(|(user, page)| lease.is_of(&user, page))
}

async fn take(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    Page(page): Page,
    Id(id): Id,
    MaybeJson(body): MaybeJson,
) -> Result<Json<Value>, Problem> {
    let page = page.ok_or_else(nameless)?;
    let mut fields = Fields::new(body.map_or(Ok(Map::new()), |body| body.object())?);
    let over = fields.flag("take").unwrap_or(false);
    fields.finish()?;
    let lease = face.worker.app.lock(&signed.caller, entity, &id, &page, over).await.map_err(taken)?;
    Ok(Json(json!({"lock": shown(&lease, true)})))
}

async fn give_back(
    entity: Entity,
    State(face): State<Face>,
    signed: Signed,
    Page(page): Page,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let page = page.ok_or_else(nameless)?;
    face.worker.app.unlock(&signed.caller, entity, &id, &page).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who asks for a row that somebody else has asks for what cannot be had twice; who edits it is kept out.
fn taken(error: Error) -> Problem {
    let conflict = matches!(error, Error::Locked { .. });
    let problem = Problem::from(error);
    if conflict { problem.at(StatusCode::CONFLICT) } else { problem }
}

/// A row is held by a page, so the page needs a name.
fn nameless() -> Problem {
    Problem::bad_request().saying("error.no_client_id")
}
