//! A worker's machine against a ledger in memory and a bus that loses, doubles and reorders.

use std::sync::Arc;

use lockstep_protocol::{
    Draft, Emission, Epoch, EventName, FanOut, Position, Reason, Record, RefreshWhy, Room, Scope, Seq,
    ledger::{Head, Page},
    worker::{Heard, MAX_RESUME_EVENTS, ResetWhy, Resume, Worker},
};
use proptest::prelude::*;

const RING: usize = 64;

/// A ledger of one life.
struct Ledger {
    epoch: Epoch,
    floor: Seq,
    rows: Vec<Record>,
}

impl Ledger {
    fn new() -> Self {
        Self { epoch: Epoch::new("a"), floor: Seq(0), rows: Vec::new() }
    }

    fn head(&self) -> Head {
        Head { epoch: self.epoch.clone(), floor: self.floor, top: self.rows.last().map_or(self.floor, |row| row.seq) }
    }

    fn commit(&mut self, room: Room) -> Record {
        self.commit_as(EventName::changed(&room), room)
    }

    fn commit_as(&mut self, event: EventName, room: Room) -> Record {
        let draft = Draft {
            event,
            reason: Reason::Updated,
            worker: 1,
            scope: Scope::Room(room),
            id: "7".into(),
            data: None,
            rev: None,
            actor: None,
            origin: None,
        };
        let top = self.head().top;
        let record = draft.stamped(self.epoch.clone(), Seq(top.0 + 3), top);
        self.rows.push(record.clone());
        record
    }

    fn after(&self, seq: Seq) -> Page {
        Page {
            head: self.head(),
            known: seq == self.floor || self.rows.iter().any(|row| row.seq == seq),
            rows: self.rows.iter().filter(|row| row.seq > seq).cloned().collect(),
        }
    }

    fn worker(&self) -> Worker {
        Worker::new(Arc::new(FanOut::default()), self.head(), RING)
    }
}

fn apply(worker: &mut Worker, record: &Record) -> Vec<Arc<Emission>> {
    worker.apply(Arc::new(record.clone()), std::iter::empty())
}

fn repair(worker: &mut Worker, ledger: &Ledger) -> Vec<Arc<Emission>> {
    let page = ledger.after(worker.position().seq);
    worker.judge(&page).expect("nothing is broken");
    page.rows.iter().flat_map(|record| apply(worker, record)).collect()
}

#[test]
fn a_record_that_follows_is_applied_once() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    let record = ledger.commit(Room::Categories);

    assert_eq!(worker.hear(&record), Heard::Apply);
    let rooms: Vec<_> = apply(&mut worker, &record).iter().map(|emission| emission.room.clone()).collect();

    assert_eq!(rooms, [Room::Categories, Room::Files]);
    assert_eq!(worker.hear(&record), Heard::Drop);
}

#[test]
fn a_record_without_its_predecessor_sends_the_worker_to_the_ledger() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    ledger.commit(Room::Files);
    let second = ledger.commit(Room::Users);

    assert_eq!(worker.hear(&second), Heard::Repair);
    assert_eq!(repair(&mut worker, &ledger).len(), 2);
    assert_eq!(worker.position(), second.position());
}

fn check_reset(spoil: impl Fn(&mut Ledger), why: ResetWhy) {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    for _ in 0..4 {
        let record = ledger.commit(Room::Files);
        apply(&mut worker, &record);
    }
    ledger.commit(Room::Files);
    spoil(&mut ledger);

    assert_eq!(worker.judge(&ledger.after(worker.position().seq)), Err(why));
}

#[test]
fn whatever_cannot_be_proved_ends_in_a_reset() {
    check_reset(|ledger| ledger.epoch = Epoch::new("b"), ResetWhy::Epoch);
    check_reset(|ledger| ledger.rows.truncate(2), ResetWhy::Restored);
    check_reset(|ledger| ledger.floor = Seq(ledger.rows[4].seq.0), ResetWhy::Trimmed);
    check_reset(|ledger| ledger.rows[4].gprev = Seq(1), ResetWhy::Broken);
}

#[test]
fn a_worker_remembers_what_was_before_it_as_far_as_its_ring_reaches() {
    let mut ledger = Ledger::new();
    let rows: Vec<_> = (0..10).map(|_| ledger.commit(Room::Files)).collect();
    let newest = Page { rows: rows[4..].to_vec(), ..ledger.after(Seq(0)) };

    let worker = Worker::with_memory(Arc::new(FanOut::default()), newest, RING);

    assert_eq!(worker.position(), ledger.head().position());
    let resume = |seq| worker.resume(&Room::Files, &Position::new(ledger.epoch.clone(), seq));
    assert!(matches!(resume(rows[3].seq), Resume::Events(events) if events.len() == 6));
    assert!(matches!(resume(rows[9].seq), Resume::Events(events) if events.is_empty()));
    assert_eq!(resume(rows[2].seq), Resume::Ledger);
    assert_eq!(resume(Seq(rows[5].seq.0 + 1)), Resume::Refresh(RefreshWhy::Unknown));
}

#[test]
fn a_worker_that_finds_a_hole_in_the_ledger_remembers_nothing() {
    let mut ledger = Ledger::new();
    let rows: Vec<_> = (0..10).map(|_| ledger.commit(Room::Files)).collect();
    let mut broken = ledger.after(Seq(0));
    broken.rows.remove(5);

    let worker = Worker::with_memory(Arc::new(FanOut::default()), broken, RING);

    assert_eq!(worker.position(), ledger.head().position());
    assert_eq!(worker.resume(&Room::Files, &Position::new(ledger.epoch.clone(), rows[8].seq)), Resume::Ledger);
}

#[test]
fn a_page_catches_up_from_the_ring() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    let seqs: Vec<_> = [Room::Files, Room::Users, Room::Categories]
        .map(|room| {
            let record = ledger.commit(room);
            apply(&mut worker, &record);
            record.seq
        })
        .to_vec();

    let Resume::Events(events) = worker.resume(&Room::Files, &Position::new(Epoch::new("a"), Seq(0))) else {
        panic!("the ring reaches back")
    };

    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [seqs[0], seqs[2]]);
    assert_eq!(events[1].prev, seqs[0]);
}

#[test]
fn a_page_older_than_the_ring_catches_up_from_the_ledger_and_an_older_one_refreshes() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    let first = ledger.commit(Room::Files);
    apply(&mut worker, &first);
    for _ in 0..RING {
        let record = ledger.commit(Room::Users);
        apply(&mut worker, &record);
    }
    let position = Position::new(Epoch::new("a"), Seq(0));

    assert_eq!(worker.resume(&Room::Files, &position), Resume::Ledger);
    let Resume::Events(events) = worker.resume_from(&Room::Files, Seq(0), &ledger.after(Seq(0))) else {
        panic!("the ledger reaches back")
    };
    assert_eq!(events[0].seq, first.seq);

    ledger.floor = first.seq;
    let page = ledger.after(Seq(0));
    assert_eq!(worker.resume_from(&Room::Files, Seq(0), &page), Resume::Refresh(RefreshWhy::Trimmed));
}

#[test]
fn a_page_that_knows_an_undone_history_is_told_to_fetch() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    for _ in 0..=RING {
        let record = ledger.commit(Room::Files);
        apply(&mut worker, &record);
    }
    let between = |seq: Seq| Position::new(Epoch::new("a"), Seq(seq.0 - 1));
    let (old, young) = (between(ledger.rows[1].seq), between(ledger.rows[RING].seq));

    assert_eq!(worker.resume(&Room::Files, &young), Resume::Refresh(RefreshWhy::Unknown));
    let resume = worker.resume_from(&Room::Files, old.seq, &ledger.after(old.seq));
    assert_eq!(resume, Resume::Refresh(RefreshWhy::Unknown));
}

#[test]
fn a_page_that_missed_too_much_is_told_to_fetch() {
    let mut ledger = Ledger::new();
    let mut worker = Worker::new(Arc::new(FanOut::default()), ledger.head(), 10_000);
    for _ in 0..=MAX_RESUME_EVENTS {
        let record = ledger.commit(Room::Files);
        apply(&mut worker, &record);
    }

    let resume = worker.resume(&Room::Files, &Position::new(Epoch::new("a"), Seq(0)));

    assert_eq!(resume, Resume::Refresh(RefreshWhy::TooMuch));
}

/// A ledger gives one row more than a page may be given, of which the room did not hear one: what came after it would have been lost.
#[test]
fn rows_that_a_room_does_not_hear_hide_none_of_those_behind_them() {
    let mut ledger = Ledger::new();
    ledger.commit_as(EventName::LOCKS.parse().expect("a name"), Room::Categories);
    for _ in 0..=MAX_RESUME_EVENTS {
        ledger.commit(Room::Categories);
    }
    let mut page = ledger.after(Seq(0));
    page.rows.truncate(MAX_RESUME_EVENTS + 1);

    let resume = ledger.worker().resume_from(&Room::Files, Seq(0), &page);

    assert_eq!(resume, Resume::Refresh(RefreshWhy::TooMuch));
}

#[test]
fn a_page_that_knows_more_than_the_worker_makes_it_read_the_ledger() {
    let mut ledger = Ledger::new();
    let worker = ledger.worker();
    let record = ledger.commit(Room::Files);

    assert_eq!(worker.resume(&Room::Files, &record.position()), Resume::Ahead);
}

#[test]
fn a_forgotten_room_shows_a_hole_to_those_who_know_less() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    let room = Room::User("5".into());
    let first = ledger.commit(room.clone());
    apply(&mut worker, &first);

    worker.forget(&room);

    assert!(worker.last(&room) >= first.seq);
}

/// Else each import that somebody has looked at would make every quiet page ask.
#[test]
fn rooms_that_come_and_go_break_no_chain_where_somebody_is() {
    let mut ledger = Ledger::new();
    let mut worker = ledger.worker();
    let import = Room::Import("1".into());
    worker.enter(&Room::Users);
    let joined_at = worker.position().seq;

    let first = ledger.commit(import.clone());
    apply(&mut worker, &first);
    worker.forget(&import);
    let second = ledger.commit(Room::Users);
    let emissions = apply(&mut worker, &second);

    assert!(emissions[0].prev <= joined_at);
}

/// What happens to each message on the bus.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    Lost,
    Doubled,
    Late,
}

fn fates() -> impl Strategy<Value = Vec<(u8, Fate)>> {
    let fate = prop_oneof![Just(Fate::Arrives), Just(Fate::Lost), Just(Fate::Doubled), Just(Fate::Late)];
    prop::collection::vec((0..3u8, fate), 1..60)
}

proptest! {
    #[test]
    fn whatever_the_bus_does_every_record_is_applied_once_and_in_order(commits in fates()) {
        let mut ledger = Ledger::new();
        let mut worker = ledger.worker();
        let mut late = Vec::new();
        let mut applied = Vec::new();

        for (room, fate) in commits {
            let room = [Room::Files, Room::Users, Room::Categories][usize::from(room)].clone();
            let record = ledger.commit(room);
            let arrivals = match fate {
                Fate::Arrives => vec![record],
                Fate::Doubled => vec![record.clone(), record],
                Fate::Lost => vec![],
                Fate::Late => { late.push(record); continue }
            };
            for message in arrivals.into_iter().chain(late.drain(..)) {
                match worker.hear(&message) {
                    Heard::Apply => applied.extend(apply(&mut worker, &message)),
                    Heard::Drop => {}
                    Heard::Repair => applied.extend(repair(&mut worker, &ledger)),
                }
            }
        }
        applied.extend(repair(&mut worker, &ledger));

        let own: Vec<Seq> = applied.iter().filter(|e| e.event == EventName::changed(&e.room) && !e.payload.contains("\"soft\"")).map(|e| e.seq).collect();
        let committed: Vec<Seq> = ledger.rows.iter().map(|row| row.seq).collect();
        prop_assert_eq!(own, committed);
        for room in [Room::Files, Room::Users, Room::Categories] {
            let chain: Vec<_> = applied.iter().filter(|e| e.room == room).collect();
            prop_assert!(chain.windows(2).all(|pair| pair[1].prev == pair[0].seq));
        }
    }
}
