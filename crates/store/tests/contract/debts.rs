//! What bulk work owes its rooms, and how it is paid.

use lockstep_protocol::Room;
use lockstep_store::{
    Store,
    jobs::{Claimant, Counts, Ending, Enqueued, Held, JobState, LEASE_MS, NewJob},
};
use serde_json::{Value as Json, json};

use crate::world::{Engine, NOON, World};

contract!(
    the_first_news_leaves_at_once_and_the_next_ones_once_a_second,
    what_is_owed_is_told_between_batches_too,
    a_room_is_told_all_before_it_hears_that_the_job_has_ended,
    whoever_takes_over_tells_first_what_the_lost_worker_owed,
    a_given_up_job_owes_nothing,
    a_batch_that_is_not_committed_owes_nothing,
    too_many_ids_are_not_told_one_by_one,
    rooms_are_told_each_for_itself,
);

async fn begin(store: &Store) -> Held {
    let event = "jobs:changed".parse().expect("a name");
    let new = NewJob::new("scan", json!({}), Room::Registrators, event);
    match store.enqueue_job(&new).await.expect("written") {
        Enqueued::New(pending) => pending.commit().await.expect("kept"),
        other => panic!("{other:?}"),
    };
    claim(store).await
}

async fn claim(store: &Store) -> Held {
    let claimant = Claimant { kinds: vec!["scan"], host: None, boot: "a".into(), max_runtime_ms: 3_600_000 };
    let pending = store.claim_job(&claimant).await.expect("asked").expect("there is something to do");
    pending.commit().await.expect("kept").0.held()
}

/// A batch that has made files with these ids; whether it left something owed.
async fn made(store: &Store, held: Held, room: Room, ids: &[u32]) -> bool {
    let mut batch = store.begin_batch(held, "x", None).await.expect("ours");
    let counts = Counts { created: ids.len() as u64, ..Counts::default() };
    batch.owe(&room, "files", counts, ids.iter().map(ToString::to_string));
    batch.finish().await.expect("written").commit().await.expect("kept").0
}

async fn finish(store: &Store, held: Held) {
    let ending = Ending { state: JobState::Completed, error: None, report: None, progress: None };
    store.finish_job(held, ending).await.expect("ours").commit().await.expect("kept");
}

impl<E: Engine> World<E> {
    /// The bulk news of a room.
    async fn news(&self, room: &str) -> Vec<Json> {
        let log = self.log().await;
        let bulk = log.iter().filter(|record| record.event.as_str() == format!("{room}:changed") && record.id == "*");
        bulk.map(|record| serde_json::from_str(record.data.as_ref().expect("data").get()).expect("JSON")).collect()
    }

    async fn events(&self) -> Vec<String> {
        self.log().await.iter().map(|record| record.event.to_string()).collect()
    }
}

fn told(created: u64, ids: impl Into<Json>) -> Json {
    let ids = ids.into();
    json!({"bulk": true, "entity": "files", "job": "1", "created": created, "updated": 0, "deleted": 0, "ids": ids})
}

async fn the_first_news_leaves_at_once_and_the_next_ones_once_a_second<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;

    assert!(!made(store, held, Room::Files, &[1]).await);
    assert_eq!(world.news("files").await, [told(1, json!(["1"]))]);
    for (ms, ids) in [(10, [2]), (500, [3]), (999, [3])] {
        world.hands.set(NOON + ms);
        assert!(made(store, held, Room::Files, &ids).await, "it waits");
    }
    assert_eq!(world.news("files").await.len(), 1);
    world.hands.set(NOON + 1_000);
    assert!(!made(store, held, Room::Files, &[4]).await);

    assert_eq!(world.news("files").await[1..], [told(4, json!(["2", "3", "4"]))]);
}

async fn what_is_owed_is_told_between_batches_too<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    made(store, held, Room::Files, &[1]).await;
    made(store, held, Room::Files, &[2]).await;

    let early = store.renew_job(held, None).await.expect("ours").commit().await.expect("kept");
    world.hands.set(NOON + 1_000);
    let due = store.renew_job(held, None).await.expect("ours").commit().await.expect("kept");

    assert_eq!((early.0, early.1.len()), (true, 0));
    assert_eq!((due.0, due.1.len()), (false, 1));
    assert_eq!(world.news("files").await[1..], [told(1, json!(["2"]))]);
}

async fn a_room_is_told_all_before_it_hears_that_the_job_has_ended<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    made(store, held, Room::Files, &[1]).await;
    made(store, held, Room::Files, &[2]).await;

    finish(store, held).await;

    assert_eq!(world.events().await[2..], ["files:changed", "files:changed", "jobs:changed"]);
    let created: u64 = world.news("files").await.iter().filter_map(|news| news["created"].as_u64()).sum();
    assert_eq!(created, 2);
}

async fn whoever_takes_over_tells_first_what_the_lost_worker_owed<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    made(store, held, Room::Files, &[1]).await;
    made(store, held, Room::Files, &[2]).await;
    world.hands.set(NOON + LEASE_MS + 1);

    let next = claim(store).await;
    finish(store, next).await;

    let expected = ["jobs:changed", "jobs:changed", "files:changed", "files:changed", "jobs:changed", "jobs:changed"];
    assert_eq!(world.events().await, expected);
    assert_eq!(world.news("files").await[1..], [told(1, json!(["2"]))], "none lost and none doubled");
}

async fn a_given_up_job_owes_nothing<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    made(store, held, Room::Files, &[1]).await;
    for loss in 1..=3_i64 {
        world.hands.set(NOON + loss * 2 * LEASE_MS);
        if loss < 3 {
            claim(store).await;
        }
    }

    let ended = store.sweep_jobs().await.expect("asked").expect("one is lost").commit().await.expect("kept").0;

    assert_eq!(ended[0].state, JobState::Failed);
    assert_eq!(world.news("files").await, [told(1, json!(["1"]))]);
    assert_eq!(world.events().await.last().map(String::as_str), Some("jobs:changed"));
}

async fn a_batch_that_is_not_committed_owes_nothing<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    let mut batch = store.begin_batch(held, "x", None).await.expect("ours");
    batch.owe(&Room::Files, "files", Counts { deleted: 9, ..Counts::default() }, []);
    drop(batch.finish().await.expect("written"));

    finish(store, held).await;

    assert_eq!(world.news("files").await, [Json::Null; 0]);
}

async fn too_many_ids_are_not_told_one_by_one<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    let ids: Vec<u32> = (1..=200).collect();
    made(store, held, Room::Files, &ids).await;
    made(store, held, Room::Files, &ids).await;
    made(store, held, Room::Files, &[201]).await;
    made(store, held, Room::Files, &[1]).await;

    finish(store, held).await;

    let news = world.news("files").await;
    assert_eq!(news[0]["ids"].as_array().map(Vec::len), Some(200));
    assert_eq!(news[1], told(202, Json::Null));
}

async fn rooms_are_told_each_for_itself<E: Engine>(world: World<E>) {
    let store = &world.store;
    let held = begin(store).await;
    made(store, held, Room::Files, &[1]).await;

    assert!(!made(store, held, Room::Products, &[2]).await, "another room is told at once");

    assert_eq!((world.news("files").await.len(), world.news("products").await.len()), (1, 1));
}
