//! The newest lines of all workers, for readers who come now.
//!
//! Bounded in lines and in bytes; the oldest go first.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lockstep_protocol::log::Filter;

use super::said::Entry;

/// The most bytes of lines, whatever their number: a storm of long lines must not cost a worker its memory.
const MAX_BYTES: usize = 32 * 1024 * 1024;

#[derive(Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    capacity: usize,
    bytes: usize,
    /// Older lines have been here, or may be in the archive.
    older: bool,
}

impl Ring {
    fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > self.capacity || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.older = true;
        }
    }
}

/// The lines that were looked for.
pub(super) struct Found {
    /// In order.
    pub(super) lines: Vec<Arc<Entry>>,
    /// Whether there may be older ones that match.
    pub(super) more: bool,
}

/// The ring, as the task fills it and anybody reads it.
#[derive(Clone)]
pub(super) struct SharedRing(Arc<Mutex<Ring>>);

impl SharedRing {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(Ring { capacity, ..Ring::default() })))
    }

    pub(super) fn capacity(&self) -> usize {
        self.lock().capacity
    }

    pub(super) fn extend(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        let mut ring = self.lock();
        entries.into_iter().for_each(|entry| ring.push(entry));
    }

    /// There are older lines elsewhere.
    pub(super) fn has_older(&self) {
        self.lock().older = true;
    }

    /// The newest lines that match, at most so many of them and so many bytes.
    pub(super) fn newest(&self, filter: &Filter, limit: usize, max_bytes: usize) -> Found {
        // Matching takes milliseconds; the task must not wait so long.
        let (entries, older) = {
            let ring = self.lock();
            (ring.entries.clone(), ring.older)
        };
        let (mut lines, mut bytes) = (Vec::new(), 0);
        for entry in entries.iter().rev().filter(|entry| filter.matches(entry.line())) {
            bytes += entry.bytes();
            if lines.len() == limit || bytes > max_bytes {
                lines.reverse();
                return Found { lines, more: true };
            }
            lines.push(entry.clone());
        }
        lines.reverse();
        Found { lines, more: older }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::tests::line;

    fn check(capacity: usize, pushed: u64, limit: usize, max_bytes: usize, expect: (&[u64], bool)) {
        let ring = SharedRing::new(capacity);
        ring.extend((1..=pushed).map(|n| Entry::new(Arc::new(line("a", n)))));

        let found = ring.newest(&Filter::default(), limit, max_bytes);

        let numbers: Vec<u64> = found.lines.iter().map(|entry| entry.line().n).collect();
        assert_eq!((numbers.as_slice(), found.more), expect);
    }

    #[test]
    fn the_newest_are_found_and_whether_there_are_more() {
        check(10, 3, 10, usize::MAX, (&[1, 2, 3], false));
        check(10, 3, 3, usize::MAX, (&[1, 2, 3], false));
        check(10, 3, 2, usize::MAX, (&[2, 3], true));
        check(2, 3, 10, usize::MAX, (&[2, 3], true));
        check(10, 3, 0, usize::MAX, (&[], true));
        check(10, 0, 10, usize::MAX, (&[], false));
        check(0, 3, 10, usize::MAX, (&[], true));
        check(10, 3, 10, 600, (&[2, 3], true));
    }

    #[test]
    fn long_lines_do_not_cost_a_worker_its_memory() {
        let ring = SharedRing::new(100_000);
        let long = |n| lockstep_protocol::log::Line { message: "x".repeat(8 * 1024), ..line("a", n) };
        ring.extend((1..=10_000).map(|n| Entry::new(Arc::new(long(n)))));

        let kept: usize = ring.lock().entries.iter().map(|entry| entry.bytes()).sum();

        assert!((MAX_BYTES - 10_000..=MAX_BYTES).contains(&kept), "{kept}");
    }
}
