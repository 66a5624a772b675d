//! What has happened on the road so far, as numbers for the operator.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// The count since the start.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that rises and falls.
#[derive(Debug, Default)]
pub struct Level(AtomicUsize);

impl Level {
    pub(crate) fn set(&self, level: usize) {
        self.0.store(level, Ordering::Relaxed);
    }

    /// How much it is now.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counts of one worker since its start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Records applied.
    pub applied: Counter,
    /// Events handed to sockets.
    pub deliveries: Counter,
    /// Events lost for one socket because its queue was full.
    pub dropped: Counter,
    /// Sockets cut because they stayed behind.
    pub slow_consumers: Counter,
    /// Records that came from the ledger because the chain on the bus had a hole.
    pub repaired_by_chain: Counter,
    /// Records that came from the ledger because it was looked at in time.
    pub repaired_by_tick: Counter,
    /// Joins without position.
    pub joins_live: Counter,
    /// Joins that got what they had missed.
    pub joins_recovered: Counter,
    /// Joins for which the ledger was read, because the ring did not reach back.
    pub ledger_resumes: Counter,
    /// Joins that were told to fetch.
    pub joins_refresh: Counter,
    /// Times that everybody was told to start afresh.
    pub resets: Counter,
    /// Records that could not be sent over the bus.
    pub publish_errors: Counter,
    /// Messages that were lost on the bus, as far as it knows.
    pub bus_missed: Counter,
    /// Messages on the bus that a worker of ours sent and this one cannot read: it is of another build.
    pub bus_garbage: Counter,
    /// Messages on the bus that no worker of our installation sent.
    pub bus_forged: Counter,
    /// Times the ledger could not be read.
    pub ledger_errors: Counter,
    /// Entries of who is present, of all workers.
    pub present: Level,
    /// What has become of log lines.
    pub logs: LogCounters,
}

/// All counts of log lines.
#[derive(Debug, Default)]
pub struct LogCounters {
    /// Lines heard, of all workers.
    pub heard: Counter,
    /// Lines handed to readers.
    pub delivered: Counter,
    /// Lines that the archive brought, because they were missing.
    pub repaired: Counter,
    /// Lines that stayed missing; every reader is told.
    pub lost: Counter,
    /// Lines lost for one reader because he was too slow; he is told.
    pub slow: Counter,
    /// Messages that found no place in the hub's queue; what was in them is missing and thereby known.
    pub missed: Counter,
    /// Lines held against a filter; once for all readers who want the same.
    pub matched: Counter,
    /// Open readers.
    pub readers: Level,
    /// Different filters among them.
    pub filters: Level,
}
