//! Which local sockets are in which room, and what becomes of those that read too slowly.
//!
//! The actor owns the hub; there is no lock. A socket's queue belongs to its [`Outlet`] and is bounded there. Full is never silent:
//! the socket is marked behind, is told how far its rooms have come as soon as it takes a packet again, and is cut after ten seconds.
//! One slow socket costs the others nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use lockstep_protocol::{Position, Room, Seq};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;

use crate::counters::Counters;

/// How long a socket may be behind before it is cut. A healthy page takes a packet within milliseconds.
const BEHIND_LIMIT: Duration = Duration::from_secs(10);

/// Sockets get their beat in so many turns, a tenth of the interval apart, so that a large worker does not speak to all at once.
pub(crate) const BEAT_TURNS: u32 = 10;

/// The most rooms one socket may be in. There are ten named rooms; the rest are single imports that somebody watches.
const MAX_ROOMS: usize = 64;

/// A socket of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub(crate) u64);

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The socket's queue took it.
    Queued,
    /// The queue is full; the packet is lost for this socket.
    Full,
    /// The socket is closed.
    Gone,
}

/// Why a socket is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It has not taken a packet for ten seconds.
    SlowConsumer,
}

/// The way out to one socket. The hub hands on finished bytes; it is the outlet that knows a transport.
pub trait Outlet: Send + Sync + 'static {
    /// Queues `event` with its argument `payload`, finished JSON. Never waits.
    fn send(&self, event: &str, payload: &RawValue) -> Sent;

    /// Ends the connection so that the page reconnects.
    fn cut(&self, why: Cut);
}

struct Member {
    outlet: Arc<dyn Outlet>,
    rooms: Vec<Room>,
    behind: Option<Instant>,
}

/// The sockets and rooms of one worker.
#[derive(Default)]
pub(crate) struct Hub {
    members: HashMap<MemberId, Member>,
    rooms: HashMap<Room, HashMap<MemberId, Arc<dyn Outlet>>>,
}

#[derive(Serialize)]
struct Beat<'a> {
    epoch: &'a lockstep_protocol::Epoch,
    rooms: BTreeMap<String, Seq>,
}

impl Hub {
    pub(crate) fn attach(&mut self, id: MemberId, outlet: Arc<dyn Outlet>) {
        self.members.insert(id, Member { outlet, rooms: Vec::new(), behind: None });
    }

    /// Takes the socket out of everything; the rooms nobody is in any more.
    pub(crate) fn detach(&mut self, id: MemberId) -> Vec<Room> {
        let Some(member) = self.members.remove(&id) else { return Vec::new() };
        member.rooms.into_iter().filter(|room| self.leave_room(id, room)).collect()
    }

    /// Whether the socket is here and may be in one more room.
    pub(crate) fn has_place(&self, id: MemberId, room: &Room) -> bool {
        let place = |member: &Member| member.rooms.len() < MAX_ROOMS || member.rooms.contains(room);
        self.members.get(&id).is_some_and(place)
    }

    pub(crate) fn join(&mut self, id: MemberId, room: &Room) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if !member.rooms.contains(room) {
            member.rooms.push(room.clone());
            self.rooms.entry(room.clone()).or_default().insert(id, member.outlet.clone());
        }
    }

    /// True when nobody is in the room any more.
    pub(crate) fn leave(&mut self, id: MemberId, room: &Room) -> bool {
        if let Some(member) = self.members.get_mut(&id) {
            member.rooms.retain(|joined| joined != room);
        }
        self.leave_room(id, room)
    }

    fn leave_room(&mut self, id: MemberId, room: &Room) -> bool {
        let Some(members) = self.rooms.get_mut(room) else { return false };
        members.remove(&id);
        let empty = members.is_empty();
        if empty {
            self.rooms.remove(room);
        }
        empty
    }

    pub(crate) fn is_live(&self, room: &Room) -> bool {
        self.rooms.contains_key(room)
    }

    pub(crate) fn live_rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.keys()
    }

    pub(crate) fn rooms(&self) -> impl Iterator<Item = (&Room, usize)> {
        self.rooms.iter().map(|(room, members)| (room, members.len()))
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Hands one finished event to everybody in the room.
    pub(crate) fn send(&mut self, room: &Room, event: &str, payload: &str, counters: &Counters) {
        let Some(members) = self.rooms.get(room) else { return };
        let payload: &RawValue = serde_json::from_str(payload).expect("an emission is finished JSON");
        let mut full = Vec::new();
        let mut delivered = 0;
        for (id, outlet) in members {
            match outlet.send(event, payload) {
                Sent::Queued => delivered += 1,
                Sent::Full => full.push(*id),
                Sent::Gone => {}
            }
        }
        counters.deliveries.add(delivered);
        counters.dropped.add(full.len() as u64);
        self.mark_behind(&full);
    }

    fn mark_behind(&mut self, ids: &[MemberId]) {
        let now = Instant::now();
        for id in ids {
            if let Some(member) = self.members.get_mut(id) {
                member.behind.get_or_insert(now);
            }
        }
    }

    /// Says `event` to every socket of this worker; each gets its own payload. One whose queue is full is cut: it cannot be told.
    pub(crate) fn tell_all(&mut self, event: &str, mut payload: impl FnMut() -> serde_json::Value) {
        for member in self.members.values() {
            let payload = to_raw_value(&payload()).expect("a JSON value is JSON");
            if member.outlet.send(event, &payload) == Sent::Full {
                member.outlet.cut(Cut::SlowConsumer);
            }
        }
    }

    /// Tells the sockets whose turn it is, and those that are behind, how far their rooms have come. Who has been behind for too
    /// long is cut.
    pub(crate) fn beat(&mut self, turn: u32, position: &Position, last: impl Fn(&Room) -> Seq, counters: &Counters) {
        for (id, member) in &mut self.members {
            if id.0 % u64::from(BEAT_TURNS) != u64::from(turn % BEAT_TURNS) && member.behind.is_none()
                || member.rooms.is_empty()
            {
                continue;
            }
            let rooms = member.rooms.iter().map(|room| (room.to_string(), last(room))).collect();
            let beat = Beat { epoch: &position.epoch, rooms };
            let payload = to_raw_value(&beat).expect("a beat has string keys");
            match member.outlet.send("sync:pos", &payload) {
                Sent::Queued => member.behind = None,
                Sent::Gone => {}
                Sent::Full => {
                    let since = *member.behind.get_or_insert_with(Instant::now);
                    if since.elapsed() >= BEHIND_LIMIT {
                        counters.slow_consumers.add(1);
                        member.outlet.cut(Cut::SlowConsumer);
                    }
                }
            }
        }
    }
}
