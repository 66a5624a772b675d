//! Who is signed in, and ending it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use lockstep_app::OpenSession;
use serde_json::{Value, json};

use crate::http::{
    Face,
    entities::Id,
    identity::Signed,
    problem::Problem,
    session::{Whence, no_session},
};

/// One's own sessions; an administrator sees all.
pub(super) async fn list(State(face): State<Face>, signed: Signed) -> Result<Json<Value>, Problem> {
    let open = face.worker.app.sessions(&signed.caller).await?;
    Ok(Json(json!({"items": open.iter().map(shown).collect::<Vec<_>>()})))
}

/// Ends a session. Who ends the one he asks with is signed out.
pub(super) async fn end(
    State(face): State<Face>,
    signed: Signed,
    Whence(client): Whence,
    Id(id): Id,
) -> Result<Response, Problem> {
    let current = face.worker.app.end_session(&signed.caller, &id).await?;
    let ended = StatusCode::NO_CONTENT;
    Ok(if current { (ended, no_session(&client)).into_response() } else { ended.into_response() })
}

fn shown(session: &OpenSession) -> Value {
    let OpenSession { id, user_id, login, name, created_at, seen_at, expires_at, address, agent, current } = session;
    json!({
        "id": id,
        "user": {"id": user_id, "login": login, "name": name},
        "created_at": created_at,
        "seen_at": seen_at,
        "expires_at": expires_at,
        "address": address,
        "agent": agent,
        "current": current,
    })
}
