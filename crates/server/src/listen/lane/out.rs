//! What a connection has to write besides what the engine writes, and whose turn it is.
//!
//! Both sides write only while they hold this, and whoever writes moves its place under the same lock; nothing here waits.
//! A run of the hub's frames, once begun, is finished before anything else is written. The engine goes before runs that have not
//! begun, so that a ping waits for one run at most.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
};

use bytes::Bytes;

use super::track::Track;
use crate::listen::{connection::Bounds, stream::Way};

/// Runs that go into one write.
const RUNS_A_WRITE: usize = 16;

/// Finished frames that are written one after the other, with nothing between them.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) bytes: Bytes,
    /// How many frames, for the bound of the queue.
    pub(super) packets: usize,
    pub(super) claim: Claim,
}

/// How much of the queue a run may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// What can wait with whoever says it: a quarter. That it was refused says nothing about the page.
    Spare,
    /// What is lost if it is refused: all of it.
    Whole,
    /// An answer that somebody waits for: twice that, since whoever asked is limited in how often he may ask.
    Owed,
}

impl Claim {
    /// Whether so much is too much, where `all` may wait.
    fn exceeds(self, waiting: usize, all: usize) -> bool {
        match self {
            Claim::Spare => waiting >= all.div_ceil(4),
            Claim::Whole => waiting >= all,
            Claim::Owed => waiting >= 2 * all,
        }
    }
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The kernel has all of it.
    Written,
    /// It waits until the engine has finished its frame.
    Held,
    /// It waits until the kernel takes more; somebody must see to it.
    Blocked,
    /// Too much waits already.
    Full,
    /// Nothing can be written any more.
    Gone,
}

/// How far the queue could be emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    /// Nothing waits, or what waits is for the engine's next write to take along.
    Done,
    /// The kernel takes no more just now.
    Blocked,
    /// The engine waits to write; it is its turn.
    GaveWay,
}

/// What waits, and the state of what was written.
#[derive(Debug, Default)]
pub(in crate::listen) struct Out {
    pub(super) track: Track,
    queue: VecDeque<Run>,
    /// Bytes of the first run that have been written.
    written: usize,
    packets: usize,
    bytes: usize,
    /// Bytes of runs that the kernel has taken since somebody asked.
    sent: usize,
    /// A run was refused; until the queue has run empty all others are, so that the gap is one.
    behind: bool,
    /// Somebody waits for the kernel to take more of the queue.
    pub(super) flushing: bool,
    /// The engine waits for the kernel to take more.
    pub(super) engine_waits: bool,
}

impl Out {
    /// Writes a run, or queues what the kernel does not take.
    ///
    /// The queue is full when it holds what `bounds` allow to the run's claim: it may exceed them by one run.
    pub(super) fn push(&mut self, way: &impl Way, run: Run, bounds: Bounds) -> Pushed {
        if self.track.is_closed() {
            return Pushed::Gone;
        }
        self.behind &= !self.queue.is_empty();
        let claim = run.claim;
        let full = claim.exceeds(self.packets, bounds.packets) || claim.exceeds(self.bytes, bounds.bytes);
        if full || (self.behind && claim != Claim::Owed) {
            self.behind |= claim != Claim::Spare;
            return Pushed::Full;
        }
        if self.queue.is_empty() && !self.engine_waits && self.track.is_open() {
            return self.write_at_once(way, run);
        }
        self.enqueue(run, 0);
        if self.is_blocked() { Pushed::Blocked } else { Pushed::Held }
    }

    /// A run that finds the lane free leaves without ever being queued; what the kernel does not take of it is.
    fn write_at_once(&mut self, way: &impl Way, run: Run) -> Pushed {
        match way.try_write(&[IoSlice::new(&run.bytes)]) {
            Ok(taken) => {
                self.sent += taken;
                if taken == run.bytes.len() {
                    return Pushed::Written;
                }
                self.enqueue(run, taken);
                Pushed::Blocked
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.enqueue(run, 0);
                Pushed::Blocked
            }
            Err(_) => Pushed::Gone,
        }
    }

    fn enqueue(&mut self, run: Run, written: usize) {
        self.packets += run.packets;
        self.bytes += run.bytes.len() - written;
        self.written += written;
        self.queue.push_back(run);
    }

    /// Writes for the engine, once a run that was begun is finished; takes along what waits when its frame has ended. How many bytes of
    /// `slices` the kernel took.
    pub(super) fn engine_writes(&mut self, way: &impl Way, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.engine_waits = true;
        while self.written > 0 {
            self.write_runs(way, 1)?;
        }
        let taken = way.try_write(slices)?;
        self.engine_waits = false;
        self.feed(slices, taken);
        let _ = self.drain(way);
        Ok(taken)
    }

    /// Writes what waits, as far as the kernel takes it and the engine lets it.
    pub(super) fn drain(&mut self, way: &impl Way) -> Drained {
        while !self.queue.is_empty() && (self.written > 0 || self.track.is_open()) {
            if self.engine_waits && self.written == 0 {
                return Drained::GaveWay;
            }
            let runs = if self.engine_waits { 1 } else { RUNS_A_WRITE };
            match self.write_runs(way, runs) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Drained::Blocked,
                // The reader learns of it from its own half and ends the connection.
                Err(_) => self.close(),
            }
        }
        Drained::Done
    }

    /// Whether a run was refused and those before it still wait.
    pub(super) fn is_behind(&self) -> bool {
        self.behind && !self.queue.is_empty()
    }

    /// Whether something waits that the kernel would not take.
    pub(super) fn is_blocked(&self) -> bool {
        !self.queue.is_empty() && (self.written > 0 || self.track.is_open())
    }

    /// What waits is no longer for anybody.
    pub(super) fn close(&mut self) {
        self.track.close();
        self.queue = VecDeque::new();
        (self.written, self.packets, self.bytes) = (0, 0, 0);
    }

    /// How many bytes of runs the kernel has taken since the last call.
    pub(super) fn take_sent(&mut self) -> usize {
        std::mem::take(&mut self.sent)
    }

    /// One write of at most so many runs.
    fn write_runs(&mut self, way: &impl Way, runs: usize) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); RUNS_A_WRITE];
        let runs = runs.min(self.queue.len());
        for (place, (slice, run)) in slices.iter_mut().zip(&self.queue).take(runs).enumerate() {
            let from = if place == 0 { self.written } else { 0 };
            *slice = IoSlice::new(&run.bytes[from..]);
        }
        let taken = way.try_write(&slices[..runs])?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes -= taken;
        self.sent += taken;
        self.advance(taken);
        Ok(())
    }

    fn advance(&mut self, mut taken: usize) {
        while let Some(first) = self.queue.front() {
            let left = first.bytes.len() - self.written;
            if taken < left {
                self.written += taken;
                return;
            }
            taken -= left;
            self.written = 0;
            self.packets -= first.packets;
            self.queue.pop_front();
        }
        // Once slow is not slow for ever: the memory of a long queue is given back.
        self.queue.shrink_to(RUNS_A_WRITE);
    }

    fn feed(&mut self, slices: &[IoSlice<'_>], mut taken: usize) {
        for slice in slices {
            let here = taken.min(slice.len());
            self.track.feed(&slice[..here]);
            taken -= here;
        }
        if self.track.is_closed() {
            self.close();
        }
    }
}
