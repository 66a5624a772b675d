//! Who may hear what, and who may say what.

use lockstep_e2e::{Api, Cluster, Page, Refused};
use serde_json::{Value, json};

use crate::story::{PASSWORD, category, person, settle};

/// Rooms and the right that opens each; none: every signed-in person may enter.
const ROOMS: [(&str, Option<&str>); 11] = [
    ("index", None),
    ("files", Some("files.view")),
    ("users", Some("users.view")),
    ("groups", Some("groups.view")),
    ("categories", Some("categories.view")),
    ("registrators", Some("registrators.view")),
    ("admin", Some("admin")),
    ("imports", Some("imports.run")),
    ("import:7", Some("imports.run")),
    ("products", Some("imports.run")),
    ("logs", Some("logs.view")),
];

/// Roles: each right alone, an editor, all of them, none.
const ROLES: [&[&str]; 11] = [
    &[],
    &["files.view"],
    &["users.view"],
    &["groups.view"],
    &["categories.view"],
    &["registrators.view"],
    &["categories.edit"],
    &["imports.run"],
    &["logs.view"],
    &["files.view", "logs.view"],
    &["admin"],
];

fn may_enter(role: &[&str], right: Option<&str>) -> bool {
    right.is_none_or(|right| {
        let edit = right.replace(".view", ".edit");
        role.iter().any(|held| *held == right || *held == edit || *held == "admin")
    })
}

#[tokio::test]
async fn every_role_enters_its_rooms_and_no_other() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;

    for (number, role) in ROLES.iter().enumerate() {
        let somebody = person(&admin, &format!("person{number}"), role).await;
        let mut page = Page::open(&cluster.worker(0), &somebody).await;
        for (room, right) in ROOMS {
            let ack = page.ask("sync:join", json!({"room": room})).await;
            if may_enter(role, right) {
                assert_eq!(ack["ok"], true, "{role:?} in {room}: {ack}");
            } else {
                assert_eq!(ack, json!({"ok": false, "room": room, "error": "forbidden"}), "{role:?} in {room}");
            }
        }
        nobody_enters_a_persons_room_by_name(&mut page, &admin).await;
    }
}

async fn nobody_enters_a_persons_room_by_name(page: &mut Page, admin: &Api) {
    let room = format!("user:{}", admin.user["id"].as_str().expect("an id"));
    let ack = page.ask("sync:join", json!({"room": room})).await;
    assert_eq!((&ack["ok"], &ack["error"]), (&json!(false), &json!("forbidden")), "{ack}");
}

#[tokio::test]
async fn a_room_that_does_not_exist_is_named_as_unknown() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let mut page = Page::open(&cluster.worker(0), &admin).await;

    for room in ["flies", "", "user:", "import:", "categories:changed", "../admin"] {
        let ack = page.ask("sync:join", json!({"room": room})).await;
        assert_eq!((&ack["ok"], &ack["error"]), (&json!(false), &json!("unknown_room")), "{room}: {ack}");
    }
    for wrong in [json!({}), json!({"room": 7}), json!({"rooms": []}), json!([1]), Value::Null] {
        let ack = page.ask("sync:join", wrong.clone()).await;
        assert_eq!((&ack["ok"], &ack["error"]), (&json!(false), &json!("bad_request")), "{wrong}: {ack}");
    }
}

#[tokio::test]
async fn someone_without_the_right_hears_nothing_even_softly() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view"]).await;
    let mut page = Page::open(&cluster.worker(0), &reader).await;
    page.join("files").await;

    category(&admin, "Contracts").await;

    let soft = page.event("files:changed").await;
    assert_eq!(soft.body["data"], Value::Null, "the files room is told that, not what");
    assert!(page.heard("categories:changed").is_empty());
}

#[tokio::test]
async fn a_page_cannot_speak_as_the_server() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let mut spoofer = Page::open(&cluster.worker(0), &admin).await;
    let mut here = Page::open(&cluster.worker(0), &admin).await;
    let mut there = Page::open(&cluster.worker(1), &admin).await;
    for page in [&mut spoofer, &mut here, &mut there] {
        page.join("categories").await;
    }
    let forged = json!({"reason": "deleted", "seq": 1, "worker": 1, "scope": "global", "id": "*", "data": null});

    for name in ["categories:changed", "sync:reset", "sync:bye", "notification", "hello", "nonsense"] {
        spoofer.tell(name, forged.clone()).await;
        let ack = spoofer.ask(name, forged.clone()).await;
        assert_eq!((&ack["ok"], &ack["error"]), (&json!(false), &json!("unknown_event")), "{name}: {ack}");
    }

    for page in [&mut here, &mut there] {
        settle(page, &admin).await;
        for name in ["categories:changed", "sync:reset", "sync:bye", "notification", "nonsense"] {
            assert!(page.heard(name).is_empty(), "{name} got through");
        }
    }
    let metrics = admin.get("/metrics").await.expect(200).text();
    assert!(metrics.lines().any(|line| line.contains("spoofed") && !line.ends_with(" 0")), "{metrics}");
}

#[tokio::test]
async fn a_connection_needs_a_sign_in_and_an_own_origin() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let address = cluster.worker(0);
    let own = format!("http://{}", address.host());

    let stranger = Page::connect(&address, &[("origin", &own)], Value::Null).await;
    assert_eq!(stranger.err(), Some(Refused::Connect("unauthorized".to_owned())));
    let forged = Page::connect(&address, &[("origin", &own)], json!({"token": "lk_forged"})).await;
    assert_eq!(forged.err(), Some(Refused::Connect("unauthorized".to_owned())));
    let foreign = [("origin", "https://evil.example"), ("cookie", admin.cookie.as_str())];
    let Err(Refused::Http(status, _)) = Page::connect(&address, &foreign, Value::Null).await else {
        panic!("a page of another site got in");
    };
    assert_eq!(status, 403);
}

#[tokio::test]
async fn disabling_a_person_closes_his_connections_on_every_worker() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["files.view"]).await;
    let mut page = Page::open(&cluster.worker(1), &reader).await;
    page.join("files").await;

    let id = reader.user["id"].as_str().expect("an id").to_owned();
    let _ = admin.post(&format!("/api/users/{id}/toggle"), &json!({})).await.expect(200);

    page.end(lockstep_e2e::LIMIT).await;
    let _ = reader.get("/api/me").await.expect(401);
}

/// Other workers once noticed it with their look at all seats, up to a minute later.
#[tokio::test]
async fn signing_out_closes_the_connections_of_that_session_on_every_worker() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let office = person(&admin, "reader", &["files.view"]).await;
    let home = Api::sign_in(&cluster.worker(1), "reader", PASSWORD).await;
    let mut at_the_office = Page::open(&cluster.worker(1), &office).await;
    let mut at_home = Page::open(&cluster.worker(1), &home).await;

    let _ = office.post("/api/logout", &json!({})).await.expect(204);

    at_the_office.end(lockstep_e2e::LIMIT).await;
    assert_eq!(at_home.join("files").await["ok"], true, "the other session goes on");
}

#[tokio::test]
async fn withdrawing_a_key_closes_the_connections_it_opened_on_every_worker() {
    let cluster = Cluster::workers(2).await;
    let (kept, lost) = (cluster.key_named("kept", "files.view"), cluster.key_named("lost", "files.view"));
    let listed = cluster.command(&["key", "list", "--json"], "");
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!((&listed[1]["name"], &listed[1]["scopes"]), (&json!("lost"), &json!(["files.view"])), "{listed}");
    assert!(!listed.to_string().contains(&lost), "a key is shown once");
    let mut losers = Vec::new();
    for address in cluster.all() {
        losers.push(Page::connect(address, &[], json!({"token": lost})).await.expect("let in"));
    }
    let mut keeper = Page::connect(&cluster.worker(0), &[], json!({"token": kept})).await.expect("let in");

    let removed = cluster.command(&["key", "remove", listed[1]["id"].as_str().expect("an id")], "");

    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    for mut loser in losers {
        loser.end(lockstep_e2e::LIMIT).await;
    }
    assert_eq!(keeper.join("files").await["ok"], true, "another key goes on");
    let again = cluster.command(&["key", "remove", "lost"], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("key list"), "the cure is named");
}

#[tokio::test]
async fn looking_does_not_mean_touching() {
    let cluster = Cluster::embedded().await;
    let admin = cluster.admin().await;
    let reader = person(&admin, "reader", &["categories.view"]).await;

    let _ = reader.get("/api/categories").await.expect(200);
    let refused = reader.post("/api/categories", &json!({"name": "Contracts"})).await.expect(403);
    assert_eq!(refused.code(), "forbidden");
    assert_eq!(reader.get("/api/users").await.expect(403).code(), "forbidden");
    assert_eq!(admin.get("/api/categories").await.expect(200).json()["total"], 0);
}
