//! Chromium, on pages of different workers and of one process. The stories are in `browser/`; this starts what they look at.

use std::collections::BTreeSet;

use lockstep_e2e::{Cluster, Launch, Shape, api, repository};

/// What several people do, on pages of different workers.
const PEOPLE: &[&str] = &[
    "admin",
    "catalog",
    "conflicts",
    "follow",
    "forms",
    "history",
    "imports",
    "lists",
    "locks",
    "logs",
    "notices",
    "overview",
    "palette",
    "presence",
    "roles",
    "scans",
    "session",
    "uploads",
];

/// What holds for any page, wherever it comes from; and following, which one process must do without Redis.
const PAGES: &[&str] = &[
    "access",
    "access-records",
    "badge",
    "classic",
    "elsewhere",
    "follow",
    "keyboard",
    "login",
    "policy",
    "presence",
    "react",
    "reading",
    "return",
    "soft",
    "toast",
    "words",
];

/// The site of an app of somebody else, in the story of our React package.
const APP: &str = "http://app.example";

#[tokio::test]
async fn browsers_follow_each_other_across_workers() {
    let cluster = with_locks(Shape::workers(3).with_a_port_for_each_worker()).start().await;

    run_the_stories(&cluster, PEOPLE).await;
}

#[tokio::test]
async fn browsers_follow_each_other_in_one_process() {
    let shape = Shape::embedded().set("server", "allowed_origins", APP);
    let cluster = with_locks(shape).start().await;

    run_the_stories(&cluster, PAGES).await;
}

#[test]
fn every_story_is_told() {
    let stories = std::fs::read_dir(repository().join("crates/e2e/browser")).expect("the stories are there");
    let names = stories.map(|entry| entry.expect("readable").file_name().into_string().expect("a name in UTF-8"));
    let names: BTreeSet<String> = names.filter_map(|name| Some(name.strip_suffix(".test.mjs")?.to_owned())).collect();

    let told: BTreeSet<String> = PEOPLE.iter().chain(PAGES).map(ToString::to_string).collect();

    assert_eq!(told, names);
}

/// One entity that only the stories of locks edit in forms.
fn with_locks(shape: Shape) -> Shape {
    shape.set("locks", "entities", "groups")
}

#[expect(clippy::print_stderr, reason = "the harness shows what a failed test has printed, and shows it last")]
async fn run_the_stories(cluster: &Cluster, which: &[&str]) {
    let stories = repository().join("crates/e2e/browser");
    let urls: Vec<String> = cluster.browser_addresses().iter().map(lockstep_e2e::Address::url).collect();
    let launch = Launch::new("browsers", "node", &stories)
        .args(["--test", "--test-concurrency=1"])
        .args(which.iter().map(|story| format!("{story}.test.mjs")))
        .env("LOCKSTEP_BASE_URLS", urls.join(","))
        .env("LOCKSTEP_LOGIN", api::ADMIN.0)
        .env("LOCKSTEP_PASSWORD", api::ADMIN.1)
        .env("LOCKSTEP_SCAN_ROOT", cluster.directory().join("data/files").display().to_string())
        .env("LOCKSTEP_IMPORT_ROOT", cluster.directory().join("data/imports").display().to_string());

    let ended = tokio::task::spawn_blocking(|| launch.run("")).await.expect("the stories were run");

    let said = String::from_utf8_lossy(&ended.stdout);
    if !ended.status.success() {
        eprintln!("{}\n{}", failures(&said), String::from_utf8_lossy(&ended.stderr));
        // No panic of its own: where this line stands tells nobody anything, and would push what the stories say out of sight.
        std::panic::resume_unwind(Box::new("a story failed"));
    }
    assert!(said.contains("# pass ") && !said.contains("# pass 0"), "no story was told:\n{said}");
}

/// What the stories that failed say, out of all they said in TAP; all of it where none says so.
fn failures(said: &str) -> String {
    let mut failing = false;
    let told = said.lines().filter(|line| {
        failing |= line.trim_start().starts_with("not ok ");
        let shown = failing;
        failing &= line.trim() != "...";
        shown
    });
    let told = told.collect::<Vec<_>>().join("\n");
    if told.is_empty() { said.to_owned() } else { told }
}
