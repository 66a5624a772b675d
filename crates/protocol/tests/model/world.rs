//! Workers, a page and what lies between them.
//!
//! Nothing need be lost on the bus by an action of its own: whatever was said there may be heard at any time, by any worker, in any
//! order, again or never, so every loss, delay, doubling and reordering is among the behaviours.

use std::{collections::VecDeque, sync::Arc};

use lockstep_protocol::{
    Epoch, FanOut, Position, Room, Seq,
    page::{Joined, Mark, Page},
    worker::Worker,
};

use crate::{
    happened::Happened,
    ledger::{Kind, Ledger, Row},
    part::Part,
    rules::Rules,
};

/// What a worker has put into the queue of the page's socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Packet {
    Event(Mark),
    Beat(Position),
    Reset(Position),
    Ack(Joined),
}

/// A join on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    pub(crate) position: Position,
    /// The page waits for the answer; to those before its latest it does not.
    pub(crate) awaited: bool,
}

/// The page's connection. Its worker is always the first one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    pub(crate) joined: bool,
    pub(crate) up: VecDeque<Wish>,
    pub(crate) down: VecDeque<Packet>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    /// The page knows that it has none.
    Off,
    /// It is gone and the page does not know yet.
    Dead,
    Up(Link),
}

/// A fetch of data over HTTP. It is read at any time after it was asked for, and arrives at any time after that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fetch {
    pub(crate) asked: Position,
    pub(crate) read: Option<(Position, Vec<Seq>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) ledger: Part<Ledger>,
    /// The ledger as it was before each change to it: any of these may lie on a backup.
    pub(crate) copies: Vec<Part<Ledger>>,
    /// All that was ever committed, in that order: the bus.
    pub(crate) said: Part<Vec<Row>>,
    pub(crate) lives: u8,
    pub(crate) workers: Vec<Part<Worker>>,
    pub(crate) line: Line,
    pub(crate) page: Page,
    /// The seqs that the page has seen: shown with its data or applied one by one.
    pub(crate) seen: Vec<Seq>,
    pub(crate) fetch: Option<Fetch>,
    pub(crate) faults: u8,
    pub(crate) happened: Happened,
}

impl World {
    /// An empty ledger, workers that look at it, and a page that has read it and is not connected yet.
    pub(crate) fn new(rules: Rules) -> Self {
        let ledger = Ledger::new(life(0));
        let worker = Part::new(started(rules, &ledger));
        Self {
            rules,
            page: Page::at(ledger.position()),
            ledger: Part::new(ledger),
            copies: Vec::new(),
            said: Part::new(Vec::new()),
            lives: 1,
            workers: vec![worker; rules.workers],
            line: Line::Off,
            seen: Vec::new(),
            fetch: None,
            faults: rules.faults,
            happened: Happened::default(),
        }
    }

    /// The page's room.
    pub(crate) fn room(&self) -> Room {
        self.rules.setting.room(Kind::Own)
    }

    pub(crate) fn link(&mut self) -> Option<&mut Link> {
        if let Line::Up(link) = &mut self.line { Some(link) } else { None }
    }

    /// A seq is never given twice, whatever becomes of the ledger: it is made of the time.
    pub(crate) fn commit(&mut self, kind: Kind) {
        self.copies.push(self.ledger.clone());
        let seq = Seq(i64::try_from(self.said.len() + 1).expect("a small world"));
        let row = self.ledger.change(|ledger| ledger.commit(self.rules.setting, seq, kind));
        self.said.change(|said| said.push(row));
    }

    pub(crate) fn trim(&mut self) -> bool {
        self.copies.push(self.ledger.clone());
        self.ledger.change(Ledger::trim)
    }

    pub(crate) fn new_life(&mut self) {
        self.copies.push(self.ledger.clone());
        self.ledger.change(|ledger| ledger.begin(life(self.lives)));
        self.lives += 1;
    }

    /// Puts back a copy. What that undoes stays undone: the copies that hold it are gone too.
    pub(crate) fn restore(&mut self, copy: usize) {
        self.ledger = self.copies[copy].clone();
        self.copies.truncate(copy);
    }

    /// The worker dies with its connections and starts anew.
    pub(crate) fn crash(&mut self, number: usize) {
        self.workers[number] = Part::new(started(self.rules, &self.ledger));
        if number == 0 && matches!(self.line, Line::Up(_)) {
            self.line = Line::Dead;
        }
    }

    /// Brings worlds that differ only by the names of workers, or by what nobody will ask for again, to one form.
    pub(crate) fn settle(&mut self) {
        let named = usize::from(matches!(self.line, Line::Up(_)));
        if self.workers.len() > named + 1 {
            self.workers[named..].sort_by_key(Part::hash);
        }
        if self.faults == 0 {
            self.copies.clear();
        }
    }
}

fn life(number: u8) -> Epoch {
    Epoch::new(["a", "b", "c", "d", "e", "f", "g", "h"][usize::from(number)])
}

fn started(rules: Rules, ledger: &Ledger) -> Worker {
    Worker::with_memory(Arc::new(FanOut::default()), ledger.latest(rules.ring), rules.ring)
}
