//! Records that one page has for itself, over several workers.

use ::http::Method;
use lockstep_e2e::{Api, Cluster, LIMIT, Page, Reply, Shape, eventually};
use serde_json::{Value, json};

use crate::story::{assert_unbroken, category, pages, path, person, settle};

/// A person's page, by its `X-Client-Id`.
struct Tab {
    person: Api,
    client: &'static str,
}

impl Tab {
    async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        self.person.json(method, path, &[("x-client-id", self.client), ("if-match", "*")], body).await
    }

    async fn take(&self, row: &str, over: bool) -> Reply {
        self.send(Method::POST, &format!("{row}/lock"), &json!({"take": over})).await
    }

    async fn edit(&self, row: &str, description: &str) -> Reply {
        self.send(Method::PATCH, row, &json!({"description": description})).await
    }
}

/// Two people at two workers, and the row that both want.
async fn two_tabs(cluster: &Cluster) -> (Tab, Tab, String) {
    let anna = cluster.admin().await;
    let boris = person(&anna, "boris", &["categories.edit"]).await.at(&cluster.worker(1));
    let row = path("categories", &category(&anna, "Contracts").await);
    (Tab { person: anna, client: "page-of-anna" }, Tab { person: boris, client: "page-of-boris" }, row)
}

fn locking(shape: Shape) -> Shape {
    shape.set("locks", "entities", "categories")
}

#[tokio::test]
async fn a_record_taken_at_one_worker_is_kept_from_all_others_at_every_worker() {
    a_record_goes_from_hand_to_hand(&locking(Shape::workers(2)).start().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    a_record_goes_from_hand_to_hand(&locking(Shape::workers(2)).on_postgres().start().await).await;
}

async fn a_record_goes_from_hand_to_hand(cluster: &Cluster) {
    let (anna, boris, row) = two_tabs(cluster).await;
    let mut watching = pages(cluster.all(), &anna.person, &["categories", "files"]).await;

    let taken = anna.take(&row, false).await.expect(200).json();
    assert_eq!(boris.take(&row, false).await.expect(409).code(), "locked");
    let refused = boris.edit(&row, "by boris").await.expect(423).json();
    assert_eq!(refused["error"]["lock"]["user"], taken["lock"]["user"]);
    let by_program = boris.person.json(Method::PATCH, &row, &[("if-match", "*")], &json!({"description": "x"})).await;
    assert_eq!(by_program.expect(423).code(), "locked");
    let mine = anna.edit(&row, "by anna").await.expect(200);

    assert_eq!(boris.take(&row, true).await.expect(200).json()["lock"]["mine"], true);
    assert_eq!(anna.edit(&row, "by anna again").await.expect(423).json()["error"]["lock"]["user"]["name"], "boris");
    let his = boris.edit(&row, "by boris").await.expect(200);
    assert_eq!(boris.send(Method::DELETE, &format!("{row}/lock"), &Value::Null).await.status, 204);
    let free = anna.edit(&row, "by anna at last").await.expect(200);

    let edits: Vec<Value> = [mine, his, free].iter().map(|edit| edit.json()["rev"].clone()).collect();
    for page in &mut watching {
        settle(page, &anna.person).await;
        everybody_was_told(page, &edits);
    }
}

/// In the record's room: who had it, and what he changed, in one unbroken order. In a room that depends on it: the changes alone.
fn everybody_was_told(page: &mut Page, edits: &[Value]) {
    let (locks, changes) = (page.heard("locks:changed"), page.heard("categories:changed"));
    let told: Vec<(&str, &str)> = locks
        .iter()
        .map(|event| (event.body["reason"].as_str().expect("why"), event.body["data"]["client"].as_str().expect("who")))
        .collect();
    assert_eq!(told, [("added", "page-of-anna"), ("updated", "page-of-boris"), ("deleted", "page-of-boris")]);
    assert_eq!(changes.iter().map(|event| event.body["rev"].clone()).collect::<Vec<_>>(), edits);
    let mut history = [locks, changes].concat();
    history.sort_by_key(lockstep_e2e::Heard::seq);
    let names: Vec<&str> = history.iter().map(|event| event.name.split(':').next().expect("a name")).collect();
    assert_eq!(names, ["locks", "categories", "locks", "categories", "locks", "categories"]);
    assert_unbroken(&history);
    let softly = page.heard("files:changed");
    assert_eq!(softly.len(), edits.len(), "a list of files has nothing to look at when a category is only held");
    assert_unbroken(&softly);
}

#[tokio::test]
async fn a_record_whose_page_fell_silent_is_free_when_its_time_is_over() {
    let cluster = locking(Shape::workers(2)).set("locks", "lease_s", "2").start().await;
    let (anna, boris, row) = two_tabs(&cluster).await;

    let first = anna.take(&row, false).await.expect(200).json()["lock"].clone();
    let second = eventually("the end of her time", LIMIT, || async {
        Some(boris.take(&row, false).await).filter(|reply| reply.status == 200)
    })
    .await
    .json()["lock"]
        .clone();

    assert!(second["since"].as_i64() >= first["expires_at"].as_i64(), "not before: {first} {second}");
    let free = eventually("the end of his time", LIMIT, || async {
        Some(anna.edit(&row, "by anna").await).filter(|reply| reply.status == 200)
    });
    free.await;
    assert_eq!(anna.person.get(&format!("{row}/lock")).await.expect(200).json(), json!({"lock": null}));
}

#[tokio::test]
async fn a_page_that_slept_is_told_who_took_what_and_one_of_another_list_is_not() {
    let cluster = locking(Shape::workers(2)).start().await;
    let (anna, _, row) = two_tabs(&cluster).await;
    let mut page = Page::open(&cluster.worker(0), &anna.person).await;
    settle(&mut page, &anna.person).await;
    let positions = [page.join("categories").await, page.join("files").await];
    drop(page);

    assert_eq!(anna.take(&row, false).await.status, 200);
    assert_eq!(anna.edit(&row, "by anna").await.status, 200);

    let mut again = Page::open(&cluster.worker(1), &anna.person).await;
    let [categories, files] = positions;
    let categories = again.join_from("categories", &categories["epoch"], &categories["seq"]).await;
    let files = again.join_from("files", &files["epoch"], &files["seq"]).await;
    let names = |ack: &Value| -> Vec<Value> {
        ack["events"].as_array().unwrap_or_else(|| panic!("{ack}")).iter().map(|event| event["event"].clone()).collect()
    };
    assert_eq!(names(&categories), ["locks:changed", "categories:changed"]);
    assert_eq!(names(&files), ["files:changed"]);
}

#[tokio::test]
async fn where_locks_are_off_nobody_takes_a_record_and_nobody_waits() {
    let cluster = Cluster::embedded().await;
    let anna = Tab { person: cluster.admin().await, client: "page-of-anna" };
    let row = path("categories", &category(&anna.person, "Contracts").await);

    assert_eq!(anna.take(&row, true).await.expect(422).code(), "locks.off");
    assert_eq!(anna.person.get("/api/me").await.expect(200).json()["locks"], json!([]));
    assert_eq!(anna.edit(&row, "by anna").await.status, 200);
}
