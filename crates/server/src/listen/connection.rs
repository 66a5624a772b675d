//! One connection as everybody but its reader knows it: what it counts, how it is ended, and how bytes leave it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::sync::OwnedSemaphorePermit;

use super::{
    lane::Out,
    stream::{Way, Writer},
    traffic::{KillReason, Traffic},
};

/// What a connection may cost before it is given up or its packets are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long a write may stand still.
    pub write_stall: Duration,
    /// Packets that may wait in its lane.
    pub packets: usize,
    /// Bytes that may wait in its lane.
    pub bytes: usize,
}

/// One connection. Shared by the guard that reads and writes for the engine, by the hub that writes for its rooms, and by whoever may
/// want to end it. The descriptor lives as long as this does.
#[derive(Debug)]
pub struct Connection<W = Writer> {
    pub(super) writer: W,
    out: Mutex<Out>,
    dead: AtomicBool,
    head_seen: AtomicBool,
    pub(super) bounds: Bounds,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    traffic: Arc<Traffic>,
    /// One of the permitted connections, given back with the descriptor.
    _permit: Option<OwnedSemaphorePermit>,
}

impl<W: Way> Connection<W> {
    /// A fresh connection that writes to `writer`, counted in `traffic`.
    pub fn new(writer: W, bounds: Bounds, traffic: Arc<Traffic>, permit: Option<OwnedSemaphorePermit>) -> Arc<Self> {
        traffic.accepted.fetch_add(1, Relaxed);
        Arc::new(Self {
            writer,
            out: Mutex::default(),
            dead: AtomicBool::new(false),
            head_seen: AtomicBool::new(false),
            bounds,
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            traffic,
            _permit: permit,
        })
    }

    /// Ends the connection, idle or stalled: whoever waits for it is woken, and its next read and write fail. True when this call did
    /// it; false when it was killed or closed before.
    pub fn kill(&self, reason: KillReason) -> bool {
        let first = self.end();
        if first {
            self.traffic.kills[reason as usize].fetch_add(1, Relaxed);
        }
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

    /// A write has stood still for the whole limit.
    pub(super) fn stalled(&self) {
        self.traffic.stalls.fetch_add(1, Relaxed);
        self.kill(KillReason::WriteStall);
    }

    /// It is gone by itself: nothing is left to kill.
    pub(super) fn closed(&self) {
        self.end();
        self.traffic.closed.fetch_add(1, Relaxed);
    }

    /// The flag first, then the shutdown that wakes everybody: who wakes sees the flag.
    fn end(&self) -> bool {
        let first = !self.dead.swap(true, SeqCst);
        if first {
            self.writer.shut_down();
        }
        first
    }

    pub(super) fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
