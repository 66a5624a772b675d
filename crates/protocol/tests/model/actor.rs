//! The workers' side, driven as `sync-manager/src/actor.rs` drives it.

use std::sync::Arc;

use lockstep_protocol::{
    Emission, Position, Record, RefreshWhy,
    ledger::Head,
    page::{Joined, Mark},
    worker::{Heard, ResetWhy, Resume},
};

use crate::{
    happened::Happening,
    ledger::Row,
    rules::Mutant,
    world::{Line, Packet, World},
};

/// How the ledger does while a join is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Usual,
    /// It cannot be read.
    Unreadable,
    /// The other rooms of the same request have used up what may go into one answer.
    Spent,
}

impl World {
    /// What the worker would do with a message.
    pub(crate) fn judged(&self, number: usize, row: &Row) -> Heard {
        let worker = &self.workers[number];
        match worker.hear(&row.record) {
            Heard::Repair if self.rules.lacks(Mutant::WorkersChain) && row.record.epoch == worker.position().epoch => {
                Heard::Apply
            }
            heard => heard,
        }
    }

    pub(crate) fn hear(&mut self, number: usize, row: &Row) {
        match self.judged(number, row) {
            Heard::Apply => self.apply(number, row.record.clone()),
            Heard::Drop => {}
            Heard::Repair => self.repair(number, Happening::RepairedByChain),
        }
    }

    /// Whether a look into the ledger would change anything.
    pub(crate) fn is_behind(&self, number: usize) -> bool {
        self.workers[number].position() != self.ledger.position()
    }

    pub(crate) fn repair(&mut self, number: usize, noticed: Happening) {
        let page = self.ledger.after(self.workers[number].position().seq);
        if let Err(why) = self.workers[number].judge(&page) {
            return self.reset(number, why, page.head);
        }
        if !page.rows.is_empty() {
            self.happened.note(noticed);
        }
        for record in page.rows {
            self.apply(number, Arc::new(record));
        }
    }

    fn apply(&mut self, number: usize, record: Arc<Record>) {
        let room = self.room();
        let here = number == 0 && self.link().is_some_and(|link| link.joined);
        let emissions = self.workers[number].change(|worker| {
            let emissions = worker.apply(record, here.then_some(&room).into_iter());
            let elsewhere = emissions.iter().filter(|emission| !here || emission.room != room);
            elsewhere.for_each(|emission| worker.forget(&emission.room));
            emissions
        });
        for emission in emissions.iter().filter(|emission| here && emission.room == room) {
            self.send(Packet::Event(self.mark(emission)));
        }
    }

    fn mark(&self, emission: &Emission) -> Mark {
        Mark { epoch: self.workers[0].position().epoch, seq: emission.seq, prev: emission.prev }
    }

    fn send(&mut self, packet: Packet) {
        if let Some(link) = self.link() {
            link.down.push_back(packet);
        }
    }

    fn reset(&mut self, number: usize, why: ResetWhy, head: Head) {
        self.happened.note(Happening::Reset(why));
        self.workers[number].change(|worker| worker.reset(head));
        if number == 0 {
            self.send(Packet::Reset(self.workers[0].position()));
        }
    }

    pub(crate) fn beat(&mut self) {
        let worker = &self.workers[0];
        let beat = Position::new(worker.position().epoch, worker.last(&self.room()));
        self.send(Packet::Beat(beat));
    }

    /// Answers the oldest join.
    pub(crate) fn answer(&mut self, how: Answer) {
        let Some(wish) = self.link().and_then(|link| link.up.pop_front()) else { return };
        let mode = self.resume(&wish.position, how);
        let room = self.room();
        self.workers[0].change(|worker| worker.enter(&room));
        let position = self.workers[0].position();
        let ack = match mode {
            Ok(events) => Joined::Recovered { position, events: events.iter().map(|event| self.mark(event)).collect() },
            Err(why) => {
                self.happened.note(Happening::Refreshed(why));
                Joined::Refresh(position)
            }
        };
        let Line::Up(link) = &mut self.line else { return };
        link.joined = true;
        if wish.awaited {
            link.down.push_back(Packet::Ack(ack));
        }
    }

    fn resume(&mut self, position: &Position, how: Answer) -> Result<Vec<Arc<Emission>>, RefreshWhy> {
        let room = self.room();
        let readable = how != Answer::Unreadable;
        let mut resume = self.workers[0].resume(&room, position);
        if resume == Resume::Ahead && self.rules.lacks(Mutant::Ahead) {
            return Ok(Vec::new());
        }
        if resume == Resume::Ahead && readable {
            self.repair(0, Happening::RepairedByChain);
            resume = self.workers[0].resume(&room, position);
        }
        let mut source = Happening::ResumedFromRing;
        if resume == Resume::Ledger && readable {
            resume = self.resume_from_ledger(position);
            source = Happening::ResumedFromLedger;
        }
        match resume {
            Resume::Events(events) if how == Answer::Spent && !events.is_empty() => Err(RefreshWhy::TooMuch),
            Resume::Events(events) => {
                if !events.is_empty() {
                    self.happened.note(source);
                }
                Ok(events)
            }
            Resume::Refresh(why) => Err(why),
            Resume::Ahead => Err(RefreshWhy::Ahead),
            Resume::Ledger => Err(RefreshWhy::Unreadable),
        }
    }

    fn resume_from_ledger(&self, position: &Position) -> Resume {
        let (room, worker) = (self.room(), &self.workers[0]);
        let sources = worker.fanout().sources(&room);
        let mut page = self.ledger.of(&sources, position.seq);
        page.known |= self.rules.lacks(Mutant::Known);
        worker.resume_from(&room, position.seq, &page)
    }

    /// The worker learns that the page is gone.
    pub(crate) fn detach(&mut self) {
        let room = self.room();
        self.workers[0].change(|worker| worker.forget(&room));
    }
}
