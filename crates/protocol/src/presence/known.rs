//! What is known of one worker: its entries, and when it was heard. And when all of them were called.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Entry, Key, ROLL_CALL};

/// A worker as others know it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// When it last spoke of who is present.
    pub(super) spoke: Duration,
    /// When it last showed any sign of life.
    pub(super) seen: Duration,
    /// The number of the last message of it that was heard.
    pub(super) n: u64,
    /// All that it has.
    pub(super) entries: BTreeMap<Key, Arc<Entry>>,
}

impl Known {
    /// False when it has been heard before, or something later has.
    pub(super) fn hears(&mut self, n: u64, now: Duration) -> bool {
        let new = n > self.n;
        if new {
            (self.n, self.spoke, self.seen) = (n, now, now);
        }
        new
    }
}

/// An entry whose page or worker has gone, until its time is over or its person is back.
#[derive(Debug, Clone)]
pub(super) struct Leaving {
    pub(super) worker: Arc<str>,
    pub(super) user: String,
    pub(super) until: Duration,
}

/// Calls to all workers to which some may still answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    first: Option<Duration>,
    /// The last one since.
    last: Option<Duration>,
}

impl Calls {
    pub(super) fn note(&mut self, now: Duration) {
        let place = if self.first.is_none() { &mut self.first } else { &mut self.last };
        *place = Some(now);
    }

    /// A call for which there was time enough to answer: who has shown no sign of life since is dead.
    pub(super) fn over(&mut self, now: Duration) -> Option<Duration> {
        let over = self.first.take_if(|first| *first + ROLL_CALL <= now)?;
        self.first = self.last.take();
        Some(over)
    }
}
