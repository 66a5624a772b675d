//! Imports whose worker is lost, that are cancelled, or whose source changes.

use std::{fs, time::Duration};

use lockstep_app::{
    Caller, ImportOrder,
    jobs::{Job, JobOptions, JobState},
};
use lockstep_commerceml::sample::Shop;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::site::{LIMIT, catalog, counts, handlers};
use crate::common::{World, world};

/// Longer than a lease, in milliseconds.
const LEASE: i64 = 20_000;

/// Every row that an import writes, as text.
const ROWS: &str = "SELECT 'p ' || ext_id || name || hash || deleted FROM products UNION ALL \
    SELECT 'v ' || ext_id || name || hash FROM variants UNION ALL \
    SELECT 'a ' || v.ext_id || t.ext_id || amount FROM prices JOIN variants v ON v.id = variant_id \
        JOIN price_types t ON t.id = price_type_id UNION ALL \
    SELECT 's ' || v.ext_id || w.ext_id || qty FROM stocks JOIN variants v ON v.id = variant_id \
        JOIN warehouses w ON w.id = warehouse_id ORDER BY 1";

fn small_batches(source: &str) -> ImportOrder {
    ImportOrder { batch: Some(20), ..catalog(source) }
}

fn shop(world: &World) -> Shop {
    let shop = Shop::default();
    Shop::write(&world.imports().join("shop"), shop.folders()).expect("written");
    shop
}

/// Lets a worker do some more batches and then kills it: its tasks are gone, its lease is not given back.
async fn lose_after(world: &World, batches: u64) {
    let until = world.app.job_counts().batches.get() + batches;
    let engine = {
        let app = world.app.clone();
        // What was killed before is not taken off this process's board: here it stands for all of them.
        let options = JobOptions { concurrency: 99, ..JobOptions::default() };
        tokio::spawn(async move { app.run_jobs(handlers(), options, std::future::pending()).await })
    };
    let done = async {
        while world.app.job_counts().batches.get() < until {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LIMIT, done).await.expect("in time");
    engine.abort();
    let _ = engine.await;
    world.hands.forward(LEASE);
}

async fn undisturbed() -> (Vec<String>, Job) {
    let world = world().await;
    shop(&world);
    let job = world.import(small_batches("shop")).await;
    (world.texts(ROWS).await, job)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_workers_are_lost_again_and_again_holds_what_an_undisturbed_one_does() {
    let (rows, calm) = undisturbed().await;
    let world = world().await;
    shop(&world);
    let job = world.want(small_batches("shop")).await;

    for batches in [1, 3, 5, 2, 8, 4] {
        lose_after(&world, batches).await;
    }
    let job = world.until_over(&job).await;

    assert_eq!(job.state, JobState::Completed, "{:?}", job.error);
    assert!(job.fence > 5, "it was lost, {} times", job.fence);
    assert_eq!(world.texts(ROWS).await, rows);
    assert_eq!(job.shown()["counts"], calm.shown()["counts"], "each row is counted once, whoever read it");
    let created: u64 = world.news().iter().map(|data| data["created"].as_u64().expect("a number")).sum();
    assert_eq!(created, 60, "and told of once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_goes_gives_its_import_to_the_next_one() {
    let (rows, _) = undisturbed().await;
    let world = world().await;
    shop(&world);
    let job = world.want(small_batches("shop")).await;
    world.run_until(async || world.app.job_counts().batches.get() >= 6).await;
    assert_eq!(world.found(&job).await.state, JobState::Queued);

    let job = world.until_over(&job).await;

    assert_eq!((job.state, job.fence), (JobState::Completed, 2));
    assert_eq!(world.texts(ROWS).await, rows);
}

/// An import that was ended in the middle.
async fn cancelled(world: &World) -> Job {
    let job = world.want(small_batches("shop")).await;
    let id = job.id.to_string();
    world
        .run_until(async || {
            if world.app.job_counts().batches.get() >= 8 {
                let _ = world.app.cancel_job(&Caller::operator(), &id).await;
            }
            !world.found(&job).await.is_active()
        })
        .await;
    world.found(&job).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_keeps_what_it_has_committed_and_goes_on_from_there() {
    let (rows, calm) = undisturbed().await;
    let world = world().await;
    shop(&world);

    let job = cancelled(&world).await;
    assert_eq!((job.state, &job.shown()["status"]), (JobState::Cancelled, &json!("CANCELLED")));
    let kept = world.held().await;
    assert!(!kept.is_nothing() && kept.rows["stocks"] == 0, "{kept:?}");

    let again = world.app.retry_import(&Caller::operator(), &job.id.to_string(), false).await.expect("wanted");
    assert!(again.cursor.is_some(), "it takes the place over");
    let again = world.until_over(&again).await;
    assert_eq!((again.state, again.retry_of), (JobState::Completed, Some(job.id)));
    assert_eq!(world.texts(ROWS).await, rows);
    assert_eq!(counts(&again, "products"), counts(&calm, "products"), "what the one before had counted is counted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_changes_under_an_import_ends_it_and_the_next_one_begins_again() {
    let world = world().await;
    let shop = shop(&world);
    let job = world.want(small_batches("shop")).await;
    lose_after(&world, 6).await;
    let more = Shop { products: 61, ..shop };
    fs::remove_dir_all(world.imports().join("shop")).expect("gone");
    Shop::write(&world.imports().join("shop"), more.folders()).expect("written");

    let job = world.until_over(&job).await;
    assert_eq!((job.state, job.error.expect("why").code.as_str()), (JobState::Failed, "import.source_changed"));
    let again = world.app.retry_import(&Caller::operator(), &job.id.to_string(), false).await.expect("wanted");
    assert_eq!(again.cursor, None, "the files are others");
    let again = world.until_over(&again).await;
    assert_eq!((again.state, world.held().await.rows["products"]), (JobState::Completed, 61));
}
