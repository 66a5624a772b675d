//! What a worker owes its pages and its watchers: slow pages, those that leave, farewells, and steps that show that it lives.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    Book,
    site::{forgetful, mode, page, worker},
};
use lockstep_protocol::{JoinMode, RefreshWhy, Refusal, Room, RoomAck};
use lockstep_sync_manager::{Cut, Outlet, Run, Sent, bus::Memory};

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
