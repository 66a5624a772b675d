//! Who is present, over the wire in memory with two workers and the clock in our hands.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Book, Ears};
use lockstep_protocol::{
    Actor, Refusal, Room,
    presence::{GRACE, MAX_OF_PAGE, Mode, SILENCE, Wish},
};
use lockstep_sync_manager::{
    Identity, MemberId, Options, SyncManager,
    bus::{Bus, Channel, Memory},
};
use tokio::time::{Instant, advance};

/// An installation of workers on one wire.
struct Site {
    book: Arc<Book>,
    wire: Memory,
}

impl Site {
    fn new() -> Self {
        Self { book: Arc::default(), wire: Memory::new() }
    }

    fn worker(&self, name: &str) -> SyncManager {
        self.worker_on(self.wire.branch(), name)
    }

    fn worker_on(&self, wire: Memory, name: &str) -> SyncManager {
        let identity = Identity { name: name.into(), ..Identity::default() };
        SyncManager::start(self.book.clone(), Arc::new(wire), Options::new(identity))
    }
}

async fn page(sync: &SyncManager, rooms: &[Room]) -> (Arc<Ears>, MemberId) {
    let ears = Ears::open();
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    let wishes = rooms.iter().map(|room| (room.clone(), None)).collect();
    sync.join(member, wishes).await.expect("the worker answers");
    (ears, member)
}

async fn show(
    sync: &SyncManager,
    member: MemberId,
    user: &str,
    id: &str,
    mode: Option<Mode>,
) -> Result<Arc<str>, Refusal> {
    let wish = Wish { entity: Room::Files, id: id.into(), mode, field: None };
    sync.show(member, wish, Actor { id: user.into(), name: user.into() }, 1).await
}

/// A page of `user` that edits file 7.
async fn editor(sync: &SyncManager, user: &str) -> (MemberId, Arc<str>) {
    let member = sync.attach(Ears::open()).await.expect("the worker answers");
    let tab = show(sync, member, user, "7", Some(Mode::Edit)).await.expect("taken");
    (member, tab)
}

async fn until_set(ears: &Ears, tab: &str) {
    let set = |tab: &str, list: &serde_json::Value| list.as_array().is_some_and(|l| l.iter().any(|e| e["tab"] == tab));
    ears.until(|heard| heard.iter().any(|(_, body)| set(tab, &body["set"]) || set(tab, &body["entries"]))).await;
}

async fn until_gone(ears: &Ears, tab: &str) {
    ears.until(|heard| {
        let gone =
            |body: &serde_json::Value| body["gone"].as_array().is_some_and(|g| g.iter().any(|e| e["tab"] == tab));
        heard.iter().any(|(event, body)| event == "presence:diff" && gone(body))
    })
    .await;
}

/// All that is known there, as `user mode`.
async fn known(sync: &SyncManager) -> Vec<String> {
    let entries = sync.present(Room::Files).await.expect("the worker answers").entries;
    entries.iter().map(|entry| format!("{} {:?}", entry.user.id, entry.mode)).collect()
}

async fn until_known(sync: &SyncManager, expect: &[&str]) {
    while known(sync).await != expect {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_on_one_worker_sees_who_edits_on_the_other_within_a_moment() {
    let site = Site::new();
    let (one, other) = (site.worker("one"), site.worker("other"));
    let (ears, _) = page(&one, &[Room::Files]).await;
    let (elsewhere, _) = page(&one, &[Room::Users]).await;
    ears.until(|heard| heard.iter().any(|(event, body)| event == "presence:state" && body["n"] == 0)).await;

    let began = Instant::now();
    let (_, tab) = editor(&other, "olga").await;
    until_set(&ears, &tab).await;

    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    let (late, _) = page(&one, &[Room::Files]).await;
    until_set(&late, &tab).await;
    let state = late.heard().into_iter().find(|(event, _)| event == "presence:state").expect("heard above").1;
    assert_eq!((&state["n"], &state["entries"][0]["user"]["name"]), (&1.into(), &"olga".into()));
    let other_rooms = elsewhere.heard().into_iter().filter(|(_, body)| body["entity"] == "files").count();
    assert_eq!(other_rooms, 0, "{:?}", elsewhere.heard());
}

#[tokio::test(start_paused = true)]
async fn what_a_room_is_told_is_gathered_however_fast_pages_speak() {
    let site = Site::new();
    let sync = site.worker("one");
    let (ears, member) = page(&sync, &[Room::Files]).await;
    let began = Instant::now();

    for number in 0..1_000 {
        let mode = [Mode::View, Mode::Edit][number % 2];
        show(&sync, member, "olga", &(number % 10).to_string(), Some(mode)).await.expect("taken");
    }
    let tab = show(&sync, member, "olga", "last", Some(Mode::View)).await.expect("taken");
    ears.until(|heard| heard.iter().any(|(_, body)| body["set"].to_string().contains("last"))).await;

    let diffs = ears.heard().into_iter().filter(|(event, _)| event == "presence:diff").count();
    let allowed = 2 + began.elapsed().as_millis() / 100;
    assert!(diffs as u128 <= allowed, "{diffs} diffs, {allowed} allowed");
    assert!(!tab.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_closes_a_page_is_gone_after_the_grace_and_who_reloads_it_never() {
    let site = Site::new();
    let (one, other) = (site.worker("one"), site.worker("other"));
    let (ears, _) = page(&one, &[Room::Files]).await;
    let (first, old) = editor(&other, "olga").await;
    until_set(&ears, &old).await;

    other.detach(first).await;
    let (second, new) = editor(&one, "olga").await;
    until_gone(&ears, &old).await;
    let place = |tab: &str, list: &str| {
        ears.heard().iter().position(|(_, body)| body[list].to_string().contains(tab)).expect("heard")
    };
    assert!(place(&new, "set") <= place(&old, "gone"), "she was away: {:?}", ears.heard());

    let left = Instant::now();
    one.detach(second).await;
    until_gone(&ears, &new).await;
    assert!(left.elapsed() >= GRACE && left.elapsed() < 2 * GRACE, "{:?}", left.elapsed());
    assert_eq!(known(&other).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_is_expelled_or_loses_the_right_is_gone_at_once() {
    let site = Site::new();
    let (one, other) = (site.worker("one"), site.worker("other"));
    let (ears, _) = page(&one, &[Room::Files]).await;
    let (expelled, first) = editor(&other, "olga").await;
    let (poorer, second) = editor(&other, "vera").await;
    show(&other, poorer, "vera", "*", Some(Mode::View)).await.expect("taken");
    until_set(&ears, &second).await;

    let began = Instant::now();
    other.expel(expelled).await;
    other.keep_shown(poorer, |_, mode| mode == Mode::View).await;
    until_gone(&ears, &first).await;
    until_gone(&ears, &second).await;

    assert!(began.elapsed() < GRACE, "{:?}", began.elapsed());
    until_known(&one, &["vera View"]).await;
    assert_eq!(show(&other, expelled, "olga", "7", Some(Mode::Edit)).await, Err(Refusal::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn a_starting_worker_asks_and_is_answered() {
    let site = Site::new();
    let one = site.worker("one");
    editor(&one, "olga").await;
    until_known(&one, &["olga Edit"]).await;

    let began = Instant::now();
    let other = site.worker("other");
    until_known(&other, &["olga Edit"]).await;

    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stops_takes_its_entries_away_and_leaves_its_pages_time_to_move() {
    let site = Site::new();
    let (one, other) = (site.worker("one"), site.worker("other"));
    let (ears, _) = page(&one, &[Room::Files]).await;
    let (_, moving) = editor(&other, "olga").await;
    let (_, staying) = editor(&other, "vera").await;
    until_set(&ears, &staying).await;

    let began = Instant::now();
    other.close().await;
    let (_, moved) = editor(&one, "olga").await;
    until_gone(&ears, &moving).await;
    assert!(began.elapsed() < GRACE, "{:?}", began.elapsed());
    until_gone(&ears, &staying).await;

    assert!(began.elapsed() >= GRACE && began.elapsed() < 2 * GRACE, "{:?}", began.elapsed());
    assert_eq!(known(&one).await, ["olga Edit"]);
    until_set(&ears, &moved).await;
}

#[tokio::test(start_paused = true)]
async fn the_entries_of_a_worker_that_is_no_more_die() {
    let site = Site::new();
    let one = site.worker("one");
    let wire = site.wire.branch();
    let dead = r#"{"worker":"dead","n":1,"say":"change","gone":[],"set":[{"entity":"files","tab":"x","id":"7","mode":"edit","user":{"id":"olga","name":"Olga"},"since":1}]}"#;
    let (ears, _) = page(&one, &[Room::Files]).await;
    wire.publish(Channel::Presence, dead.into()).await.expect("memory is up");
    until_set(&ears, "x").await;

    advance(SILENCE / 2).await;
    assert_eq!(known(&one).await, ["olga Edit"]);
    until_gone(&ears, "x").await;
}

/// As after `kill -9`: the supervisor starts it again, and it asks.
#[tokio::test(start_paused = true)]
async fn the_entries_of_a_worker_that_was_killed_go_when_another_starts_in_its_place() {
    let site = Site::new();
    let (one, alive) = (site.worker("one"), site.worker("alive"));
    editor(&alive, "vera").await;
    let (ears, _) = page(&one, &[Room::Files]).await;
    let dead = r#"{"worker":"dead","n":1,"say":"change","gone":[],"set":[{"entity":"files","tab":"x","id":"7","mode":"edit","user":{"id":"olga","name":"Olga"},"since":1}]}"#;
    site.wire.branch().publish(Channel::Presence, dead.into()).await.expect("memory is up");
    until_set(&ears, "x").await;
    advance(Duration::from_millis(10)).await;

    let began = Instant::now();
    let _born_again = site.worker("dead, again");
    until_gone(&ears, "x").await;

    assert!(began.elapsed() < SILENCE / 3, "{:?}", began.elapsed());
    assert_eq!(known(&one).await, ["vera Edit"]);
}

#[tokio::test(start_paused = true)]
async fn what_one_asks_for_is_in_order_with_what_all_are_told() {
    let site = Site::new();
    let sync = site.worker("one");
    let (ears, member) = page(&sync, &[Room::Files]).await;
    for number in 0..50 {
        show(&sync, member, "olga", &(number % 7).to_string(), Some([Mode::View, Mode::Edit][number % 2]))
            .await
            .expect("taken");
        let heard = ears.clone();
        let told = sync.present_and(Room::Files, move |state| {
            let diffs = heard.heard().iter().filter(|(event, _)| event == "presence:diff").count();
            assert_eq!(state.n, diffs as u64, "a page would think that it missed something");
        });
        assert!(told.await.is_ok(), "the check inside failed");
        advance(Duration::from_millis(37)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_too_slow_for_a_state_gets_it_when_it_reads_again() {
    let site = Site::new();
    let sync = site.worker("one");
    let ears = Ears::open();
    ears.clog(true);
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    sync.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
    let (_, tab) = editor(&sync, "olga").await;
    until_known(&sync, &["olga Edit"]).await;

    ears.clog(false);

    until_set(&ears, &tab).await;
}

#[tokio::test(start_paused = true)]
async fn garbage_on_the_wire_is_counted_and_changes_nothing() {
    let site = Site::new();
    let sync = site.worker("one");
    editor(&sync, "olga").await;
    let garbage = ["", "{", "[]", "null", "{\"worker\":\"x\",\"n\":1}", "{\"worker\":\"x\",\"n\":1,\"say\":\"all\"}"];
    for garbage in garbage {
        site.wire.publish(Channel::Presence, garbage.into()).await.expect("memory is up");
    }

    common::eventually("all of it is counted", || sync.counters().bus_garbage.get() == garbage.len() as u64).await;
    assert_eq!(known(&sync).await, ["olga Edit"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_may_show_so_much_and_no_more_and_all_of_it_is_counted() {
    let site = Site::new();
    let sync = site.worker("one");
    let member = sync.attach(Ears::open()).await.expect("the worker answers");
    for id in 0..MAX_OF_PAGE {
        show(&sync, member, "olga", &id.to_string(), Some(Mode::View)).await.expect("taken");
    }

    assert_eq!(show(&sync, member, "olga", "more", Some(Mode::View)).await, Err(Refusal::TooMany));
    common::eventually("they are counted", || sync.counters().present.get() == MAX_OF_PAGE).await;
    sync.expel(member).await;
    common::eventually("they are gone", || sync.counters().present.get() == 0).await;
}
