//! Which local sockets are in which room, and what becomes of those that read too slowly.
//!
//! The actor owns the hub; there is no lock. Events are gathered for a turn and handed to each socket as one run. A socket's queue
//! belongs to its [`Outlet`] and is bounded there. Full is never silent: the socket is marked behind, is told how far its rooms have
//! come as soon as it takes a packet again, and is cut after ten seconds. One slow socket costs the others nothing.

mod tell;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use lockstep_protocol::{Emission, Position, Room, Seq};
use serde::Serialize;
use tokio::{task::yield_now, time::Instant};

use crate::{
    counters::Counters,
    gather::{Gathered, RoomSet, Runs},
    run::Run,
};

/// Sockets served before other tasks of the thread get their turn: a lone write costs the kernel about 4 µs.
const SOCKETS_A_TURN: usize = 256;

/// How long a socket may be behind before it is cut. A healthy page takes a packet within milliseconds.
const BEHIND_LIMIT: Duration = Duration::from_secs(10);

/// Sockets get their beat in so many turns, a tenth of the interval apart, so that a large worker does not speak to all at once.
pub(crate) const BEAT_TURNS: u32 = 10;

/// The most rooms one socket may be in. There are ten named rooms; the rest are single imports that somebody watches.
const MAX_ROOMS: usize = 64;

/// A socket of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub(crate) u64);

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The socket's queue took it.
    Queued,
    /// The queue is full; so many events are lost for this socket.
    Full(usize),
    /// The socket is closed.
    Gone,
}

/// Why a socket is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It has not taken a packet for ten seconds.
    SlowConsumer,
}

/// The way out to one socket. The hub hands on finished events; it is the outlet that knows a transport.
pub trait Outlet: Send + Sync + 'static {
    /// Takes a run, in order with all runs before. Never waits.
    fn send(&self, run: &Run) -> Sent;

    /// Ends the connection so that the page reconnects.
    fn cut(&self, why: Cut);
}

/// Who is in a room, in the order of their coming: their outlets then mostly lie in that order in memory too.
type Members = BTreeMap<MemberId, Arc<dyn Outlet>>;

struct Member {
    outlet: Arc<dyn Outlet>,
    rooms: Vec<Room>,
    behind: Option<Instant>,
}

/// The sockets and rooms of one worker.
///
/// Who is where changes only between turns: with nothing gathered.
pub(crate) struct Hub {
    counters: Arc<Counters>,
    gathered: Gathered,
    members: HashMap<MemberId, Member>,
    rooms: HashMap<Room, Members>,
}

/// What became of the runs of a turn.
#[derive(Default)]
struct Tally {
    delivered: usize,
    lost: usize,
    behind: Vec<MemberId>,
}

impl Tally {
    fn add(&mut self, id: MemberId, events: usize, sent: Sent) {
        match sent {
            Sent::Queued => self.delivered += events,
            Sent::Full(lost) => {
                self.delivered += events - lost;
                self.lost += lost;
                self.behind.push(id);
            }
            Sent::Gone => {}
        }
    }
}

#[derive(Serialize)]
struct Beat<'a> {
    epoch: &'a lockstep_protocol::Epoch,
    rooms: BTreeMap<String, Seq>,
}

impl Hub {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self { counters, gathered: Gathered::default(), members: HashMap::new(), rooms: HashMap::new() }
    }

    pub(crate) fn attach(&mut self, id: MemberId, outlet: Arc<dyn Outlet>) {
        self.members.insert(id, Member { outlet, rooms: Vec::new(), behind: None });
    }

    /// Takes the socket out of everything; the rooms nobody is in any more.
    pub(crate) fn detach(&mut self, id: MemberId) -> Vec<Room> {
        debug_assert!(self.gathered.is_empty(), "somebody leaves in the middle of a turn");
        let Some(member) = self.members.remove(&id) else { return Vec::new() };
        member.rooms.into_iter().filter(|room| self.leave_room(id, room)).collect()
    }

    /// Whether the socket is here.
    pub(crate) fn has(&self, id: MemberId) -> bool {
        self.members.contains_key(&id)
    }

    /// The rooms that a socket is in.
    pub(crate) fn rooms_of(&self, id: MemberId) -> Vec<Room> {
        self.members.get(&id).map(|member| member.rooms.clone()).unwrap_or_default()
    }

    /// Whether the socket is here and may be in one more room.
    pub(crate) fn has_place(&self, id: MemberId, room: &Room) -> bool {
        let place = |member: &Member| member.rooms.len() < MAX_ROOMS || member.rooms.contains(room);
        self.members.get(&id).is_some_and(place)
    }

    pub(crate) fn join(&mut self, id: MemberId, room: &Room) {
        debug_assert!(self.gathered.is_empty(), "somebody joins in the middle of a turn");
        let Some(member) = self.members.get_mut(&id) else { return };
        if !member.rooms.contains(room) {
            member.rooms.push(room.clone());
            self.rooms.entry(room.clone()).or_default().insert(id, member.outlet.clone());
        }
    }

    /// True when nobody is in the room any more.
    pub(crate) fn leave(&mut self, id: MemberId, room: &Room) -> bool {
        debug_assert!(self.gathered.is_empty(), "somebody leaves in the middle of a turn");
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

    /// Adds an event to this turn. A turn that is full ends first.
    pub(crate) async fn gather(&mut self, emission: Arc<Emission>) {
        if !self.rooms.contains_key(&emission.room) {
            return;
        }
        if self.gathered.is_full() {
            self.flush().await;
        }
        self.gathered.push(emission);
    }

    /// Ends the turn: everybody gets what he hears of it, as one run.
    pub(crate) async fn flush(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        let audience = self.audience(&gathered);
        let mut runs = Runs::from(gathered);
        let mut tally = Tally::default();
        for (number, (id, rooms, outlet)) in audience.into_iter().enumerate() {
            let run = runs.of(rooms);
            tally.add(id, run.len(), outlet.send(run));
            if number % SOCKETS_A_TURN == SOCKETS_A_TURN - 1 {
                yield_now().await;
            }
        }
        self.count(tally);
    }

    /// Who hears something of a turn, and of which of its rooms.
    fn audience(&self, gathered: &Gathered) -> Vec<(MemberId, RoomSet, &Arc<dyn Outlet>)> {
        let members = |room| self.rooms.get(room).into_iter().flatten();
        let rooms: Vec<_> = gathered.rooms().collect();
        if let [(set, only)] = rooms[..] {
            return members(only).map(|(id, outlet)| (*id, set, outlet)).collect();
        }
        let mut audience = BTreeMap::new();
        for (set, room) in rooms {
            for (id, outlet) in members(room) {
                audience.entry(*id).or_insert((0, outlet)).0 |= set;
            }
        }
        audience.into_iter().map(|(id, (rooms, outlet))| (id, rooms, outlet)).collect()
    }

    fn count(&mut self, tally: Tally) {
        self.counters.deliveries.add(tally.delivered as u64);
        self.counters.dropped.add(tally.lost as u64);
        let now = Instant::now();
        for id in tally.behind {
            if let Some(member) = self.members.get_mut(&id) {
                member.behind.get_or_insert(now);
            }
        }
    }

    /// Tells the sockets whose turn it is, and those that are behind, how far their rooms have come. Who has been behind for too
    /// long is cut. Those that are behind no longer: what the service told them meanwhile is to be told again.
    pub(crate) fn beat(&mut self, turn: u32, position: &Position, last: impl Fn(&Room) -> Seq) -> Vec<MemberId> {
        let mut back = Vec::new();
        for (id, member) in &mut self.members {
            if id.0 % u64::from(BEAT_TURNS) != u64::from(turn % BEAT_TURNS) && member.behind.is_none()
                || member.rooms.is_empty()
            {
                continue;
            }
            let rooms = member.rooms.iter().map(|room| (room.to_string(), last(room))).collect();
            let beat = Beat { epoch: &position.epoch, rooms };
            match member.outlet.send(&Run::of("sync:pos", &beat)) {
                Sent::Queued => back.extend(member.behind.take().map(|_| *id)),
                Sent::Gone => {}
                Sent::Full(_) => {
                    let since = *member.behind.get_or_insert_with(Instant::now);
                    if since.elapsed() >= BEHIND_LIMIT {
                        self.counters.slow_consumers.add(1);
                        member.outlet.cut(Cut::SlowConsumer);
                    }
                }
            }
        }
        back
    }
}
