//! What jobs say in the log: each under a source of its own, and no more than a reader can take.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tracing::{debug, error, info};

use super::JobKind;

/// Lines a second of one job. More would push everything else out of a reader's sight.
const A_SECOND: u32 = 200;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogType {
    /// How a scan goes.
    Scan,
    /// For who looks for a fault.
    Debug,
    /// Something that failed.
    Error,
    /// Anything else.
    Info,
}

/// The lines of one job.
#[derive(Debug)]
pub(super) struct Lines {
    source: String,
    second: Mutex<Second>,
}

/// What was said in the second that runs.
#[derive(Debug)]
struct Second {
    began: Instant,
    said: u32,
    left_out: u64,
}

impl Lines {
    pub(super) fn new(kind: JobKind, job: i64) -> Self {
        let second = Mutex::new(Second { began: Instant::now(), said: 0, left_out: 0 });
        Self { source: format!("{}-{job}", kind.name()), second }
    }

    pub(super) fn say(&self, kind: LogType, message: &str) {
        match self.admit() {
            None => {}
            Some(0) => self.write(kind, message),
            Some(left_out) => {
                self.write(LogType::Info, &format!("{left_out} lines were left out"));
                self.write(kind, message);
            }
        }
    }

    /// Nothing when the second is full; else how many were left out before.
    fn admit(&self) -> Option<u64> {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.began.elapsed() >= Duration::from_secs(1) {
            (second.began, second.said) = (Instant::now(), 0);
        }
        if second.said >= A_SECOND {
            second.left_out += 1;
            return None;
        }
        second.said += 1;
        Some(std::mem::take(&mut second.left_out))
    }

    fn write(&self, kind: LogType, message: &str) {
        let source = &self.source;
        match kind {
            LogType::Error => error!(source, "{source}: {message}"),
            LogType::Debug => debug!(source, "{source}: {message}"),
            LogType::Scan | LogType::Info => info!(source, "{source}: {message}"),
        }
    }
}
