//! Log lines on the road: from the door that took them in to every reader on every worker, as they come.
//!
//! Every worker hears the lines of all workers, its own too. One task of its own keeps the newest of them, gives each reader those that
//! match his filter, and sees to it that nothing is missing in silence: a hole in a worker's numbers is filled from the archive, and what
//! is not there is told to every reader as a gap of exactly so many lines. So is what a reader loses who reads too slowly.
//!
//! It guarantees the lines of one worker in the order of their numbers, each once, or a gap in their place. It promises no order between
//! workers. It never makes whoever writes a line wait, and never the changes of data, which come another way.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use lockstep_protocol::log::Filter;
//! # use lockstep_sync_manager::{SyncManager, logs::LogOutlet};
//! # fn run(sync: &SyncManager, outlet: Arc<dyn LogOutlet>, errors: Filter) {
//! let reader = sync.logs().open(outlet, Filter::default(), 200);
//! reader.filter(errors, 200);
//! reader.pause();
//! drop(reader);
//! # }
//! ```

mod audience;
mod desk;
mod ear;
mod message;
mod reader;
mod ring;
mod said;
mod task;
mod track;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use lockstep_protocol::log::{Archive, Batch, Filter, Line};
use tokio_util::sync::CancellationToken;

use crate::{bus::Channel, counters::Counters, hub::Sent, outbox::Outbox};

pub use said::{Encoded, GapWhy, Said, What};

use desk::Desk;
pub(crate) use ear::Ear;
use ring::SharedRing;
use task::Task;

/// Between two batches to the same reader: nobody reads faster, and a batch costs a page about as much as a line.
const PAUSE: Duration = Duration::from_millis(50);

/// The most lines a reader may ask to see of what came before.
pub const MAX_BACKFILL: usize = 1000;

/// The way out to one reader. The hub hands on what is finished; it is the outlet that knows a transport.
pub trait LogOutlet: Send + Sync + 'static {
    /// Takes all of `said` in order with all before, or nothing of it. Never waits. After [`Sent::Full`] the same comes again later, or
    /// what has become of it: the oldest lines may be gone by then, which the reader is told.
    fn send(&self, said: &Said) -> Sent;
}

/// All readers of this worker. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct LogHub {
    desk: Arc<Desk>,
    ring: SharedRing,
    ids: Arc<AtomicU64>,
}

impl LogHub {
    /// The hub, the ear through which it hears, and the task that is its life.
    pub(crate) fn new(ring_lines: usize, counters: Arc<Counters>) -> (Self, Ear, Task) {
        let (desk, ring) = (Arc::new(Desk::new()), SharedRing::new(ring_lines));
        let (ear, heard) = Ear::new(desk.clone(), counters.clone());
        let task = Task::new(desk.clone(), ring.clone(), heard, counters);
        (Self { desk, ring, ids: Arc::default() }, ear, task)
    }

    /// A new reader. He is given the newest `backfill` lines that match, at most [`MAX_BACKFILL`], and from then on those that come.
    /// Never waits.
    pub fn open(&self, outlet: Arc<dyn LogOutlet>, filter: Filter, backfill: usize) -> Reader {
        let (id, closed) = (ReaderId(self.ids.fetch_add(1, Ordering::Relaxed)), Arc::<AtomicBool>::default());
        self.desk.open(id, outlet, closed.clone(), (filter, backfill.min(MAX_BACKFILL)));
        Reader { id, desk: self.desk.clone(), closed }
    }

    /// The newest lines that match, at most `limit`, the oldest of them first; as far as this worker keeps them in memory.
    pub fn recent(&self, filter: &Filter, limit: usize) -> Vec<Arc<Line>> {
        let found = self.ring.newest(filter, limit, usize::MAX);
        found.lines.into_iter().map(|entry| entry.line().clone()).collect()
    }

    /// Sends the lines of this worker to all workers, this one too. Never waits. What does not arrive becomes known where it is missing.
    pub(crate) fn send(&self, batch: &Batch, outbox: &Outbox) {
        for message in message::write(batch, self.desk.age()) {
            outbox.send(Channel::Logs, message.into());
        }
        if let Some(last) = batch.lines.last() {
            self.desk.has_said(&batch.from, last.n);
        }
    }
}

impl Task {
    /// Lives until `stop`. Begins with what the archive has.
    pub(crate) async fn run(self, archive: Option<Arc<dyn Archive>>, outbox: Outbox, stop: CancellationToken) {
        stop.run_until_cancelled(self.live(archive, outbox)).await;
    }
}

/// A reader's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderId(u64);

/// A reader, until he is closed or dropped. Nothing here waits; each takes effect in its order with what he is sent.
pub struct Reader {
    id: ReaderId,
    desk: Arc<Desk>,
    closed: Arc<AtomicBool>,
}

impl Reader {
    /// His number, unique on this worker.
    pub fn id(&self) -> ReaderId {
        self.id
    }

    /// From now on he wants other lines; what he has is replaced by the newest `backfill` of those.
    pub fn filter(&self, filter: Filter, backfill: usize) {
        self.desk.filter(self.id, (filter, backfill.min(MAX_BACKFILL)));
    }

    /// He wants nothing until [`Reader::resume`]; meanwhile it is counted what he misses.
    pub fn pause(&self) {
        self.desk.pause(self.id);
    }

    /// He goes on, with a gap of what he missed.
    pub fn resume(&self) {
        self.desk.resume(self.id);
    }

    /// He hears nothing any more, from this moment on but for what is being sent just now.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.desk.close(self.id);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}
