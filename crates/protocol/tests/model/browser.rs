//! The page's side, driven as `static/js/core/room.js` drives it.

use lockstep_protocol::{
    Position, Seq,
    page::{Act, Input, Joined, Mark},
};

use crate::{
    happened::Happening,
    rules::Mutant,
    world::{Fetch, Line, Link, Packet, Wish, World},
};

impl World {
    /// Connects to a worker, which is the first from now on.
    pub(crate) fn connect(&mut self, number: usize) {
        self.workers.swap(0, number);
        self.line = Line::Up(Link::default());
        self.tell(Input::Connect, &[]);
    }

    /// The connection ends, with all that is in it, and the page does not know yet.
    pub(crate) fn cut(&mut self) {
        if matches!(self.line, Line::Up(_)) {
            self.line = Line::Dead;
            self.detach();
        }
    }

    /// The page learns that its connection is gone.
    pub(crate) fn notice(&mut self) {
        self.line = Line::Off;
        self.fetch = None;
        self.tell(Input::Disconnect, &[]);
    }

    /// The oldest packet arrives.
    pub(crate) fn deliver(&mut self) {
        let Some(packet) = self.link().and_then(|link| link.down.pop_front()) else { return };
        match packet {
            Packet::Event(_) if self.rules.lacks(Mutant::Held) && !self.page.is_live() => {}
            Packet::Event(mark) => self.tell(Input::Event(self.seen_as(mark)), &[]),
            Packet::Beat(position) => self.tell(Input::Beat(position), &[]),
            Packet::Reset(position) => self.tell(Input::Reset(position), &[]),
            Packet::Ack(joined) => self.take(joined),
        }
    }

    fn take(&mut self, joined: Joined) {
        let Joined::Recovered { position, events } = joined else { return self.tell(Input::Ack(joined), &[]) };
        if !events.is_empty() {
            self.happened.note(Happening::HoleRepaired);
        }
        let events = events.into_iter().map(|mark| self.seen_as(mark)).collect();
        self.tell(Input::Ack(Joined::Recovered { position, events }), &[]);
    }

    /// Without its chain every event would seem to follow.
    fn seen_as(&self, mark: Mark) -> Mark {
        if self.rules.lacks(Mutant::PagesChain) { Mark { prev: Seq(0), ..mark } } else { mark }
    }

    /// The server reads the data that was asked for.
    pub(crate) fn read(&mut self) {
        let read = (self.ledger.position(), self.ledger.heard());
        if let Some(fetch) = &mut self.fetch {
            fetch.read = Some(read);
        }
    }

    /// The data arrive.
    pub(crate) fn arrive(&mut self) {
        let Some(Fetch { asked, read: Some((position, seen)) }) = self.fetch.take() else { return };
        let ahead = position.epoch == asked.epoch && position.seq > asked.seq;
        let short = position.epoch != asked.epoch || position.seq < asked.seq;
        let taken = if short && self.rules.lacks(Mutant::Announced) { asked } else { position };
        self.tell(Input::Snapshot(taken.clone()), &seen);
        self.happened.note_if(ahead, Happening::ShownAhead);
        if ahead && self.rules.lacks(Mutant::Asking) {
            self.tell(Input::Ack(Joined::Recovered { position: taken, events: Vec::new() }), &[]);
        }
    }

    /// No answer in time; false where the page waits for none.
    pub(crate) fn time_out(&mut self) -> bool {
        let before = self.page.clone();
        self.tell(Input::Timeout, &[]);
        self.page != before
    }

    /// Hands the page an input and does what it says. `data` is what comes with a snapshot.
    fn tell(&mut self, input: Input, data: &[Seq]) {
        let (why, told) = (Why::of(&input), events_of(&input));
        for act in self.page.step(input) {
            match act {
                Act::Join(position) => self.join(position.expect("it began with data"), why),
                Act::Apply(seq) => {
                    let held = why == Why::Answer && !told.contains(&seq);
                    self.happened.note_if(held, Happening::HeldThenApplied);
                    self.seen.push(seq);
                }
                Act::Fetch(position) => self.fetch(position),
                Act::FetchAgain(position) => {
                    self.happened.note(Happening::FetchedAgain);
                    self.fetch(position);
                }
                Act::Show(_) => self.seen = data.to_vec(),
                Act::Reconnect => self.give_up(),
                Act::Hold(_) | Act::Drop(_) | Act::Overflow | Act::Run(_) | Act::Proven | Act::Denied => {}
            }
        }
        if self.page.is_live() {
            self.fetch = None; // taken only while the page waits for it
        }
    }

    fn join(&mut self, position: Position, why: Why) {
        self.happened.note_if(why == Why::Event, Happening::HoleSeenByPage);
        self.happened.note_if(why == Why::Beat, Happening::HoleSeenByBeat);
        self.happened.note_if(why == Why::Timeout, Happening::JoinedAgain);
        self.fetch = None;
        let Some(link) = self.link() else { return };
        link.up.iter_mut().for_each(|wish| wish.awaited = false);
        link.down.retain(|packet| !matches!(packet, Packet::Ack(_)));
        link.up.push_back(Wish { position, awaited: true });
    }

    /// A fetch that is overtaken by a newer one counts for nothing.
    fn fetch(&mut self, asked: Position) {
        self.fetch = Some(Fetch { asked, read: None });
    }

    fn give_up(&mut self) {
        self.cut();
        self.line = Line::Off;
        self.fetch = None;
    }
}

/// What made the page do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Event,
    Beat,
    Answer,
    Timeout,
    Other,
}

impl Why {
    fn of(input: &Input) -> Self {
        match input {
            Input::Event(_) => Why::Event,
            Input::Beat(_) => Why::Beat,
            Input::Ack(_) | Input::Snapshot(_) => Why::Answer,
            Input::Timeout => Why::Timeout,
            Input::Connect | Input::Disconnect | Input::Reset(_) => Why::Other,
        }
    }
}

fn events_of(input: &Input) -> Vec<Seq> {
    let Input::Ack(Joined::Recovered { events, .. }) = input else { return Vec::new() };
    events.iter().map(|mark| mark.seq).collect()
}
