//! Looking after the service: sessions, keys, audit, activity.

use std::{future::Future, time::Duration};

use crate::common::{PASSWORD, World, told, world};
use lockstep_app::{ActivityQuery, AuditQuery, Caller, Client, Entity, Session};
use lockstep_protocol::Room;
use lockstep_store::Author;
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};

/// How long something beside the call may take on a loaded machine.
const LIMIT: Duration = Duration::from_secs(30);

const MINUTE: i64 = 60_000;

async fn sign_in(world: &World, login: &str) -> Session {
    let client = Client { address: "1.2.3.4".into(), counted: "1.2.3.4".into(), agent: "a browser".into() };
    world.app.login(login, PASSWORD, &client).await.expect("signed in")
}

async fn id_of(world: &World, caller: &Caller) -> String {
    let open = world.app.sessions(caller).await.expect("may see his own");
    open.into_iter().find(|session| session.current).expect("his own").id
}

fn audit(words: &[(&str, &str)]) -> AuditQuery {
    AuditQuery::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).expect("right")
}

async fn eventually<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let wait = async {
        while !holds().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, wait).await.expect("it never came");
}

#[tokio::test]
async fn a_person_sees_and_ends_his_own_sessions_and_an_administrator_everybodys() {
    let world = world().await;
    let anna = world.person("anna", &["users.edit", "groups.edit"]).await;
    let boris = world.person("boris", &["files.view"]).await;
    let root = world.person("root", &["admin"]).await;
    let at_home = sign_in(&world, "anna").await;
    let logins = async |caller: &Caller| {
        let open = world.app.sessions(caller).await.expect("listed");
        open.into_iter()
            .map(|session| session.login)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!((logins(&anna).await, logins(&boris).await), (vec!["anna".into()], vec!["boris".to_owned()]));
    assert_eq!(logins(&root).await, ["anna", "boris", "root"]);
    let (of_anna, of_boris) = (id_of(&world, &at_home.caller).await, id_of(&world, &boris).await);

    assert_eq!(told(world.app.end_session(&anna, &of_boris).await).0, "forbidden");
    assert!(!world.app.end_session(&anna, &of_anna).await.expect("her own, elsewhere"));
    assert!(!world.app.end_session(&root, &of_boris).await.expect("an administrator"));
    let of_root = id_of(&world, &root).await;
    assert!(world.app.end_session(&root, &of_root).await.expect("his own"), "the one he asks with");

    for caller in [&at_home.caller, &boris, &root] {
        assert!(world.app.refresh(caller).await.expect("readable").is_none());
    }
    assert!(world.app.refresh(&anna).await.expect("readable").is_some(), "her other session goes on");
    for gone in [of_anna.as_str(), "999-x", "x", "", &format!("{of_anna}x")] {
        assert_eq!(told(world.app.end_session(&Caller::operator(), gone).await).0, "not_found", "{gone}");
    }
    let actors = world.sent().into_iter().filter(|record| record.event.as_str() == "session:ended");
    let actors: Vec<_> = actors.map(|record| record.actor.expect("somebody").name).collect();
    assert_eq!(actors, ["anna", "root", "root"]);
}

#[tokio::test]
async fn what_is_shown_of_a_session_opens_nothing() {
    let world = world().await;
    world.person("anna", &["files.view"]).await;
    let session = sign_in(&world, "anna").await;

    let open = world.app.sessions(&session.caller).await.expect("listed");

    let shown = format!("{open:?}");
    assert!(shown.contains("1.2.3.4") && shown.contains("a browser"), "{shown}");
    assert!(!shown.contains(&session.token) && !shown.contains(session.caller.csrf().expect("one")), "{shown}");
    for session in &open {
        assert!(world.app.session(&session.id).await.expect("readable").is_none());
    }
}

#[tokio::test]
async fn only_an_administrator_has_to_do_with_keys() {
    let world = world().await;
    let almost = ["users.edit", "groups.edit", "files.edit", "logs.view", "imports.run", "scans.run"];
    let anna = world.person("anna", &almost).await;
    let root = world.person("root", &["admin"]).await;
    let scopes = ["publish".to_owned()];
    let (key, token) = world.app.add_key(&root, " shop ", &scopes).await.expect("made");
    assert_eq!((key.program.name.as_str(), key.created_by.map(|by| by.name)), ("shop", Some("root".to_owned())));
    let program = world.app.api_key(&token).await.expect("readable").expect("known");

    for caller in [&anna, &program] {
        assert_eq!(told(world.app.keys(caller).await).0, "forbidden");
        assert_eq!(told(world.app.add_key(caller, "own", &scopes).await).0, "forbidden");
        assert_eq!(told(world.app.remove_key(caller, &key.program.id).await).0, "forbidden");
        assert_eq!(told(world.app.figures(caller).await).0, "forbidden");
    }
    assert_eq!(told(world.app.sessions(&program).await).0, "forbidden");

    world.app.remove_key(&root, &key.program.id).await.expect("withdrawn");
    assert!(world.app.api_key(&token).await.expect("readable").is_none());
    let told: Vec<_> = world.sent().into_iter().filter(|record| record.event.as_str() == "keys:changed").collect();
    let told: Vec<_> =
        told.iter().map(|record| (record.reason.to_string(), record.actor.clone().expect("root").name)).collect();
    assert_eq!(told, [("added".to_owned(), "root".to_owned()), ("deleted".to_owned(), "root".to_owned())]);
}

#[tokio::test]
async fn who_may_see_a_row_sees_its_history_and_nothing_else() {
    let world = world().await;
    let root = world.person("root", &["admin"]).await;
    let reader = world.person("reader", &["files.view"]).await;
    let file = world.app.create(&root, Entity::Files, &json!({"name": "a.pdf"}), None).await.expect("a file").row.id;
    world.app.patch(&root, Entity::Files, &file, None, &json!({"name": "b.pdf"}), None).await.expect("changed");
    let user = reader.user().expect("a person").id.clone();

    let history = world.app.audit(&reader, &audit(&[("entity", "files"), ("id", &file)])).await.expect("his to see");

    assert_eq!(history.items[0]["changes"], json!({"name": {"from": "a.pdf", "to": "b.pdf"}}));
    for words in [&[("entity", "users"), ("id", user.as_str())][..], &[("entity", "files")], &[("id", &file)], &[]] {
        assert_eq!(told(world.app.audit(&reader, &audit(words)).await).0, "forbidden", "{words:?}");
        world.app.audit(&root, &audit(words)).await.expect("an administrator sees all");
    }
}

#[tokio::test]
async fn a_new_password_is_no_secret_of_the_audit() {
    let world = world().await;
    let root = world.person("root", &["admin"]).await;
    let anna = world.person("anna", &["files.view"]).await;
    let id = &anna.user().expect("a person").id;
    let change = json!({"name": "Anna", "password": "another canary horse"});
    world.app.patch(&root, Entity::Users, id, None, &change, None).await.expect("changed");

    let all = world.app.audit(&root, &audit(&[("limit", "200")])).await.expect("an administrator");

    let text = Json::from(all.items.clone()).to_string();
    assert_eq!(all.items[0]["changes"], json!({"name": {"from": "anna", "to": "Anna"}}));
    for secret in ["canary", PASSWORD, "argon2", "password_hash", anna.csrf().expect("one")] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn a_request_notes_now_and_then_that_somebody_is_here() {
    let world = world().await;
    world.person("anna", &["users.view"]).await;
    let session = sign_in(&world, "anna").await;
    let id = session.caller.user().expect("a person").id.clone();
    let seen = async || {
        let (row, _) = world.app.get(&Caller::operator(), Entity::Users, &id).await.expect("there");
        row.value["seen_at"].as_i64().expect("he was here")
    };
    let began = seen().await;

    world.hands.forward(5 * MINUTE - 1);
    for _ in 0..3 {
        world.app.session(&session.token).await.expect("readable").expect("signed in");
    }
    assert_eq!(seen().await, began);
    world.hands.forward(1);
    for _ in 0..3 {
        world.app.session(&session.token).await.expect("readable").expect("signed in");
    }

    eventually(async || seen().await == began + 5 * MINUTE).await;
}

/// Whoever writes may take seconds; a page that is opened meanwhile does not wait for the note that its person is here.
#[tokio::test]
async fn a_request_does_not_wait_for_the_note_that_somebody_is_here() {
    let world = world().await;
    world.person("anna", &["users.view"]).await;
    let session = sign_in(&world, "anna").await;
    let row = world.row(Entity::Categories, &json!({"name": "Letters"})).await;
    world.hands.forward(5 * MINUTE);
    let noted = async || world.app.session(&session.token).await.expect("readable").expect("signed in");
    let seen = async || world.app.sessions(&session.caller).await.expect("listed")[0].seen_at;
    let change = json!({"name": "Mail"}).as_object().expect("an object").clone();
    let began = seen().await;

    let edit =
        world.app.store().update(Entity::Categories, &row, None, &change, &Author::default()).await.expect("written");
    noted().await;
    assert_eq!(seen().await, began, "somebody writes all the while");
    edit.commit().await.expect("committed");

    eventually(async || seen().await == began + 5 * MINUTE).await;
}

#[tokio::test]
async fn busy_rooms_are_shown_to_those_who_may_join_them() {
    let world = world().await;
    let reader = world.person("reader", &["files.view"]).await;
    world.hands.forward(3 * MINUTE);
    for name in ["a", "b"] {
        world.row(Entity::Files, &json!({"name": name})).await;
    }
    world.hands.forward(2 * MINUTE);
    world.row(Entity::Files, &json!({"name": "c"})).await;
    let words = [("minutes", "10"), ("buckets", "5")].map(|(name, value)| (name.to_owned(), value.to_owned()));

    let activity = world.app.activity(&reader, ActivityQuery::read(words).expect("right")).await.expect("counted");

    assert_eq!(activity.rooms.keys().collect::<Vec<_>>(), [&Room::Index, &Room::Files]);
    assert_eq!((activity.rooms[&Room::Files].as_slice(), activity.step_ms), ([0, 0, 0, 2, 1].as_slice(), 2 * MINUTE));
    assert_eq!(activity.from % activity.step_ms, 0);
    assert_eq!(activity.seq, world.sent().last().expect("one").seq);
}

/// What was found is given to all who ask in the same second, each of them only what is his.
#[tokio::test]
async fn who_asks_at_once_is_answered_at_once_and_sees_no_more_than_his_own() {
    let world = world().await;
    let (reader, root) = (world.person("reader", &["files.view"]).await, world.person("root", &["admin"]).await);
    let query = ActivityQuery::read([]).expect("nothing is wrong");
    let sum = async |caller: &Caller| {
        let activity = world.app.activity(caller, query).await.expect("counted");
        (activity.rooms.len(), activity.rooms[&Room::Files].iter().sum::<i64>())
    };
    assert_eq!((sum(&root).await, sum(&reader).await), ((10, 0), (2, 0)));

    world.row(Entity::Files, &json!({"name": "a"})).await;
    assert_eq!((sum(&reader).await, sum(&root).await), ((2, 0), (10, 0)));
    world.hands.forward(1_000);

    assert_eq!((sum(&reader).await, sum(&root).await), ((2, 1), (10, 1)));
}
