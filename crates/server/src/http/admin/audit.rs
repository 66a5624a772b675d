//! What was done, and how busy it was.

use axum::{Json, extract::State};
use lockstep_app::{Activity, ActivityQuery, AuditPage, AuditQuery};
use serde_json::{Map, Value, json};

use super::Words;
use crate::http::{Face, identity::Signed, problem::Problem};

/// Who changed what, from what to what; newest first.
pub(super) async fn audit(
    State(face): State<Face>,
    signed: Signed,
    Words(words): Words,
) -> Result<Json<Value>, Problem> {
    let query = AuditQuery::read(words)?;
    let AuditPage { items, next, since } = face.worker.app.audit(&signed.caller, &query).await?;
    Ok(Json(json!({"items": items, "next": next, "since": since})))
}

/// Events a step and room, of the rooms that one may join.
pub(super) async fn activity(
    State(face): State<Face>,
    signed: Signed,
    Words(words): Words,
) -> Result<Json<Value>, Problem> {
    let query = ActivityQuery::read(words)?;
    let Activity { from, step_ms, seq, rooms } = face.worker.app.activity(&signed.caller, query).await?;
    let rooms: Map<String, Value> = rooms.into_iter().map(|(room, counts)| (room.to_string(), counts.into())).collect();
    Ok(Json(json!({"from": from, "step_ms": step_ms, "seq": seq, "rooms": rooms})))
}
