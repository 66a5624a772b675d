//! Why connections end by our will, and what all of them did together.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
    /// Its page has left and nobody signed in again.
    NotSignedIn,
    /// The worker cannot serve it just now.
    Unavailable,
    /// The worker goes.
    Drain,
}

impl KillReason {
    /// All of them, in the order of declaration.
    pub const ALL: [KillReason; 9] = [
        KillReason::WriteStall,
        KillReason::HeaderTimeout,
        KillReason::Idle,
        KillReason::SlowConsumer,
        KillReason::Flood,
        KillReason::Revoked,
        KillReason::NotSignedIn,
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
            KillReason::NotSignedIn => "not_signed_in",
            KillReason::Unavailable => "unavailable",
            KillReason::Drain => "drain",
        }
    }
}

/// What all connections of a process did together. Counters only rise; `open` is a gauge.
#[derive(Debug, Default)]
pub struct Traffic {
    pub(super) accepted: AtomicU64,
    pub(super) closed: AtomicU64,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    pub(super) stalls: AtomicU64,
    pub(super) kills: [AtomicU64; KillReason::ALL.len()],
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
