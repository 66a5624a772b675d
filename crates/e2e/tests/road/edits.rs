//! An edit, and who follows.

use ::http::Method;
use lockstep_e2e::{Address, Api, Cluster, Heard, Page, http};
use serde_json::{Value, json};

use crate::story::{assert_unbroken, category, next, pages, path, rev, settle};

#[tokio::test]
async fn an_edit_on_one_worker_shows_on_the_pages_of_all() {
    let cluster = Cluster::workers(3).await;
    let everywhere = [cluster.all(), &[cluster.nginx().address()]].concat();

    one_row_lives_and_every_page_watches(&cluster, &everywhere).await;
}

#[tokio::test]
async fn one_process_without_redis_does_the_same() {
    let cluster = Cluster::embedded().await;

    one_row_lives_and_every_page_watches(&cluster, &[cluster.worker(0), cluster.worker(0)]).await;
}

pub(crate) async fn one_row_lives_and_every_page_watches(cluster: &Cluster, everywhere: &[Address]) {
    let author = cluster.admin().await;
    let mut pages = pages(everywhere, &author, &["categories", "files"]).await;

    let row = category(&author, "Contracts").await;
    let at = path("categories", &row);
    let changed = author.patch(&at, rev(&row), &json!({"name": "Treaties"})).await.expect(200).json();
    let toggled = author.post(&format!("{at}/toggle"), &json!({})).await.expect(200).json();
    let gone = author.delete(&at, rev(&toggled)).await;
    assert!(gone.status.is_success(), "{}", gone.text());

    let mut first: Option<Vec<u64>> = None;
    for page in &mut pages {
        let events = next(page, "categories:changed", 4).await;
        assert_eq!(field(&events, "reason"), ["added", "updated", "toggled", "deleted"]);
        assert_eq!(events[1].body["data"]["name"], "Treaties");
        assert_eq!(events[1].body["rev"], changed["rev"]);
        assert_eq!(events[0].body["scope"], "room:categories");
        assert_eq!(events[0].body["id"], row["id"]);
        assert_eq!(events[0].body["actor"]["id"], author.user["id"]);
        assert_unbroken(&events);
        let seqs: Vec<u64> = events.iter().map(Heard::seq).collect();
        assert_eq!(first.get_or_insert(seqs.clone()), &seqs, "all pages tell one history");
        files_were_told_softly(page, &events).await;
    }
}

/// The room `files` depends on `categories`: it hears a reason to look again, once for each change.
async fn files_were_told_softly(page: &mut Page, causes: &[Heard]) {
    let events = next(page, "files:changed", causes.len()).await;
    for (event, cause) in events.iter().zip(causes) {
        assert_eq!(event.body["soft"], true);
        assert_eq!(event.body["scope"], "room:files");
        assert_eq!(
            event.body["cause"],
            json!({"event": "categories:changed", "id": cause.body["id"], "seq": cause.seq()})
        );
    }
    assert_unbroken(&events);
}

fn field<'a>(events: &'a [Heard], name: &str) -> Vec<&'a str> {
    events.iter().map(|event| event.body[name].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn two_authors_on_two_workers_make_one_history() {
    const EACH: usize = 15;
    let cluster = Cluster::workers(3).await;
    let anna = cluster.admin().await;
    let boris = anna.at(&cluster.worker(1));
    let mut pages = pages(cluster.all(), &anna, &["categories"]).await;

    let write = async |author: &Api, name: &str| {
        for number in 0..EACH {
            category(author, &format!("{name} {number}")).await;
        }
    };
    tokio::join!(write(&anna, "anna"), write(&boris, "boris"));

    let mut histories = Vec::new();
    for page in &mut pages {
        let events = next(page, "categories:changed", 2 * EACH).await;
        assert_unbroken(&events);
        histories.push(events.iter().map(|event| (event.seq(), event.body["id"].clone())).collect::<Vec<_>>());
    }
    assert!(histories.windows(2).all(|pair| pair[0] == pair[1]), "{histories:?}");
}

#[tokio::test]
async fn a_page_that_slept_through_three_edits_gets_exactly_those_three_from_another_worker() {
    let cluster = Cluster::workers(2).await;

    a_page_sleeps_through_three_edits(&cluster).await;
}

pub(crate) async fn a_page_sleeps_through_three_edits(cluster: &Cluster) {
    let author = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(0), &author).await;
    let joined = page.join("categories").await;
    drop(page);

    let mut ids: Vec<Value> = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(category(&author, name).await["id"].clone());
    }
    let mut again = Page::open(&cluster.worker(1), &author).await;
    let ack = again.join_from("categories", &joined["epoch"], &joined["seq"]).await;

    assert_eq!(ack["mode"], "recovered", "{ack}");
    let events = ack["events"].as_array().expect("a list of events");
    assert_eq!(events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_position_of_another_life_of_the_ledger_asks_for_fresh_data() {
    let cluster = Cluster::embedded().await;
    let author = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(0), &author).await;

    let ack = page.join_from("categories", &json!("another-life"), &json!(1)).await;

    assert_eq!((&ack["mode"], &ack["why"]), (&json!("refresh"), &json!("epoch")), "{ack}");
}

#[tokio::test]
async fn the_first_pages_spelling_of_joining_still_works() {
    let cluster = Cluster::embedded().await;
    let author = cluster.admin().await;
    let mut by_name = Page::open(&cluster.worker(0), &author).await;
    let mut by_event = Page::open(&cluster.worker(0), &author).await;

    let named = by_name.ask("join", json!("categories")).await;
    let evented = by_event.ask("categories:join", json!({})).await;
    category(&author, "Contracts").await;

    assert_eq!((&named["ok"], &evented["ok"]), (&json!(true), &json!(true)), "{named} {evented}");
    by_name.event("categories:changed").await;
    by_event.event("categories:changed").await;
}

#[tokio::test]
async fn an_event_published_by_a_program_takes_the_same_road() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let mut pages = pages(cluster.all(), &admin, &["registrators", "files"]).await;
    let key = format!("Bearer {}", cluster.key("publish"));
    let event =
        json!({"event": "registrators:changed", "reason": "updated", "id": "9", "data": {"n": 1}, "key": "once"});

    let worker = cluster.worker(1);
    let publish = || async {
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let sent = http::send(&worker, Method::POST, "/api/publish", &headers, event.to_string().into()).await;
        sent.expect("the server answers").expect(200).json()
    };
    let (first, second) = (publish().await, publish().await);

    assert_eq!((&first["duplicate"], &second["duplicate"]), (&json!(false), &json!(true)), "{first} {second}");
    assert_eq!(first["seq"], second["seq"]);
    for page in &mut pages {
        assert_eq!(page.event("registrators:changed").await.body["seq"], first["seq"]);
        assert_eq!(page.event("files:changed").await.body["cause"]["seq"], first["seq"]);
        settle(page, &admin).await;
        assert!(page.heard("registrators:changed").is_empty(), "the second was the first");
    }
}
