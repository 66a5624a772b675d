//! The fast lane: finished frames of the hub's, written between those of the engine.
//!
//! The engine's own way to a page costs a string, a queue slot, a wake and a task's turn for each event. The lane costs a lock and a
//! write. It guarantees that each run it takes is written whole, once, in order, between two frames of the engine; that it waits
//! neither for the page nor for the engine; and that what waits is bounded. It never opens for a connection whose output it does not
//! understand: [`Connection::is_websocket`] then says no, and events go the engine's way.

mod out;
mod track;

#[cfg(test)]
mod tests;

use std::{io, io::IoSlice, sync::Arc};

use bytes::Bytes;
use tokio::{task::yield_now, time::timeout};

pub(super) use out::Out;

use self::out::{Claim, Drained, Pushed, Run};
use super::{connection::Connection, stream::Way};

/// What became of frames given to a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// They are written, or will be in their turn.
    Yes,
    /// Too much waits already; they are lost to this page, and so is what follows until its queue has run empty.
    Full,
    /// The connection is closed.
    Gone,
}

impl<W: Way> Connection<W> {
    /// The answer that is written next makes this connection a WebSocket that speaks Socket.IO. Said before the engine writes it.
    pub fn switching(&self) {
        self.out().track.switching();
    }

    /// The same for a raw WebSocket: every message is the lane's, and the engine writes nothing but pings, pongs and the close.
    pub fn switching_to_raw(&self) {
        self.out().track.switching_to_raw();
    }

    /// Whether it is known to be a WebSocket, so that frames may be given to its lane.
    pub fn is_websocket(&self) -> bool {
        self.out().track.is_websocket()
    }

    /// Whether the page has lost frames and not yet read those before.
    pub fn is_behind(&self) -> bool {
        self.out().is_behind()
    }

    /// Puts a run of `packets` finished frames on the lane. Never waits.
    pub fn send(self: &Arc<Self>, frames: Bytes, packets: usize) -> Taken {
        self.push(Run { bytes: frames, packets, claim: Claim::Whole })
    }

    /// The same for what can wait with whoever says it: refused as soon as a quarter waits of what may, and without a mark, so that it
    /// takes the place of nothing else.
    pub fn send_spare(self: &Arc<Self>, frames: Bytes, packets: usize) -> Taken {
        self.push(Run { bytes: frames, packets, claim: Claim::Spare })
    }

    /// The same for an answer that the page has asked for: refused only when twice as much waits as may.
    pub fn answer(self: &Arc<Self>, frame: Bytes) -> Taken {
        self.push(Run { bytes: frame, packets: 1, claim: Claim::Owed })
    }

    fn push(self: &Arc<Self>, run: Run) -> Taken {
        if self.is_dead() {
            return Taken::Gone;
        }
        let mut out = self.out();
        let pushed = out.push(&self.writer, run, self.bounds);
        self.count_out(out.take_sent());
        match pushed {
            Pushed::Written | Pushed::Held => Taken::Yes,
            Pushed::Blocked => {
                self.see_to_the_rest(&mut out);
                Taken::Yes
            }
            Pushed::Full => Taken::Full,
            Pushed::Gone => Taken::Gone,
        }
    }

    /// The engine's write: as `try_write`, in its turn.
    pub(super) fn write_for_engine(self: &Arc<Self>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut out = self.out();
        let taken = out.engine_writes(&self.writer, slices);
        self.count_out(out.take_sent() + taken.as_ref().copied().unwrap_or_default());
        if taken.is_ok() && out.is_blocked() {
            self.see_to_the_rest(&mut out);
        }
        taken
    }

    /// The engine has said its last.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.out().close();
        self.writer.finish()
    }

    /// Starts the one task that waits for the kernel to take more, unless it runs. It ends with the queue or the connection, and so
    /// after the limit for a write that stands still at the latest.
    fn see_to_the_rest(self: &Arc<Self>, out: &mut Out) {
        if !out.flushing {
            out.flushing = true;
            tokio::spawn(Arc::clone(self).flush());
        }
    }

    async fn flush(self: Arc<Self>) {
        loop {
            if timeout(self.bounds.write_stall, self.writer.writable()).await.is_err() {
                return self.stalled();
            }
            if self.is_dead() {
                return;
            }
            match self.drain() {
                Drained::Done => return,
                Drained::Blocked => {}
                Drained::GaveWay => {
                    yield_now().await;
                    // Its turn has come and gone, whether or not it took it: a write that was given up must not hold the lane.
                    self.out().engine_waits = false;
                }
            }
        }
    }

    fn drain(&self) -> Drained {
        let mut out = self.out();
        let drained = out.drain(&self.writer);
        self.count_out(out.take_sent());
        out.flushing = drained != Drained::Done;
        drained
    }
}
