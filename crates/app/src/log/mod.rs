//! Log lines: the door of those who write them, the road to those who read them, and what is kept.
//!
//! ```text
//! Logs::log ──► numbered at the door ──► queue ──► a task gathers ≤ 100 ms or 256 lines ──► Wire::log ──► all workers
//!                                                                                     └──► backlog ──► the store
//! ```
//! Whoever writes never waits, neither for the wire nor for the database. A line gets its number before it finds its place in the queue or
//! not, so one that is dropped there is a hole that readers see. A database that is away holds nothing up: lines wait in a backlog as
//! long as the rings of the workers and are written when it is back; what no longer fits is counted and said.

mod backlog;
mod door;
mod gather;
mod look;
mod write;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lockstep_protocol::log::{Level, LogType};
use lockstep_store::Store;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::{backlog::Backlog, door::Door};
use crate::{App, Road, notice::Errors};

pub use look::LogWords;

/// Lines that wait to be gathered, at most. A second of a worker that is flooded; what comes then is dropped and seen as dropped.
const QUEUE: usize = 8192;

/// How long the first line of a batch waits for others.
const GATHER: Duration = Duration::from_millis(100);

/// Lines of a batch, at most.
const BATCH: usize = 256;

/// The source of lines that say nothing of it.
const OWN_SOURCE: &str = "lockstep";

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The unique name of this worker, under which its lines are counted.
    pub worker: String,
    /// The environment of lines that name none.
    pub environment: String,
    /// Days for which lines are kept in the database; 0 keeps none there.
    pub days: u32,
    /// Lines that may wait for a database that is away.
    pub backlog: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        let worker = uuid::Uuid::new_v4().to_string();
        Self { worker, environment: "production".to_owned(), days: 7, backlog: 10_000 }
    }
}

/// A line to write. What is left out is filled in at the door: level and type from one another, the time, an id.
#[derive(Debug, Clone, Default)]
pub struct NewLine {
    /// What it says.
    pub message: String,
    /// Its type; without it the one that the level suggests.
    pub kind: Option<LogType>,
    /// Its level; without it the one that the type suggests.
    pub level: Option<Level>,
    /// Who speaks.
    pub source: Option<String>,
    /// Where he runs.
    pub environment: Option<String>,
    /// When it happened, in milliseconds since 1970.
    pub at: Option<i64>,
    /// Its name.
    pub id: Option<String>,
    /// Whatever else there is to know, as JSON.
    pub metadata: Option<Box<RawValue>>,
}

/// What has become of the lines of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFigures {
    /// Lines that were given a number.
    pub numbered: u64,
    /// Of these, lines that found the queue full.
    pub dropped: u64,
    /// Lines that wait for the database.
    pub waiting: usize,
    /// Lines that went out to readers, and that the database never got.
    pub unkept: u64,
}

/// Where log lines are written. Clones are the same door; any thread may write.
#[derive(Clone)]
pub struct Logs(Arc<Door>);

impl Logs {
    /// Writes a line. Never waits; a line that finds the queue full is dropped, and readers see that one is missing.
    pub fn log(&self, message: impl Into<String>, kind: LogType) {
        self.write(NewLine { message: message.into(), kind: Some(kind), ..NewLine::default() });
    }

    /// Writes a line, and waits for a place in the queue rather than drop it.
    pub async fn alog(&self, message: impl Into<String>, kind: LogType) {
        self.0.wait(NewLine { message: message.into(), kind: Some(kind), ..NewLine::default() }).await;
    }

    /// Writes a line with all that is known of it; whether it found a place. Text that is too long is cut.
    pub fn write(&self, line: NewLine) -> bool {
        self.0.take(vec![line]).is_some()
    }

    /// What has become of the lines so far.
    pub fn figures(&self) -> LogFigures {
        let Door { backlog, .. } = &*self.0;
        LogFigures {
            numbered: self.0.numbered(),
            dropped: self.0.dropped.load(Ordering::Relaxed),
            waiting: backlog.waiting(),
            unkept: backlog.unkept(),
        }
    }

    /// Opens the door and starts the tasks behind it, which `road` owns. Grave lines are noted in `errors`.
    pub(crate) fn start(
        store: &Store,
        road: &Road,
        options: LogOptions,
        errors: Arc<Errors>,
    ) -> (Self, CancellationToken) {
        let (queue, lines) = mpsc::channel(QUEUE);
        let backlog = Arc::new(Backlog::new(if options.days == 0 { 0 } else { options.backlog }));
        let stopping = CancellationToken::new();
        let logs = Self(Arc::new(Door::new(store, &options, queue, errors, backlog.clone())));
        road.tasks.spawn(gather::run(
            options.worker.clone(),
            lines,
            road.wire.clone(),
            backlog.clone(),
            stopping.clone(),
        ));
        road.tasks.spawn(backlog::keep(options.worker, store.clone(), backlog, logs.clone()));
        (logs, stopping)
    }
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Logs")
    }
}

impl App {
    /// Where log lines are written.
    pub fn logs(&self) -> &Logs {
        &self.0.logs
    }
}
