//! `kill -9` between each pair of steps of an edit: never an edit without its event, nor an event without its edit.

use lockstep_e2e::{Api, Cluster, Page, Shape, http};
use serde_json::{Value, json};

use crate::story::{category, path, rev};

/// Names the step at which a debug build ends itself.
const CRASH_AT: &str = "LOCKSTEP_CRASH_AT";

/// The steps of an edit, each reached when it is done, and whether the edit has happened by then.
const STEPS: [(&str, bool); 6] = [
    ("edit:begin", false),
    ("edit:row", false),
    ("edit:seq", false),
    ("edit:event", false),
    ("edit:commit", true),
    ("edit:publish", true),
];

#[tokio::test]
async fn a_new_row_and_its_event_survive_together_or_not_at_all() {
    let mut cluster = Cluster::embedded().await;

    for (step, happened) in STEPS {
        let author = restart(&mut cluster, Some(step)).await;
        dies(&author, &cluster, "POST", "/api/categories", &json!({"name": step})).await;
        let author = restart(&mut cluster, None).await;

        let (rows, events) =
            (rows_named(&author, step).await, events_of(&author, |event| event["data"]["name"] == step).await);
        assert_eq!(rows.len(), usize::from(happened), "rows after a crash at {step}");
        assert_eq!(events.len(), rows.len(), "events after a crash at {step}");
        if let (Some(row), Some(event)) = (rows.first(), events.first()) {
            assert_eq!((&row["id"], &row["rev"]), (&event["id"], &event["rev"]));
        }
    }
}

#[tokio::test]
async fn a_changed_row_is_at_the_revision_of_its_last_event() {
    let mut cluster = Cluster::embedded().await;
    let row = category(&cluster.admin().await, "Contracts").await;
    let at = path("categories", &row);

    for (step, happened) in STEPS {
        let author = restart(&mut cluster, Some(step)).await;
        let before = author.get(&at).await.expect(200).json();
        dies_patching(&author, &cluster, &at, rev(&before), &json!({"description": step})).await;
        let author = restart(&mut cluster, None).await;

        let after = author.get(&at).await.expect(200).json();
        assert_eq!(rev(&after) - rev(&before), u64::from(happened), "revision after a crash at {step}");
        let events = events_of(&author, |event| event["scope"] == "room:categories").await;
        assert_eq!(
            events.first().map(|event| &event["rev"]),
            Some(&after["rev"]),
            "the newest event after a crash at {step}"
        );
        assert_eq!(events.len() as u64, rev(&after), "one event a revision");
    }
}

#[tokio::test]
async fn what_its_author_could_not_tell_any_more_still_reaches_every_other_worker() {
    let mut cluster = Shape::workers(2).env(CRASH_AT, "edit:commit").start().await;
    let admin = cluster.admin().await;
    let mut elsewhere = Page::open(&cluster.worker(1), &admin).await;
    let joined = elsewhere.join("categories").await;

    dies(&admin, &cluster, "POST", "/api/categories", &json!({"name": "Contracts"})).await;

    let event = elsewhere.event("categories:changed").await;
    assert_eq!(event.body["data"]["name"], "Contracts");
    assert!(event.number("prev") <= joined["seq"].as_u64().expect("a position"));
    cluster.ready(0).await;
    let mut here = Page::open(&cluster.worker(0), &admin).await;
    let ack = here.join_from("categories", &joined["epoch"], &joined["seq"]).await;
    assert_eq!(ack["events"].as_array().map(Vec::len), Some(1), "{ack}");
}

#[tokio::test]
async fn an_answered_edit_outlives_its_server() {
    let mut cluster = Cluster::embedded().await;
    let mut names = Vec::new();

    for round in 0..3 {
        let author = cluster.admin().await;
        for number in 0..5 {
            let name = format!("{round}-{number}");
            category(&author, &name).await;
            names.push(name);
        }
        cluster.crash();
        cluster.serve().await;
    }

    let author = cluster.admin().await;
    let events = events_of(&author, |event| event["reason"] == "added" && event["scope"] == "room:categories").await;
    let mut told: Vec<&str> = events.iter().filter_map(|event| event["data"]["name"].as_str()).collect();
    told.reverse();
    assert_eq!(told, names);
}

/// A fresh server that ends itself at this step; signed in.
async fn restart(cluster: &mut Cluster, crash_at: Option<&str>) -> Api {
    cluster.set_env(CRASH_AT, crash_at);
    cluster.serve().await;
    cluster.admin().await
}

/// The request gets no answer, because it ends the worker.
async fn dies(author: &Api, cluster: &Cluster, method: &str, path: &str, body: &Value) {
    let body = body.to_string().into();
    let method = method.parse().expect("a method");
    let headers = [
        ("cookie", author.cookie.as_str()),
        ("x-csrf-token", author.csrf.as_str()),
        ("content-type", "application/json"),
    ];
    let answer = http::send(&cluster.worker(0), method, path, &headers, body).await;
    assert!(answer.is_err(), "the worker lives: {answer:?}");
}

async fn dies_patching(author: &Api, cluster: &Cluster, path: &str, rev: u64, body: &Value) {
    let revision = format!("\"{rev}\"");
    let headers = [
        ("cookie", author.cookie.as_str()),
        ("x-csrf-token", author.csrf.as_str()),
        ("content-type", "application/json"),
        ("if-match", revision.as_str()),
    ];
    let answer = http::send(&cluster.worker(0), ::http::Method::PATCH, path, &headers, body.to_string().into()).await;
    assert!(answer.is_err(), "the worker lives: {answer:?}");
}

async fn rows_named(author: &Api, name: &str) -> Vec<Value> {
    let list = author.get("/api/categories?per_page=100").await.expect(200).json();
    list["items"].as_array().expect("items").iter().filter(|row| row["name"] == name).cloned().collect()
}

/// Events of the ledger, newest first.
async fn events_of(author: &Api, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let changes = author.get("/api/changes?limit=100").await.expect(200).json();
    changes["items"].as_array().expect("items").iter().filter(|event| wanted(event)).cloned().collect()
}
