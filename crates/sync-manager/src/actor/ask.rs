//! What the actor is asked, and how it answers: who comes and goes, who joins which room and from where.
//!
//! An answer to a join is given in the actor's turn, so what came before is part of it and what comes after is not.

use std::sync::Arc;

use lockstep_protocol::{
    Emission, JoinMode, Position, RefreshWhy, Refusal, Room, RoomAck,
    ledger::Ledger,
    worker::{MAX_RESUME_BYTES, MAX_RESUME_EVENTS, Resume, bytes},
};
use tokio::sync::oneshot;

use super::{AboutPresence, Live, NoticedBy, presence::joined};
use crate::{
    counters::Counters,
    hub::{MemberId, Outlet},
    roster::WorkerInfo,
    run::Run,
    transient::Transient,
};

/// Pages asked to come back are spread over so many milliseconds.
const COME_BACK_WITHIN_MS: u64 = 5_000;

/// What a page is told before its worker goes.
const BYE: &str = "sync:bye";

/// What the actor can be asked.
pub(crate) enum Command {
    Attach(MemberId, Arc<dyn Outlet>),
    Detach(MemberId),
    Expel(MemberId),
    Join(MemberId, Vec<(Room, Option<Position>)>, Asked),
    Leave(MemberId, Room),
    Workers(oneshot::Sender<Vec<WorkerInfo>>),
    Rooms(oneshot::Sender<Vec<(Room, usize)>>),
    Farewell(oneshot::Sender<()>),
    Presence(AboutPresence),
    Tell(Transient),
    /// Nothing: a step to be taken.
    Step,
}

/// What is done with the answers to a join.
type Tell = Box<dyn FnOnce(&[RoomAck]) + Send>;

/// Who asked to join, and what is to be said to him before anything that happens afterwards.
pub(crate) struct Asked {
    pub(crate) tell: Tell,
    pub(crate) reply: oneshot::Sender<Vec<RoomAck>>,
}

impl Asked {
    fn answer(self, acks: Vec<RoomAck>) {
        // Who waits no longer has said so to his page.
        if !self.reply.is_closed() {
            (self.tell)(&acks);
            let _ = self.reply.send(acks);
        }
    }
}

impl<L: Ledger> Live<L> {
    pub(super) async fn obey(&mut self, command: Command) {
        match command {
            Command::Attach(id, outlet) => {
                if self.actor.leaving {
                    outlet.send(&Run::of(BYE, &come_back()));
                }
                self.actor.hub.attach(id, outlet);
            }
            Command::Detach(id) => self.detach(id),
            Command::Expel(id) => {
                self.actor.attendance.expel(id);
                self.detach(id);
            }
            Command::Leave(id, room) => {
                if self.actor.hub.leave(id, &room) {
                    self.worker.forget(&room);
                }
            }
            Command::Join(id, wishes, asked) => {
                let acks = self.join_all(id, wishes, &asked.reply).await;
                let rooms = joined(&acks);
                asked.answer(acks);
                self.introduce(id, &rooms);
            }
            Command::Presence(asked) => self.obey_about_presence(asked),
            Command::Tell(transient) => self.pass_on(transient).await,
            Command::Workers(reply) => drop(reply.send(self.actor.roster.list(self.heartbeat()))),
            Command::Rooms(reply) => {
                drop(reply.send(self.actor.hub.rooms().map(|(room, count)| (room.clone(), count)).collect()));
            }
            Command::Farewell(reply) => {
                self.actor.leaving = true;
                self.say_how_we_are();
                self.actor.hub.tell_all(BYE, come_back);
                let _ = reply.send(());
            }
            Command::Step => {}
        }
    }

    fn detach(&mut self, id: MemberId) {
        self.actor.attendance.leave(id);
        for room in self.actor.hub.detach(id) {
            self.worker.forget(&room);
        }
    }

    /// Answers every wish of one request, unless nobody waits for the answer any more.
    async fn join_all(
        &mut self,
        id: MemberId,
        wishes: Vec<(Room, Option<Position>)>,
        reply: &oneshot::Sender<Vec<RoomAck>>,
    ) -> Vec<RoomAck> {
        let mut budget = MAX_RESUME_BYTES;
        let mut acks = Vec::with_capacity(wishes.len());
        for (room, position) in wishes {
            if reply.is_closed() {
                break;
            }
            acks.push(self.join(id, room, position, &mut budget).await);
        }
        acks
    }

    /// Joins one room. `budget` is what may still go into the answer, in bytes of events.
    async fn join(&mut self, id: MemberId, room: Room, position: Option<Position>, budget: &mut usize) -> RoomAck {
        if !self.actor.hub.has_place(id, &room) {
            return RoomAck::Refused { room: room.to_string(), why: Refusal::Unavailable };
        }
        let mode = match &position {
            None => JoinMode::Live,
            Some(position) => self.resume(&room, position, budget).await,
        };
        self.worker.enter(&room);
        self.actor.hub.join(id, &room);
        let Counters { joins_live, joins_recovered, joins_refresh, .. } = &*self.actor.counters;
        match &mode {
            JoinMode::Live => joins_live,
            JoinMode::Recovered(_) => joins_recovered,
            JoinMode::Refresh(_) => joins_refresh,
        }
        .add(1);
        RoomAck::Joined { room, mode, position: self.worker.position() }
    }

    async fn resume(&mut self, room: &Room, position: &Position, budget: &mut usize) -> JoinMode {
        let mut resume = self.worker.resume(room, position);
        if resume == Resume::Ahead && self.ledger_answers() {
            self.repair(NoticedBy::Chain).await;
            resume = self.worker.resume(room, position);
        }
        if resume == Resume::Ledger && self.ledger_answers() {
            resume = self.resume_from_ledger(room, position).await;
        }
        match resume {
            Resume::Events(events) => within(budget, events),
            Resume::Refresh(why) => JoinMode::Refresh(why),
            Resume::Ahead => JoinMode::Refresh(RefreshWhy::Ahead),
            Resume::Ledger => JoinMode::Refresh(RefreshWhy::Unreadable),
        }
    }

    /// A ledger that did not answer last time is left to the tick: pages must not wait for it one after the other.
    fn ledger_answers(&self) -> bool {
        self.actor.status.borrow().ledger
    }

    async fn resume_from_ledger(&self, room: &Room, position: &Position) -> Resume {
        self.actor.counters.ledger_resumes.add(1);
        let sources = self.worker.fanout().sources(room);
        let look = self.actor.ledger.of(&sources, position.seq, MAX_RESUME_EVENTS + 1);
        match self.actor.read(look).await {
            Some(page) => self.worker.resume_from(room, position.seq, &page),
            None => Resume::Ledger,
        }
    }
}

fn come_back() -> serde_json::Value {
    serde_json::json!({"retryMs": rand::random_range(0..COME_BACK_WITHIN_MS)})
}

fn within(budget: &mut usize, events: Vec<Arc<Emission>>) -> JoinMode {
    match budget.checked_sub(bytes(&events)) {
        Some(rest) => {
            *budget = rest;
            JoinMode::Recovered(events)
        }
        None => JoinMode::Refresh(RefreshWhy::TooMuch),
    }
}
