//! Keys of programs.

use axum::{Json, extract::State};
use http::StatusCode;
use lockstep_app::{Key, Right};
use serde_json::{Value, json};

use crate::http::{
    Face,
    body::{Fields, JsonBytes},
    entities::Id,
    identity::Signed,
    problem::Problem,
};

/// All keys, without their secrets.
pub(super) async fn list(State(face): State<Face>, signed: Signed) -> Result<Json<Value>, Problem> {
    let keys = face.worker.app.keys(&signed.caller).await?;
    Ok(Json(json!({"items": keys.iter().map(shown).collect::<Vec<_>>()})))
}

/// Makes a key and shows its token, this once.
pub(super) async fn add(
    State(face): State<Face>,
    signed: Signed,
    body: JsonBytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    // Before the body is judged: who may not is told so first.
    signed.caller.must(Right::Admin)?;
    let mut fields = Fields::new(body.object()?);
    let (name, scopes) = (fields.text("name"), fields.texts("scopes"));
    fields.finish()?;
    let (key, token) = face.worker.app.add_key(&signed.caller, &name, &scopes).await?;
    let mut made = shown(&key);
    made["token"] = token.into();
    Ok((StatusCode::CREATED, Json(made)))
}

/// Withdraws a key.
pub(super) async fn remove(State(face): State<Face>, signed: Signed, Id(id): Id) -> Result<StatusCode, Problem> {
    face.worker.app.remove_key(&signed.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(key: &Key) -> Value {
    let Key { program, created_by, created_at, last_used_at } = key;
    json!({
        "id": program.id,
        "name": program.name,
        "scopes": program.scopes,
        "created_by": created_by,
        "created_at": created_at,
        "last_used_at": last_used_at,
    })
}
