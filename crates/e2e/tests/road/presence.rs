//! Who looks at what and who edits it, seen from the other worker; reloads, ends of every kind, and rights.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lockstep_e2e::{Api, Cluster, LIMIT, Page, Shape, eventually};
use lockstep_protocol::presence::{GRACE, MAX_OF_PAGE, SILENCE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::story::{path, person, rev};

const VIEW: [&str; 1] = ["categories.view"];
const EDIT: [&str; 1] = ["categories.edit"];

/// How often it is tried to see that something is gone before its grace is over.
const TRIES: usize = 5;

/// Says that `page` shows a category; the name of the page.
async fn show(page: &mut Page, id: &str, mode: &str) -> String {
    let ack = page.ask("presence:set", json!({"entity": "categories", "id": id, "mode": mode})).await;
    assert_eq!(ack["ok"], true, "{ack}");
    ack["tab"].as_str().expect("a name").to_owned()
}

/// A page that keeps account of who is present, as ours does.
struct Onlooker {
    page: Page,
    n: u64,
    entries: BTreeMap<(String, String), Value>,
}

impl Onlooker {
    async fn open(address: &lockstep_e2e::Address, person: &Api) -> Self {
        let mut page = Page::open(address, person).await;
        page.join("categories").await;
        let state = page.event("presence:state").await.body;
        let mut onlooker = Self { page, n: 0, entries: BTreeMap::new() };
        onlooker.learn(&state);
        onlooker
    }

    fn learn(&mut self, state: &Value) {
        assert_eq!(state["entity"], "categories", "{state}");
        self.n = state["n"].as_u64().expect("a number");
        self.entries = state["entries"].as_array().expect("a list").iter().map(keyed).collect();
    }

    async fn diff(&mut self) {
        let diff = self.page.event("presence:diff").await.body;
        assert_eq!(diff["n"].as_u64(), Some(self.n + 1), "a hole: {diff}");
        self.n += 1;
        self.entries.extend(diff["set"].as_array().expect("a list").iter().map(keyed));
        diff["gone"].as_array().expect("a list").iter().for_each(|gone| drop(self.entries.remove(&key(gone))));
    }

    /// Follows until it is so; `always` holds after every step.
    async fn until_and(&mut self, is_so: impl Fn(&Self) -> bool, always: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.diff().await;
            assert!(always(self), "{:?}", self.entries);
        }
    }

    async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        self.until_and(is_so, |_| true).await;
    }

    fn sees(&self, tab: &str, id: &str) -> bool {
        self.entries.contains_key(&(tab.to_owned(), id.to_owned()))
    }

    /// Whether the person's face is at `id`.
    fn sees_person(&self, name: &str, id: &str) -> bool {
        self.entries.values().any(|entry| entry["user"]["name"] == name && entry["id"] == id)
    }
}

fn key(entry: &Value) -> (String, String) {
    let text = |field: &str| entry[field].as_str().expect("a text").to_owned();
    (text("tab"), text("id"))
}

fn keyed(entry: &Value) -> ((String, String), Value) {
    (key(entry), entry.clone())
}

#[tokio::test]
async fn one_sees_who_edits_on_the_other_worker_and_keeps_seeing_who_reloads() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let (vera, olga) = (person(&admin, "vera", &VIEW).await, person(&admin, "olga", &EDIT).await);
    let mut onlooker = Onlooker::open(&cluster.worker(0), &vera).await;
    let mut editor = Page::open(&cluster.worker(1), &olga).await;

    let began = Instant::now();
    let tab = show(&mut editor, "7", "edit").await;
    onlooker.until(|at| at.sees(&tab, "7")).await;
    // For whoever reads the log: some milliseconds on a machine that does nothing else.
    println!("seen after {:?}", began.elapsed());
    let entry = onlooker.entries[&(tab.clone(), "7".into())].clone();
    assert_eq!((&entry["mode"], &entry["user"]["name"]), (&json!("edit"), &json!("olga")), "{entry}");
    assert!(entry["since"].as_i64().is_some_and(|since| since > 1_700_000_000_000), "{entry}");
    let late = Onlooker::open(&cluster.worker(1), &vera).await;
    assert_eq!(late.entries, onlooker.entries);

    drop(editor);
    let mut reloaded = Page::open(&cluster.worker(0), &olga).await;
    let new = show(&mut reloaded, "7", "edit").await;
    onlooker.until_and(|at| !at.sees(&tab, "7"), |at| at.sees_person("olga", "7")).await;
    assert!(onlooker.sees(&new, "7"));

    let ack = reloaded.ask("presence:set", json!({"entity": "categories", "id": "7", "mode": null})).await;
    assert_eq!((&ack["ok"], &ack["tab"]), (&json!(true), &json!(new)));
    onlooker.until(|at| at.entries.is_empty()).await;
}

#[tokio::test]
async fn who_closes_his_page_is_gone_after_the_grace() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let mut onlooker = Onlooker::open(&cluster.worker(0), &admin).await;
    let mut editor = Page::open(&cluster.worker(0), &admin).await;
    let tab = show(&mut editor, "*", "view").await;
    onlooker.until(|at| at.sees(&tab, "*")).await;

    let left = Instant::now();
    drop(editor);
    onlooker.until(|at| at.entries.is_empty()).await;

    assert!(left.elapsed() >= GRACE, "{:?}", left.elapsed());
}

#[tokio::test]
async fn the_pages_of_a_killed_worker_are_not_seen_for_long_and_those_that_come_back_always() {
    let mut cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let (olga, vera) = (person(&admin, "olga", &EDIT).await, person(&admin, "vera", &VIEW).await);
    let mut onlooker = Onlooker::open(&cluster.worker(0), &vera).await;
    let mut editor = Page::open(&cluster.worker(1), &olga).await;
    let mut other = Page::open(&cluster.worker(1), &vera).await;
    let (tab, lost) = (show(&mut editor, "7", "edit").await, show(&mut other, "8", "view").await);
    onlooker.until(|at| at.sees(&tab, "7") && at.sees(&lost, "8")).await;
    let victim = editor.hello["worker"].as_i64().and_then(|worker| i32::try_from(worker).ok()).expect("its process");

    let killed = Instant::now();
    kill_process(Pid::from_raw(victim).expect("a process"), Signal::KILL).expect("a process of ours");
    editor.end(LIMIT).await;
    let mut again = Page::open(&cluster.worker(0), &olga).await;
    show(&mut again, "7", "edit").await;
    onlooker.until_and(|at| !at.sees(&tab, "7") && !at.sees(&lost, "8"), |at| at.sees_person("olga", "7")).await;

    assert!(killed.elapsed() < SILENCE, "{:?}: the new worker's call found nobody dead", killed.elapsed());
    cluster.ready(1).await;
    eventually("the new worker knows who is there", LIMIT, async || {
        Onlooker::open(&cluster.worker(1), &vera).await.sees_person("olga", "7").then_some(())
    })
    .await;
}

#[tokio::test]
async fn whose_session_right_or_account_is_taken_away_is_gone_at_once() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let mut onlooker = Onlooker::open(&cluster.worker(0), &admin).await;
    for what in ["session", "account", "right"] {
        let mut slow = Vec::new();
        // On a machine that does much else an answer may take longer than the grace does.
        while !matches!(slow.last(), Some(took) if *took < GRACE) {
            assert!(slow.len() < TRIES, "{what}: it took {slow:?}");
            slow.push(gone_after(what, &format!("{what}.{}", slow.len()), &cluster, &admin, &mut onlooker).await);
        }
    }
}

/// How long a person is still seen when something was taken away from him.
async fn gone_after(what: &str, login: &str, cluster: &Cluster, admin: &Api, onlooker: &mut Onlooker) -> Duration {
    let holder = person(admin, login, &EDIT).await;
    let mut page = Page::open(&cluster.worker(1), &holder).await;
    let tab = show(&mut page, "7", "edit").await;
    onlooker.until(|at| at.sees(&tab, "7")).await;
    let taken = Instant::now();
    take_away(what, admin, &holder).await;
    onlooker.until(|at| !at.sees(&tab, "7")).await;
    taken.elapsed()
}

async fn take_away(what: &str, admin: &Api, holder: &Api) {
    let at = format!("/api/users/{}", holder.user["id"].as_str().expect("an id"));
    match what {
        "session" => drop(holder.post("/api/logout", &json!({})).await.expect(204)),
        "account" => drop(admin.post(&format!("{at}/toggle"), &json!({})).await.expect(200)),
        _ => {
            let user = admin.get(&at).await.expect(200).json();
            let at = format!("/api/groups/{}", user["group_id"].as_str().expect("a group"));
            let group = admin.get(&at).await.expect(200).json();
            let _ = admin.patch(&path("groups", &group), rev(&group), &json!({"permissions": VIEW})).await.expect(200);
        }
    }
}

#[tokio::test]
async fn nobody_shows_or_sees_what_he_has_no_right_to() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view"]).await;
    let mut stranger = Page::open(&cluster.worker(1), &reader).await;
    stranger.join("files").await;
    assert_eq!(stranger.event("presence:state").await.body, json!({"entity": "files", "n": 0, "entries": []}));
    let mut onlooker = Onlooker::open(&cluster.worker(1), &admin).await;
    let mut editor = Page::open(&cluster.worker(0), &admin).await;
    let tab = show(&mut editor, "7", "edit").await;
    onlooker.until(|at| at.sees(&tab, "7")).await;

    for (wish, error) in [
        (json!({"entity": "categories", "id": "7", "mode": "view"}), "forbidden"),
        (json!({"entity": "files", "id": "7", "mode": "edit"}), "forbidden"),
        (json!({"entity": "logs", "id": "7", "mode": "view"}), "bad_request"),
        (json!({"entity": "files", "id": "7"}), "bad_request"),
        (json!({"entity": "files", "id": "7".repeat(65), "mode": "view"}), "bad_request"),
    ] {
        let ack = stranger.ask("presence:set", wish.clone()).await;
        assert_eq!(ack, json!({"ok": false, "error": error}), "{wish}");
    }
    let ack = stranger.ask("presence:get", json!({"entity": "categories"})).await;
    assert_eq!(ack, json!({"ok": false, "error": "forbidden"}));
    assert_eq!(reader.get("/api/presence").await.expect(200).json(), json!({"items": []}));
    let items = admin.at(&cluster.worker(1)).get("/api/presence").await.expect(200).json()["items"].clone();
    let name = &admin.user["name"];
    let (entity, user) = (&items[0]["entity"], &items[0]["user"]["name"]);
    assert_eq!((entity, &items[0]["tab"], user), (&json!("categories"), &json!(tab), name), "{items}");
    assert!(stranger.heard("presence:diff").is_empty() && stranger.heard("presence:state").is_empty());

    let mut program =
        Page::connect(&cluster.worker(0), &[], json!({"token": cluster.key("categories.edit")})).await.expect("let in");
    let ack = program.ask("presence:set", json!({"entity": "categories", "id": "7", "mode": "view"})).await;
    assert_eq!(ack, json!({"ok": false, "error": "forbidden"}), "a program is no person");
    let metrics = admin.get("/metrics").await.expect(200).text();
    assert!(metrics.contains("lockstep_presence_entries 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_flood_is_refused_and_gathered_and_the_others_go_on() {
    let cluster =
        Shape::workers(2).set("limits", "socket_events_per_s", "1000").set("limits", "socket_events_burst", "1000");
    let cluster = cluster.start().await;
    let admin = cluster.admin().await;
    let mut onlooker = Onlooker::open(&cluster.worker(0), &admin).await;
    let mut flooder = Page::open(&cluster.worker(1), &admin).await;

    let began = Instant::now();
    let mut answers = BTreeMap::new();
    for number in 0..500 {
        let (id, mode) = ((number % 25).to_string(), if number % 2 == 0 { "view" } else { "edit" });
        let ack = flooder.ask("presence:set", json!({"entity": "categories", "id": id, "mode": mode})).await;
        *answers.entry(ack["error"].to_string()).or_insert(0) += 1;
    }
    let before = onlooker.n;
    onlooker.until(|at| at.entries.len() == MAX_OF_PAGE).await;
    let mut editor = Page::open(&cluster.worker(1), &admin).await;
    let tab = show(&mut editor, "calm", "edit").await;
    onlooker.until(|at| at.sees(&tab, "calm")).await;

    assert_eq!(answers.keys().map(String::as_str).collect::<Vec<_>>(), ["\"too_many\"", "null"], "{answers:?}");
    let allowed = 5 + began.elapsed().as_millis() / 100;
    assert!(u128::from(onlooker.n - before) <= allowed, "{} diffs, {allowed} allowed", onlooker.n - before);
    let ack = onlooker.page.ask("presence:get", json!({"entity": "categories"})).await;
    assert_eq!(ack["entries"].as_array().map(Vec::len), Some(MAX_OF_PAGE + 1), "{ack}");
}

/// As a page that has moved from a worker that goes to another.
#[tokio::test]
async fn who_moves_from_a_worker_that_goes_does_not_flicker() {
    let mut cluster = Shape::workers(2).set("server", "drain_s", "20").start().await;
    let admin = cluster.admin().await;
    let olga = person(&admin, "olga", &EDIT).await;
    let mut editor = Page::open(&cluster.worker(0), &olga).await;
    let tab = show(&mut editor, "7", "edit").await;
    let mut onlooker = Onlooker::open(&cluster.worker(1), &admin).await;
    onlooker.until(|at| at.sees(&tab, "7")).await;

    let victim = editor.hello["worker"].as_i64().and_then(|worker| i32::try_from(worker).ok()).expect("its process");
    kill_process(Pid::from_raw(victim).expect("a process"), Signal::TERM).expect("a process of ours");
    editor.event("sync:bye").await;
    drop(editor);
    let mut moved = Page::open(&cluster.worker(1), &olga).await;
    show(&mut moved, "7", "edit").await;

    onlooker.until_and(|at| !at.sees(&tab, "7"), |at| at.sees_person("olga", "7")).await;
    cluster.ready(0).await;
}
