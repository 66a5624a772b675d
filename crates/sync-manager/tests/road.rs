//! The road from a commit to a page, over the wire in memory, with the clock in our hands.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Book, Ears};
use lockstep_protocol::{Epoch, EventName, JoinMode, Position, RefreshWhy, Refusal, Room, RoomAck, Scope, Seq};
use lockstep_sync_manager::{
    Cut, Identity, MemberId, Options, Outlet, Run, Sent, SyncManager,
    bus::{Bus, Channel, Memory},
};

fn worker(book: &Arc<Book>, wire: &Memory, number: u32) -> SyncManager {
    let identity = Identity { worker: number, name: format!("w{number}"), ..Identity::default() };
    SyncManager::start(book.clone(), Arc::new(wire.branch()), Options::new(identity))
}

/// A worker that remembers the last event only; for older ones it needs the ledger.
fn forgetful(book: &Arc<Book>, wire: &Memory) -> SyncManager {
    let options = Options { ring: 1, ..Options::new(Identity::default()) };
    SyncManager::start(book.clone(), Arc::new(wire.branch()), options)
}

async fn page(sync: &SyncManager, rooms: &[Room]) -> (Arc<Ears>, MemberId) {
    let ears = Ears::open();
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    let wishes = rooms.iter().map(|room| (room.clone(), None)).collect();
    sync.join(member, wishes).await.expect("the worker answers");
    (ears, member)
}

async fn mode(sync: &SyncManager, room: Room, position: Position) -> JoinMode {
    let member = sync.attach(Ears::open()).await.expect("the worker answers");
    let acks = sync.join(member, vec![(room, Some(position))]).await.expect("the worker answers");
    match acks.into_iter().next() {
        Some(RoomAck::Joined { mode, .. }) => mode,
        other => panic!("not joined: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_on_one_worker_reaches_the_pages_of_all_and_softly_those_that_depend_on_it() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let (one, other) = (worker(&book, &wire, 1), worker(&book, &wire, 2));
    let (mine, _) = page(&one, &[Room::Categories]).await;
    let (theirs, _) = page(&other, &[Room::Files]).await;

    let record = book.commit(&Room::Categories);
    one.publish(&record);

    mine.until_seq("categories:changed", record.seq).await;
    theirs.until_seq("files:changed", record.seq).await;
    let (_, soft) = theirs.heard().pop().expect("heard above");
    assert_eq!(soft["soft"], true);
    assert_eq!(soft["cause"]["event"], "categories:changed");
}

#[tokio::test(start_paused = true)]
async fn a_lost_message_comes_from_the_ledger_when_the_next_one_shows_the_hole() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;

    let lost = book.commit(&Room::Files);
    let heard = book.commit(&Room::Files);
    sync.publish(&heard);

    ears.until_seq("files:changed", heard.seq).await;
    assert_eq!(ears.seqs("files:changed"), [lost.seq.0, heard.seq.0]);
    assert_eq!(sync.counters().repaired_by_chain.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_message_lost_comes_with_the_tick() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;

    let lost = book.commit(&Room::Files);
    let committed = tokio::time::Instant::now();

    ears.until_seq("files:changed", lost.seq).await;
    assert!(committed.elapsed() <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_doubled_and_a_late_message_are_heard_once() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let records = [book.commit(&Room::Files), book.commit(&Room::Files)];

    for record in [&records[1], &records[0], &records[1], &records[0]] {
        sync.publish(record);
    }
    let last = book.commit(&Room::Files);
    sync.publish(&last);

    ears.until_seq("files:changed", last.seq).await;
    assert_eq!(ears.seqs("files:changed"), [records[0].seq.0, records[1].seq.0, last.seq.0]);
}

#[tokio::test(start_paused = true)]
async fn a_global_event_reaches_every_room_and_keeps_each_chain() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Users, Room::Admin]).await;

    let global = book.commit_scoped("theme:changed".parse().expect("a name"), Scope::Global);
    sync.publish(&global);
    let next = book.commit(&Room::Users);
    sync.publish(&next);

    ears.until_seq("users:changed", next.seq).await;
    let heard = ears.heard();
    let rooms: Vec<_> = heard.iter().filter(|(event, _)| event == "theme:changed").map(|(_, e)| &e["room"]).collect();
    assert_eq!(rooms.len(), 2);
    let (_, last) = heard.last().expect("heard above");
    assert_eq!(last["prev"], global.seq.0);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_slept_through_three_edits_gets_exactly_those_three() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let first = book.commit(&Room::Files);
    sync.publish(&first);
    for _ in 0..3 {
        sync.publish(&book.commit(&Room::Files));
        sync.publish(&book.commit(&Room::Users));
    }
    let top = book.edit(|rows| rows.rows.last().expect("seven").seq);
    sync.status().wait_for(|status| status.position.as_ref().is_some_and(|at| at.seq == top)).await.expect("it lives");

    let JoinMode::Recovered(events) = mode(&sync, Room::Files, first.position()).await else {
        panic!("the ring or the ledger has them")
    };

    assert_eq!(events.len(), 3);
    assert_eq!(events[0].prev, first.seq);
}

#[tokio::test(start_paused = true)]
async fn a_page_older_than_the_worker_catches_up_from_the_ledger() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let first = book.commit(&Room::Files);
    let missed = [Room::Categories, Room::Files].map(|room| book.commit(&room).seq);
    let sync = forgetful(&book, &wire);

    let JoinMode::Recovered(events) = mode(&sync, Room::Files, first.position()).await else {
        panic!("the ledger has it")
    };

    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), missed);
    assert_eq!(sync.counters().ledger_resumes.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_worker_that_went_catch_up_with_its_successor_without_the_ledger() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let rows: Vec<_> = (0..5).map(|_| book.commit(&Room::Files)).collect();
    let sync = worker(&book, &wire, 1);
    page(&sync, &[Room::Files]).await;
    book.edit(|book| book.unreadable = true);

    let JoinMode::Recovered(events) = mode(&sync, Room::Files, rows[1].position()).await else {
        panic!("not caught up")
    };

    let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, rows[2..].iter().map(|row| row.seq).collect::<Vec<_>>());
    assert_eq!(sync.counters().ledger_resumes.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_page_ahead_of_its_new_worker_makes_it_look_into_the_ledger() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    page(&sync, &[Room::Files]).await;
    let unheard = book.commit(&Room::Files);

    assert_eq!(mode(&sync, Room::Files, unheard.position()).await, JoinMode::Recovered(vec![]));
    let beyond = Position::new(Epoch::new("a"), Seq(unheard.seq.0 + 100));
    assert_eq!(mode(&sync, Room::Files, beyond).await, JoinMode::Refresh(RefreshWhy::Ahead));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_proved_is_refreshed_with_the_reason() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let first = book.commit(&Room::Files);
    book.commit(&Room::Files);
    let sync = forgetful(&book, &wire);
    let other_life = Position::new(Epoch::new("z"), first.seq);

    assert_eq!(mode(&sync, Room::Files, other_life).await, JoinMode::Refresh(RefreshWhy::Epoch));
    book.edit(|rows| rows.floor = rows.rows.remove(0).seq);
    let before = Position::new(Epoch::new("a"), Seq(1));
    assert_eq!(mode(&sync, Room::Files, before).await, JoinMode::Refresh(RefreshWhy::Trimmed));
}

#[tokio::test(start_paused = true)]
async fn a_ledger_restored_from_a_backup_tells_every_page_to_start_afresh() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let lost = book.commit(&Room::Files);
    sync.publish(&lost);
    ears.until_seq("files:changed", lost.seq).await;
    let mut resets = sync.resets();
    assert_eq!(*resets.borrow_and_update(), 0);

    book.edit(|rows| rows.rows.clear());

    ears.until(|heard| heard.iter().any(|(event, reset)| event == "sync:reset" && reset["why"] == "restored")).await;
    resets.changed().await.expect("whoever follows what is applied is told that something was skipped");
    let after = book.commit(&Room::Files);
    sync.publish(&after);
    ears.until_seq("files:changed", after.seq).await;
}

#[tokio::test(start_paused = true)]
async fn a_ledger_out_of_reach_makes_the_worker_unready_until_it_answers_again() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let mut status = sync.status();

    book.edit(|rows| rows.unreadable = true);
    status.wait_for(|status| !status.ledger).await.expect("it lives");
    let record = book.commit(&Room::Files);
    book.edit(|rows| rows.unreadable = false);

    status.wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");
    ears.until_seq("files:changed", record.seq).await;
}

#[tokio::test(start_paused = true)]
async fn every_page_hears_within_ten_seconds_how_far_its_rooms_have_come() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let record = book.commit(&Room::Files);
    sync.publish(&record);
    let joined = tokio::time::Instant::now();

    ears.until(|heard| heard.iter().any(|(event, beat)| event == "sync:pos" && beat["rooms"]["files"] == record.seq.0))
        .await;
    assert!(joined.elapsed() <= Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fell_behind_is_told_so_when_it_reads_again() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (slow, _) = page(&sync, &[Room::Files]).await;
    let (quick, _) = page(&sync, &[Room::Files]).await;
    slow.clog(true);
    let missed = book.commit(&Room::Files);
    sync.publish(&missed);
    quick.until_seq("files:changed", missed.seq).await;

    slow.clog(false);
    let unclogged = tokio::time::Instant::now();

    slow.until(|heard| heard.iter().any(|(e, beat)| e == "sync:pos" && beat["rooms"]["files"] == missed.seq.0)).await;
    assert!(unclogged.elapsed() <= Duration::from_secs(2), "not only with its turn");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_stays_behind_for_ten_seconds_is_cut() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (slow, _) = page(&sync, &[Room::Files]).await;
    slow.clog(true);
    sync.publish(&book.commit(&Room::Files));
    let behind = tokio::time::Instant::now();

    slow.until_cut().await;

    assert!((10..=12).contains(&behind.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn who_has_left_hears_no_more() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (leaver, leaving) = page(&sync, &[Room::Files]).await;
    let (gone, going) = page(&sync, &[Room::Files]).await;
    let (stayer, _) = page(&sync, &[Room::Files]).await;

    sync.leave(leaving, Room::Files).await.expect("the worker answers");
    sync.detach(going).await;
    let record = book.commit(&Room::Files);
    sync.publish(&record);

    stayer.until_seq("files:changed", record.seq).await;
    assert!(leaver.seqs("files:changed").is_empty());
    assert!(gone.seqs("files:changed").is_empty());
    assert_eq!(sync.rooms().await, Ok(vec![(Room::Files, 1)]));
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_together_reaches_a_page_together_and_in_order_whatever_rooms_it_is_in() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (both, _) = page(&sync, &[Room::Files, Room::Users]).await;
    let (files, _) = page(&sync, &[Room::Files]).await;
    let records = [Room::Files, Room::Users, Room::Files, Room::Categories].map(|room| book.commit(&room));
    [&both, &files].iter().for_each(|ears| ears.forget());

    sync.publish_all(&records);

    both.until_seq("files:changed", records[3].seq).await;
    let seqs = |ears: &Ears| ears.heard().iter().map(|(_, event)| event["seq"].as_i64()).collect::<Vec<_>>();
    assert_eq!((seqs(&both), both.runs()), (records.iter().map(|record| Some(record.seq.0)).collect(), vec![4]));
    let of_files = [&records[0], &records[2], &records[3]].map(|record| Some(record.seq.0)).to_vec();
    assert_eq!((seqs(&files), files.runs()), (of_files, vec![3]));
}

#[tokio::test(start_paused = true)]
async fn garbage_on_the_wire_is_counted_and_changes_nothing() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    for garbage in ["", "{", "[]", "null", "{\"seq\":1}", "\u{0}"] {
        wire.publish(Channel::Events, garbage.into()).await.expect("memory is up");
        wire.publish(Channel::Workers, garbage.into()).await.expect("memory is up");
    }

    let record = book.commit(&Room::Files);
    sync.publish(&record);

    ears.until_seq("files:changed", record.seq).await;
    assert_eq!(sync.counters().bus_garbage.get(), 12);
    assert_eq!(ears.seqs("files:changed").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn workers_know_of_each_other() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let (one, _other) = (worker(&book, &wire, 1), worker(&book, &wire, 2));
    let listed = async {
        loop {
            let names: Vec<_> = one.workers().await.expect("it lives").into_iter().map(|w| w.heartbeat.name).collect();
            if names == ["w1", "w2"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };

    assert!(tokio::time::timeout(common::PATIENCE, listed).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_farewell_asks_each_page_to_come_back_within_five_seconds() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;

    sync.farewell().await;

    ears.until(|heard| {
        heard.iter().any(|(event, bye)| event == "sync:bye" && bye["retryMs"].as_u64().is_some_and(|ms| ms < 5_000))
    })
    .await;
    sync.close().await;
    assert!(sync.rooms().await.is_err());
}

/// A page is told hello a moment before the road knows it. One for which the farewell fell into that moment was never told.
#[tokio::test(start_paused = true)]
async fn a_page_that_comes_after_the_farewell_is_asked_to_come_back_too() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    sync.farewell().await;

    let (late, _) = page(&sync, &[Room::Files]).await;

    late.until(|heard| heard.iter().any(|(name, _)| name == "sync:bye")).await;
}

/// Who watches over workers must not end one for the silence of its database.
#[tokio::test(start_paused = true)]
async fn a_worker_takes_steps_though_its_ledger_never_answers() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    page(&sync, &[Room::Files]).await;
    book.edit(|book| book.silent = true);

    for _ in 0..10 {
        let before = sync.steps();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(sync.steps() > before, "no step in three seconds after {before}");
    }
    assert!(!sync.status().borrow().ledger);
}

/// A page that keeps whoever speaks to it, as nothing of ours may.
struct Trap {
    entered: tokio::sync::Notify,
    open: std::sync::Mutex<()>,
}

impl Outlet for Trap {
    fn send(&self, _: &Run) -> Sent {
        // What it is told before it is shut is none of the matter.
        if self.open.try_lock().is_err() {
            self.entered.notify_one();
            drop(self.open.lock());
        }
        Sent::Queued
    }

    fn cut(&self, _: Cut) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_hangs_takes_no_steps() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let trap = Arc::new(Trap { entered: tokio::sync::Notify::new(), open: std::sync::Mutex::default() });
    let member = sync.attach(trap.clone()).await.expect("the worker answers");
    sync.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");

    // Let go by another thread, since a lock may not be held over a wait.
    let (let_go, hold) = std::sync::mpsc::sync_channel::<()>(0);
    let (held, holds) = tokio::sync::oneshot::channel();
    let warder = std::thread::spawn({
        let trap = trap.clone();
        move || {
            let _shut = trap.open.lock();
            held.send(()).expect("the test waits");
            hold.recv().ok();
        }
    });
    holds.await.expect("it holds");
    sync.publish(&book.commit(&Room::Files));
    trap.entered.notified().await;
    let before = sync.steps();

    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(sync.steps(), before);
    drop(let_go);
    warder.join().expect("no panic");
    while sync.steps() == before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_published_event_may_have_a_name_of_its_own() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let name: EventName = "price:dropped".parse().expect("a name");

    let record = book.commit_scoped(name, Scope::Room(Room::Files));
    sync.publish(&record);

    ears.until_seq("price:dropped", record.seq).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_the_worker_does_not_know_is_told_that_it_hears_nothing() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (_, member) = page(&sync, &[Room::Files]).await;
    sync.detach(member).await;

    let acks = sync.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");

    assert_eq!(acks, [RoomAck::Refused { room: "files".into(), why: Refusal::Unavailable }]);
}

#[tokio::test(start_paused = true)]
async fn one_socket_cannot_fill_a_worker_with_rooms() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (_, member) = page(&sync, &[Room::Files]).await;
    let imports = (0..100).map(|number| (Room::Import(number.to_string().into()), None)).collect();

    let acks = sync.join(member, imports).await.expect("the worker answers");

    assert_eq!(acks.iter().filter(|ack| matches!(ack, RoomAck::Joined { .. })).count(), 63);
}

#[tokio::test(start_paused = true)]
async fn pages_do_not_wait_one_after_the_other_for_a_ledger_that_is_out_of_reach() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let first = book.commit(&Room::Files);
    (0..2).for_each(|_| drop(book.commit(&Room::Files)));
    let sync = forgetful(&book, &wire);
    page(&sync, &[Room::Files]).await;
    book.edit(|rows| rows.unreadable = true);
    sync.status().wait_for(|status| !status.ledger).await.expect("it lives");

    assert_eq!(mode(&sync, Room::Files, first.position()).await, JoinMode::Refresh(RefreshWhy::Unreadable));
}

#[tokio::test(start_paused = true)]
async fn events_of_rooms_without_anybody_leave_nothing_behind() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Users]).await;
    sync.publish(&book.commit(&Room::Import("42".into())));
    let record = book.commit(&Room::Users);
    sync.publish(&record);
    ears.until_seq("users:changed", record.seq).await;

    let (_, event) = ears.heard().pop().expect("heard above");

    assert!(event["prev"].as_i64().is_some_and(|prev| prev < record.gprev.0), "an import is no part of this chain");
}
