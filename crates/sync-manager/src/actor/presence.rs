//! Who is present: the machine of the protocol with a clock, the bus and the sockets of this worker.
//!
//! What changes is said at the end of a step of the actor, but no more often than every tenth of a second: however fast pages speak, the
//! others hear one diff of it, and change events go before.

use std::{collections::HashMap, sync::Arc, time::Duration};

use lockstep_protocol::{
    Actor as Person, Refusal, Room, RoomAck,
    ledger::Ledger,
    presence::{ENTITIES, Mode, Presence, RENEWAL, Said, State, Turn, Wish},
};
use tokio::{sync::oneshot, time::Instant};

use super::Live;
use crate::{bus::Channel, counters::Counters, hub::MemberId, run::Run};

/// Between two times that changes are said: short for who looks on, and a bound for who speaks without end.
const PAUSE: Duration = Duration::from_millis(100);

/// How often it is looked whether somebody has stayed away too long.
const WATCH: Duration = Duration::from_secs(1);

/// What a page shows.
pub(crate) struct Shown {
    pub(crate) member: MemberId,
    pub(crate) wish: Wish,
    pub(crate) user: Person,
    pub(crate) since: i64,
}

/// Whether a page may show an entity in a mode.
type Allowed = Box<dyn Fn(&Room, Mode) -> bool + Send>;

/// What is done with a state.
type Tell = Box<dyn FnOnce(&State) + Send>;

/// What the actor is asked about who is present.
pub(crate) enum AboutPresence {
    Show(Box<Shown>, oneshot::Sender<Result<Arc<str>, Refusal>>),
    Keep(MemberId, Allowed),
    State(Room, Tell, oneshot::Sender<State>),
}

/// Who is present, with the times at which something is due.
pub(crate) struct Attendance {
    machine: Presence,
    /// The machine's time counts from here.
    began: Instant,
    /// What the names of this worker's pages begin with: no worker before it had the same.
    life: String,
    speak: Instant,
    watch: Instant,
    renew: Instant,
    /// Somebody has asked what we have.
    asked: bool,
    /// We may have missed something.
    ask: bool,
    /// States as they were told last, encoded once for all who join until something changes.
    states: HashMap<Room, Run>,
    counters: Arc<Counters>,
}

impl Attendance {
    pub(crate) fn new(worker: &str, counters: Arc<Counters>) -> Self {
        let (machine, states, now) = (Presence::new(worker), HashMap::new(), Instant::now());
        let life = format!("{:08x}", rand::random::<u32>());
        let renew = now + RENEWAL;
        Self { machine, began: now, life, speak: now, watch: now, renew, asked: false, ask: true, states, counters }
    }

    /// The name of a page. Made when it is needed: an idle page costs nothing.
    fn tab(&self, MemberId(number): MemberId) -> Arc<str> {
        format!("{}-{number:x}", self.life).into()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The socket is gone, its page perhaps not.
    pub(super) fn leave(&mut self, id: MemberId) {
        if !self.machine.is_empty() {
            let (tab, now) = (self.tab(id), self.now());
            self.machine.leave(&tab, now);
        }
    }

    /// The page is not to come back.
    pub(super) fn expel(&mut self, id: MemberId) {
        let tab = self.tab(id);
        self.machine.keep(&tab, |_, _| false);
    }

    /// A message on the bus; false when it is none of ours.
    pub(super) fn hear(&mut self, text: &str) -> bool {
        let now = self.now();
        let said = Said::read(text).map(|said| self.machine.hear(said, now));
        self.asked |= said == Ok(true);
        said.is_ok()
    }

    /// A worker has shown a sign of life.
    pub(super) fn lives(&mut self, worker: &str) {
        let now = self.now();
        self.machine.lives(worker, now);
    }

    /// Messages may have been missed, in both directions.
    pub(super) fn is_doubtful(&mut self) {
        (self.ask, self.asked) = (true, true);
    }

    /// When there is something to do next.
    pub(super) fn wake(&self) -> Instant {
        if self.has_to_say() { self.speak.min(self.watch) } else { self.watch }
    }

    fn has_to_say(&self) -> bool {
        self.asked || self.machine.has_changed()
    }

    /// What time alone brings about. What is to be said for it.
    pub(super) fn look(&mut self) -> Option<Said> {
        let now = Instant::now();
        if now < self.watch {
            return None;
        }
        let elapsed = self.now();
        self.watch = now + WATCH;
        self.machine.pass(elapsed);
        self.asked |= self.renew <= now;
        std::mem::take(&mut self.ask).then(|| self.machine.ask(elapsed))
    }

    /// What is to be said now, if it is time.
    fn turn(&mut self) -> Option<Turn> {
        if !self.has_to_say() {
            return None;
        }
        let now = Instant::now();
        if now < self.speak {
            return None;
        }
        self.speak = now + PAUSE;
        let mut turn = self.machine.turn();
        if std::mem::take(&mut self.asked) {
            turn.said.extend(self.machine.statement());
            self.renew = now + RENEWAL;
        }
        turn.diffs.iter().for_each(|diff| drop(self.states.remove(&diff.entity)));
        self.counters.present.set(self.machine.len());
        Some(turn)
    }

    /// What who has joined the room of an entity is told first.
    fn state(&mut self, entity: &Room) -> &Run {
        let machine = &self.machine;
        self.states.entry(entity.clone()).or_insert_with(|| Run::of("presence:state", &machine.state(entity)))
    }
}

impl<L: Ledger> Live<L> {
    pub(super) fn obey_about_presence(&mut self, asked: AboutPresence) {
        let attendance = &mut self.actor.attendance;
        match asked {
            AboutPresence::Show(shown, reply) => drop(reply.send(self.show(*shown))),
            AboutPresence::Keep(id, allowed) => attendance.machine.keep(&attendance.tab(id), allowed),
            AboutPresence::State(entity, tell, reply) => {
                let state = attendance.machine.state(&entity);
                tell(&state);
                let _ = reply.send(state);
            }
        }
    }

    fn show(&mut self, Shown { member, wish, user, since }: Shown) -> Result<Arc<str>, Refusal> {
        if !self.actor.hub.has(member) {
            return Err(Refusal::Unavailable);
        }
        let attendance = &mut self.actor.attendance;
        let tab = attendance.tab(member);
        attendance.machine.set(&tab, wish, user, since)?;
        Ok(tab)
    }

    /// Tells a socket who is present in the rooms that it has joined.
    pub(super) fn introduce<'a>(&mut self, id: MemberId, rooms: impl IntoIterator<Item = &'a Room>) {
        for room in rooms.into_iter().filter(|room| ENTITIES.contains(room)) {
            self.actor.hub.tell(id, self.actor.attendance.state(room));
        }
    }

    /// Says what is due, to workers and pages. Between two turns of the hub.
    pub(super) async fn attend(&mut self) {
        let asked = self.actor.attendance.look();
        asked.iter().for_each(|said| self.say(said));
        let Some(Turn { said, diffs }) = self.actor.attendance.turn() else { return };
        said.iter().for_each(|said| self.say(said));
        for diff in diffs {
            if self.actor.hub.is_live(&diff.entity) {
                self.actor.hub.tell_room(&diff.entity, &Run::of("presence:diff", &diff)).await;
            }
        }
    }

    /// The last word: our pages come back elsewhere.
    pub(super) fn say_bye(&mut self) {
        let bye = self.actor.attendance.machine.bye();
        self.say(&bye);
    }

    fn say(&self, said: &Said) {
        let text = serde_json::to_string(said).expect("what workers say has string keys");
        self.actor.outbox.send(Channel::Presence, text.into());
    }
}

/// The rooms that were joined.
pub(super) fn joined(acks: &[RoomAck]) -> Vec<Room> {
    let room = |ack: &RoomAck| match ack {
        RoomAck::Joined { room, .. } => Some(room.clone()),
        RoomAck::Refused { .. } => None,
    };
    acks.iter().filter_map(room).collect()
}
