//! The road from a commit to a page, over the wire in memory, with the clock in our hands.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    Book, Ears,
    site::{forgetful, mode, page, worker},
};
use lockstep_protocol::{Epoch, EventName, JoinMode, Position, RefreshWhy, Room, Scope, Seq};
use lockstep_sync_manager::bus::{Bus, Channel, Memory};

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
async fn a_published_event_may_have_a_name_of_its_own() {
    let (book, wire) = (Arc::new(Book::default()), Memory::new());
    let sync = worker(&book, &wire, 1);
    let (ears, _) = page(&sync, &[Room::Files]).await;
    let name: EventName = "price:dropped".parse().expect("a name");

    let record = book.commit_scoped(name, Scope::Room(Room::Files));
    sync.publish(&record);

    ears.until_seq("price:dropped", record.seq).await;
}
