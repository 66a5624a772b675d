//! What is to leave in one turn: the events of a burst, until they are handed to the sockets together.
//!
//! A socket gets all that it hears of a turn as one [`Run`], in the order of the ledger, whatever rooms it is in. Sockets that are in
//! the same of the turn's rooms share one run.

use std::{collections::HashMap, sync::Arc};

use lockstep_protocol::{Emission, Room, frame};

use crate::run::Run;

/// Events taken in one turn, so that a burst reaches a socket in one write, yet stays well below its queue.
pub(crate) const BURST: usize = 64;

/// Bytes after which a turn ends: what a ping may have to wait for in a connection, and what is copied for each set of rooms.
const BURST_BYTES: usize = 64 * 1024;

/// Which of a turn's rooms: bit `n` is the n-th.
pub(crate) type RoomSet = u64;

/// The most rooms of a turn.
const ROOMS: usize = RoomSet::BITS as usize;

/// The events of a turn.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    rooms: Vec<Room>,
    events: Vec<(RoomSet, Arc<Emission>)>,
    bytes: usize,
}

impl Gathered {
    pub(crate) fn push(&mut self, emission: Arc<Emission>) {
        let known = self.rooms.iter().position(|room| *room == emission.room);
        let place = known.unwrap_or_else(|| {
            self.rooms.push(emission.room.clone());
            self.rooms.len() - 1
        });
        self.bytes += frame::event_bytes(emission.event.as_str(), &emission.payload);
        self.events.push((1 << place, emission));
    }

    /// Whether the turn must end before another event is added.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= BURST || self.bytes >= BURST_BYTES || self.rooms.len() >= ROOMS
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The rooms of the turn, each with its own set.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = (RoomSet, &Room)> {
        self.rooms.iter().enumerate().map(|(place, room)| (1 << place, room))
    }
}

/// The runs of a turn, each made when the first socket needs it.
pub(crate) struct Runs {
    events: Vec<(RoomSet, Arc<Emission>)>,
    made: HashMap<RoomSet, Run>,
}

impl From<Gathered> for Runs {
    fn from(gathered: Gathered) -> Self {
        Self { events: gathered.events, made: HashMap::new() }
    }
}

impl Runs {
    /// What a socket hears that is in these rooms.
    pub(crate) fn of(&mut self, rooms: RoomSet) -> &Run {
        let heard = |(room, emission): &(RoomSet, Arc<Emission>)| (room & rooms != 0).then(|| emission.clone());
        self.made.entry(rooms).or_insert_with(|| self.events.iter().filter_map(heard).collect())
    }
}
