//! What can happen next.

use lockstep_protocol::{Position, Seq, worker::Heard};

use crate::{
    actor::Answer,
    happened::{Happened, Happening},
    ledger::{Kind, Row},
    rules::Mutant,
    world::{Line, Packet, World},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Commit(Kind),
    /// A worker hears the message of this seq.
    Hear(usize, Seq),
    Tick(usize),
    Beat,
    /// The page's worker answers a join.
    Answer(Answer),
    Connect(usize),
    Notice,
    Deliver,
    Read,
    Arrive,
    /// The join was not answered in time.
    TimeOut,
    // What follows is a fault.
    /// A worker hears the message of a row that is no longer in the ledger, and takes it. It could do so again and again.
    HearUndone(usize, Seq),
    /// The socket's queue was full when this packet was to go into it.
    Lose(usize),
    Cut,
    Crash(usize),
    Trim,
    NewLife,
    /// The ledger is put back as it was in this copy.
    Restore(usize),
    /// The same, and a new life begun before anybody looks.
    RestoreAsNewLife(usize),
}

impl World {
    /// What can happen; some of it may turn out to change nothing.
    pub(crate) fn actions(&self, actions: &mut Vec<Action>) {
        if self.said.len() < self.rules.edits {
            actions.extend(self.rules.kinds.iter().map(|kind| Action::Commit(*kind)));
        }
        for number in 0..self.workers.len() {
            self.actions_of_worker(number, actions);
        }
        self.actions_of_page(actions);
        if let Some(fetch) = &self.fetch {
            actions.push(if fetch.read.is_some() { Action::Arrive } else { Action::Read });
        }
        if self.faults > 0 {
            self.faults(actions);
        }
    }

    fn actions_of_worker(&self, number: usize, actions: &mut Vec<Action>) {
        for row in self.said.iter() {
            match self.judged(number, row) {
                Heard::Drop => {}
                Heard::Apply if self.is_undone(row) => {
                    actions.extend((self.faults > 0).then_some(Action::HearUndone(number, row.seq())));
                }
                Heard::Apply | Heard::Repair => actions.push(Action::Hear(number, row.seq())),
            }
        }
        if !self.rules.lacks(Mutant::Tick) && self.is_behind(number) {
            actions.push(Action::Tick(number));
        }
        if self.line == Line::Off {
            actions.push(Action::Connect(number));
        }
    }

    fn actions_of_page(&self, actions: &mut Vec<Action>) {
        let Line::Up(link) = &self.line else {
            return actions.extend((self.line == Line::Dead).then_some(Action::Notice));
        };
        if !link.down.is_empty() {
            actions.push(Action::Deliver);
        }
        let beaten = link.down.iter().any(|packet| matches!(packet, Packet::Beat(_)));
        if link.joined && !beaten && !self.rules.lacks(Mutant::Beat) {
            actions.push(Action::Beat);
        }
        if !link.up.is_empty() {
            actions.push(Action::Answer(Answer::Usual));
        }
        if !self.is_awaiting() || self.faults > 0 {
            actions.push(Action::TimeOut);
        }
    }

    /// Whether the row was lost when the ledger was restored.
    fn is_undone(&self, row: &Row) -> bool {
        !self.ledger.has(&Position::new(self.ledger.epoch.clone(), row.seq()))
    }

    /// Whether the answer to the page's latest join is on its way.
    pub(crate) fn is_awaiting(&self) -> bool {
        let Line::Up(link) = &self.line else { return false };
        link.up.iter().any(|wish| wish.awaited) || link.down.iter().any(|packet| matches!(packet, Packet::Ack(_)))
    }

    fn faults(&self, actions: &mut Vec<Action>) {
        if let Line::Up(link) = &self.line {
            actions.push(Action::Cut);
            let losable = |packet: &&Packet| matches!(packet, Packet::Event(_) | Packet::Ack(_));
            let lost = link.down.iter().enumerate().filter(|(_, packet)| losable(packet));
            actions.extend(lost.map(|(place, _)| Action::Lose(place)));
            if !link.up.is_empty() {
                actions.extend([Action::Answer(Answer::Unreadable), Action::Answer(Answer::Spent)]);
            }
        }
        actions.extend((0..self.workers.len()).map(Action::Crash));
        actions.extend([Action::Trim, Action::NewLife]);
        let copies = 0..self.copies.len();
        actions.extend(copies.flat_map(|copy| [Action::Restore(copy), Action::RestoreAsNewLife(copy)]));
    }

    /// Whether it is one of those faults of which there are only so many.
    pub(crate) fn is_fault(&self, action: &Action) -> bool {
        match action {
            Action::Answer(how) => *how != Answer::Usual,
            Action::TimeOut => self.is_awaiting(),
            Action::HearUndone(..) | Action::Lose(_) | Action::Cut | Action::Crash(_) => true,
            Action::Trim | Action::NewLife | Action::Restore(_) | Action::RestoreAsNewLife(_) => true,
            _ => false,
        }
    }

    /// The world after `action`; none where it changes nothing.
    pub(crate) fn after(&self, action: &Action) -> Option<World> {
        let mut next = self.clone();
        next.happened = Happened::default();
        next.faults -= u8::from(self.is_fault(action));
        next.act(action).then(|| {
            next.settle();
            next
        })
    }

    fn act(&mut self, action: &Action) -> bool {
        match action {
            Action::Commit(kind) => self.commit(*kind),
            Action::Hear(number, seq) | Action::HearUndone(number, seq) => {
                let row = self.said.iter().find(|row| row.seq() == *seq).expect("it was said").clone();
                self.hear(*number, &row);
            }
            Action::Tick(number) => self.repair(*number, Happening::RepairedByTick),
            Action::Beat => self.beat(),
            Action::Answer(how) => self.answer(*how),
            Action::Connect(number) => self.connect(*number),
            Action::Notice => self.notice(),
            Action::Deliver => self.deliver(),
            Action::Read => self.read(),
            Action::Arrive => self.arrive(),
            Action::TimeOut => return self.time_out(),
            Action::Lose(place) => drop(self.link().and_then(|link| link.down.remove(*place))),
            Action::Cut => self.cut(),
            Action::Crash(number) => self.crash(*number),
            Action::Trim => return self.trim(),
            Action::NewLife => self.new_life(),
            Action::Restore(copy) => self.restore(*copy),
            Action::RestoreAsNewLife(copy) => {
                self.restore(*copy);
                self.new_life();
            }
        }
        true
    }
}
