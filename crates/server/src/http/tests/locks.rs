//! Rows that one page has for itself, by HTTP.

use super::*;

/// A server where categories are taken before they are edited.
async fn locking() -> Server {
    server_with(&[("LOCKSTEP__LOCKS__ENTITIES", "categories, groups")]).await
}

impl Person<'_> {
    async fn at(&self, page: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, &[("x-client-id", page), ("if-match", "*"), ("accept-language", "en")], body).await
    }
}

#[tokio::test]
async fn a_page_takes_keeps_and_gives_back_a_row_and_others_wait() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let boris = server.sign_in("anna").await;
    let row = format!("/api/categories/{}", anna.add("categories", json!({"name": "Contracts"})).await);
    let lock = format!("{row}/lock");
    let change = json!({"description": "x"});

    let free = anna.get(&lock).await;
    let taken = anna.at("p1", Method::POST, &lock, None).await;
    let kept = anna.at("p1", Method::POST, &lock, Some(&json!({"take": false}))).await;
    let refused = boris.at("p2", Method::POST, &lock, Some(&json!({}))).await;
    let seen = [boris.at("p2", Method::GET, &lock, None).await, anna.at("p1", Method::GET, &lock, None).await];
    let locked = [
        boris.at("p2", Method::PATCH, &row, Some(&change)).await,
        boris.at("p2", Method::DELETE, &row, None).await,
        boris.at("p2", Method::POST, &format!("{row}/toggle"), None).await,
        anna.send(Method::PATCH, &row, &[("if-match", "*")], Some(&change)).await,
    ];
    let own = anna.at("p1", Method::PATCH, &row, Some(&change)).await;
    let not_mine = boris.at("p2", Method::DELETE, &lock, None).await;
    let still = anna.get(&lock).await;
    let given_back = anna.at("p1", Method::DELETE, &lock, None).await;
    let again = anna.at("p1", Method::DELETE, &lock, None).await;

    assert_eq!((free.status, free.json()), (StatusCode::OK, json!({"lock": null})));
    let first = &taken.json()["lock"];
    let user = anna.get("/api/me").await.json()["user"].clone();
    assert_eq!((taken.status, &first["mine"], &first["entity"]), (StatusCode::OK, &json!(true), &json!("categories")));
    assert_eq!(first["user"], json!({"id": user["id"], "name": user["name"]}));
    assert_eq!(first["expires_at"].as_i64().expect("a time") - first["since"].as_i64().expect("a time"), 45_000);
    assert_eq!((kept.status, &kept.json()["lock"]["since"]), (StatusCode::OK, &first["since"]));
    assert_eq!(refused.error(), (409, "locked".into()));
    assert_eq!(refused.json()["error"]["lock"]["mine"], false);
    assert_eq!(refused.json()["error"]["lock"]["user"], first["user"]);
    assert_eq!(seen.map(|answer| answer.json()["lock"]["mine"].clone()), [json!(false), json!(true)]);
    for answer in locked {
        assert_eq!(answer.error(), (423, "locked".into()));
        assert_eq!(answer.json()["error"]["lock"]["user"], first["user"]);
        assert!(
            answer.json()["error"]["lock"].get("client").is_none(),
            "who knows the name of a page could speak as it"
        );
    }
    assert_eq!(own.status, StatusCode::OK, "{}", own.text);
    assert_eq!((not_mine.status, still.json()["lock"]["id"].is_string()), (StatusCode::NO_CONTENT, true));
    assert_eq!((given_back.status, again.status), (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
    assert_eq!(boris.at("p2", Method::PATCH, &row, Some(&change)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_row_is_taken_over_and_its_former_page_is_kept_out() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let boris = server.person("boris", None).await;
    let row = format!("/api/categories/{}", anna.add("categories", json!({"name": "Contracts"})).await);
    let lock = format!("{row}/lock");
    anna.at("p1", Method::POST, &lock, None).await;

    let over = boris.at("p2", Method::POST, &lock, Some(&json!({"take": true}))).await;
    let late = anna.at("p1", Method::PATCH, &row, Some(&json!({"description": "x"}))).await;

    assert_eq!((over.status, &over.json()["lock"]["mine"]), (StatusCode::OK, &json!(true)));
    assert_eq!(late.error(), (423, "locked".into()));
    assert_eq!(late.json()["error"]["message"], "boris is editing this record. Wait, or take it over.");
}

#[tokio::test]
async fn a_page_without_a_name_takes_nothing() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["categories.edit"]).await;
    let lock = format!("/api/categories/{}/lock", anna.add("categories", json!({"name": "Contracts"})).await);

    for method in [Method::POST, Method::DELETE] {
        for page in ["", "two words", &"x".repeat(65)] {
            let answer = anna.at(page, method.clone(), &lock, None).await;
            assert_eq!(answer.error(), (400, "bad_request".into()), "{method} {page}");
            assert!(answer.json()["error"]["message"].as_str().is_some_and(|words| words.contains("X-Client-Id")));
        }
        assert_eq!(program.send(method, &lock, &[], None).await.error(), (400, "bad_request".into()));
    }
    assert_eq!(anna.at("p1", Method::POST, &lock, Some(&json!({"take": 1}))).await.error(), (422, "invalid".into()));
    assert_eq!(anna.at("p1", Method::POST, &lock, Some(&json!({"x": true}))).await.error(), (422, "invalid".into()));
    assert_eq!(program.at("nightly", Method::POST, &lock, None).await.status, StatusCode::OK);
    assert_eq!(anna.at("p1", Method::POST, &lock, None).await.error(), (409, "locked".into()));
}

#[tokio::test]
async fn where_rows_are_not_taken_nobody_is_kept_out() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let file = anna.add("files", json!({"name": "a.pdf", "mime": "application/pdf"})).await;
    let lock = format!("/api/files/{file}/lock");

    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_eq!(anna.at("p1", method, &lock, None).await.error(), (422, "locks.off".into()));
    }
    assert_eq!(anna.get("/api/me").await.json()["locks"], json!(["groups", "categories"]));
    assert_eq!(anna.server.login("anna", PASSWORD, &[]).await.json()["locks"], json!(["groups", "categories"]));
    let unset = server_with(&[]).await;
    assert_eq!(unset.person("anna", None).await.get("/api/me").await.json()["locks"], json!([]));
}

#[tokio::test]
async fn who_may_not_edit_a_row_does_not_take_it_either() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let category = anna.add("categories", json!({"name": "Contracts"})).await;
    anna.add("groups", json!({"name": "Readers", "permissions": ["categories.view"]})).await;
    anna.add("groups", json!({"name": "Grouping", "permissions": ["groups.edit"]})).await;
    let reader = server.person("boris", Some("Readers")).await;
    let grouping = server.person("clara", Some("Grouping")).await;
    let lock = format!("/api/categories/{category}/lock");

    assert_eq!(reader.at("p1", Method::POST, &lock, None).await.error(), (403, "forbidden".into()));
    assert_eq!(reader.at("p1", Method::DELETE, &lock, None).await.error(), (403, "forbidden".into()));
    assert_eq!(reader.at("p1", Method::GET, &lock, None).await.status, StatusCode::OK);
    assert_eq!(grouping.at("p1", Method::GET, &lock, None).await.error(), (403, "forbidden".into()));
    // The group of the administrator: who cannot change it must not keep those out who can.
    assert_eq!(grouping.at("p1", Method::POST, "/api/groups/1/lock", None).await.error(), (403, "forbidden".into()));
    for path in ["/api/categories/999/lock", "/api/categories/x/lock"] {
        assert_eq!(anna.at("p1", Method::POST, path, None).await.error(), (404, "not_found".into()));
        assert_eq!(anna.at("p1", Method::GET, path, None).await.error(), (404, "not_found".into()));
        assert_eq!(anna.at("p1", Method::DELETE, path, None).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(server.get(&lock).await.error(), (401, "unauthorized".into()));
}

#[tokio::test]
async fn taking_and_giving_back_is_told_on_the_road_and_is_no_change() {
    let server = locking().await;
    let anna = server.person("anna", None).await;
    let id = anna.add("categories", json!({"name": "Contracts"})).await;
    let lock = format!("/api/categories/{id}/lock");
    let mut applied = server.worker.sync.applied();

    anna.at("p1", Method::POST, &lock, None).await;
    anna.at("p1", Method::POST, &lock, None).await;
    anna.at("p1", Method::DELETE, &lock, None).await;

    let mut heard = Vec::new();
    while heard.len() < 2 {
        let record = applied.recv().await.expect("a record");
        if record.event.as_str() == "locks:changed" {
            let data: Value = serde_json::from_str(record.data.as_ref().expect("who").get()).expect("JSON");
            assert_eq!((&record.id, &data["client"], &data["entity"]), (&id, &json!("p1"), &json!("categories")));
            heard.push(record.reason.to_string());
        }
    }
    assert_eq!(heard, ["added", "deleted"]);
    let changes = anna.get("/api/changes").await.json();
    assert_eq!(changes["items"][0]["event"], "categories:changed");
    let spoofed = json!({"event": "locks:changed", "reason": "added", "id": id, "room": "categories"});
    assert_eq!(anna.post("/api/publish", &spoofed).await.error(), (422, "bad_event".into()));
}
