//! Who may do what: every right against every call and every room.

use crate::common::{told, world};
use lockstep_app::{Caller, Entity, Error, ListQuery, Publication, Right};
use lockstep_protocol::Room;
use serde_json::json;

fn all() -> ListQuery {
    ListQuery::read([]).expect("no words, no mistakes")
}

#[tokio::test]
async fn each_right_opens_its_own_calls_and_no_others() {
    let world = world().await;
    for (n, right) in Right::of_groups().enumerate() {
        let caller = world.person(&format!("person{n}"), &[&right.to_string()]).await;

        for entity in Entity::ALL {
            let may_view =
                matches!(right, Right::Admin) || right == Right::View(entity) || right == Right::Edit(entity);
            let may_edit = matches!(right, Right::Admin) || right == Right::Edit(entity);
            let listed = world.app.list(&caller, entity, &all()).await;
            assert_eq!(listed.is_ok(), may_view, "{right} lists {entity}");
            // A row that does not exist: whoever may edit is told so, anybody else is told nothing of rows.
            let deleted = told(world.app.delete(&caller, entity, "999", None, None).await).0;
            assert_eq!(deleted, if may_edit { "not_found" } else { "forbidden" }, "{right} deletes {entity}");
            let created = told(world.app.create(&caller, entity, &json!({"no": 1}), None).await).0;
            assert_eq!(created, if may_edit { "invalid" } else { "forbidden" }, "{right} creates {entity}");
            let toggled = told(world.app.toggle(&caller, entity, "999", None, None, None).await).0;
            assert_eq!(toggled == "forbidden", !may_edit, "{right} toggles {entity}");
            let patched = told(world.app.patch(&caller, entity, "999", None, &json!({"no": 1}), None).await).0;
            assert_eq!(patched == "forbidden", !may_edit, "{right} patches {entity}");
        }
    }
}

#[tokio::test]
async fn each_right_opens_its_own_rooms_and_no_others() {
    let world = world().await;
    let rooms = Room::NAMED.into_iter().chain([Room::Import("4".into()), Room::User("999".into())]);
    let rooms: Vec<Room> = rooms.collect();
    for (n, right) in Right::of_groups().enumerate() {
        let caller = world.person(&format!("person{n}"), &[&right.to_string()]).await;

        let open: Vec<String> = rooms.iter().filter(|room| caller.may_join(room)).map(ToString::to_string).collect();

        let mut expected = match right {
            Right::View(entity) | Right::Edit(entity) => vec!["index".into(), entity.to_string()],
            Right::LogsView => vec!["index".into(), "logs".into()],
            Right::ImportsRun => vec!["index".into(), "imports".into(), "products".into(), "import:4".into()],
            Right::Admin => rooms.iter().map(ToString::to_string).filter(|room| room != "user:999").collect(),
            _ => vec!["index".to_owned()],
        };
        expected.sort_unstable();
        let mut open = open;
        open.sort_unstable();
        assert_eq!(open, expected, "{right}");
    }
}

#[tokio::test]
async fn nobody_hears_what_is_said_in_another_persons_room() {
    let world = world().await;
    let anna = world.person("anna", &["admin"]).await;
    let own = anna.user().expect("a person").id.clone();

    assert!(anna.may_join(&Room::User(own.as_str().into())));
    assert!(!anna.may_join(&Room::User("1000".into())));
    assert!(!Caller::operator().may_join(&Room::User(own.as_str().into())));
}

#[tokio::test]
async fn who_manages_people_cannot_raise_himself_or_touch_those_above() {
    let world = world().await;
    let root = world.admin().await;
    let (root_row, _) = world.app.get(&Caller::operator(), Entity::Users, &root).await.expect("there");
    let admins = root_row.value["group_id"].as_str().expect("an id").to_owned();
    let clerk = world.person("clerk", &["users.edit", "groups.edit"]).await;
    let own = clerk.user().expect("a person").id.clone();

    let forbidden = [
        world.app.patch(&clerk, Entity::Users, &own, None, &json!({"group_id": admins}), None).await,
        world.app.patch(&clerk, Entity::Users, &root, None, &json!({"password": "mine, now"}), None).await,
        world.app.toggle(&clerk, Entity::Users, &root, None, Some(false), None).await,
        world.app.delete(&clerk, Entity::Users, &root, None, None).await,
        world.app.patch(&clerk, Entity::Groups, &admins, None, &json!({"permissions": []}), None).await,
        world.app.create(&clerk, Entity::Groups, &json!({"name": "g", "permissions": ["admin"]}), None).await,
        world.app.create(&clerk, Entity::Groups, &json!({"name": "g", "permissions": ["logs.view"]}), None).await,
    ];

    for result in forbidden {
        assert!(matches!(result, Err(Error::Forbidden { .. })), "{result:?}");
    }
    let allowed = json!({"name": "g", "permissions": ["users.view", "groups.edit"]});
    world.app.create(&clerk, Entity::Groups, &allowed, None).await.expect("no more than his own");
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let world = world().await;
    let (_, token) = world
        .app
        .add_key(&Caller::operator(), "scanner", &["publish".into(), "files.view".into()])
        .await
        .expect("a key");
    let key = world.app.api_key(&token).await.expect("readable").expect("known");
    let event = || Publication {
        event: "scan:done".into(),
        reason: "updated".into(),
        id: "*".into(),
        data: None,
        room: None,
        scope: None,
        key: None,
    };

    assert!(key.may(Right::Publish) && key.may(Right::View(Entity::Files)));
    assert!(!key.may(Right::Log) && !key.may(Right::Edit(Entity::Files)) && !key.may(Right::Admin));
    assert_eq!(world.app.publish(&key, vec![event()], None).await.expect("published").len(), 1);
    let reader = world.person("reader", &["files.view"]).await;
    assert_eq!(told(world.app.publish(&reader, vec![event()], None).await).0, "forbidden");
    assert!(world.app.api_key("not a token").await.expect("readable").is_none());
    assert_eq!(told(world.app.add_key(&Caller::operator(), "x", &["everything".into()]).await).0, "invalid");
    assert_eq!(told(world.app.add_key(&Caller::operator(), "scanner", &["log".into()]).await).0, "duplicate");
}

#[tokio::test]
async fn changes_are_told_only_of_rooms_one_may_join() {
    let world = world().await;
    let reader = world.person("reader", &["categories.view"]).await;
    world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    world.row(Entity::Files, &json!({"name": "secret.pdf"})).await;

    let told = world.app.changes(&reader, 100).await.expect("readable");

    let events: Vec<&str> = told.iter().map(|record| record.event.as_str()).collect();
    assert_eq!(events, ["categories:changed"]);
    let everything = world.app.changes(&Caller::operator(), 100).await.expect("readable");
    assert_eq!(everything[0].event.as_str(), "files:changed");
    assert_eq!(everything.len(), 4);
}

#[tokio::test]
async fn a_position_is_told_to_those_who_may_join_the_room() {
    let world = world().await;
    let reader = world.person("reader", &["categories.view"]).await;
    let top = world.sent().last().expect("people were added").position();
    let position = async |room: Option<&Room>| world.app.position(&reader, room).await;

    assert_eq!(position(None).await.expect("told"), top);
    assert_eq!(position(Some(&Room::Categories)).await.expect("told"), top);
    let refused = position(Some(&Room::Files)).await.expect_err("not his");
    assert!(matches!(refused, Error::Forbidden { right: Right::View(Entity::Files) }));
    assert_eq!(told(position(Some(&Room::User("999".into()))).await).0, "bad_room");
}
