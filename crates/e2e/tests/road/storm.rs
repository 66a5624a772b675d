//! Many pages that all come back at once.

use futures_util::{StreamExt, stream};
use lockstep_e2e::{Address, Api, Page, Shape};
use serde_json::{Value, json};

/// So many pages.
const PAGES: usize = 1_000;

/// On their way at a time: no more than may wait to be accepted.
const AT_ONCE: usize = 100;

/// Edits made while nobody is there.
const EDITS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_pages_that_come_back_at_once_are_answered_from_memory() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    admin.create("categories", json!({"name": "before"})).await;
    let left = Page::open(&cluster.worker(0), &admin).await.join("categories").await;
    for edit in 0..EDITS {
        admin.create("categories", json!({"name": format!("meanwhile {edit}")})).await;
    }
    for worker in cluster.all() {
        Page::open(worker, &admin).await.reaches(admin.committed().await).await;
    }

    let come_back = |number: usize| come_back(&cluster.all()[number % 2], &admin, &left);
    let answers: Vec<Value> = stream::iter(0..PAGES).map(come_back).buffer_unordered(AT_ONCE).collect().await;

    assert_eq!(answers.len(), PAGES);
    for answer in &answers {
        assert_eq!(answer["mode"], "recovered", "{answer}");
        assert_eq!(answer["events"].as_array().map(Vec::len), Some(EDITS), "{answer}");
    }
    assert_eq!(looks_into_the_ledger(cluster.all(), &admin).await, 0);
}

async fn come_back(worker: &Address, admin: &Api, left: &Value) -> Value {
    Page::open(worker, admin).await.join_from("categories", &left["epoch"], &left["seq"]).await
}

/// How often a page's return made a worker ask the database.
async fn looks_into_the_ledger(workers: &[Address], admin: &Api) -> u64 {
    let mut looks = 0;
    for worker in workers {
        let metrics = admin.at(worker).get("/metrics").await.expect(200).text();
        let line = metrics.lines().find_map(|line| line.strip_prefix("lockstep_ledger_resumes_total "));
        looks += line.and_then(|number| number.trim().parse::<u64>().ok()).expect("the metric is there");
    }
    looks
}
