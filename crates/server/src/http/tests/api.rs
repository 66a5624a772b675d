//! Entities, publishing and what is known of changes.

use super::*;

#[tokio::test]
async fn a_person_signs_in_changes_a_row_and_signs_out() {
    let server = server().await;
    let anna = server.person("anna", None).await;

    let me = anna.get("/api/me").await.json();
    let added = anna.post("/api/categories", &json!({"name": "Contracts"})).await;
    let changed = anna.patch("/api/categories/1", 1, &json!({"name": "Agreements"})).await;
    let out = anna.send(Method::POST, "/api/logout", &[], None).await;

    assert_eq!((me["user"]["login"].as_str(), me["user"]["admin"].as_bool()), (Some("anna"), Some(true)));
    assert_eq!(
        (added.status, added.header("etag"), added.header("location")),
        (StatusCode::CREATED, "\"1\"", "/api/categories/1")
    );
    assert_eq!((changed.status, changed.header("etag")), (StatusCode::OK, "\"2\""));
    assert_eq!(changed.json()["name"], "Agreements");
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").starts_with("lockstep_session=;"), "{out:?}");
    assert_eq!(anna.get("/api/me").await.error(), (401, "unauthorized".into()));
}

#[tokio::test]
async fn a_list_has_a_position_and_is_not_sent_twice() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("categories", json!({"name": "Contracts"})).await;

    let first = anna.get("/api/categories?q=contr&sort=-name&page=1&per_page=10&lang=en").await;
    let again = anna
        .send(
            Method::GET,
            "/api/categories?q=contr&sort=-name&page=1&per_page=10",
            &[("if-none-match", first.header("etag"))],
            None,
        )
        .await;
    let added = anna.post("/api/categories", &json!({"name": "Subcontracts"})).await;
    let changed = anna
        .send(
            Method::GET,
            "/api/categories?q=contr&sort=-name&page=1&per_page=10",
            &[("if-none-match", first.header("etag"))],
            None,
        )
        .await;

    let list = first.json();
    assert_eq!(
        (&list["total"], &list["pages"], &list["items"][0]["name"]),
        (&json!(1), &json!(1), &json!("Contracts"))
    );
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(again.header("x-sync-position"), first.header("x-sync-position"));
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.header("x-sync-position"), added.header("x-sync-position"));
}

/// A row carries what comes from other rows; its revision did not move when those changed, and pages kept the old name.
#[tokio::test]
async fn a_row_shows_the_new_name_of_what_it_refers_to_though_its_revision_stands() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let id = anna.add("categories", json!({"name": "Contracts"})).await;
    let file = json!({"name": "a.pdf", "category_id": id, "size": 1, "mime": "application/pdf"});
    let path = format!("/api/files/{}", anna.add("files", file).await);
    let before = anna.get(&path).await;
    anna.patch(&format!("/api/categories/{id}"), 1, &json!({"name": "Agreements"})).await;

    let after = anna.send(Method::GET, &path, &[("if-none-match", before.header("etag"))], None).await;

    assert_eq!((after.status, after.header("etag")), (StatusCode::OK, before.header("etag")));
    assert_ne!(after.json(), before.json());
}

#[tokio::test]
async fn a_change_must_say_which_revision_it_has_seen() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let path = format!("/api/categories/{}", anna.add("categories", json!({"name": "Contracts"})).await);
    let body = json!({"name": "Agreements"});

    let blind = anna.send(Method::PATCH, &path, &[], Some(&body)).await;
    let stale = anna.patch(&path, 7, &body).await;
    let blind_delete = anna.send(Method::DELETE, &path, &[], None).await;
    let any = anna.send(Method::PATCH, &path, &[("if-match", "*")], Some(&body)).await;
    let deleted = anna.send(Method::DELETE, &path, &[("if-match", "\"2\"")], None).await;

    assert_eq!(blind.error(), (428, "precondition_required".into()));
    assert_eq!(blind_delete.error(), (428, "precondition_required".into()));
    assert_eq!(stale.error(), (412, "stale".into()));
    assert_eq!((stale.json()["error"]["current"]["name"].as_str(), stale.header("etag")), (Some("Contracts"), "\"1\""));
    assert_eq!(any.status, StatusCode::OK);
    assert_eq!((deleted.status, deleted.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert!(!deleted.header("x-sync-position").is_empty());
    assert_eq!(anna.get(&path).await.error(), (404, "not_found".into()));
}

#[tokio::test]
async fn of_several_revisions_one_must_be_the_rows() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let path = format!("/api/categories/{}", anna.add("categories", json!({"name": "Contracts"})).await);
    let patch = async |tags: &[&str]| {
        let headers: Vec<_> = tags.iter().map(|tag| ("if-match", *tag)).collect();
        anna.send(Method::PATCH, &path, &headers, Some(&json!({"description": tags.concat()}))).await
    };

    assert_eq!(patch(&["\"77\", \"1\""]).await.status, StatusCode::OK);
    assert_eq!(patch(&["\"77\"", "\"2\""]).await.status, StatusCode::OK);
    assert_eq!(patch(&["\"77\", \"1\""]).await.error(), (412, "stale".into()));
    assert_eq!(patch(&["\"other\""]).await.error(), (412, "stale".into()));
    for malformed in ["\"3", "3\"", "", "three"] {
        let answer = patch(&[malformed]).await;
        assert_eq!(answer.error(), (400, "bad_request".into()), "{malformed}");
        assert!(answer.json()["error"]["message"].as_str().is_some_and(|text| text.contains("If-Match")));
    }
    let toggle = [("if-match", "\"9\", \"3\"")];
    assert_eq!(anna.send(Method::POST, &format!("{path}/toggle"), &toggle, None).await.status, StatusCode::OK);
    let delete = [("if-match", "\"4\",\"5\"")];
    assert_eq!(anna.send(Method::DELETE, &path, &delete, None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn conflicts_say_with_what() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let id = anna.add("categories", json!({"name": "Contracts"})).await;
    anna.add("files", json!({"name": "a.pdf", "category_id": id, "size": 1, "mime": "application/pdf"})).await;

    let twice = anna.post("/api/categories", &json!({"name": "Contracts"})).await;
    let used = anna.send(Method::DELETE, &format!("/api/categories/{id}"), &[("if-match", "*")], None).await;

    assert_eq!(twice.error(), (409, "duplicate".into()));
    assert_eq!(twice.json()["error"]["fields"]["name"]["code"], "field.taken");
    assert_eq!(used.error(), (409, "in_use".into()));
    assert_eq!(used.json()["error"]["usage"], json!({"files": 1}));
}

#[tokio::test]
async fn all_wrong_fields_come_at_once_in_the_readers_language() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let body = json!({"name": "x".repeat(121), "enabled": 7, "colour": "red"});

    let english = anna.send(Method::POST, "/api/categories", &[("accept-language", "en")], Some(&body)).await;
    let russian = anna.send(Method::POST, "/api/categories?lang=ru", &[("accept-language", "en")], Some(&body)).await;

    assert_eq!(english.error(), (422, "invalid".into()));
    let fields = &english.json()["error"]["fields"];
    let codes = ["name", "enabled", "colour"].map(|field| fields[field]["code"].as_str().map(ToOwned::to_owned));
    assert_eq!(codes, [Some("field.too_long".into()), Some("field.not_a_bool".into()), Some("field.unknown".into())]);
    assert_eq!(english.header("content-language"), "en");
    assert_eq!(russian.header("content-language"), "ru");
    assert_ne!(english.json()["error"]["message"], russian.json()["error"]["message"]);
}

#[tokio::test]
async fn only_what_has_a_switch_is_switched() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let path = format!("/api/categories/{}/toggle", anna.add("categories", json!({"name": "Contracts"})).await);

    let off = anna.send(Method::POST, &path, &[], None).await;
    let still_off = anna.post(&path, &json!({"enabled": false})).await;
    let wrong = anna.post(&path, &json!({"enabled": "no", "x": 1})).await;
    let stale = anna.send(Method::POST, &path, &[("if-match", "\"1\"")], None).await;
    let file = anna.send(Method::POST, "/api/files/1/toggle", &[], None).await;

    assert_eq!((off.status, &off.json()["enabled"]), (StatusCode::OK, &json!(false)));
    assert_eq!((still_off.status, &still_off.json()["rev"]), (StatusCode::OK, &json!(2)));
    assert_eq!(wrong.json()["error"]["fields"]["enabled"]["code"], "field.not_a_bool");
    assert_eq!(wrong.json()["error"]["fields"]["x"]["code"], "field.unknown");
    assert_eq!(stale.error(), (412, "stale".into()));
    assert_eq!(file.error(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_page_knows_its_own_change_by_its_id() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let mut applied = server.worker.sync.applied();

    anna.send(Method::POST, "/api/categories", &[("x-client-id", "page-1")], Some(&json!({"name": "A"}))).await;
    anna.send(Method::POST, "/api/categories", &[("x-client-id", &"x".repeat(65))], Some(&json!({"name": "B"}))).await;
    let published = json!({"event": "categories:changed", "reason": "updated", "id": "7"});
    anna.send(Method::POST, "/api/publish", &[("x-client-id", "page-2")], Some(&published)).await;
    anna.send(Method::POST, "/api/publish", &[("x-client-id", &"x".repeat(65))], Some(&published)).await;

    let mut origins = Vec::new();
    while origins.len() < 4 {
        let record = applied.recv().await.expect("a record");
        if record.event.as_str() == "categories:changed" {
            origins.push(record.origin.clone());
        }
    }
    assert_eq!(origins, [Some("page-1".to_owned()), None, Some("page-2".to_owned()), None]);
}

#[tokio::test]
async fn a_program_publishes_once_however_often_it_tries() {
    let server = server().await;
    let program = server.program(&["publish"]).await;
    let body = json!({"event": "files:changed", "reason": "updated", "id": "7", "data": {"a": 1}, "key": "k1"});

    let first = program.post("/api/publish", &body).await.json();
    let second = program.post("/api/publish", &body).await.json();
    let other = json!({"event": "files:changed", "reason": "updated", "id": "8", "key": "k1"});

    assert_eq!((&first["duplicate"], &second["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(first["seq"], second["seq"]);
    assert_eq!(program.post("/api/publish", &other).await.error(), (409, "key_reused".into()));
}

#[tokio::test]
async fn a_key_that_stands_for_another_event_is_a_conflict() {
    let server = server().await;
    let program = server.program(&["publish"]).await;
    let body = |id: &str| json!({"event": "files:changed", "reason": "updated", "id": id, "key": "nightly"});
    program.post("/api/publish", &body("7")).await;

    let other = program.post("/api/publish?lang=en", &body("8")).await;

    assert_eq!(other.error(), (409, "key_reused".into()));
    assert_eq!(other.json()["error"]["params"], json!({"key": "nightly"}));
    assert!(other.json()["error"]["message"].as_str().is_some_and(|text| text.contains("“nightly”")));
}

#[tokio::test]
async fn a_batch_is_published_as_a_whole_or_not_at_all() {
    let server = server().await;
    let program = server.program(&["publish", "files.view"]).await;
    let good = json!({"event": "files:changed", "reason": "updated", "id": "7"});
    let bad = json!({"event": "files:changed", "reason": "renamed", "id": 7});

    let both = program.post("/api/publish", &json!([good, good])).await;
    let mixed = program.post("/api/publish", &json!([good, bad])).await;
    let none = program.post("/api/publish", &json!([])).await;
    let many = program.post("/api/publish", &Value::from(vec![good; 257])).await;

    assert_eq!(both.json().as_array().map(Vec::len), Some(2));
    assert_eq!(mixed.error(), (422, "invalid".into()));
    assert_eq!(mixed.json()["error"]["fields"]["1.id"]["code"], "field.not_a_string");
    assert_eq!(none.json(), json!([]));
    assert_eq!(many.error(), (413, "too_large".into()));
    assert_eq!(program.get("/api/changes").await.json()["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_cannot_be_published_is_named() {
    let server = server().await;
    let program = server.program(&["publish"]).await;
    let publish = async |event: &str, room: Option<&str>, reason: &str| {
        let body = json!({"event": event, "reason": reason, "id": "7", "room": room});
        program.post("/api/publish", &body).await.error()
    };

    assert_eq!(publish("sync:reset", None, "updated").await, (422, "bad_event".into()));
    assert_eq!(publish("no spaces", None, "updated").await, (422, "bad_event".into()));
    assert_eq!(publish("files:changed", Some("flies"), "updated").await, (422, "bad_room".into()));
    assert_eq!(publish("files:changed", Some("user:1"), "updated").await, (422, "bad_room".into()));
    assert_eq!(publish("files:changed", None, "renamed").await, (422, "invalid".into()));
}

#[tokio::test]
async fn positions_changes_and_workers_are_for_those_who_may_see_them() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("groups", json!({"name": "Nobody", "permissions": []})).await;
    let boris = server.person("boris", Some("Nobody")).await;
    let added = anna.post("/api/categories", &json!({"name": "A"})).await;

    let position = anna.get("/api/sync/position?room=categories").await.json();

    let written = format!("{}:{}", position["epoch"].as_str().expect("an epoch"), position["seq"]);
    assert_eq!(written, added.header("x-sync-position"));
    assert_eq!(boris.get("/api/sync/position?room=categories").await.error(), (403, "forbidden".into()));
    assert_eq!(boris.get("/api/sync/position?room=flies").await.error(), (422, "bad_room".into()));
    assert_eq!(anna.get("/api/changes?limit=1").await.json()["items"][0]["event"], "categories:changed");
    assert_eq!(boris.get("/api/changes").await.json()["items"], json!([]));
    assert_eq!(anna.get("/api/changes?limit=x").await.error(), (400, "bad_request".into()));
    assert_eq!(anna.get("/api/workers").await.json()["items"][0]["self"], true);
    assert_eq!(boris.get("/api/workers").await.error(), (403, "forbidden".into()));
    assert_eq!(boris.get("/api/files").await.error(), (403, "forbidden".into()));
}
