//! A page that does not keep up harms nobody, and misses nothing.

use lockstep_e2e::{Api, Heard, LIMIT, Page, Shape, eventually};
use serde_json::{Value, json};

use crate::story::{assert_unbroken, next};

const EVENT: &str = "categories:changed";

/// So many events a publish; the next comes when the quick page has heard them. Together they are more than a
/// socket holds, and no more than a page that comes back is given (300 events, 512 KiB).
const BATCH: usize = 16;
const BATCHES: usize = 18;

#[tokio::test]
async fn a_page_that_does_not_read_is_let_go_and_misses_nothing() {
    let cluster = Shape::workers(2).set("limits", "write_stall_s", "1").start().await;
    let admin = cluster.admin().await.at(&cluster.worker(1));
    let (mut slow, mut quick) = (Page::open(&admin.address, &admin).await, Page::open(&admin.address, &admin).await);
    let joined = slow.join("categories").await;
    quick.join("categories").await;

    let event = json!({"event": EVENT, "reason": "updated", "id": "1", "data": {"text": "x".repeat(1_400)}});
    let mut told = Vec::new();
    for _ in 0..BATCHES {
        let answer = admin.post("/api/publish", &Value::Array(vec![event.clone(); BATCH])).await;
        assert_eq!(answer.status, 200);
        told.extend(next(&mut quick, EVENT, BATCH).await);
    }
    let_go(&admin).await;

    assert_unbroken(&told);
    slow.end(LIMIT).await;
    let mut heard: Vec<u64> = slow.heard(EVENT).iter().map(Heard::seq).collect();
    assert!(heard.len() < told.len(), "it was never behind");
    let last = heard.last().map_or(joined["seq"].clone(), |seq| json!(seq));
    let ack = Page::open(&admin.address, &admin).await.join_from("categories", &joined["epoch"], &last).await;
    assert_eq!(ack["mode"], "recovered", "{ack}");
    heard.extend(ack["events"].as_array().expect("events").iter().filter_map(|event| event["seq"].as_u64()));
    assert_eq!(heard, told.iter().map(Heard::seq).collect::<Vec<_>>());
}

/// Waits until the worker says that it has ended one connection because it took nothing.
async fn let_go(admin: &Api) {
    eventually("the end of the page that does not read", LIMIT, || async {
        let metrics = admin.get("/metrics").await.expect(200).text();
        metrics.contains(r#"kills_total{why="write_stall"} 1"#).then_some(())
    })
    .await;
}
