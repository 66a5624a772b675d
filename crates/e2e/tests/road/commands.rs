//! The command line, against a running installation.

use lockstep_e2e::{Api, Cluster, Launch, Process, Shape, api, lockstep};
use serde_json::{Value, json};

use crate::story::{category, pages};

/// `lockstep <arguments>` with a key, in the installation's directory.
pub(crate) fn with_key(cluster: &Cluster, name: &str, key: &str, arguments: &[&str]) -> Launch {
    let launch = Launch::new(name, lockstep(), cluster.directory()).args(arguments.iter().copied());
    launch.args(["--config", "config.ini"]).env("LOCKSTEP_KEY", key)
}

/// A running `tail` that has joined its rooms: the first event of a room it hears proves it.
async fn tail(cluster: &Cluster, key: &str, author: &Api) -> Process {
    let running = with_key(cluster, "tail", key, &["tail", "--json", "categories"]).start();
    lockstep_e2e::eventually("tail hears something", lockstep_e2e::LIMIT, || async {
        category(author, &format!("knock {}", running.log().len() + unique())).await;
        running.log().contains("knock").then_some(())
    })
    .await;
    running
}

fn unique() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(1_000_000);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[tokio::test]
async fn tail_prints_what_pages_hear_over_tcp_and_over_a_unix_socket() {
    for shape in [Shape::embedded(), Shape::workers(2)] {
        let cluster = shape.start().await;
        let author = cluster.admin().await;
        let running = tail(&cluster, &cluster.key("categories.view"), &author).await;

        category(&author, "Contracts").await;

        running.says("Contracts").await;
        let log = running.log();
        let line = log.lines().find(|line| line.contains("Contracts")).expect("its line");
        let event: Value = serde_json::from_str(line).expect("one JSON object a line");
        assert!(event.to_string().contains("categories"), "{event}");
    }
}

#[tokio::test]
async fn publish_tells_pages_and_repeats_itself_harmlessly() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let key = cluster.key("publish");
    let mut pages = pages(cluster.all(), &admin, &["files"]).await;
    let publish = || {
        let arguments = [
            "publish",
            "files:changed",
            "--reason",
            "updated",
            "--id",
            "7",
            "--data",
            r#"{"n":1}"#,
            "--once",
            "x",
            "--json",
        ];
        let output = with_key(&cluster, "publish", &key, &arguments).run("");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };

    let (first, second) = (publish(), publish());

    assert_eq!(first["seq"], second["seq"], "{first} {second}");
    for page in &mut pages {
        let event = page.event("files:changed").await;
        assert_eq!((&event.body["id"], &event.body["data"]), (&json!("7"), &json!({"n": 1})));
    }
}

#[tokio::test]
async fn a_key_may_do_what_its_scope_says_and_no_more() {
    let cluster = Cluster::embedded().await;
    let arguments = ["publish", "files:changed", "--reason", "updated", "--id", "7"];

    let wrong_scope = with_key(&cluster, "publish", &cluster.key("files.view"), &arguments).run("");
    let no_key = with_key(&cluster, "publish", "lk_nonsense", &arguments).run("");
    let no_such_scope = cluster.command(&["key", "add", "x", "--scope", "everything"], "");

    for refused in [&wrong_scope, &no_key] {
        assert_eq!(refused.status.code(), Some(1));
        assert!(!refused.stderr.is_empty() && refused.stdout.is_empty());
    }
    assert!(!no_such_scope.status.success());
    assert!(String::from_utf8_lossy(&no_such_scope.stderr).contains("publish"), "the cure names the scopes there are");
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let cluster = Cluster::embedded().await;
    let before = cluster.admin().await;

    let changed = cluster.command(&["user", "passwd", api::ADMIN.0, "--password-stdin"], "another password");
    assert!(changed.status.success(), "{}", String::from_utf8_lossy(&changed.stderr));

    let _ = before.get("/api/me").await.expect(401);
    assert_eq!(api::try_sign_in(&cluster.worker(0), api::ADMIN.0, api::ADMIN.1).await.status, 401);
    Api::sign_in(&cluster.worker(0), api::ADMIN.0, "another password").await;
}

#[tokio::test]
async fn sample_data_twice_is_sample_data_once() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let count = async || admin.get("/api/files").await.expect(200).json()["total"].as_u64().expect("a number");

    assert!(cluster.command(&["demo-data"], "").status.success());
    let once = count().await;
    assert!(cluster.command(&["demo-data"], "").status.success());

    assert!(once > 100, "{once}");
    assert_eq!(count().await, once);
}

#[tokio::test]
async fn a_new_epoch_makes_every_page_read_its_data_anew() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    category(&admin, "Contracts").await;
    let mut pages = pages(cluster.all(), &admin, &["categories"]).await;

    let migrated = cluster.command(&["migrate", "--new-epoch"], "");

    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let mut epochs = Vec::new();
    for page in &mut pages {
        let reset = page.event("sync:reset").await;
        assert_eq!(reset.body["why"], "epoch", "{reset}");
        epochs.push(reset.body["epoch"].clone());
    }
    assert_eq!(epochs[0], epochs[1]);
    category(&admin, "Letters").await;
    for page in &mut pages {
        assert_eq!(page.event("categories:changed").await.body["epoch"], epochs[0]);
    }
}
