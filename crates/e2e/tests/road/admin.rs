//! Looking after the service: who is signed in, which programs have keys, who changed what, how well it all is.

use ::http::Method;
use bytes::Bytes;
use lockstep_e2e::{Address, Api, Cluster, LIMIT, Page, Refused, Reply, Shape, eventually, http};
use serde_json::{Value, json};

use crate::story::{PASSWORD, path, person, rev};

async fn delete(person: &Api, path: &str) -> Reply {
    person.send(Method::DELETE, path, &[], Bytes::new()).await
}

/// The session of `login` that began last.
async fn session_of(admin: &Api, login: &str) -> Value {
    let listed = admin.get("/api/sessions").await.expect(200).json();
    let items = listed["items"].as_array().expect("a list").clone();
    let of = items.into_iter().filter(|session| session["user"]["login"] == login);
    of.max_by_key(|session| session["created_at"].as_i64()).expect("he is signed in")
}

#[tokio::test]
async fn a_session_ended_by_an_administrator_closes_its_page_on_another_worker_with_redis_and_without() {
    let mut cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let office = person(&admin, "reader", &["files.view"]).await;

    for with_redis in [true, false] {
        if !with_redis {
            cluster.redis().crash();
            health_where(&admin.at(&cluster.worker(1)), |health| health["bus"]["ok"] == false).await;
        }
        let home = Api::sign_in(&cluster.worker(1), "reader", PASSWORD).await;
        let id = session_of(&admin, "reader").await["id"].as_str().expect("an id").to_owned();
        let mut at_home = Page::open(&cluster.worker(1), &home).await;
        let mut at_the_office = Page::open(&cluster.worker(1), &office).await;

        let _ = delete(&admin, &format!("/api/sessions/{id}")).await.expect(204);

        at_home.end(LIMIT).await;
        let _ = home.get("/api/me").await.expect(401);
        assert_eq!(at_the_office.join("files").await["ok"], true, "his other session goes on");
        let _ = delete(&admin, &format!("/api/sessions/{id}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_person_ends_his_own_sessions_and_nobody_elses() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view", "users.edit"]).await;
    let elsewhere = Api::sign_in(&cluster.worker(1), "reader", PASSWORD).await;
    let mut page = Page::open(&cluster.worker(1), &elsewhere).await;
    let of_admin = session_of(&admin, "admin").await;

    let own = reader.get("/api/sessions").await.expect(200).json();
    let items = own["items"].as_array().expect("a list");
    assert!(items.len() == 2 && items.iter().all(|session| session["user"]["login"] == "reader"), "{own}");
    let refused = delete(&reader, &format!("/api/sessions/{}", of_admin["id"].as_str().expect("an id"))).await;
    assert_eq!(refused.expect(403).code(), "forbidden");
    for session in items.iter().filter(|session| session["current"] == false) {
        let _ = delete(&reader, &format!("/api/sessions/{}", session["id"].as_str().expect("an id"))).await.expect(204);
    }

    page.end(LIMIT).await;
    let _ = reader.get("/api/me").await.expect(200);
    let _ = admin.get("/api/me").await.expect(200);
}

async fn by_key(address: &Address, key: &str) -> u16 {
    let bearer = format!("Bearer {key}");
    let reply = http::send(address, Method::GET, "/api/files", &[("authorization", &bearer)], Bytes::new()).await;
    reply.expect("the worker answers").status.as_u16()
}

#[tokio::test]
async fn a_revoked_key_is_refused_everywhere_at_once() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let made = admin.post("/api/keys", &json!({"name": "shop", "scopes": ["files.view"]})).await.expect(201).json();
    let token = made["token"].as_str().expect("a token").to_owned();
    let mut pages = Vec::new();
    for address in cluster.all() {
        assert_eq!(by_key(address, &token).await, 200);
        pages.push(Page::connect(address, &[], json!({"token": token})).await.expect("let in"));
    }
    let listed = admin.get("/api/keys").await.expect(200);
    assert!(listed.json()["items"][0]["last_used_at"].is_i64() && !listed.text().contains(&token), "{}", listed.text());

    let _ = delete(&admin, &path("keys", &made)).await.expect(204);

    for address in cluster.all() {
        assert_eq!(by_key(address, &token).await, 401);
        let refused = Page::connect(address, &[], json!({"token": token})).await;
        assert_eq!(refused.err(), Some(Refused::Connect("unauthorized".to_owned())));
    }
    for mut page in pages {
        page.end(LIMIT).await;
    }
}

#[tokio::test]
async fn the_command_line_revokes_a_key_by_its_name() {
    let cluster = Cluster::embedded().await;
    let (lost, kept) = (cluster.key_named("lost", "files.view"), cluster.key_named("kept", "files.view"));

    let revoked = cluster.command(&["key", "revoke", "lost"], "");

    assert!(revoked.status.success(), "{}", String::from_utf8_lossy(&revoked.stderr));
    assert_eq!((by_key(&cluster.worker(0), &lost).await, by_key(&cluster.worker(0), &kept).await), (401, 200));
    let again = cluster.command(&["key", "revoke", "lost"], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("key list"), "the cure is named");
}

#[tokio::test]
async fn the_audit_says_who_changed_what_from_what_to_what() {
    let cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let editor = person(&admin, "editor", &["categories.edit"]).await.at(&cluster.worker(1));
    let reader = person(&admin, "reader", &["categories.view"]).await;
    let category = admin.create("categories", json!({"name": "Contracts"})).await;
    let at = path("categories", &category);
    let _ = editor.patch(&at, rev(&category), &json!({"name": "Agreements", "enabled": false})).await.expect(200);
    let _ = admin.delete(&at, rev(&category) + 1).await.expect(204);
    let id = category["id"].as_str().expect("an id");

    let history = reader.get(&format!("/api/audit?entity=categories&id={id}")).await.expect(200).json();

    let told = |n: usize, field: &str| history["items"][n][field].clone();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(3), "{history}");
    assert_eq!([told(0, "reason"), told(1, "reason"), told(2, "reason")], ["deleted", "updated", "added"]);
    assert_eq!((&told(1, "actor")["name"], &told(0, "actor")["name"]), (&json!("editor"), &json!("admin")));
    let changes = json!({"name": {"from": "Contracts", "to": "Agreements"}, "enabled": {"from": true, "to": false}});
    assert_eq!(told(1, "changes"), changes);
    let of_a_person = format!("/api/audit?entity=users&id={}", editor.user["id"].as_str().expect("an id"));
    assert_eq!(reader.get(&of_a_person).await.expect(403).code(), "forbidden");
    let by = format!("/api/audit?actor={}", editor.user["id"].as_str().expect("an id"));
    let by = admin.get(&by).await.expect(200).json();
    assert_eq!(by["items"].as_array().map(Vec::len), Some(1), "{by}");
}

async fn health_where(person: &Api, wanted: impl Fn(&Value) -> bool) -> Value {
    let wanted = &wanted;
    eventually("the health that is waited for", LIMIT, || async move {
        Some(person.get("/api/health").await.json()).filter(wanted)
    })
    .await
}

#[tokio::test]
async fn health_tells_of_all_workers_and_of_the_way_between_them() {
    let mut cluster = Shape::workers(2).start().await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view"]).await;
    let mut page = Page::open(&cluster.worker(0), &reader).await;
    page.join("files").await;

    let health = health_where(&admin, |health| health["workers"] == 2 && health["bus"]["rtt_ms"].is_f64()).await;

    assert_eq!(
        (&health["ok"], &health["bus"]["kind"], &health["database"]["kind"]),
        (&json!(true), &json!("redis"), &json!("sqlite"))
    );
    assert_eq!(health["workers_detail"].as_array().map(Vec::len), Some(2));
    let rooms = health["rooms"].as_array().expect("a list");
    assert!(rooms.contains(&json!({"room": "files", "members": 1})), "{health}");
    let word = reader.get("/api/health").await.expect(200).json();
    assert_eq!(word, json!({"ok": true, "workers": 2, "bus": {"ok": true}, "database": {"ok": true}}));

    cluster.redis().crash();

    let health = health_where(&admin, |health| health["bus"]["ok"] == false).await;
    assert_eq!((&health["ok"], &health["bus"]["rtt_ms"]), (&json!(false), &Value::Null));
}
