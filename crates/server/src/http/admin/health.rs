//! How the service is, as the worker sees it that is asked: in a word for everybody, in figures for administrators.

use std::time::Duration;

use axum::{Json, extract::State};
use lockstep_app::{Extent, Figures, MANY_EVENTS, Right};
use lockstep_sync_manager::WorkerInfo;
use serde_json::{Value, json};

use crate::{
    http::{Face, identity::Signed, problem::Problem},
    state::State as Worker,
};

/// A worker that gives no answer about itself is not well; it is told all the same.
pub(super) async fn health(State(face): State<Face>, signed: Signed) -> Result<Json<Value>, Problem> {
    let worker = &face.worker;
    let workers = worker.sync.workers().await;
    let status = worker.sync.status().borrow().clone();
    let ok = workers.is_ok() && status.is_ready() && !worker.is_draining();
    let workers = workers.unwrap_or_default();
    let (bus, database) = (json!({"ok": status.bus}), json!({"ok": status.ledger}));
    let mut health = json!({"ok": ok, "workers": workers.len(), "bus": bus, "database": database});
    if signed.caller.may(Right::Admin) {
        figures(worker, &signed, workers, &mut health).await;
    }
    Ok(Json(health))
}

async fn figures(worker: &Worker, signed: &Signed, workers: Vec<WorkerInfo>, health: &mut Value) {
    let (sync, app) = (&worker.sync, &worker.app);
    health["workers_detail"] = json!(workers);
    health["bus"]["kind"] = sync.bus_kind().into();
    health["bus"]["rtt_ms"] = sync.bus_round_trip().map(milliseconds).into();
    health["database"]["kind"] = app.store().kind().into();
    match app.figures(&signed.caller).await {
        Ok(Figures { round_trip, bytes, extent }) => {
            health["database"]["rtt_ms"] = milliseconds(round_trip).into();
            health["database"]["bytes"] = bytes.into();
            health["ledger"] = reach(&extent);
        }
        Err(_) => {
            health["ok"] = false.into();
            health["database"] = json!({"kind": app.store().kind(), "ok": false, "rtt_ms": null, "bytes": null});
            health["ledger"] = Value::Null;
        }
    }
    let rooms = sync.rooms().await.unwrap_or_default().into_iter();
    health["rooms"] = rooms.map(|(room, members)| json!({"room": room, "members": members})).collect();
    health["counters"] = json!(worker.metrics.road());
}

/// `more` where `events` are only those that were counted.
fn reach(extent: &Extent) -> Value {
    let Extent { head, events, oldest_at } = extent;
    json!({
        "epoch": head.epoch,
        "last": head.top,
        "floor": head.floor,
        "events": events,
        "more": *events >= MANY_EVENTS,
        "oldest_at": oldest_at,
    })
}

/// To a hundredth.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}
