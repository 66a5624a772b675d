//! How a worker keeps in step with the ledger.
//!
//! The machine of one worker and one ledger, without bus, database or sockets: the actor feeds it what the bus said and what the
//! ledger holds, and carries out what it answers.
//! It guarantees that records are applied in commit order, each once, or that everybody is told to start afresh.
//! It never skips a hole.
//!
//! ```text
//! bus message m   other epoch → Repair · seq ≤ cursor → drop · gprev = cursor → apply · else → Repair
//! ledger page     other epoch, cursor below floor, cursor above top, first gprev ≠ cursor → Reset · else apply each row
//! ```

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    client::RefreshWhy,
    event::{Emission, Record},
    fanout::FanOut,
    ledger::{Head, Page},
    position::{Epoch, Position, Seq},
    ring::Ring,
    room::Room,
};

/// The most events a rejoining page is given; beyond that fetching the data afresh is cheaper for both.
pub const MAX_RESUME_EVENTS: usize = 300;

/// The most bytes of events a rejoining page is given, in all rooms of one request together.
pub const MAX_RESUME_BYTES: usize = 512 * 1024;

/// The bytes that these events are on the wire, but for their names.
pub fn bytes(events: &[Arc<Emission>]) -> usize {
    events.iter().map(|event| event.payload.len()).sum()
}

/// What to do with a message from the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It follows directly: apply it.
    Apply,
    /// Applied before.
    Drop,
    /// Something is missing before it, or it is of another life: read the ledger.
    Repair,
}

/// Why everybody must start afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetWhy {
    /// The ledger began another life.
    Epoch,
    /// The rows this worker lacks have been trimmed away.
    Trimmed,
    /// The ledger is behind this worker: it was restored from an older copy.
    Restored,
    /// A row is missing in the ledger itself.
    Broken,
}

impl fmt::Display for ResetWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResetWhy::Epoch => "epoch",
            ResetWhy::Trimmed => "trimmed",
            ResetWhy::Restored => "restored",
            ResetWhy::Broken => "broken",
        })
    }
}

/// How a page that rejoins with a position catches up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resume {
    /// With these events.
    Events(Vec<Arc<Emission>>),
    /// The ring does not reach back so far: ask the ledger, then [`Worker::resume_from`].
    Ledger,
    /// The page knows more than this worker: read the ledger, then ask again.
    Ahead,
    /// By fetching its data.
    Refresh(RefreshWhy),
}

/// The state of one worker towards one ledger. Two that are equal answer alike for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Worker {
    fanout: Arc<FanOut>,
    epoch: Epoch,
    cursor: Seq,
    /// Where this worker began to keep count; the chain of a room that has been quiet since begins here.
    base: Seq,
    last_global: Seq,
    last: BTreeMap<Room, Seq>,
    ring: Ring,
    ring_capacity: usize,
}

impl Worker {
    /// Begins at the newest row: what came before it pages get with their data.
    pub fn new(fanout: Arc<FanOut>, head: Head, ring_capacity: usize) -> Self {
        Self {
            fanout,
            epoch: head.epoch,
            cursor: head.top,
            base: head.top,
            last_global: head.top,
            last: BTreeMap::new(),
            ring: Ring::new(ring_capacity, head.top),
            ring_capacity,
        }
    }

    /// Begins at the newest row and remembers those before: `page` holds the newest. Pages that come from a worker that went catch up
    /// from here without asking the ledger.
    pub fn with_memory(fanout: Arc<FanOut>, page: Page, ring_capacity: usize) -> Self {
        let start = page.rows.first().map_or(page.head.top, |first| first.gprev);
        let mut worker = Self::new(fanout.clone(), Head { top: start, ..page.head.clone() }, ring_capacity);
        if worker.judge(&page).is_err() {
            return Self::new(fanout, page.head, ring_capacity);
        }
        for record in page.rows {
            worker.apply(Arc::new(record), std::iter::empty());
        }
        let rooms: Vec<Room> = worker.last.keys().cloned().collect();
        rooms.iter().for_each(|room| worker.forget(room));
        worker
    }

    /// Everything up to here has been applied.
    pub fn position(&self) -> Position {
        Position::new(self.epoch.clone(), self.cursor)
    }

    /// The seq of the newest event of `room`, or where this worker began if there was none since.
    pub fn last(&self, room: &Room) -> Seq {
        self.last.get(room).copied().unwrap_or(self.base).max(self.last_global)
    }

    /// Judges a message from the bus. The message may be late, doubled, reordered or missing its predecessors.
    pub fn hear(&self, record: &Record) -> Heard {
        if record.epoch != self.epoch {
            return Heard::Repair;
        }
        if record.seq <= self.cursor {
            return Heard::Drop;
        }
        if record.gprev == self.cursor { Heard::Apply } else { Heard::Repair }
    }

    /// Judges what the ledger holds after the cursor.
    ///
    /// # Errors
    /// Why nothing can be proved any more, so that [`Worker::reset`] must follow.
    pub fn judge(&self, page: &Page) -> Result<(), ResetWhy> {
        let Page { head, rows, .. } = page;
        if head.epoch != self.epoch {
            return Err(ResetWhy::Epoch);
        }
        if self.cursor > head.top {
            return Err(ResetWhy::Restored);
        }
        if self.cursor < head.floor {
            return Err(ResetWhy::Trimmed);
        }
        let chained = match rows.first() {
            Some(first) => first.gprev == self.cursor,
            None => head.top == self.cursor,
        };
        let unbroken = rows.windows(2).all(|pair| pair[1].gprev == pair[0].seq);
        if chained && unbroken { Ok(()) } else { Err(ResetWhy::Broken) }
    }

    /// Applies the next record: what to emit, in order. `live` are the rooms with somebody in them; only a global record needs them.
    pub fn apply<'a>(&mut self, record: Arc<Record>, live: impl Iterator<Item = &'a Room>) -> Vec<Arc<Emission>> {
        let targets = self.fanout.targets(&record, live);
        let emissions: Vec<_> = targets
            .iter()
            .map(|target| Arc::new(Emission::of(&record, &target.room, target.soft, self.last(&target.room))))
            .collect();
        for target in targets {
            self.last.insert(target.room, record.seq);
        }
        if record.scope == crate::room::Scope::Global {
            self.last_global = record.seq;
        }
        self.cursor = record.seq;
        self.ring.push(record, emissions.clone());
        emissions
    }

    /// Forgets everything and begins again at the newest row. Every socket is to be told.
    pub fn reset(&mut self, head: Head) {
        *self = Self::new(self.fanout.clone(), head, self.ring_capacity);
    }

    /// Somebody is in `room` now: its chain begins at its last event as known here and no longer follows that of forgotten rooms.
    pub fn enter(&mut self, room: &Room) {
        let last = self.last(room);
        self.last.entry(room.clone()).or_insert(last);
    }

    /// Drops what is kept of a room that comes and goes, such as `import:42`, once nobody is in it.
    ///
    /// The chains of all rooms without a memory of their own then begin no earlier than its last event: a page that knows less
    /// sees a hole and asks, one that knows as much sees none.
    pub fn forget(&mut self, room: &Room) {
        if !matches!(room, Room::Import(_) | Room::User(_)) {
            return;
        }
        if let Some(last) = self.last.remove(room) {
            self.base = self.base.max(last);
        }
    }

    /// How a page at `position` in `room` catches up with this worker.
    pub fn resume(&self, room: &Room, position: &Position) -> Resume {
        if position.epoch != self.epoch {
            return Resume::Refresh(RefreshWhy::Epoch);
        }
        if position.seq > self.cursor {
            return Resume::Ahead;
        }
        if position.seq < self.ring.floor() {
            return Resume::Ledger;
        }
        if !self.ring.knows(position.seq) {
            return Resume::Refresh(RefreshWhy::Unknown);
        }
        bounded(self.ring.since(&self.fanout, room, position.seq, MAX_RESUME_EVENTS))
    }

    /// The same from the ledger's rows of `room`'s [scopes](FanOut::sources) after `seq`, of which at least [`MAX_RESUME_EVENTS`] + 1
    /// were asked for; rows that this worker has yet to apply are left to live delivery.
    pub fn resume_from(&self, room: &Room, seq: Seq, page: &Page) -> Resume {
        if page.head.epoch != self.epoch {
            return Resume::Refresh(RefreshWhy::Epoch);
        }
        if seq < page.head.floor {
            return Resume::Refresh(RefreshWhy::Trimmed);
        }
        if !page.known {
            return Resume::Refresh(RefreshWhy::Unknown);
        }
        let applied: Vec<&Record> = page.rows.iter().filter(|record| record.seq <= self.cursor).collect();
        if applied.len() > MAX_RESUME_EVENTS {
            // There may be more than were read, also where the room does not hear each of them.
            return Resume::Refresh(RefreshWhy::TooMuch);
        }
        let mut prev = seq;
        let mut events = Vec::new();
        for record in applied {
            let Some(target) = self.fanout.hears(room, record) else { continue };
            events.push(Arc::new(Emission::of(record, &target.room, target.soft, prev)));
            prev = record.seq;
        }
        bounded(events)
    }

    /// The table this worker fans out by.
    pub fn fanout(&self) -> &FanOut {
        &self.fanout
    }
}

fn bounded(events: Vec<Arc<Emission>>) -> Resume {
    if events.len() > MAX_RESUME_EVENTS || bytes(&events) > MAX_RESUME_BYTES {
        return Resume::Refresh(RefreshWhy::TooMuch);
    }
    Resume::Events(events)
}
