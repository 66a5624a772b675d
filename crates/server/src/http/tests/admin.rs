//! Sessions, keys, audit, activity, health.

use serde_json::Map;

use super::*;

#[tokio::test]
async fn a_person_ends_a_session_of_his_and_with_the_present_one_is_signed_out() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let elsewhere = server.sign_in("anna").await;
    let listed = anna.get("/api/sessions").await.json();
    let path = |current: bool| {
        let items = listed["items"].as_array().expect("a list");
        let found = items.iter().find(|item| item["current"] == current).expect("one of each");
        format!("/api/sessions/{}", found["id"].as_str().expect("an id"))
    };
    assert_eq!(listed["items"][0]["user"]["login"], "anna");
    assert!(listed["items"][0]["seen_at"].as_i64() >= listed["items"][0]["created_at"].as_i64());

    let other = anna.send(Method::DELETE, &path(false), &[], None).await;
    let cookie_only = Person { server: &server, headers: vec![anna.headers[0].clone()] };
    let forged = cookie_only.send(Method::DELETE, &path(true), &[], None).await;
    let own = anna.send(Method::DELETE, &path(true), &[], None).await;

    assert_eq!((other.status, other.header("set-cookie")), (StatusCode::NO_CONTENT, ""));
    assert_eq!(elsewhere.get("/api/me").await.error(), (401, "unauthorized".into()));
    assert_eq!(forged.error(), (403, "csrf".into()));
    assert_eq!(own.status, StatusCode::NO_CONTENT);
    assert!(own.header("set-cookie").starts_with("lockstep_session=;"), "{own:?}");
    assert_eq!(anna.get("/api/me").await.error(), (401, "unauthorized".into()));
}

#[tokio::test]
async fn a_key_is_made_shown_once_and_withdrawn() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    let made = anna.post("/api/keys", &json!({"name": "shop", "scopes": ["publish", "files.view"]})).await;
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    let shop = Person { server: &server, headers: vec![("authorization", format!("Bearer {token}"))] };
    assert_eq!(shop.get("/api/files").await.status, StatusCode::OK);
    let listed = anna.get("/api/keys").await;
    let twice = anna.post("/api/keys", &json!({"name": "shop", "scopes": ["publish"]})).await;
    let wrong = anna.post("/api/keys", &json!({"name": 7, "scopes": [7], "colour": "red"})).await;
    let path = format!("/api/keys/{}", made.json()["id"].as_str().expect("an id"));
    let removed = anna.send(Method::DELETE, &path, &[], None).await;

    assert_eq!(made.status, StatusCode::CREATED);
    let key = &listed.json()["items"][0];
    assert_eq!((&key["name"], &key["scopes"]), (&json!("shop"), &json!(["files.view", "publish"])));
    assert_eq!((&key["created_by"]["name"], key["last_used_at"].is_i64()), (&json!("anna"), true));
    assert!(!listed.text.contains(&token));
    assert_eq!(
        (twice.error(), &twice.json()["error"]["fields"]["name"]["code"]),
        ((409, "duplicate".into()), &json!("field.taken"))
    );
    let fields = &wrong.json()["error"]["fields"];
    let codes = ["name", "scopes", "colour"].map(|field| fields[field]["code"].as_str().unwrap_or_default().to_owned());
    assert_eq!(codes, ["field.not_a_string", "field.not_a_string", "field.unknown"]);
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.get("/api/files").await.error(), (401, "unauthorized".into()));
    assert_eq!(anna.send(Method::DELETE, &path, &[], None).await.error(), (404, "not_found".into()));
}

#[tokio::test]
async fn the_audit_says_who_changed_what_from_what_to_what() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("groups", json!({"name": "Readers of files", "permissions": ["files.view"]})).await;
    let boris = server.person("boris", Some("Readers of files")).await;
    let id = anna.add("files", json!({"name": "a.pdf", "size": 1, "mime": "application/pdf"})).await;
    anna.patch(&format!("/api/files/{id}"), 1, &json!({"note": "signed"})).await;

    let history = boris.get(&format!("/api/audit?entity=files&id={id}&limit=1&lang=en")).await.json();

    let item = &history["items"][0];
    assert_eq!((&item["actor"]["name"], &item["rev"]), (&json!("anna"), &json!(2)));
    assert_eq!(item["changes"], json!({"note": {"from": "", "to": "signed"}}));
    assert_eq!(history["next"], item["seq"]);
    assert!(history["since"].is_i64());
    assert_eq!(boris.get("/api/audit?entity=users&id=1").await.error(), (403, "forbidden".into()));
    assert_eq!(boris.get("/api/audit").await.error(), (403, "forbidden".into()));
    let wrong = anna.get("/api/audit?entity=flies&limit=0").await;
    assert_eq!(wrong.json()["error"]["fields"].as_object().map(Map::len), Some(2));
}

#[tokio::test]
async fn health_is_a_word_for_everybody_and_figures_for_administrators() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("groups", json!({"name": "Nobody", "permissions": []})).await;
    let boris = server.person("boris", Some("Nobody")).await;
    let mut status = server.worker.sync.status();
    status.wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");

    let word = boris.get("/api/health").await.json();
    let figures = anna.get("/api/health").await.json();

    assert_eq!(word, json!({"ok": true, "workers": 1, "bus": {"ok": true}, "database": {"ok": true}}));
    assert_eq!(figures["bus"], json!({"ok": true, "kind": "memory", "rtt_ms": null}));
    let database = &figures["database"];
    assert_eq!((&database["kind"], &database["ok"]), (&json!("sqlite"), &json!(true)));
    assert!(database["rtt_ms"].is_f64() && database["bytes"].as_i64() > Some(10_000), "{database}");
    let position = anna.get("/api/sync/position").await.json();
    assert_eq!((&figures["ledger"]["epoch"], &figures["ledger"]["last"]), (&position["epoch"], &position["seq"]));
    assert!(figures["ledger"]["events"].as_i64() >= Some(4) && figures["ledger"]["oldest_at"].is_i64(), "{figures}");
    assert_eq!(figures["workers_detail"][0]["self"], true);
    assert_eq!((&figures["rooms"], figures["counters"]["events_applied"].is_u64()), (&json!([]), true));
    drain(&server.worker);
    assert_eq!(anna.get("/api/health").await.json()["ok"], false);
    assert_eq!(server.get("/api/health").await.error(), (401, "unauthorized".into()));
}

#[tokio::test]
async fn activity_is_counted_in_steps() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("categories", json!({"name": "Contracts"})).await;

    let activity = anna.get("/api/activity?minutes=60&buckets=30").await.json();

    let of = |room: &str| {
        activity["rooms"][room].as_array().expect(room).iter().filter_map(Value::as_i64).collect::<Vec<_>>()
    };
    assert_eq!((of("categories").len(), of("categories").iter().sum::<i64>()), (30, 1));
    assert_eq!(of("files"), [0; 30]);
    assert_eq!(activity["step_ms"], 120_000);
    assert_eq!(anna.get("/api/activity?minutes=1441").await.error(), (422, "invalid".into()));
}
