//! Sessions, tickets, keys, and the last administrator.

use lockstep_protocol::{Actor, Reason, Room, Scope};
use lockstep_store::{Entity, Error, KEYS_CHANGED, SESSION_ENDED};
use serde_json::json;

use crate::world::{Engine, HASH, NOON, World, anna, fields, session};

contract!(
    a_session_is_found_until_it_ends,
    no_session_begins_on_a_password_that_is_old_or_for_whoever_is_disabled,
    what_takes_rights_away_ends_sessions_in_the_same_transaction,
    a_ticket_is_taken_once,
    a_stranger_does_not_wait_for_those_who_write,
    the_end_of_a_session_is_an_event_in_the_room_of_its_person,
    a_key_is_found_and_its_use_is_noted_once_a_minute,
    withdrawing_a_key_is_an_event_for_the_administrators,
    the_last_enabled_administrator_stays,
);

async fn a_session_is_found_until_it_ends<E: Engine>(world: World<E>) {
    let user = world.person("anna", &["files.view", "admin"]).await;
    world.sign_in(&user, "t1").await.expect("signed in");
    world.sign_in(&user, "t2").await.expect("signed in");

    let person = world.store.session("t1").await.expect("readable").expect("there");

    assert_eq!((person.user_id.as_str(), person.login.as_str()), (user.as_str(), "anna"));
    assert_eq!(person.permissions, ["files.view", "admin"]);
    assert_eq!((person.group.as_str(), person.csrf.as_str()), ("group of anna", "csrf"));
    world.sign_out("t1").await;
    assert!(world.store.end_session("t1", None).await.expect("readable").is_none(), "ended already");
    assert!(world.store.session("t1").await.expect("readable").is_none());
    world.hands.set(NOON + 1000);
    assert!(world.store.session("t2").await.expect("readable").is_none());
}

async fn no_session_begins_on_a_password_that_is_old_or_for_whoever_is_disabled<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    let credentials = world.store.credentials("anna").await.expect("readable").expect("there");
    assert_eq!((credentials.user_id.as_str(), credentials.password_hash.as_str()), (user.as_str(), HASH));
    assert!(world.store.credentials("nobody").await.expect("readable").is_none());

    world.change(Entity::Users, &user, &json!({"password_hash": "another"})).await.expect("changed");
    assert!(matches!(world.sign_in(&user, "t1").await, Err(Error::NotFound)));
    world.change(Entity::Users, &user, &json!({"password_hash": HASH, "enabled": false})).await.expect("changed");
    assert!(matches!(world.sign_in(&user, "t1").await, Err(Error::NotFound)));
    assert!(matches!(world.sign_in("999", "t1").await, Err(Error::NotFound)));
}

async fn what_takes_rights_away_ends_sessions_in_the_same_transaction<E: Engine>(world: World<E>) {
    let other = world.add(Entity::Groups, &json!({"name": "other"})).await.row.id;
    let changes = [json!({"enabled": false}), json!({"group_id": other}), json!({"password_hash": "x"})];
    for (n, change) in changes.iter().enumerate() {
        let (login, token) = (format!("user{n}"), format!("token{n}"));
        let user = world.person(&login, &[]).await;
        world.sign_in(&user, &token).await.expect("signed in");
        world.change(Entity::Users, &user, &json!({"name": "renamed", "enabled": true})).await.expect("renamed");
        assert!(world.store.session(&token).await.expect("readable").is_some());

        let given = change.as_object().expect("an object");
        drop(world.store.update(Entity::Users, &user, None, given, &anna()).await.expect("written, not committed"));
        assert!(world.store.session(&token).await.expect("readable").is_some());
        world.change(Entity::Users, &user, change).await.expect("changed");

        assert!(world.store.session(&token).await.expect("readable").is_none(), "{change}");
    }
    let user = world.person("deleted", &[]).await;
    world.sign_in(&user, "t").await.expect("signed in");
    world.delete(Entity::Users, &user).await.expect("deleted");
    assert!(world.store.session("t").await.expect("readable").is_none());
}

async fn a_ticket_is_taken_once<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    world.store.begin_session(&session(&user, "t")).await.expect("signed in");
    world.store.add_ticket("k1", "t", NOON + 10).await.expect("noted");
    world.store.add_ticket("k2", "t", NOON + 10).await.expect("noted");
    world.store.add_ticket("k3", "t", NOON + 20).await.expect("noted");

    let taken = world.store.take_ticket("k1").await.expect("readable").expect("good");

    assert_eq!((taken.user_id, taken.session.as_str()), (user, "t"));
    assert!(world.store.take_ticket("k1").await.expect("readable").is_none());
    world.hands.set(NOON + 10);
    assert!(world.store.take_ticket("k2").await.expect("readable").is_none());
    world.sign_out("t").await;
    assert!(world.store.take_ticket("k3").await.expect("readable").is_none());
    assert!(matches!(world.store.add_ticket("k4", "t", NOON + 20).await, Err(Error::NotFound)));
}

/// Any text was once looked up in a writing transaction, so strangers at the door stood in one queue with all edits.
async fn a_stranger_does_not_wait_for_those_who_write<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let given = fields(&json!({"name": "d"}));
    let edit = world.store.update(Entity::Categories, &id, None, &given, &anna()).await.expect("written");

    assert!(world.store.take_ticket("no ticket").await.expect("answered").is_none());
    assert!(world.store.end_session("no session", None).await.expect("answered").is_none());
    assert!(world.store.key("no key").await.expect("answered").is_none());

    edit.commit().await.expect("committed");
}

async fn the_end_of_a_session_is_an_event_in_the_room_of_its_person<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    world.sign_in(&user, "t").await.expect("signed in");
    let before = world.log().await.len();

    drop(world.store.end_session("t", None).await.expect("written, not committed").expect("there"));
    assert_eq!(world.log().await.len(), before);
    assert!(world.store.session("t").await.expect("readable").is_some());
    let published =
        world.store.end_session("t", None).await.expect("written").expect("there").commit().await.expect("committed");

    let last = world.log().await.pop().expect("an event");
    assert_eq!((last.event.as_str(), last.reason, &last.id), (SESSION_ENDED, Reason::Deleted, &user));
    assert_eq!(last.scope, Scope::Room(Room::User(user.as_str().into())));
    let anna = Actor { id: user.clone(), name: "anna".into() };
    assert_eq!(
        (last.actor, last.data.expect("some").get()),
        (Some(anna), json!({"id": user, "name": "anna"}).to_string().as_str())
    );
    assert_eq!(published.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [last.seq]);
}

async fn withdrawing_a_key_is_an_event_for_the_administrators<E: Engine>(world: World<E>) {
    let first = world.key("first", "d1", &["publish"]).await;
    let second = world.key("second", "d2", &["admin"]).await;
    world.hands.set(NOON + 5);
    world.store.key("d2").await.expect("readable").expect("there");

    let keys = world.store.keys().await.expect("readable");
    world.store.remove_key(&second, None).await.expect("withdrawn").commit().await.expect("committed");

    let last = world.log().await.pop().expect("an event");
    assert_eq!((last.event.as_str(), last.reason, &last.id), (KEYS_CHANGED, Reason::Deleted, &second));
    assert_eq!(last.scope, Scope::Room(Room::Admin));
    let told: Vec<_> = keys.iter().map(|key| (key.program.name.as_str(), key.created_at, key.last_used_at)).collect();
    assert_eq!(told, [("first", NOON, None), ("second", NOON, Some(NOON + 5))]);
    let left = world.store.keys().await.expect("readable");
    assert_eq!(left.into_iter().map(|key| key.program.id).collect::<Vec<_>>(), [first]);
    for id in [second.as_str(), "second", "", "-1"] {
        assert!(matches!(world.store.remove_key(id, None).await, Err(Error::NotFound)), "{id}");
    }
}

async fn a_key_is_found_and_its_use_is_noted_once_a_minute<E: Engine>(world: World<E>) {
    let scopes = ["publish".to_owned(), "log".to_owned()];
    let id = world.key("scanner", "digest", &["publish", "log"]).await;

    let again = world.store.add_key("scanner", "another", &scopes, None).await;

    assert!(matches!(again, Err(Error::Duplicate { field: "name" })));
    for ms in [0, 1, 59_999, 60_000] {
        world.hands.set(NOON + ms);
        let key = world.store.key("digest").await.expect("readable").expect("there");
        assert_eq!(
            (key.id.as_str(), key.name.as_str(), key.scopes.as_slice()),
            (id.as_str(), "scanner", scopes.as_slice())
        );
    }
    assert!(world.store.key("unknown").await.expect("readable").is_none());
    assert!(world.store.key_by_id(&id).await.expect("readable").is_some());
    world.store.remove_key(&id, None).await.expect("withdrawn").commit().await.expect("committed");
    assert!(world.store.key("digest").await.expect("readable").is_none());
    assert!(world.store.key_by_id(&id).await.expect("readable").is_none());
}

async fn the_last_enabled_administrator_stays<E: Engine>(world: World<E>) {
    let root = world.person("root", &["admin"]).await;
    let second = world.person("second", &["admin"]).await;
    let off = json!({"enabled": false});
    world.change(Entity::Users, &second, &off).await.expect("another one is left");
    let (row, _) = world.store.get(Entity::Users, &root).await.expect("there");
    let group = row.value["group_id"].as_str().expect("an id").to_owned();

    let refused = [
        world.change(Entity::Users, &root, &off).await,
        world.delete(Entity::Users, &root).await,
        world.change(Entity::Groups, &group, &json!({"permissions": ["files.view"]})).await,
    ];

    for result in refused {
        assert!(matches!(result, Err(Error::LastAdmin)), "{result:?}");
    }
    world.change(Entity::Users, &second, &json!({"enabled": true})).await.expect("enabled");
    world.delete(Entity::Users, &root).await.expect("another one is left");
}
