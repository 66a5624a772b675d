//! Who changed what, from what to what.

use lockstep_protocol::{Actor, Reason, Room, Scope};
use lockstep_store::{Audit, AuditPage, Entity, Whom};
use serde_json::{Value as Json, json};

use crate::world::{Engine, NOON, Sqlite, World, anna, draft, fields};

contract!(
    an_edit_is_told_with_what_it_changed_and_who_did_it,
    the_history_of_a_row_is_its_edits_alone,
    what_is_asked_for_is_found_page_by_page,
    what_changed_is_not_guessed_where_the_edit_before_is_gone,
    an_event_of_another_program_breaks_nothing,
    who_ends_a_session_or_makes_a_key_is_told,
);

contract!(for sqlite_alone = Sqlite: an_event_of_another_build_is_shown_as_it_lies_there);

fn all() -> Audit {
    Audit { limit: 50, ..Audit::default() }
}

fn of(entity: Entity, id: &str) -> Audit {
    Audit { entity: Some(entity), id: Some(id.to_owned()), ..all() }
}

async fn ask<E: Engine>(world: &World<E>, audit: &Audit) -> AuditPage {
    world.store.audit(audit).await.expect("readable")
}

/// The seqs of an answer, counted from noon.
fn places(page: &AuditPage) -> Vec<i64> {
    page.items.iter().map(|item| item["seq"].as_i64().expect("a number") - NOON).collect()
}

async fn an_edit_is_told_with_what_it_changed_and_who_did_it<E: Engine>(world: World<E>) {
    let letters = world.add(Entity::Categories, &json!({"name": "Letters"})).await.row.id;
    let file = world.add(Entity::Files, &json!({"name": "a.pdf", "size": 7})).await.row.id;
    let change = json!({"name": "b.pdf", "category_id": letters, "size": 7});
    world.change(Entity::Files, &file, &change).await.expect("changed");
    world.delete(Entity::Files, &file).await.expect("deleted");

    let page = ask(&world, &all()).await;

    assert_eq!((places(&page), page.next, page.since), (vec![3, 2, 1, 0], None, Some(NOON)));
    let [deleted, updated, added, _] = page.items.as_slice() else { panic!("{page:?}") };
    let expected = json!({
        "seq": NOON + 2, "at": NOON, "worker": 7, "event": "files:changed", "entity": "files", "id": file, "name": "b.pdf",
        "reason": "updated", "actor": {"id": "1", "name": "Anna"}, "origin": "c81", "rev": 2,
        "changes": {
            "name": {"from": "a.pdf", "to": "b.pdf"},
            "category_id": {"from": null, "to": letters, "from_name": null, "to_name": "Letters"},
        },
    });
    assert_eq!(*updated, expected);
    assert_eq!(added["changes"]["size"], json!({"from": null, "to": 7}));
    assert_eq!(deleted["changes"]["name"], json!({"from": "b.pdf", "to": null}));
    let names = |item: &Json| item["changes"].as_object().expect("known").keys().cloned().collect::<Vec<_>>();
    assert!(names(added).iter().all(|name| !["id", "rev", "created_at", "registrator_name"].contains(&name.as_str())));
}

async fn the_history_of_a_row_is_its_edits_alone<E: Engine>(world: World<E>) {
    let file = world.add(Entity::Files, &json!({"name": "a"})).await.row.id;
    let other = world.add(Entity::Files, &json!({"name": "other"})).await.row.id;
    world.publish(vec![(draft(Room::Files, &file), None)]).await;
    world.store.toggle(Entity::Files, &file, None, None, &anna()).await.expect_err("files have no switch");
    world.change(Entity::Files, &file, &json!({"name": "b"})).await.expect("changed");

    let history = ask(&world, &of(Entity::Files, &file)).await;

    assert_eq!(places(&history), [3, 0]);
    assert_eq!(history.items[0]["changes"], json!({"name": {"from": "a", "to": "b"}}), "what was published is no edit");
    assert_eq!(places(&ask(&world, &of(Entity::Files, &other)).await), [1]);
    assert!(ask(&world, &of(Entity::Users, &file)).await.items.is_empty());
    let published = ask(&world, &Audit { entity: Some(Entity::Files), ..all() }).await;
    assert_eq!((places(&published), &published.items[1]["changes"]), (vec![3, 2, 1, 0], &Json::Null));
}

async fn what_is_asked_for_is_found_page_by_page<E: Engine>(world: World<E>) {
    let author =
        |id: &str| lockstep_store::Author { actor: Some(Actor { id: id.into(), name: "x".into() }), origin: None };
    for (n, who) in ["1", "10", "1_", "1"].iter().enumerate() {
        let given = fields(&json!({"name": n.to_string(), "description": "", "parent_id": null, "enabled": true}));
        let added = world.store.create(Entity::Categories, &given, &author(who)).await.expect("written");
        added.commit().await.expect("committed");
    }
    world.publish(vec![(draft(Room::Files, "1"), None)]).await;
    let found = async |audit: Audit| places(&ask(&world, &audit).await);

    let by = |id: &str| Audit { actor: Some(Whom::Id(id.into())), ..all() };
    assert_eq!((found(by("1")).await, found(by("1_")).await), (vec![3, 0], vec![2]));
    assert_eq!((found(by("%")).await, found(by("\0")).await), (vec![], vec![]));
    assert_eq!(found(Audit { actor: Some(Whom::Nobody), ..all() }).await, [4]);
    assert_eq!(found(Audit { reason: Some(Reason::Added), ..all() }).await, [3, 2, 1, 0]);
    assert_eq!(found(Audit { id: Some("1".into()), ..all() }).await, [4, 0]);
    assert_eq!(found(Audit { id: Some("\0".into()), ..all() }).await, [0; 0]);
    let first = ask(&world, &Audit { limit: 2, ..all() }).await;
    assert_eq!((places(&first), first.next), (vec![4, 3], Some(NOON + 3)));
    let rest = ask(&world, &Audit { before: first.next, ..all() }).await;
    assert_eq!((places(&rest), rest.next), (vec![2, 1, 0], None));
}

async fn what_changed_is_not_guessed_where_the_edit_before_is_gone<E: Engine>(world: World<E>) {
    let file = world.add(Entity::Files, &json!({"name": "a"})).await.row.id;
    let long = "x".repeat(lockstep_protocol::MAX_DATA_BYTES);
    for name in ["b", long.as_str(), "c"] {
        world.change(Entity::Files, &file, &json!({"name": name})).await.expect("changed");
    }
    world.store.trim(NOON + 1, 0).await.expect("trimmed");

    let history = ask(&world, &of(Entity::Files, &file)).await;

    let known: Vec<_> = history.items.iter().map(|item| (item["rev"].as_i64(), item["changes"].is_null())).collect();
    assert_eq!(
        known,
        [(Some(4), true), (Some(3), true), (Some(2), true)],
        "after a row too large to be kept, and the first"
    );
    assert_eq!(history.since, Some(NOON));
}

async fn an_event_of_another_program_breaks_nothing<E: Engine>(world: World<E>) {
    let file = world.add(Entity::Files, &json!({"name": "a"})).await.row.id;
    let mut foreign = draft(Room::Import("9".into()), "9");
    foreign.data = serde_json::value::RawValue::from_string("[1, {\"name\": 2}]".into()).ok();
    let mut published = draft(Room::Files, &file);
    published.data = serde_json::value::RawValue::from_string("{\"name\": [\"not a name\"]}".into()).ok();
    let mut everywhere = draft(Room::Index, "*");
    everywhere.scope = Scope::Global;
    world.publish(vec![(foreign, None), (published, None), (everywhere, None)]).await;

    let page = ask(&world, &all()).await;

    let told: Vec<_> = page.items.iter().map(|item| (&item["entity"], &item["name"], &item["changes"])).collect();
    let (null, files, a) = (&Json::Null, &json!("files"), &json!("a"));
    assert_eq!(told[..3], [(null, null, null), (files, null, null), (null, null, null)]);
    assert_eq!((told[3].0, told[3].1), (files, a));
}

async fn who_ends_a_session_or_makes_a_key_is_told<E: Engine>(world: World<E>) {
    let user = world.person("boris", &[]).await;
    world.sign_in(&user, "t").await.expect("signed in");
    let root = Actor { id: "9".into(), name: "Root".into() };
    let ended = world.store.end_session("t", Some(&root)).await.expect("written").expect("there");
    ended.commit().await.expect("committed");
    let (key, made) = world.store.add_key("shop", "d", &["publish".into()], Some(&root)).await.expect("written");
    made.commit().await.expect("committed");
    let removed = world.store.remove_key(&key, Some(&root)).await.expect("written");
    removed.commit().await.expect("committed");

    let page = ask(&world, &Audit { actor: Some(Whom::Id("9".into())), ..all() }).await;

    let told = page.items.iter().map(|item| [&item["event"], &item["reason"], &item["id"], &item["name"]]);
    let told: Vec<Vec<&str>> =
        told.map(|item| item.into_iter().map(|word| word.as_str().unwrap_or_default()).collect()).collect();
    assert_eq!(
        told,
        [
            ["keys:changed", "deleted", key.as_str(), "shop"],
            ["keys:changed", "added", key.as_str(), "shop"],
            ["session:ended", "deleted", user.as_str(), "boris"],
        ]
    );
}

/// A later build may know rooms and reasons that this one does not, and its rows lie there when this one is put back.
async fn an_event_of_another_build_is_shown_as_it_lies_there(world: World<Sqlite>) {
    let file = world.add(Entity::Files, &json!({"name": "a"})).await.row.id;
    world.publish(vec![(draft(Room::Files, "7"), None)]).await;
    world.tamper(
        "UPDATE sync_log SET scope = 'room:flies', event = 'flies:swatted', reason = 'swatted', actor = '[1]', data = '{{' WHERE rev IS NULL",
    )
    .await;

    let page = ask(&world, &all()).await;

    let [foreign, own] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((&foreign["event"], &foreign["reason"]), (&json!("flies:swatted"), &json!("swatted")));
    assert_eq!((&foreign["actor"], &foreign["name"], &foreign["changes"]), (&Json::Null, &Json::Null, &Json::Null));
    assert_eq!((&own["id"], &own["changes"]["name"]["to"]), (&json!(file), &json!("a")));
}
