//! The latest events a worker has applied, kept so that pages which reconnect need no database.
//!
//! Bounded in events and in bytes; the oldest go first, and the floor tells how far back it reaches.

use std::{
    collections::VecDeque,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    event::{Emission, Record},
    fanout::FanOut,
    position::{Epoch, Seq},
    room::Room,
};

/// The most bytes of encoded events a ring keeps, whatever its length: a burst of large rows must not cost a worker its memory.
const MAX_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Clone)]
struct Entry {
    record: Arc<Record>,
    emissions: Vec<Arc<Emission>>,
    bytes: usize,
}

impl Entry {
    /// What tells it from others: a place names one record, and what a room hears of a record is told apart by `prev`.
    fn identity(&self) -> (&Epoch, Seq, impl Iterator<Item = (&Room, Seq)>) {
        let heard = self.emissions.iter().map(|emission| (&emission.room, emission.prev));
        (&self.record.epoch, self.record.seq, heard)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        let ((epoch, seq, heard), (others_epoch, others_seq, others)) = (self.identity(), other.identity());
        epoch == others_epoch && seq == others_seq && heard.eq(others)
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (epoch, seq, heard) = self.identity();
        (epoch, seq).hash(hasher);
        heard.for_each(|one| one.hash(hasher));
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    capacity: usize,
    bytes: usize,
    floor: Seq,
}

impl Ring {
    pub(crate) fn new(capacity: usize, floor: Seq) -> Self {
        Self { entries: VecDeque::new(), capacity, bytes: 0, floor }
    }

    /// Everything after this seq is in the ring.
    pub(crate) fn floor(&self) -> Seq {
        self.floor
    }

    /// Whether `seq` is a place this ring can vouch for: its floor or one of its events.
    pub(crate) fn knows(&self, seq: Seq) -> bool {
        seq == self.floor || self.entries.binary_search_by_key(&seq, |entry| entry.record.seq).is_ok()
    }

    pub(crate) fn push(&mut self, record: Arc<Record>, emissions: Vec<Arc<Emission>>) {
        let bytes = emissions.iter().map(|emission| emission.payload.len()).sum();
        self.bytes += bytes;
        self.entries.push_back(Entry { record, emissions, bytes });
        while self.entries.len() > self.capacity || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes;
            self.floor = oldest.record.seq;
        }
    }

    /// What `room` heard after `seq`, at most `limit + 1` events so that the caller sees when it is too much.
    pub(crate) fn since(&self, fanout: &FanOut, room: &Room, seq: Seq, limit: usize) -> Vec<Arc<Emission>> {
        let first = self.entries.partition_point(|entry| entry.record.seq <= seq);
        let mut prev = seq;
        let mut events = Vec::new();
        for entry in self.entries.range(first..) {
            let Some(target) = fanout.hears(room, &entry.record) else { continue };
            // What was encoded for those who were there may begin its chain behind this page's place.
            let fits = |emission: &&Arc<Emission>| emission.room == *room && emission.prev <= prev;
            let encoded = entry.emissions.iter().find(fits).cloned();
            events.push(
                encoded.unwrap_or_else(|| Arc::new(Emission::of(&entry.record, &target.room, target.soft, prev))),
            );
            prev = entry.record.seq;
            if events.len() > limit {
                break;
            }
        }
        events
    }
}
