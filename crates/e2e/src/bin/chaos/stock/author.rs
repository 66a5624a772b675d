//! Publishes one event after the other; what was not answered is sent again, to another process.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use http::Method;
use lockstep_e2e::http as wire;
use lockstep_protocol::{Room, Seq};
use serde_json::json;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{ROOM, Shared};
use crate::{
    crowd::track::Content,
    history::{History, Row},
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// As much text as the edits of the other side have.
const TEXT_BYTES: usize = 400;

/// The one who publishes. Dropped, he stops.
pub(super) struct Author {
    rows: Arc<Mutex<Vec<Row>>>,
    work: watch::Sender<bool>,
    busy: watch::Receiver<bool>,
    _task: JoinSet<()>,
}

impl Author {
    /// Gets ready, for so many events a second.
    pub(super) fn begin(shared: &Arc<Shared>, edits_per_s: u32) -> Author {
        let (rows, work, (at_it, busy)) = (Arc::default(), watch::Sender::new(false), watch::channel(false));
        let mut task = JoinSet::new();
        task.spawn(publish_on(shared.clone(), Arc::clone(&rows), work.subscribe(), at_it, edits_per_s));
        Author { rows, work, busy, _task: task }
    }

    pub(super) fn resume(&self) {
        self.work.send_replace(true);
    }

    /// Stops, and waits until nothing is under way.
    pub(super) async fn pause(&self) {
        self.work.send_replace(false);
        let _ = self.busy.clone().wait_for(|busy| !busy).await;
    }

    /// All that was answered for, in order.
    pub(super) fn history(&self, room: &Room) -> History {
        History::of_one_room(room, self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

async fn publish_on(
    shared: Arc<Shared>,
    rows: Arc<Mutex<Vec<Row>>>,
    mut work: watch::Receiver<bool>,
    at_it: watch::Sender<bool>,
    edits_per_s: u32,
) {
    let mut turns = interval(Duration::from_secs(1) / edits_per_s);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let text = "x".repeat(TEXT_BYTES);
    for number in 1_i64.. {
        turns.tick().await;
        if work.wait_for(|work| *work).await.is_err() {
            return;
        }
        at_it.send_replace(true);
        let body = json!({"event": "files:changed", "room": ROOM.to_string(), "data": {"n": number, "text": text}});
        publish(&shared, number, &body.to_string()).await;
        let content = Content { id: number.to_string(), rev: None };
        let row = Row { seq: Seq(number), content, known: Some(Instant::now()) };
        rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
        shared.published.store(number, Ordering::SeqCst);
        at_it.send_replace(false);
    }
}

/// Until somebody has taken it.
async fn publish(shared: &Shared, number: i64, body: &str) {
    let headers = [("content-type", "application/json")];
    let first = usize::try_from(number).unwrap_or_default();
    for attempt in 0.. {
        let address = &shared.addresses[(first + attempt) % shared.addresses.len()];
        let sent = wire::send(address, Method::POST, "/publish", &headers, body.to_owned().into());
        if let Ok(Ok(reply)) = timeout(PATIENCE, sent).await
            && reply.status.is_success()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
