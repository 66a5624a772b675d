//! The handle by which a connection is counted and ended from outside.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst},
};

use futures_util::task::AtomicWaker;

/// Why a connection was ended by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KillReason {
    /// It took nothing from us for too long.
    WriteStall,
    /// The head of its request did not come.
    HeaderTimeout,
    /// Nothing went either way for too long.
    Idle,
    /// Its page stayed behind.
    SlowConsumer,
    /// It sent too much.
    Flood,
    /// Its session was taken away.
    Revoked,
    /// The worker cannot serve it just now.
    Unavailable,
    /// The worker goes.
    Drain,
}

impl KillReason {
    /// All of them, in the order of declaration.
    pub const ALL: [KillReason; 8] = [
        KillReason::WriteStall,
        KillReason::HeaderTimeout,
        KillReason::Idle,
        KillReason::SlowConsumer,
        KillReason::Flood,
        KillReason::Revoked,
        KillReason::Unavailable,
        KillReason::Drain,
    ];

    /// As metrics and logs say it.
    pub fn name(self) -> &'static str {
        match self {
            KillReason::WriteStall => "write_stall",
            KillReason::HeaderTimeout => "header_timeout",
            KillReason::Idle => "idle",
            KillReason::SlowConsumer => "slow_consumer",
            KillReason::Flood => "flood",
            KillReason::Revoked => "revoked",
            KillReason::Unavailable => "unavailable",
            KillReason::Drain => "drain",
        }
    }
}

/// What all connections of a process did together. Counters only rise; `open` is a gauge.
#[derive(Debug, Default)]
pub struct Traffic {
    accepted: AtomicU64,
    closed: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    stalls: AtomicU64,
    kills: [AtomicU64; KillReason::ALL.len()],
}

impl Traffic {
    /// Connections taken.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    /// Connections open now.
    pub fn open(&self) -> u64 {
        self.accepted().saturating_sub(self.closed.load(Relaxed))
    }

    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    /// Bytes sent.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    /// Writes that stood still for the whole limit.
    pub fn stalls(&self) -> u64 {
        self.stalls.load(Relaxed)
    }

    /// Connections ended by us for `reason`.
    pub fn kills(&self, reason: KillReason) -> u64 {
        self.kills[reason as usize].load(Relaxed)
    }
}

/// One connection, seen from outside. Shared by the guard that reads and writes, and by whoever may want to end it.
#[derive(Debug)]
pub struct ConnCtl {
    dead: AtomicBool,
    head_seen: AtomicBool,
    /// Reader and writer are different tasks once a connection is upgraded, so each has its own.
    pub(super) reader: AtomicWaker,
    pub(super) writer: AtomicWaker,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    traffic: Arc<Traffic>,
}

impl ConnCtl {
    /// A fresh connection, counted in `traffic`.
    pub fn new(traffic: Arc<Traffic>) -> Arc<Self> {
        traffic.accepted.fetch_add(1, Relaxed);
        Arc::new(Self {
            dead: AtomicBool::new(false),
            head_seen: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            traffic,
        })
    }

    /// Ends the connection, idle or stalled: its next read and write fail, and whoever waits in one is woken. True when this call did
    /// it; false when it was killed or closed before.
    pub fn kill(&self, reason: KillReason) -> bool {
        // The flag first, then the wakers: a task that stores its waker looks at the flag afterwards, so one of the two sees the
        // other.
        let first = !self.dead.swap(true, SeqCst);
        if first {
            self.traffic.kills[reason as usize].fetch_add(1, Relaxed);
        }
        self.reader.wake();
        self.writer.wake();
        first
    }

    /// Whether it was killed or is closed.
    pub fn is_dead(&self) -> bool {
        self.dead.load(SeqCst)
    }

    /// Says that a whole request head has come: the deadline for it no longer holds.
    pub fn head_seen(&self) {
        self.head_seen.store(true, Relaxed);
    }

    pub(super) fn has_head(&self) -> bool {
        self.head_seen.load(Relaxed)
    }

    /// Bytes received on this connection.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    /// Bytes that the kernel has taken from us on this connection.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    pub(super) fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Relaxed);
        self.traffic.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Relaxed);
        self.traffic.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn count_stall(&self) {
        self.traffic.stalls.fetch_add(1, Relaxed);
    }

    /// It is gone by itself: nothing is left to kill.
    pub(super) fn closed(&self) {
        self.dead.store(true, SeqCst);
        self.traffic.closed.fetch_add(1, Relaxed);
    }
}
