//! How the workers are, as each says of itself on the bus every two seconds.

use std::{collections::HashMap, time::Duration};

use lockstep_protocol::Seq;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// How often a worker says how it is.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(2);

/// A worker not heard of for so long, and that has not said that it goes, is lost. Five heartbeats: one may be late, and lost with a
/// connection, but not five.
pub(crate) const LOST_AFTER: Duration = Duration::from_secs(10);

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
    /// Whether it was told to stop: when it is not heard of any more it is not lost.
    #[serde(default)]
    pub leaving: bool,
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

pub(crate) struct Roster {
    seen: HashMap<String, Seen>,
    /// Nobody is missed for a silence before this moment.
    excused: Instant,
    /// When somebody looked last whether anybody is missing.
    looked: Instant,
}

struct Seen {
    at: Instant,
    heartbeat: Heartbeat,
    /// It has been told that it is lost.
    told: bool,
}

impl Default for Roster {
    fn default() -> Self {
        let now = Instant::now();
        Self { seen: HashMap::new(), excused: now, looked: now }
    }
}

impl Roster {
    pub(crate) fn hear(&mut self, heartbeat: Heartbeat) {
        self.seen.retain(|_, seen| seen.at.elapsed() < FORGET_AFTER);
        if self.seen.len() < MAX_WORKERS || self.seen.contains_key(&heartbeat.name) {
            let seen = Seen { at: Instant::now(), heartbeat, told: false };
            self.seen.insert(seen.heartbeat.name.clone(), seen);
        }
    }

    /// We may have been deaf until now: silence until now says nothing.
    pub(crate) fn excuse(&mut self) {
        self.excused = Instant::now();
    }

    /// Who is lost, each once. To be asked with every heartbeat of our own, of the name `own`: who asks later has stood still himself, and
    /// has not heard what was said meanwhile.
    pub(crate) fn lost(&mut self, own: &str) -> Vec<Heartbeat> {
        if self.looked.elapsed() > 2 * HEARTBEAT {
            self.excuse();
        }
        self.looked = Instant::now();
        let excused = self.excused;
        let missing = self.seen.values_mut().filter(|seen| {
            let silent = seen.at.max(excused).elapsed() > LOST_AFTER;
            silent && !seen.told && !seen.heartbeat.leaving && seen.heartbeat.name != own
        });
        missing
            .map(|seen| {
                seen.told = true;
                seen.heartbeat.clone()
            })
            .collect()
    }

    pub(crate) fn list(&self, own: Heartbeat) -> Vec<WorkerInfo> {
        let others = self
            .seen
            .values()
            .filter(|Seen { at, heartbeat, .. }| at.elapsed() < FORGET_AFTER && heartbeat.name != own.name);
        let mut workers: Vec<_> = others
            .map(|Seen { at, heartbeat, .. }| WorkerInfo {
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

    /// Passes the time with our own heartbeats, as the actor does; who was lost meanwhile.
    async fn pass(roster: &mut Roster, time: Duration) -> Vec<String> {
        let (until, mut lost) = (Instant::now() + time, Vec::new());
        while Instant::now() < until {
            tokio::time::advance(HEARTBEAT).await;
            lost.extend(roster.lost("own").into_iter().map(|heartbeat| heartbeat.name));
        }
        lost
    }

    #[tokio::test(start_paused = true)]
    async fn who_falls_silent_without_a_word_is_lost_once() {
        let mut roster = Roster::default();
        roster.hear(heartbeat(1));
        roster.hear(Heartbeat { leaving: true, ..heartbeat(2) });
        roster.hear(Heartbeat { name: "own".into(), ..heartbeat(3) });

        assert_eq!(pass(&mut roster, LOST_AFTER).await, [""; 0]);
        assert_eq!(pass(&mut roster, 2 * LOST_AFTER).await, ["1"]);

        roster.hear(heartbeat(1));
        assert_eq!(pass(&mut roster, 2 * LOST_AFTER).await, ["1"], "it was back and is gone again");
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_deaf_or_stood_still_himself_misses_nobody() {
        let mut roster = Roster::default();
        roster.hear(heartbeat(1));

        tokio::time::advance(3 * LOST_AFTER).await;
        assert!(roster.lost("own").is_empty(), "we stood still");
        assert_eq!(pass(&mut roster, LOST_AFTER).await, [""; 0]);
        roster.excuse();
        assert_eq!(pass(&mut roster, LOST_AFTER).await, [""; 0], "we were deaf");
        assert_eq!(pass(&mut roster, LOST_AFTER).await, ["1"]);
    }
}
