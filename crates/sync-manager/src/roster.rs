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

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEATS: [&str; 4] = [
        r#"{"worker":7,"name":"a/0/7-1","host":"a","started":1,"build":"x","sockets":3,"cursor":9,"bus":true,"rss":1}"#,
        r#"{"worker":-7,"name":"","host":"","started":9223372036854775808,"build":"","sockets":-1,"cursor":0,"bus":1,"rss":0}"#,
        r#"{"worker":4294967295,"name":"\u0000","host":"é","started":-1,"build":"","sockets":0,"cursor":-1,"bus":false,"rss":0}"#,
        "null",
    ];

    fn heartbeat(name: usize) -> Heartbeat {
        let text = HEARTBEATS[0].replace("a/0/7-1", &name.to_string());
        serde_json::from_str(&text).expect("a heartbeat")
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_said_in_a_workers_name_the_list_is_bounded_and_shows_this_one() {
        let (mut roster, mut taken) = (Roster::default(), 0);
        for text in crate::nasty::texts(&HEARTBEATS, 20_000) {
            let Ok(heartbeat) = serde_json::from_str(&text) else { continue };
            roster.hear(heartbeat);
            taken += 1;
        }
        (0..2 * MAX_WORKERS).for_each(|name| roster.hear(heartbeat(name)));

        let list = roster.list(heartbeat(usize::MAX));

        assert!(taken > 100, "{taken}: nearly nothing was a heartbeat");
        assert_eq!((list.len(), list.iter().filter(|worker| worker.own).count()), (MAX_WORKERS + 1, 1));
        serde_json::to_string(&list).expect("it can be shown");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_made_up_is_forgotten_after_a_minute() {
        let mut roster = Roster::default();
        (0..MAX_WORKERS).for_each(|name| roster.hear(heartbeat(name)));

        tokio::time::advance(FORGET_AFTER).await;
        roster.hear(heartbeat(MAX_WORKERS));

        assert_eq!(roster.list(heartbeat(usize::MAX)).len(), 2);
    }
}
