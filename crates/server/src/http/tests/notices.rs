//! What persons are told, by HTTP.

use super::*;

impl Person<'_> {
    async fn tell(&self, body: Value) -> Value {
        let answer = self.post("/api/notifications", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()
    }

    async fn unread_after(&self, path: &str) -> i64 {
        let answer = self.send(Method::POST, &format!("/api/notifications{path}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["unread"].as_i64().expect("a number")
    }

    async fn listed(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/notifications{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["items"].as_array().expect("a list").clone()
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_program_tells_a_person_who_reads_it_and_puts_it_aside() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let program = server.program(&["notify"]).await;

    let body = json!({"to": {"user": "anna"}, "type": "alert", "data": {"disk": "/srv"}, "message": "Мало места", "status": "warning"});
    let told = program.tell(body).await;

    let answer = anna.get("/api/notifications").await;
    let item = &answer.json()["items"][0];
    let (id, timestamp) = (item["id"].as_str().expect("an id"), item["timestamp"].as_str().expect("a time"));
    assert_eq!(told, json!({"id": id, "recipients": 1}));
    let expected = json!({"id": id, "type": "alert", "data": {"disk": "/srv"}, "timestamp": timestamp, "read": false,
        "archived": false, "message": "Мало места", "status": "warning"});
    assert_eq!(*item, expected);
    assert!(timestamp.len() == "2026-01-01T00:00:00.000Z".len() && timestamp.ends_with('Z'), "{timestamp}");
    assert_eq!((&answer.json()["unread"], &answer.json()["next"]), (&json!(1), &Value::Null));
    assert!(answer.header("x-sync-position").contains(':'));
    assert_eq!(anna.unread_after(&format!("/{id}/read")).await, 0);
    assert_eq!(anna.listed("").await[0]["read"], true);
    assert_eq!(anna.unread_after(&format!("/{id}/archive")).await, 0);
    assert!(anna.listed("").await.is_empty());
    assert_eq!(anna.listed("?archived=1").await[0]["archived"], true);
}

#[tokio::test]
async fn a_list_goes_on_where_it_stopped_and_is_narrowed() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    for number in 0..5 {
        let kind = if number % 2 == 0 { "even" } else { "odd" };
        anna.tell(json!({"to": {"all": true}, "type": kind, "data": {"number": number}})).await;
    }

    let first = anna.get("/api/notifications?limit=3").await.json();
    let next = first["next"].as_str().expect("there is more").to_owned();
    let rest = anna.listed(&format!("?limit=3&before={next}")).await;

    let numbers = |items: &[Value]| items.iter().map(|item| item["data"]["number"].clone()).collect::<Vec<_>>();
    assert_eq!(numbers(first["items"].as_array().expect("a list")), [4, 3, 2]);
    assert_eq!(numbers(&rest), [1, 0]);
    assert_eq!(numbers(&anna.listed("?type=odd,none").await), [3, 1]);
    let newest = ids(first["items"].as_array().expect("a list"))[0].to_owned();
    assert_eq!(anna.unread_after(&format!("/{newest}/read")).await, 4);
    assert_eq!(numbers(&anna.listed("?unread=1&type=even").await), [2, 0]);
    assert_eq!(anna.unread_after("/read-all").await, 0);
    assert!(anna.listed("?unread=1").await.is_empty());
    let wrong = anna.get("/api/notifications?unread=maybe&colour=red").await;
    assert_eq!(wrong.error(), (422, "invalid".to_owned()));
    assert_eq!(wrong.json()["error"]["fields"].as_object().expect("fields").len(), 2);
}

#[tokio::test]
async fn one_key_is_one_unread_notice_that_counts() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let disk = |free: u32| json!({"to": {"user": "anna"}, "type": "alert", "data": {"free": free}, "key": "disk"});

    let told = [anna.tell(disk(5)).await, anna.tell(disk(4)).await];

    let items = anna.listed("").await;
    assert_eq!(ids(&items), [told[0]["id"].as_str().expect("an id")]);
    assert_eq!((&items[0]["data"]["free"], &items[0]["count"]), (&json!(4), &json!(2)));
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn nobody_sees_or_marks_what_another_was_told() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let boris = server.person("boris", None).await;
    let id =
        anna.tell(json!({"to": {"user": "anna"}, "type": "alert"})).await["id"].as_str().expect("an id").to_owned();

    assert!(boris.listed("").await.is_empty());
    for mark in ["read", "archive"] {
        let refused = boris.send(Method::POST, &format!("/api/notifications/{id}/{mark}"), &[], None).await;
        assert_eq!(refused.error(), (404, "not_found".to_owned()));
    }
    assert_eq!(boris.unread_after("/read-all").await, 0);
    assert_eq!(anna.listed("?unread=1").await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nobody_is_told() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    let check = async |body: Value, expected: &[(&str, &str)]| {
        let answer = anna.send(Method::POST, "/api/notifications", &[("accept-language", "en")], Some(&body)).await;
        assert_eq!(answer.error(), (422, "invalid".to_owned()), "{body}");
        let json = answer.json();
        let fields = json["error"]["fields"].as_object().expect("fields");
        let codes: Vec<_> =
            fields.iter().map(|(field, error)| (field.as_str(), error["code"].as_str().expect("a code"))).collect();
        assert_eq!(codes, expected, "{body}");
        for (field, error) in fields {
            assert_ne!(error["message"], error["code"], "no words for {field}");
        }
    };

    check(json!({}), &[("to", "field.required"), ("type", "field.required")]).await;
    check(json!({"to": {"user": "anna", "all": true}, "type": "x"}), &[("to", "field.not_an_addressee")]).await;
    check(json!({"to": {"user": "zoe"}, "type": "x"}), &[("to", "field.no_such")]).await;
    check(json!({"to": {"all": true}, "type": "A B"}), &[("type", "field.format")]).await;
    check(json!({"to": {"all": true}, "type": "x", "data": [1]}), &[("data", "field.not_an_object")]).await;
    check(json!({"to": {"all": true}, "type": "x", "status": "fine"}), &[("status", "field.not_allowed")]).await;
    check(json!({"to": {"all": true}, "type": "x", "room": "files"}), &[("room", "field.unknown")]).await;
    let large = json!({"to": {"all": true}, "type": "x", "data": {"a": "x".repeat(17_000)}});
    assert_eq!(anna.post("/api/notifications", &large).await.error(), (413, "too_large".to_owned()));
    let list = anna.post("/api/notifications", &json!([])).await;
    assert_eq!(list.error(), (400, "bad_json".to_owned()));
    assert!(anna.listed("").await.is_empty());
}

#[tokio::test]
async fn who_may_not_notify_is_told_so_and_a_program_has_nothing_to_read() {
    let server = server().await;
    let anna = server.person("anna", None).await;
    anna.add("groups", json!({"name": "Clerks", "permissions": ["files.edit"]})).await;
    let clerk = server.person("clerk", Some("Clerks")).await;
    let program = server.program(&["publish", "files.view"]).await;

    for nobody in [&clerk, &program] {
        let refused = nobody.post("/api/notifications", &json!({})).await;
        assert_eq!(refused.error(), (403, "forbidden".to_owned()));
        assert_eq!(refused.json()["error"]["params"]["right"], "notify");
    }
    let refused = program.send(Method::GET, "/api/notifications", &[("accept-language", "en")], None).await;
    assert_eq!(refused.error(), (403, "persons_only".to_owned()));
    assert!(refused.json()["error"]["message"].as_str().expect("words").contains("person"));
    assert_eq!(server.get("/api/notifications").await.error().0, 401);
    let no_token = &clerk.headers[..1];
    let headers: Vec<(&str, &str)> = no_token.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let forged = server.send(request(Method::POST, "/api/notifications/read-all", &headers, None)).await;
    assert_eq!(forged.error(), (403, "csrf".to_owned()));
}

/// The room of a person is his own: what is told there has a door of its own.
#[tokio::test]
async fn nobody_publishes_what_looks_like_a_notice() {
    let server = server().await;
    let program = server.program(&["publish"]).await;

    for event in ["notification", "notification:read"] {
        let body = json!({"event": event, "reason": "added", "id": "1", "room": "files"});
        assert_eq!(program.post("/api/publish", &body).await.error(), (422, "bad_event".to_owned()));
    }
    let body = json!({"event": "my:own", "reason": "added", "id": "1", "room": "user:1"});
    assert_eq!(program.post("/api/publish", &body).await.error(), (422, "bad_room".to_owned()));
}
