//! Long work whose workers are killed, stopped and replaced: it goes on from its last commit, and nothing is lost, doubled or
//! written by somebody who has it no longer.
//!
//! The work is a scan. A worker dies, or stands still, between two steps of a batch, which is where it would hurt.

use std::{collections::BTreeSet, fs, time::Duration};

use lockstep_e2e::{Api, LIMIT, Shape, eventually, within};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::orders::{Orders, TAKEOVER, until_fenced, until_job, wake};

/// What a folder holds here: a batch a directory.
const DIRECTORIES: usize = 12;
const FILES: usize = 10;

/// How long a worker has a job after it last said so. Nobody waits for that where it is known to be dead.
const LEASE: Duration = Duration::from_secs(15);

/// The steps of a batch, each reached when it is done.
const PLACES: [&str; 4] = ["job:fence", "job:work", "job:commit", "job:publish"];

/// A folder with files, and the orders to whoever scans it.
struct Stage {
    directory: TempDir,
    orders: Orders,
}

impl Stage {
    fn new() -> Stage {
        let directory = TempDir::new().expect("a directory");
        for number in 0..DIRECTORIES {
            let folder = directory.path().join(format!("roots/archive/{number:02}"));
            fs::create_dir_all(&folder).expect("made");
            (0..FILES).for_each(|file| fs::write(folder.join(format!("{file}.pdf")), "x").expect("written"));
        }
        Stage { directory, orders: Orders::none() }
    }

    fn shape(&self, shape: Shape) -> Shape {
        let roots = self.directory.path().join("roots").display().to_string();
        self.orders.given_to(shape.set("jobs", "scan_roots", &roots))
    }

    fn folder(&self) -> String {
        self.directory.path().join("roots/archive").display().to_string()
    }
}

/// The scan of the stage's folder, begun.
async fn scan(admin: &Api, stage: &Stage) -> String {
    let registrator = admin.create("registrators", json!({"name": "Archive", "folder": stage.folder()})).await;
    let path = format!("/api/registrators/{}/scan", registrator["id"].as_str().expect("an id"));
    admin.post(&path, &json!({})).await.expect(202).json()["id"].as_str().expect("an id").to_owned()
}

async fn until_completed(admin: &Api, id: &str, limit: Duration) -> Value {
    let ended = until_job(admin, id, "the end of the scan", limit, |job| job["finishedAt"].is_string()).await;
    assert_eq!(ended["state"], "completed", "{ended}");
    assert_eq!(ended["report"]["counts"]["new"], DIRECTORIES * FILES, "{ended}");
    ended
}

/// Every file has one row.
async fn assert_all_files(admin: &Api) {
    let list = admin.get("/api/files?per_page=200").await.expect(200).json();
    let paths: BTreeSet<&str> =
        list["items"].as_array().expect("rows").iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!((list["total"].as_u64(), paths.len()), (Some((DIRECTORIES * FILES) as u64), DIRECTORIES * FILES));
}

#[tokio::test]
async fn a_scan_whose_worker_is_killed_at_any_step_goes_on_with_another_at_once() {
    let stage = Stage::new();
    let mut cluster = stage.shape(Shape::workers(2)).start().await;
    let admin = cluster.admin().await;
    PLACES.iter().for_each(|place| stage.orders.give(place));

    let id = scan(&admin, &stage).await;
    // Each place kills one worker, however many times the supervisor starts a new one.
    eventually("four deaths", TAKEOVER, || {
        std::future::ready(PLACES.iter().all(|place| stage.orders.is_obeyed(place)).then_some(()))
    })
    .await;
    for number in 0..2 {
        cluster.ready(number).await;
    }
    let admin = cluster.admin().await;
    let ended = until_completed(&admin, &id, TAKEOVER).await;

    assert!(ended["fence"].as_u64() >= Some(5), "four workers were lost: {ended}");
    assert_all_files(&admin).await;
    let events = admin.get("/api/changes?limit=200").await.expect(200).json();
    let bulk = events["items"].as_array().expect("events").iter().filter(|event| event["data"]["bulk"] == true);
    let created: u64 = bulk.filter_map(|event| event["data"]["created"].as_u64()).sum();
    assert_eq!(created, (DIRECTORIES * FILES) as u64, "no news was lost or doubled: {events}");
}

#[tokio::test]
async fn a_lone_server_that_is_killed_goes_on_with_its_scan_as_soon_as_it_is_back() {
    let stage = Stage::new();
    let mut cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;
    stage.orders.give("job:work");

    let id = scan(&admin, &stage).await;
    within("its death", LIMIT, cluster.server().ended()).await;
    cluster.serve().await;
    let back = tokio::time::Instant::now();
    let admin = cluster.admin().await;
    until_job(&admin, &id, "somebody who goes on", LIMIT, |job| job["fence"] == 2).await;

    assert!(back.elapsed() < LEASE, "it waited for its own lease");
    until_completed(&admin, &id, LIMIT).await;
    assert_all_files(&admin).await;
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_gives_its_scan_back() {
    let stage = Stage::new();
    let mut cluster = stage.shape(Shape::embedded()).start().await;
    let admin = cluster.admin().await;
    stage.orders.give("job:publish:stop");
    let id = scan(&admin, &stage).await;
    stage.orders.stands_at("job:publish:stop", &mut cluster).await;

    // It stands still in the middle; the order to stop is the first that it hears.
    cluster.terminate();
    cluster.server().signal(Signal::CONT);
    within("its end", LIMIT, cluster.server().ended()).await;
    cluster.serve().await;
    let admin = cluster.admin().await;
    let ended = until_completed(&admin, &id, LIMIT).await;

    assert_eq!((&ended["fence"], &ended["attempt"]), (&json!(2), &json!(1)), "it was given back, not lost: {ended}");
    assert_all_files(&admin).await;
}

/// Stopped after its batch, it holds nothing; stopped in the middle of one, PostgreSQL ends its transaction after ten seconds.
#[tokio::test]
async fn a_worker_that_is_stopped_and_woken_after_its_replacement_commits_nothing() {
    for place in ["job:publish:stop", "job:work:stop"] {
        let stage = Stage::new();
        let mut sleeper = stage.shape(Shape::embedded().on_postgres()).start().await;
        let admin = sleeper.admin().await;
        stage.orders.give(place);
        let id = scan(&admin, &stage).await;
        stage.orders.stands_at(place, &mut sleeper).await;

        let other = stage.shape(Shape::embedded().beside(&sleeper)).start().await;
        let there = admin.at(&other.worker(0));
        let ended = until_completed(&there, &id, TAKEOVER).await;
        let changes = "/api/changes?limit=100";
        let before = there.get(changes).await.expect(200).json();
        wake(&mut sleeper);
        sleeper.ready(0).await;
        until_fenced(&admin).await;

        assert_eq!(ended["fence"], 2, "{place}: {ended}");
        assert_all_files(&there).await;
        assert_eq!(there.get(&format!("/api/jobs/{id}")).await.expect(200).json(), ended, "{place}");
        assert_eq!(there.get(changes).await.expect(200).json(), before, "{place}: whoever woke up has said nothing");
    }
}

/// There is no bus between the two: the ledger alone brings the wish over.
#[tokio::test]
async fn a_scan_is_ended_by_a_wish_that_another_worker_took() {
    let stage = Stage::new();
    let mut scanning = stage.shape(Shape::embedded().on_postgres()).start().await;
    let other = Shape::embedded().beside(&scanning).set("jobs", "concurrency", "0").start().await;
    let admin = scanning.admin().await;
    let there = admin.at(&other.worker(0));
    stage.orders.give("job:publish:stop");
    let id = scan(&admin, &stage).await;
    stage.orders.stands_at("job:publish:stop", &mut scanning).await;

    let asked = there.post(&format!("/api/jobs/{id}/cancel"), &Value::Null).await.expect(202).json();
    wake(&mut scanning);
    let ended = until_job(&there, &id, "the end of the scan", LIMIT, |job| job["finishedAt"].is_string()).await;

    assert_eq!((&asked["state"], &asked["cancelRequested"]), (&json!("running"), &json!(true)));
    assert_eq!((&ended["state"], &ended["fence"]), (&json!("cancelled"), &json!(1)), "{ended}");
    let again = there.post(&format!("/api/jobs/{id}/cancel"), &Value::Null).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "job.finished".to_owned()));
    let retried = there.post(&format!("/api/jobs/{id}/retry"), &Value::Null).await.expect(202).json();
    let retried = retried["id"].as_str().expect("an id").to_owned();
    until_completed_in_all(&there, &retried).await;
}

/// What the first scan has kept and what the second one has added are all files.
async fn until_completed_in_all(admin: &Api, id: &str) {
    let ended = until_job(admin, id, "the end of the scan", LIMIT, |job| job["finishedAt"].is_string()).await;
    assert_eq!(ended["state"], "completed", "{ended}");
    assert_all_files(admin).await;
}
