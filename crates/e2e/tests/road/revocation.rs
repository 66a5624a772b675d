//! Taken away means taken away: on every worker within a second, whether Redis is there or not.

use std::time::{Duration, Instant};

use lockstep_e2e::{Api, Cluster, LIMIT, Page, Shape, eventually};
use serde_json::{Value, json};

use crate::story::{PASSWORD, path, person, rev};

/// How long a page may stay after the answer that took its right away. Promised is a second on a healthy machine; this is for a loaded
/// one.
const GONE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn what_is_taken_away_is_gone_on_every_worker_with_redis_and_without() {
    let mut cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;

    let with = take_everything_away(&cluster, &admin, "with").await;
    cluster.redis().crash();
    for number in 0..2 {
        deaf(&cluster, number).await;
    }
    let without = take_everything_away(&cluster, &admin, "without").await;

    // For whoever reads the log: the promise is a second on a machine that does nothing else.
    println!("the last page was gone after {with:?} with redis, {without:?} without");
}

async fn deaf(cluster: &Cluster, number: usize) {
    eventually("a worker that knows that redis is away", LIMIT, || async {
        let reasons = cluster.readiness(number).await["reasons"].to_string();
        reasons.contains("bus").then_some(())
    })
    .await;
}

/// Takes away a session, an account, a password, a right and a key, each of its own holder with a page on both workers; how long the
/// slowest page stayed.
async fn take_everything_away(cluster: &Cluster, admin: &Api, when: &str) -> Duration {
    let mut slowest = Duration::ZERO;
    for what in ["session", "account", "password", "right", "person"] {
        let holder = person(admin, &format!("{what}.{when}"), &["files.view", "categories.view"]).await;
        let mut pages = Vec::new();
        for worker in cluster.all() {
            pages.push(Page::open(worker, &holder).await);
            pages.last_mut().expect("one").join("files").await;
        }
        take_away(what, admin, &holder).await;
        slowest = slowest.max(all_gone(pages).await);
    }
    slowest.max(keys_gone(cluster, when).await)
}

async fn take_away(what: &str, admin: &Api, holder: &Api) {
    let at = format!("/api/users/{}", holder.user["id"].as_str().expect("an id"));
    let user = admin.get(&at).await.expect(200).json();
    match what {
        "session" => drop(holder.post("/api/logout", &json!({})).await.expect(204)),
        "account" => drop(admin.post(&format!("{at}/toggle"), &json!({})).await.expect(200)),
        "password" => drop(admin.patch(&at, rev(&user), &json!({"password": "another password"})).await.expect(200)),
        "person" => drop(admin.delete(&at, rev(&user)).await.expect(204)),
        _ => {
            let at = format!("/api/groups/{}", user["group_id"].as_str().expect("a group"));
            let group = admin.get(&at).await.expect(200).json();
            let less = json!({"permissions": ["categories.view"]});
            let _ = admin.patch(&path("groups", &group), rev(&group), &less).await.expect(200);
        }
    }
}

async fn all_gone(pages: Vec<Page>) -> Duration {
    let taken = Instant::now();
    for mut page in pages {
        page.end(GONE).await;
    }
    taken.elapsed()
}

async fn keys_gone(cluster: &Cluster, when: &str) -> Duration {
    let name = format!("key.{when}");
    let key = cluster.key_named(&name, "files.view");
    let mut pages = Vec::new();
    for worker in cluster.all() {
        let page = Page::connect(worker, &[], json!({"token": key})).await;
        pages.push(page.unwrap_or_else(|why| panic!("the key opens nothing: {why:?}")));
    }
    let listed: Value = serde_json::from_slice(&cluster.command(&["key", "list", "--json"], "").stdout).expect("JSON");
    let found = listed.as_array().and_then(|keys| keys.iter().find(|key| key["name"] == name.as_str()));
    let id = found.and_then(|key| key["id"].as_str()).expect("the key is listed").to_owned();

    let removed = cluster.command(&["key", "remove", &id], "");

    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    all_gone(pages).await
}

/// A sign-in, and a password of one's own making, begin another session; the former one is worth nothing.
#[tokio::test]
async fn a_session_does_not_outlive_a_sign_in_or_a_new_password() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view"]).await;
    let elsewhere = reader.at(&cluster.worker(1));
    let mut page = Page::open(&cluster.worker(1), &reader).await;

    let body = json!({"login": "reader", "password": PASSWORD});
    let again = reader.post("/api/login", &body).await.expect(200);

    assert_ne!(again.header("set-cookie").split(';').next(), Some(reader.cookie.as_str()), "another token");
    page.end(GONE).await;
    let _ = elsewhere.get("/api/me").await.expect(401);
    let second = Api::sign_in(&cluster.worker(1), "reader", PASSWORD).await;
    let user =
        admin.get(&format!("/api/users/{}", reader.user["id"].as_str().expect("an id"))).await.expect(200).json();
    let _ = admin.patch(&path("users", &user), rev(&user), &json!({"password": "another password"})).await.expect(200);
    let _ = second.get("/api/me").await.expect(401);
}
