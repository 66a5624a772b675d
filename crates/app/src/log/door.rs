//! The door: a line is filled in, numbered and queued in one step, so that numbers go in the order of the queue.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use lockstep_protocol::log::{Level, Line, LogType, MAX_MESSAGE, MAX_METADATA, MAX_SOURCE};
use lockstep_store::{SharedClock, Store, clock::rfc3339};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{LogOptions, NewLine, OWN_SOURCE, backlog::Backlog};
use crate::notice::Errors;

/// The way in.
pub(super) struct Door {
    /// The number that was given last.
    last: Mutex<u64>,
    queue: mpsc::Sender<Arc<Line>>,
    pub(super) dropped: AtomicU64,
    errors: Arc<Errors>,
    pub(super) backlog: Arc<Backlog>,
    environment: String,
    worker: u32,
    clock: SharedClock,
}

impl Door {
    pub(super) fn new(
        store: &Store,
        options: &LogOptions,
        queue: mpsc::Sender<Arc<Line>>,
        errors: Arc<Errors>,
        backlog: Arc<Backlog>,
    ) -> Self {
        let (environment, worker, clock) = (options.environment.clone(), store.worker(), store.clock().clone());
        Self { last: Mutex::new(0), queue, dropped: AtomicU64::new(0), errors, backlog, environment, worker, clock }
    }

    /// How many lines were given a number.
    pub(super) fn numbered(&self) -> u64 {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes lines, all of them or none; their ids. Those that found no place are gone, but had their numbers.
    pub(super) fn take(&self, lines: Vec<NewLine>) -> Option<Vec<String>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(places) = self.queue.try_reserve_many(lines.len()) else {
            *last += lines.len() as u64;
            self.dropped.fetch_add(lines.len() as u64, Ordering::Relaxed);
            return None;
        };
        let ids = places.zip(lines).map(|(place, line)| self.send(place, &mut last, line));
        Some(ids.collect())
    }

    /// The same, but what finds no place was never here: no number is used up.
    pub(super) fn take_or_refuse(&self, lines: Vec<NewLine>) -> Option<Vec<String>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.queue.try_reserve_many(lines.len()).ok()?;
        Some(places.zip(lines).map(|(place, line)| self.send(place, &mut last, line)).collect())
    }

    /// Takes a line as soon as there is a place for it. At the end of the process there is none any more.
    pub(super) async fn wait(&self, line: NewLine) {
        if let Ok(place) = self.queue.reserve().await {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            self.send(place, &mut last, line);
        }
    }

    fn send(&self, place: mpsc::Permit<'_, Arc<Line>>, last: &mut u64, line: NewLine) -> String {
        *last += 1;
        let line = Arc::new(self.whole(*last, line));
        let id = line.id.clone();
        self.errors.note(&line);
        place.send(line);
        id
    }

    fn whole(&self, n: u64, line: NewLine) -> Line {
        let (kind, level) = kind_and_level(line.kind, line.level);
        Line {
            id: line.id.unwrap_or_else(|| Uuid::now_v7().to_string()),
            n,
            timestamp: rfc3339(line.at.unwrap_or_else(|| self.clock.now_ms())),
            level,
            kind,
            message: cut(line.message, MAX_MESSAGE),
            source: cut(line.source.unwrap_or_else(|| OWN_SOURCE.to_owned()), MAX_SOURCE),
            environment: cut(line.environment.unwrap_or_else(|| self.environment.clone()), MAX_SOURCE),
            worker: self.worker,
            metadata: line.metadata.filter(|metadata| metadata.get().len() <= MAX_METADATA),
        }
    }
}

/// Each from the other where it is not said.
fn kind_and_level(kind: Option<LogType>, level: Option<Level>) -> (LogType, Level) {
    let kind_of = |level| match level {
        Level::Error | Level::Critical => LogType::Error,
        Level::Debug => LogType::Debug,
        Level::Info | Level::Warning => LogType::Info,
    };
    let level_of = |kind| match kind {
        LogType::Error => Level::Error,
        LogType::Debug => Level::Debug,
        LogType::Scan | LogType::Info => Level::Info,
    };
    match (kind, level) {
        (Some(kind), Some(level)) => (kind, level),
        (Some(kind), None) => (kind, level_of(kind)),
        (None, Some(level)) => (kind_of(level), level),
        (None, None) => (LogType::Info, Level::Info),
    }
}

/// At most `max` bytes of it. A letter of value zero, which no database of ours keeps, is shown as one that nobody could read.
fn cut(mut text: String, max: usize) -> String {
    const MARK: &str = "…";
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max - MARK.len()));
        text.push_str(MARK);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_type_follow_from_one_another() {
        for (kind, level, expected) in [
            (Some(LogType::Error), None, (LogType::Error, Level::Error)),
            (Some(LogType::Debug), None, (LogType::Debug, Level::Debug)),
            (Some(LogType::Scan), None, (LogType::Scan, Level::Info)),
            (None, Some(Level::Critical), (LogType::Error, Level::Critical)),
            (None, Some(Level::Warning), (LogType::Info, Level::Warning)),
            (None, Some(Level::Debug), (LogType::Debug, Level::Debug)),
            (None, None, (LogType::Info, Level::Info)),
            (Some(LogType::Scan), Some(Level::Error), (LogType::Scan, Level::Error)),
        ] {
            assert_eq!(kind_and_level(kind, level), expected);
        }
    }

    #[test]
    fn long_text_is_cut_between_letters_and_says_so() {
        assert_eq!(cut("короткое".into(), 64), "короткое");
        assert_eq!(cut("я".repeat(10), 10), "яяя…");
        assert_eq!(cut("a\0b".into(), 10), "a\u{fffd}b");
    }
}
