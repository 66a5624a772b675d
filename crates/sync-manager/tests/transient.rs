//! What is true for a moment, over the wire in memory with several workers.

mod common;

use std::sync::Arc;

use common::{Book, Ears};
use lockstep_protocol::{EventName, Room};
use lockstep_sync_manager::{
    Identity, Options, SyncManager,
    bus::{Bus, MAX_MESSAGE_BYTES, Memory},
};
use serde_json::{json, value::to_raw_value};

fn worker(book: &Arc<Book>, wire: Memory) -> SyncManager {
    SyncManager::start(book.clone(), Arc::new(wire), Options::new(Identity::default()))
}

async fn page(sync: &SyncManager, room: Room) -> Arc<Ears> {
    let ears = Ears::open();
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    sync.join(member, vec![(room, None)]).await.expect("the worker answers");
    ears
}

fn progress() -> EventName {
    "scan:progress".parse().expect("a name")
}

fn tell(sync: &SyncManager, done: usize) {
    sync.tell_room(&Room::Registrators, &progress(), to_raw_value(&json!({"done": done})).expect("JSON"));
}

async fn until_told(ears: &Ears, done: usize) {
    ears.until(|heard| heard.iter().any(|(event, body)| event == "scan:progress" && body["done"] == done)).await;
}

#[tokio::test(start_paused = true)]
async fn a_room_hears_it_on_every_worker_and_no_other_room_does() {
    let (book, wire) = (Arc::<Book>::default(), Memory::new());
    let (one, two) = (worker(&book, wire.branch()), worker(&book, wire.branch()));
    let (near, far) = (page(&one, Room::Registrators).await, page(&two, Room::Registrators).await);
    let other = page(&two, Room::Files).await;

    tell(&one, 7);

    until_told(&near, 7).await;
    until_told(&far, 7).await;
    one.publish(&book.commit(&Room::Files));
    other.until(|heard| heard.iter().any(|(event, _)| event == "files:changed")).await;
    assert!(other.heard().iter().all(|(event, _)| event != "scan:progress"), "said before, and not to this room");
}

#[tokio::test(start_paused = true)]
async fn it_comes_after_the_events_that_were_published_before_it() {
    let (book, wire) = (Arc::<Book>::default(), Memory::new());
    let sync = worker(&book, wire.branch());
    let ears = page(&sync, Room::Registrators).await;

    sync.publish(&book.commit(&Room::Registrators));
    tell(&sync, 7);

    until_told(&ears, 7).await;
    let names: Vec<String> = ears.heard().into_iter().map(|(event, _)| event).collect();
    let place = |name: &str| names.iter().position(|heard| heard == name);
    assert!(place("registrators:changed") < place("scan:progress"), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_dropped_and_the_next_is_heard() {
    let (book, wire) = (Arc::<Book>::default(), Memory::new());
    let sync = worker(&book, wire.branch());
    let ears = page(&sync, Room::Registrators).await;

    sync.tell_room(&Room::Registrators, &progress(), to_raw_value(&"x".repeat(MAX_MESSAGE_BYTES)).expect("JSON"));
    tell(&sync, 8);

    until_told(&ears, 8).await;
    assert_eq!(ears.heard().iter().filter(|(event, _)| event == "scan:progress").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_bus_is_away_the_workers_own_pages_hear_it() {
    let (book, wire) = (Arc::<Book>::default(), Memory::new());
    let dead = wire.branch();
    dead.close().await;
    let sync = worker(&book, dead);
    let ears = page(&sync, Room::Registrators).await;
    assert!(!sync.status().borrow().bus);

    tell(&sync, 9);

    until_told(&ears, 9).await;
}
