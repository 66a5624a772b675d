//! Lines on their way into the database, however long it is away.
//!
//! They stay in the backlog until they are written, so that one write that failed is simply done again: lines that are there already are
//! left as they are. When the backlog is full the oldest lines give way. So nothing waits for ever, and a line that the database will
//! never take does not keep out the others.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lockstep_protocol::log::{Level, Line};
use lockstep_store::Store;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Logs, NewLine};

/// Lines that one transaction writes. Edits wait for it where there is one writer, so it takes a few milliseconds.
const WRITE: usize = 512;

/// The first pause after a write that failed, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How long the last lines of a process may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Lines that are not written yet.
pub(super) struct Backlog {
    most: usize,
    lines: Mutex<Lines>,
    changed: Notify,
    ended: CancellationToken,
    unkept: AtomicU64,
}

#[derive(Default)]
struct Lines {
    /// How many have left, written or not.
    gone: u64,
    waiting: VecDeque<Arc<Line>>,
}

impl Backlog {
    /// One for at most so many lines; for none, none is kept.
    pub(super) fn new(most: usize) -> Self {
        let (lines, changed, ended) = (Mutex::default(), Notify::new(), CancellationToken::new());
        Self { most, lines, changed, ended, unkept: AtomicU64::new(0) }
    }

    pub(super) fn waiting(&self) -> usize {
        self.lines().waiting.len()
    }

    /// How many lines were given up.
    pub(super) fn unkept(&self) -> u64 {
        self.unkept.load(Ordering::Relaxed)
    }

    /// Takes lines; the oldest give way where there are too many.
    pub(super) fn add(&self, new: Vec<Arc<Line>>) {
        if self.most == 0 {
            return;
        }
        let mut lines = self.lines();
        lines.waiting.extend(new);
        let over = lines.waiting.len().saturating_sub(self.most);
        lines.leave(over);
        self.unkept.fetch_add(over as u64, Ordering::Relaxed);
        drop(lines);
        self.changed.notify_one();
    }

    /// Nothing will be added any more.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// The oldest lines, and how many have left before them; none at the very end.
    async fn oldest(&self) -> Option<(u64, Vec<Arc<Line>>)> {
        loop {
            // Asked first: what is added before the end is seen after it.
            let ended = self.ended.is_cancelled();
            let some = self.some();
            if some.is_some() || ended {
                return some;
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = self.ended.cancelled() => {}
            }
        }
    }

    fn some(&self) -> Option<(u64, Vec<Arc<Line>>)> {
        let lines = self.lines();
        let some: Vec<_> = lines.waiting.iter().take(WRITE).cloned().collect();
        (!some.is_empty()).then_some((lines.gone, some))
    }

    /// So many lines after the first `before` are written. Those of them that gave way meanwhile were not lost.
    fn done(&self, before: u64, written: u64) {
        let mut lines = self.lines();
        let gave_way = (lines.gone - before).min(written);
        lines.leave(usize::try_from(written - gave_way).unwrap_or_default());
        self.unkept.fetch_sub(gave_way, Ordering::Relaxed);
    }

    /// What `work` comes to, unless the end comes and it takes too long after that.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let late = async {
            self.ended.cancelled().await;
            sleep(FAREWELL).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = late => None,
        }
    }

    /// At the end there are no pauses.
    async fn pause(&self, length: Duration) {
        tokio::select! {
            () = sleep(length) => {}
            () = self.ended.cancelled() => {}
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn leave(&mut self, number: usize) {
        self.waiting.drain(..number.min(self.waiting.len()));
        self.gone += number as u64;
    }
}

/// Writes lines down until there will be no more. When it cannot be done, what is oldest then is tried again after a pause.
pub(super) async fn keep(from: String, store: Store, backlog: Arc<Backlog>, logs: Logs) {
    let (shortest, longest) = PAUSES;
    let (mut said, mut pause) = (0, shortest);
    while let Some((before, lines)) = backlog.oldest().await {
        match backlog.in_time(store.keep_lines(&from, &lines)).await {
            Some(Ok(())) => {
                backlog.done(before, lines.len() as u64);
                say(&backlog, &logs, &mut said);
                pause = shortest;
            }
            Some(Err(error)) if !backlog.ended.is_cancelled() => {
                if pause == shortest {
                    let (error, waiting) = (&error as &dyn std::error::Error, backlog.waiting());
                    warn!(error, waiting, "log lines cannot be stored, trying again; {waiting} wait");
                }
                backlog.pause(pause).await;
                pause = longest.min(pause * 2);
            }
            _ => return give_up(&backlog),
        }
    }
}

/// What was lost on the way is a line of its own, for those who will look for the others.
fn say(backlog: &Backlog, logs: &Logs, said: &mut u64) {
    let lost = backlog.unkept() - *said;
    if lost > 0 {
        *said += lost;
        let message = format!("{lost} log lines were shown but not stored: the database was away for too long");
        warn!(lost, "{message}");
        logs.write(NewLine { message, level: Some(Level::Warning), ..NewLine::default() });
    }
}

fn give_up(backlog: &Backlog) {
    let lost = backlog.waiting();
    backlog.unkept.fetch_add(lost as u64, Ordering::Relaxed);
    warn!(lost, "the last {lost} log lines were not stored: the database does not take them");
}
