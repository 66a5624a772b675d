//! Chromium, on pages of different workers and of one process. The stories are in `browser/`; this starts what they look at.

use lockstep_e2e::{Cluster, Launch, Shape, api, repository};

/// Stories in which the road itself has a part, and so the shape of the installation. What the others tell is the page's own.
const OF_THE_ROAD: [&str; 6] = [
    "conflicts.test.mjs",
    "follow.test.mjs",
    "forms.test.mjs",
    "locks.test.mjs",
    "presence.test.mjs",
    "session.test.mjs",
];

#[tokio::test]
async fn browsers_follow_each_other_across_workers() {
    let cluster = with_locks(Shape::workers(3).with_a_port_for_each_worker()).start().await;

    run_the_stories(&cluster, &["."]).await;
}

#[tokio::test]
async fn browsers_follow_each_other_in_one_process() {
    let cluster = with_locks(Shape::embedded()).start().await;

    run_the_stories(&cluster, &OF_THE_ROAD).await;
}

/// One entity that only the stories of locks edit in forms.
fn with_locks(shape: Shape) -> Shape {
    shape.set("locks", "entities", "groups")
}

async fn run_the_stories(cluster: &Cluster, which: &[&str]) {
    let stories = repository().join("crates/e2e/browser");
    let urls: Vec<String> = cluster.browser_addresses().iter().map(lockstep_e2e::Address::url).collect();
    let launch = Launch::new("browsers", "node", &stories)
        .args(["--test", "--test-concurrency=1"])
        .args(which.iter().copied())
        .env("LOCKSTEP_BASE_URLS", urls.join(","))
        .env("LOCKSTEP_LOGIN", api::ADMIN.0)
        .env("LOCKSTEP_PASSWORD", api::ADMIN.1);

    let ended = tokio::task::spawn_blocking(|| launch.run("")).await.expect("the stories were run");

    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.contains("# pass ") && !said.contains("# pass 0"), "no story was told:\n{said}");
}
