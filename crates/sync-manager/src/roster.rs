//! How the workers are, as each says of itself on the bus every two seconds.

use std::{collections::HashMap, time::Duration};

use lockstep_protocol::Seq;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// How often a worker says how it is.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(2);

/// A worker not heard of for so long is no longer listed.
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// The most workers listed, so that strangers on the wire cannot fill memory.
const MAX_WORKERS: usize = 256;

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The process id, as events carry it.
    pub worker: u32,
    /// Unique among all machines and restarts.
    pub name: String,
    /// The machine.
    pub host: String,
    /// When it started, milliseconds since 1970.
    pub started: i64,
    /// Which build it is.
    pub build: String,
    /// Open sockets.
    pub sockets: usize,
    /// How far it has come.
    pub cursor: Seq,
    /// Whether it hears the bus.
    pub bus: bool,
    /// Resident memory in bytes, zero where it cannot be told.
    pub rss: u64,
}

/// A worker as seen from this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerInfo {
    /// What it last said.
    #[serde(flatten)]
    pub heartbeat: Heartbeat,
    /// How long ago, in milliseconds.
    pub seen_ms_ago: u64,
    /// Whether it is the worker that answers.
    #[serde(rename = "self")]
    pub own: bool,
}

#[derive(Default)]
pub(crate) struct Roster {
    seen: HashMap<String, (Instant, Heartbeat)>,
}

impl Roster {
    pub(crate) fn hear(&mut self, heartbeat: Heartbeat) {
        self.seen.retain(|_, (at, _)| at.elapsed() < FORGET_AFTER);
        if self.seen.len() < MAX_WORKERS || self.seen.contains_key(&heartbeat.name) {
            self.seen.insert(heartbeat.name.clone(), (Instant::now(), heartbeat));
        }
    }

    pub(crate) fn list(&self, own: Heartbeat) -> Vec<WorkerInfo> {
        let others = self.seen.values().filter(|(at, beat)| at.elapsed() < FORGET_AFTER && beat.name != own.name);
        let mut workers: Vec<_> = others
            .map(|(at, heartbeat)| WorkerInfo {
                heartbeat: heartbeat.clone(),
                seen_ms_ago: u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX),
                own: false,
            })
            .collect();
        workers.push(WorkerInfo { heartbeat: own, seen_ms_ago: 0, own: true });
        workers.sort_by(|a, b| (&a.heartbeat.host, a.heartbeat.worker).cmp(&(&b.heartbeat.host, b.heartbeat.worker)));
        workers
    }
}
