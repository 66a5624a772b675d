//! A ledger, a worker and a page together, over a bus and a connection that lose: the page ends with every change, each once, in
//! order. With any one of the three detectors taken out it does not, and this test says so.

use std::sync::Arc;

use lockstep_protocol::{
    Draft, Emission, Epoch, EventName, FanOut, JoinMode, Position, Reason, Record, Room, Scope, Seq,
    ledger::{Head, Page as LedgerPage},
    page::{Act, Input, Joined, Mark, Page},
    worker::{Heard, Resume, Worker},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// What is switched on.
#[derive(Debug, Clone, Copy)]
struct Detectors {
    chain: bool,
    tick: bool,
    beat: bool,
}

const ALL: Detectors = Detectors { chain: true, tick: true, beat: true };

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// An edit in one of three rooms; its message and its packet may get lost.
    Edit { room: u8, on_the_bus: bool, to_the_page: bool },
    /// The page loses its connection and comes back.
    Reconnect,
    /// Somebody looks at an import and leaves.
    Visit,
    /// A second passes.
    Tick,
    /// Ten seconds pass.
    Beat,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let edit = (0..3u8, any::<bool>(), any::<bool>()).prop_map(|(room, on_the_bus, to_the_page)| Step::Edit {
        room,
        on_the_bus,
        to_the_page,
    });
    let step = prop_oneof![6 => edit, 1 => Just(Step::Reconnect), 1 => Just(Step::Visit), 1 => Just(Step::Tick), 1 => Just(Step::Beat)];
    prop::collection::vec(step, 1..40)
}

struct World {
    rows: Vec<Record>,
    worker: Worker,
    page: Page,
    detectors: Detectors,
    /// The seqs of its room that the page has seen: shown with its data or applied one by one.
    seen: Vec<Seq>,
    joins: u32,
}

/// The room the page is in.
const OWN: Room = Room::Users;

impl World {
    fn new(detectors: Detectors) -> Self {
        let head = Head { epoch: Epoch::new("a"), floor: Seq(0), top: Seq(0) };
        let worker = Worker::new(Arc::new(FanOut::default()), head, 8);
        let page = Page::at(Position::new(Epoch::new("a"), Seq(0)));
        Self { rows: Vec::new(), worker, page, detectors, seen: Vec::new(), joins: 0 }
    }

    fn happen(&mut self, step: Step) {
        match step {
            Step::Edit { room, on_the_bus, to_the_page } => {
                let record = self.commit(room);
                if on_the_bus {
                    self.hear(&record, to_the_page);
                }
            }
            Step::Reconnect => {
                self.tell(Input::Disconnect);
                self.tell(Input::Connect);
            }
            Step::Visit => {
                let room = Room::Import("1".into());
                self.worker.enter(&room);
                self.worker.forget(&room);
            }
            Step::Tick if self.detectors.tick => self.repair(true),
            Step::Beat if self.detectors.beat => {
                let beat = Position::new(self.worker.position().epoch, self.worker.last(&OWN));
                self.tell(Input::Beat(beat));
            }
            Step::Tick | Step::Beat => {}
        }
    }

    fn commit(&mut self, room: u8) -> Record {
        let room = [OWN, Room::Files, Room::Import("1".into())][usize::from(room)].clone();
        let top = self.rows.last().map_or(Seq(0), |row| row.seq);
        let draft = Draft {
            event: EventName::changed(&room),
            reason: Reason::Updated,
            worker: 1,
            scope: Scope::Room(room),
            id: "1".into(),
            data: None,
            rev: None,
            actor: None,
            origin: None,
        };
        let record = draft.stamped(Epoch::new("a"), Seq(top.0 + 10), top);
        self.rows.push(record.clone());
        record
    }

    fn hear(&mut self, record: &Record, to_the_page: bool) {
        match self.worker.hear(record) {
            Heard::Apply => self.apply(record, to_the_page),
            Heard::Drop => {}
            // Without the chain a worker would take what it hears as the next.
            Heard::Repair if self.detectors.chain => self.repair(to_the_page),
            Heard::Repair => self.apply(record, to_the_page),
        }
    }

    fn apply(&mut self, record: &Record, to_the_page: bool) {
        for emission in self.worker.apply(Arc::new(record.clone()), std::iter::empty()) {
            if emission.room == OWN && to_the_page {
                self.tell(Input::Event(mark(&emission)));
            } else if emission.room != OWN {
                self.worker.forget(&emission.room);
            }
        }
    }

    fn repair(&mut self, to_the_page: bool) {
        let page = self.after(self.worker.position().seq);
        self.worker.judge(&page).expect("nothing is broken");
        for record in page.rows {
            self.apply(&record, to_the_page);
        }
    }

    fn after(&self, seq: Seq) -> LedgerPage {
        let top = self.rows.last().map_or(Seq(0), |row| row.seq);
        LedgerPage {
            head: Head { epoch: Epoch::new("a"), floor: Seq(0), top },
            known: seq == Seq(0) || self.rows.iter().any(|row| row.seq == seq),
            rows: self.rows.iter().filter(|row| row.seq > seq).cloned().collect(),
        }
    }

    fn tell(&mut self, input: Input) {
        for act in self.page.step(input) {
            match act {
                Act::Join(position) => self.join(position),
                Act::Apply(seq) => self.seen.push(seq),
                Act::Fetch(_) | Act::FetchAgain(_) => self.fetch(),
                _ => {}
            }
        }
    }

    fn join(&mut self, position: Option<Position>) {
        self.joins += 1;
        assert!(self.joins < 1_000, "the page joins again and again");
        let position = position.expect("it began with data");
        let mut resume = self.worker.resume(&OWN, &position);
        if resume == Resume::Ahead {
            self.repair(false);
            resume = self.worker.resume(&OWN, &position);
        }
        if resume == Resume::Ledger {
            resume = self.worker.resume_from(&OWN, position.seq, &self.after(position.seq));
        }
        self.worker.enter(&OWN);
        let at = self.worker.position();
        let mode = match resume {
            Resume::Events(events) => JoinMode::Recovered(events),
            Resume::Refresh(why) => JoinMode::Refresh(why),
            other => panic!("{other:?}"),
        };
        self.tell(Input::Ack(match mode {
            JoinMode::Recovered(events) => {
                Joined::Recovered { position: at, events: events.iter().map(|event| mark(event)).collect() }
            }
            _ => Joined::Refresh(at),
        }));
    }

    /// Fresh data: everything committed so far is seen, once.
    fn fetch(&mut self) {
        let top = self.after(Seq(0)).head.position();
        self.seen = self.own_rows();
        self.tell(Input::Snapshot(top));
    }

    fn own_rows(&self) -> Vec<Seq> {
        self.rows.iter().filter(|row| row.scope == Scope::Room(OWN)).map(|row| row.seq).collect()
    }

    /// The page after everything that was to happen, one tick and one beat. It connects with the first reconnect, else at once.
    fn settled(detectors: Detectors, steps: &[Step]) -> Self {
        let mut world = Self::new(detectors);
        if !steps.iter().any(|step| matches!(step, Step::Reconnect)) {
            world.happen(Step::Reconnect);
        }
        steps.iter().chain(&[Step::Tick, Step::Beat]).for_each(|step| world.happen(*step));
        world
    }

    fn is_complete(&self) -> bool {
        self.seen == self.own_rows() && self.page.is_live()
    }
}

fn mark(emission: &Emission) -> Mark {
    Mark { epoch: Epoch::new("a"), seq: emission.seq, prev: emission.prev }
}

proptest! {
    #![proptest_config(Config { cases: 4_000, ..Config::default() })]

    #[test]
    fn whatever_gets_lost_the_page_ends_with_every_change_once_and_in_order(steps in steps()) {
        let world = World::settled(ALL, &steps);

        prop_assert!(world.is_complete(), "seen {:?} of {:?}", world.seen, world.own_rows());
    }
}

/// A detector that could be missing without anybody noticing would be no detector.
fn check_needed(without: Detectors) {
    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });

    let found = runner.run(&steps(), |steps| {
        prop_assert!(World::settled(without, &steps).is_complete());
        Ok(())
    });

    assert!(found.is_err(), "nothing is lost with {without:?}");
}

#[test]
fn without_the_chain_something_is_lost() {
    check_needed(Detectors { chain: false, ..ALL });
}

#[test]
fn without_the_tick_something_is_lost() {
    check_needed(Detectors { tick: false, ..ALL });
}

#[test]
fn without_the_beat_something_is_lost() {
    check_needed(Detectors { beat: false, ..ALL });
}

#[test]
fn a_page_that_was_quiet_while_others_came_and_went_joins_once_and_goes_on() {
    let edit = |room| Step::Edit { room, on_the_bus: true, to_the_page: true };

    let world = World::settled(ALL, &[edit(2), Step::Visit, edit(0), edit(0)]);

    assert!(world.is_complete());
    assert!(world.joins <= 2, "{} joins", world.joins);
}
