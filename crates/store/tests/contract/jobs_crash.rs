//! Death between the steps of a job's batch: the place it has come to and the news of it are both there afterwards, or neither, and
//! whoever goes on does nothing twice.
//!
//! The test starts itself as a child that goes on with the job and dies at the place it is told.

use std::process::Command;

use lockstep_protocol::{Room, Seq, ledger::Ledger};
use lockstep_store::{
    Clock, Options, SharedClock, Store,
    jobs::{Claimant, Counts, Ending, Enqueued, Held, JobState, LEASE_MS, NewJob},
};
use serde_json::{Value as Json, json};

use crate::world::{Engine, NOON, Postgres, Sqlite};

/// Tells the child which database it is, and what time.
const DATABASE: &str = "LOCKSTEP_TEST_DATABASE";
const TIME: &str = "LOCKSTEP_TEST_TIME";

/// Each place, and whether the batch is there after a death at it.
const PLACES: [(&str, bool); 5] =
    [("job:claim", false), ("job:step", false), ("job:fence", false), ("job:work", false), ("job:commit", true)];

/// A clock that stands still.
struct Still(i64);

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        self.0
    }
}

async fn open(url: &str, now: i64) -> Store {
    Store::open(&Options::new(url), SharedClock::new(Still(now))).await.expect("opened")
}

#[tokio::test]
async fn a_batch_its_place_and_its_news_die_together_or_live_together_in_a_file() {
    let test = "jobs_crash::a_batch_its_place_and_its_news_die_together_or_live_together_in_a_file";
    dies_at_every_step::<Sqlite>(test).await;
}

#[tokio::test]
async fn a_batch_its_place_and_its_news_die_together_or_live_together_on_a_server() {
    let test = "jobs_crash::a_batch_its_place_and_its_news_die_together_or_live_together_on_a_server";
    dies_at_every_step::<Postgres>(test).await;
}

async fn dies_at_every_step<E: Engine>(test: &str) {
    if let Ok(url) = std::env::var(DATABASE) {
        let now = std::env::var(TIME).expect("given").parse().expect("a time");
        step(&open(&url, now).await).await;
        return;
    }
    let engine = E::fresh().await;
    let url = engine.url();
    want(&open(&url, NOON).await).await;
    let (mut now, mut place) = (NOON, 0);

    for (point, survives) in PLACES {
        now += 2 * LEASE_MS;
        die(test, &url, point, now);
        place += i64::from(survives);
        let store = open(&url, now).await;
        assert_eq!(came_to(&store).await, place, "{point}");
        // The next one goes on, undisturbed.
        now += 2 * LEASE_MS;
        step(&open(&url, now).await).await;
        place += 1;
    }
    let store = open(&url, now + 2 * LEASE_MS).await;
    let held = claim(&store).await.0;
    let ending = Ending { state: JobState::Completed, error: None, report: None, progress: None };
    store.finish_job(held, ending).await.expect("ours").commit().await.expect("kept");

    assert_eq!(came_to(&store).await, place);
    assert_eq!(told(&store).await, (1..=place).map(|id| id.to_string()).collect::<Vec<_>>(), "none lost, none doubled");
}

async fn want(store: &Store) {
    let event = "jobs:changed".parse().expect("a name");
    let new = NewJob { max_attempts: 9, ..NewJob::new("scan", json!({}), Room::Registrators, event) };
    match store.enqueue_job(&new).await.expect("written") {
        Enqueued::New(pending) => drop(pending.commit().await.expect("kept")),
        other => panic!("{other:?}"),
    }
}

async fn claim(store: &Store) -> (Held, i64) {
    let claimant = Claimant { kinds: vec!["scan"], host: None, boot: "a".into(), max_runtime_ms: i64::MAX / 4 };
    let pending = store.claim_job(&claimant).await.expect("asked").expect("its worker is lost");
    let claimed = pending.commit().await.expect("kept").0;
    let place = claimed.job.cursor.as_deref().map_or(0, |cursor| cursor.parse().expect("a number"));
    (claimed.held(), place)
}

/// Takes the job over and makes the next file.
async fn step(store: &Store) {
    let (held, place) = claim(store).await;
    let next = (place + 1).to_string();
    let mut batch = store.begin_batch(held, &next, None).await.expect("ours");
    batch.owe(&Room::Files, "files", Counts { created: 1, ..Counts::default() }, [next]);
    batch.finish().await.expect("written").commit().await.expect("kept");
}

async fn came_to(store: &Store) -> i64 {
    let job = store.job("1").await.expect("there");
    job.cursor.map_or(0, |cursor| cursor.parse().expect("a number"))
}

/// The files that pages were told of, in order.
async fn told(store: &Store) -> Vec<String> {
    let rows = store.after(Seq(0), usize::MAX).await.expect("readable").rows;
    let news = rows.iter().filter(|record| record.event.as_str() == "files:changed");
    let ids = news.flat_map(|record| {
        let data: Json = serde_json::from_str(record.data.as_ref().expect("data").get()).expect("JSON");
        serde_json::from_value::<Vec<String>>(data["ids"].clone()).expect("ids")
    });
    ids.collect()
}

fn die(test: &str, url: &str, point: &str, now: i64) {
    let child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test])
        .env(DATABASE, url)
        .env(TIME, now.to_string())
        .env("LOCKSTEP_CRASH_AT", point)
        .output()
        .expect("started");
    assert!(!child.status.success(), "the child lived on at {point}");
    assert_eq!(child.status.code(), None, "killed by a signal at {point}, not by a failed assertion");
}
