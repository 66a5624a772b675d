//! Rows: kept as given, changed together with their event, refused for a reason.

use lockstep_protocol::{Reason, Scope};
use lockstep_store::{Entity, Error, Query};
use serde_json::{Value as Json, json};

use crate::world::{Engine, NOON, World, anna, draft, fields};

contract!(
    a_row_is_given_back_as_it_was_kept,
    a_change_and_its_event_are_one,
    a_change_that_is_not_committed_never_was,
    a_change_that_changes_nothing_writes_nothing,
    a_deleted_row_is_told_as_it_was_and_its_id_never_comes_again,
    unique_names_are_unique,
    what_does_not_exist_cannot_be_referred_to,
    a_tree_stays_a_tree,
    what_is_referred_to_stays,
    a_seen_revision_guards_a_change,
    a_row_too_large_for_an_event_is_kept_and_its_event_goes_without_it,
    lists_are_searched_word_by_word,
    lists_are_sorted_in_a_whole_order_and_paged,
    lists_are_filtered_by_known_columns_alone,
    lists_show_names_and_counts_of_others,
    a_list_never_misses_what_lies_before_its_position,
    text_that_looks_like_sql_is_text,
    a_letter_that_one_database_cannot_hold_is_kept_by_none_and_found_nowhere,
);

async fn a_row_is_given_back_as_it_was_kept<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "Ёлки", "description": "a\nb"})).await.row.id;

    let (row, position) = world.store.get(Entity::Categories, &id).await.expect("there");

    let stamp = "2025-11-21T21:20:00.000Z";
    let expected = json!({
        "id": id, "rev": 1, "created_at": stamp, "updated_at": stamp, "updated_by": {"id": "1", "name": "Anna"},
        "name": "Ёлки", "description": "a\nb", "parent_id": null, "parent_name": null, "enabled": true, "files": 0,
    });
    assert_eq!(row.value, expected);
    assert_eq!(position.seq.0, NOON);
    for id in ["0", "999", "x", "", "1 OR 1=1"] {
        assert!(matches!(world.store.get(Entity::Categories, id).await, Err(Error::NotFound)), "{id}");
    }
}

async fn a_change_and_its_event_are_one<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Files, &json!({"name": "a.pdf"})).await.row.id;
    world.hands.set(NOON + 5000);

    let change = world.change(Entity::Files, &id, &json!({"name": "b.pdf", "size": 12})).await.expect("changed");

    assert_eq!((change.row.rev, &change.row.value["size"]), (2, &json!(12)));
    assert_eq!(change.row.value["created_at"], "2025-11-21T21:20:00.000Z");
    assert_eq!(change.row.value["updated_at"], "2025-11-21T21:20:05.000Z");
    let log = world.log().await;
    let record = log.last().expect("an event");
    assert_eq!((log.len(), record.seq.0, record.gprev.0), (2, NOON + 5000, NOON));
    assert_eq!((record.reason, record.worker, record.rev), (Reason::Updated, 7, Some(2)));
    assert_eq!((record.scope.to_string(), record.event.to_string()), ("room:files".into(), "files:changed".into()));
    assert_eq!((record.id.as_str(), record.origin.as_deref()), (id.as_str(), Some("c81")));
    assert_eq!(record.actor, anna().actor);
    let data: Json = serde_json::from_str(record.data.as_ref().expect("the row").get()).expect("JSON");
    assert_eq!(data, change.row.value);
    assert_eq!(change.record.expect("an event").position(), record.position());
}

async fn a_change_that_is_not_committed_never_was<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Files, &json!({"name": "a.pdf"})).await.row.id;

    drop(
        world
            .store
            .update(Entity::Files, &id, None, &fields(&json!({"name": "b.pdf"})), &anna())
            .await
            .expect("written"),
    );
    drop(world.store.delete(Entity::Files, &id, None, &anna()).await.expect("written"));

    let next = world.change(Entity::Files, &id, &json!({"name": "c.pdf"})).await.expect("changed");
    assert_eq!(next.row.rev, 2);
    assert_eq!(world.log().await.len(), 2);
}

async fn a_change_that_changes_nothing_writes_nothing<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Files, &json!({"name": "a.pdf"})).await.row.id;

    let change = world.change(Entity::Files, &id, &json!({"name": "a.pdf", "category_id": null})).await.expect("fine");

    assert_eq!((change.row.rev, change.record.is_none()), (1, true));
    assert_eq!(world.log().await.len(), 1);
}

async fn a_deleted_row_is_told_as_it_was_and_its_id_never_comes_again<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Files, &json!({"name": "a.pdf"})).await.row.id;

    let change = world.delete(Entity::Files, &id).await.expect("deleted");

    let record = change.record.expect("an event");
    assert_eq!((record.reason, record.rev), (Reason::Deleted, Some(2)));
    assert!(record.data.expect("the row as it was").get().contains("a.pdf"));
    assert!(matches!(world.delete(Entity::Files, &id).await, Err(Error::NotFound)));
    assert_ne!(world.add(Entity::Files, &json!({"name": "b.pdf"})).await.row.id, id);
}

async fn unique_names_are_unique<E: Engine>(world: World<E>) {
    for entity in [Entity::Categories, Entity::Groups, Entity::Registrators] {
        let other = world.add(entity, &json!({"name": "Other"})).await.row.id;
        world.add(entity, &json!({"name": "One"})).await;

        let added = world.try_add(entity, &json!({"name": "One"})).await;
        let renamed = world.change(entity, &other, &json!({"name": "One"})).await;

        assert!(matches!(added, Err(Error::Duplicate { field: "name" })), "{added:?}");
        assert!(matches!(renamed, Err(Error::Duplicate { field: "name" })), "{renamed:?}");
    }
    world.person("anna", &[]).await;
    let group = world.names(Entity::Groups, Query::default()).await.expect("listed").len();
    assert_eq!(group, 3);
    let group =
        world.store.list(Entity::Users, &Query { page: 1, per_page: 1, ..Query::default() }).await.expect("listed");
    let again = json!({"login": "anna", "name": "Anna", "group_id": group.items[0]["group_id"]});
    assert!(matches!(world.try_add(Entity::Users, &again).await, Err(Error::Duplicate { field: "login" })));
    let events = world.log().await.len();
    assert_eq!(events, 8, "a refused change leaves no event");
}

async fn what_does_not_exist_cannot_be_referred_to<E: Engine>(world: World<E>) {
    let cases = [
        (Entity::Files, json!({"name": "a", "category_id": "99"}), "category_id"),
        (Entity::Files, json!({"name": "a", "registrator_id": "99"}), "registrator_id"),
        (Entity::Registrators, json!({"name": "a", "category_id": "99"}), "category_id"),
        (Entity::Categories, json!({"name": "a", "parent_id": "99"}), "parent_id"),
        (Entity::Users, json!({"login": "a", "name": "a", "group_id": "99"}), "group_id"),
    ];
    for (entity, given, expected) in cases {
        match world.try_add(entity, &given).await {
            Err(Error::NoSuch { field }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }
    assert!(world.log().await.is_empty());
}

async fn a_tree_stays_a_tree<E: Engine>(world: World<E>) {
    let mut ids: Vec<String> = Vec::new();
    for n in 0..4 {
        let given = json!({"name": format!("level {n}"), "parent_id": ids.last()});
        ids.push(world.add(Entity::Categories, &given).await.row.id);
    }

    for below in &ids {
        let refused = world.change(Entity::Categories, &ids[0], &json!({"parent_id": below})).await;
        assert!(matches!(refused, Err(Error::Cycle { field: "parent_id" })), "{refused:?}");
    }
    world.change(Entity::Categories, &ids[3], &json!({"parent_id": ids[0]})).await.expect("a move within the tree");
    world.change(Entity::Categories, &ids[2], &json!({"parent_id": ids[3]})).await.expect("below what was below it");
}

async fn what_is_referred_to_stays<E: Engine>(world: World<E>) {
    let category = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let registrator = world.add(Entity::Registrators, &json!({"name": "r", "category_id": category})).await.row.id;
    let file = json!({"name": "f", "category_id": category, "registrator_id": registrator});
    let file = world.add(Entity::Files, &file).await.row.id;
    let user = world.person("anna", &[]).await;
    let (row, _) = world.store.get(Entity::Users, &user).await.expect("there");
    let group = row.value["group_id"].as_str().expect("an id").to_owned();
    let usage = async |entity, id: &str| match world.delete(entity, id).await {
        Err(Error::InUse { usage }) => usage.into_iter().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };

    assert_eq!(usage(Entity::Categories, &category).await, [("files", 1), ("registrators", 1)]);
    assert_eq!(usage(Entity::Registrators, &registrator).await, [("files", 1)]);
    assert_eq!(usage(Entity::Groups, &group).await, [("users", 1)]);
    for (entity, id) in [
        (Entity::Files, file),
        (Entity::Registrators, registrator),
        (Entity::Categories, category),
        (Entity::Users, user),
        (Entity::Groups, group),
    ] {
        world.delete(entity, &id).await.expect("nobody refers to it any more");
    }
}

async fn a_seen_revision_guards_a_change<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let off = fields(&json!({"enabled": false}));
    world
        .store
        .update(Entity::Categories, &id, Some(1), &off, &anna())
        .await
        .expect("seen")
        .commit()
        .await
        .expect("kept");

    let stale = [
        world.store.update(Entity::Categories, &id, Some(1), &off, &anna()).await.map(drop),
        world.store.toggle(Entity::Categories, &id, Some(3), None, &anna()).await.map(drop),
        world.store.delete(Entity::Categories, &id, Some(1), &anna()).await.map(drop),
    ];

    for result in stale {
        let Err(Error::Stale { current }) = result else { panic!("{result:?}") };
        assert_eq!((current.rev, &current.value["enabled"]), (2, &json!(false)));
    }
}

async fn a_row_too_large_for_an_event_is_kept_and_its_event_goes_without_it<E: Engine>(world: World<E>) {
    let note = "ё".repeat(20_000);

    let change = world.add(Entity::Files, &json!({"name": "a", "note": note})).await;

    assert!(change.record.expect("an event").data.is_none());
    assert!(world.log().await[0].data.is_none());
    let (row, _) = world.store.get(Entity::Files, &change.row.id).await.expect("there");
    assert_eq!(row.value["note"], note);
}

async fn lists_are_searched_word_by_word<E: Engine>(world: World<E>) {
    for (name, note) in
        [("Ёлка.pdf", "зелёная"), ("ель.pdf", ""), ("100%.pdf", ""), ("a_b.pdf", "x\\y"), ("aXb.pdf", "")]
    {
        world.add(Entity::Files, &json!({"name": name, "note": note})).await;
    }
    let search = async |q: &str| {
        world.names(Entity::Files, Query { q: Some(q.into()), ..Query::default() }).await.expect("listed")
    };

    assert_eq!(search("ЕЛКА").await, ["Ёлка.pdf"]);
    assert_eq!(search("зеленая pdf").await, ["Ёлка.pdf"]);
    assert_eq!(search("%").await, ["100%.pdf"]);
    assert_eq!(search("A_B").await, ["a_b.pdf"]);
    assert_eq!(search("x\\y").await, ["a_b.pdf"]);
    assert_eq!(search("нет").await, Vec::<String>::new());
    let spruce = Query { q: Some("ель".into()), page: 1, per_page: 1, ..Query::default() };
    let rows = world.store.list(Entity::Files, &spruce).await.expect("listed");
    let id = rows.items[0]["id"].as_str().expect("an id").to_owned();
    world.change(Entity::Files, &id, &json!({"note": "СОСНА"})).await.expect("changed");
    assert_eq!(search("сосна ель").await, ["ель.pdf"]);
}

async fn lists_are_sorted_in_a_whole_order_and_paged<E: Engine>(world: World<E>) {
    for (n, name) in ["яблоко", "Ёж", "ель", "Ель", "Zoo", "apple"].into_iter().enumerate() {
        world.add(Entity::Files, &json!({"name": name, "size": n / 2})).await;
    }
    let sorted = async |sort: Option<&str>, page| {
        let query = Query { sort: sort.map(Into::into), page, per_page: 4, ..Query::default() };
        let rows = world.store.list(Entity::Files, &query).await.expect("listed");
        assert_eq!(rows.total, 6);
        rows.items.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(sorted(None, 1).await, ["apple", "Zoo", "Ёж", "ель"]);
    assert_eq!(sorted(None, 2).await, ["Ель", "яблоко"]);
    assert_eq!(sorted(None, 3).await, Vec::<String>::new());
    assert_eq!(sorted(Some("-name"), 1).await, ["яблоко", "Ель", "ель", "Ёж"]);
    assert_eq!(sorted(Some("size"), 1).await, ["яблоко", "Ёж", "ель", "Ель"]);
    assert_eq!(sorted(Some("-size"), 1).await, ["apple", "Zoo", "Ель", "ель"]);
    for entity in Entity::ALL {
        let sorts = ["id", "-created_at", "updated_at", "name"];
        for sort in sorts {
            world.names(entity, Query { sort: Some(sort.into()), ..Query::default() }).await.expect(sort);
        }
        let wrong = world.names(entity, Query { sort: Some("rev".into()), ..Query::default() }).await;
        assert!(matches!(wrong, Err(Error::BadQuery { .. })));
    }
}

async fn lists_are_filtered_by_known_columns_alone<E: Engine>(world: World<E>) {
    let category = world.add(Entity::Categories, &json!({"name": "c", "enabled": false})).await.row.id;
    world.add(Entity::Categories, &json!({"name": "d"})).await;
    let file =
        world.add(Entity::Files, &json!({"name": "in", "category_id": category, "status": "ready"})).await.row.id;
    world.add(Entity::Files, &json!({"name": "out"})).await;
    let filtered = async |entity, name: &str, value: &str| {
        world.names(entity, Query { filters: vec![(name.into(), value.into())], ..Query::default() }).await
    };

    assert_eq!(filtered(Entity::Files, "category_id", &category).await.expect("listed"), ["in"]);
    assert_eq!(filtered(Entity::Files, "category_id", "null").await.expect("listed"), ["out"]);
    assert_eq!(filtered(Entity::Files, "status", "ready").await.expect("listed"), ["in"]);
    assert_eq!(filtered(Entity::Categories, "enabled", "false").await.expect("listed"), ["c"]);
    let only = Query { ids: Some(vec![file.clone(), "999".into()]), ..Query::default() };
    assert_eq!(world.names(Entity::Files, only).await.expect("listed"), ["in"]);
    for (entity, name, value) in [
        (Entity::Users, "password_hash", "x"),
        (Entity::Files, "note", "x"),
        (Entity::Files, "1=1; --", "x"),
        (Entity::Files, "category_id", "x"),
        (Entity::Categories, "enabled", "1"),
    ] {
        assert!(matches!(filtered(entity, name, value).await, Err(Error::BadQuery { field }) if field == name));
    }
    let wrong = Query { ids: Some(vec!["1, 2".into()]), ..Query::default() };
    assert!(matches!(world.names(Entity::Files, wrong).await, Err(Error::BadQuery { .. })));
}

async fn lists_show_names_and_counts_of_others<E: Engine>(world: World<E>) {
    let category = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let registrator = world.add(Entity::Registrators, &json!({"name": "r", "category_id": category})).await.row.id;
    let file = json!({"name": "f", "category_id": category, "registrator_id": registrator});
    let file = world.add(Entity::Files, &file).await.row;
    world.person("anna", &[]).await;
    let first = async |entity| {
        let rows = world.store.list(entity, &Query { page: 1, per_page: 1, ..Query::default() }).await.expect("listed");
        rows.items[0].clone()
    };

    assert_eq!((&file.value["category_name"], &file.value["registrator_name"]), (&json!("c"), &json!("r")));
    assert_eq!(first(Entity::Files).await, file.value);
    assert_eq!(first(Entity::Categories).await["files"], 1);
    assert_eq!(first(Entity::Registrators).await["files"], 1);
    assert_eq!(first(Entity::Registrators).await["category_name"], "c");
    assert_eq!(first(Entity::Groups).await["users"], 1);
    assert_eq!(first(Entity::Users).await["group_name"], "group of anna");
    assert_eq!(first(Entity::Users).await.get("password_hash"), None);
    assert_eq!(world.store.count(Entity::Files).await.expect("counted"), 1);
}

async fn a_list_never_misses_what_lies_before_its_position<E: Engine>(world: World<E>) {
    let (store, writes) = (world.store.clone(), 60);
    let writer = tokio::spawn(async move {
        for n in 0..writes {
            let room = lockstep_protocol::Room::Files;
            let publication = lockstep_store::Publication { draft: draft(room, "*"), key: None };
            store.publish(vec![vec![publication]]).await.expect("written").commit().await.expect("committed");
            let given = fields(&json!({"name": format!("c{n}"), "description": "", "enabled": true}));
            store
                .create(Entity::Categories, &given, &anna())
                .await
                .expect("written")
                .commit()
                .await
                .expect("committed");
        }
    });

    // Every second event adds one category, so the position tells how many there must be.
    while !writer.is_finished() {
        let query = Query { page: 1, per_page: 500, ..Query::default() };
        let rows = world.store.list(Entity::Categories, &query).await.expect("listed");
        let events = if rows.position.seq.0 == 0 { 0 } else { rows.position.seq.0 - NOON + 1 };
        assert_eq!((rows.total, rows.items.len() as i64), (events / 2, events / 2));
    }

    writer.await.expect("no panic");
    assert_eq!(world.log().await.len(), 2 * writes);
}

async fn text_that_looks_like_sql_is_text<E: Engine>(world: World<E>) {
    let name = "'; DROP TABLE files; --";
    let id = world.add(Entity::Files, &json!({"name": name, "note": "$1 ?1 \0x".replace('\0', "")})).await.row.id;

    let found = world.names(Entity::Files, Query { q: Some(name.into()), ..Query::default() }).await.expect("listed");

    assert_eq!(found, [name]);
    let record = world.log().await.remove(0);
    assert_eq!((record.id, record.scope), (id, Scope::Room(Entity::Files.room())));
}

/// PostgreSQL has no letter of value zero, and a search for it was a failure of the database.
async fn a_letter_that_one_database_cannot_hold_is_kept_by_none_and_found_nowhere<E: Engine>(world: World<E>) {
    world.add(Entity::Files, &json!({"name": "a.pdf"})).await;

    let kept = world.try_add(Entity::Files, &json!({"name": "b\0.pdf"})).await;

    assert!(matches!(kept, Err(Error::Corrupt(_))), "{kept:?}");
    for q in ["\0", "pdf \0", "a.pdf\0"] {
        let query = Query { q: Some(q.into()), ..Query::default() };
        assert_eq!(world.names(Entity::Files, query).await.expect("listed"), Vec::<String>::new());
    }
    let filter = Query { filters: vec![("status".into(), "new\0".into())], ..Query::default() };
    assert!(matches!(world.names(Entity::Files, filter).await, Err(Error::BadQuery { .. })));
    assert!(world.store.credentials("anna\0").await.expect("readable").is_none());
}
