//! Whole lists on their way out, some rows at a time.

use lockstep_store::{Entity, Error, MAX_EXPORT, Query};
use serde_json::{Value as Json, json};

use crate::world::{Engine, NOON, World};

contract!(
    a_whole_list_comes_in_its_order_and_leaves_out_what_it_is_not_asked_for,
    rows_are_as_they_stood_when_they_were_chosen_but_for_what_has_become_of_each,
    a_list_can_be_narrowed_to_what_was_changed_since,
    an_export_asks_for_nothing_that_a_list_does_not_know,
    a_long_list_comes_in_parts_that_are_no_longer_than_those_of_a_short_one,
    a_list_that_is_too_long_is_refused_whole,
);

/// All parts of it, and how many there were.
async fn whole<E: Engine>(world: &World<E>, entity: Entity, query: Query) -> (Vec<Json>, usize) {
    let (mut rows, mut parts) = (Vec::new(), 0);
    let mut export = world.store.export(entity, &query).await.expect("chosen");
    while let Some(part) = world.store.next_part(&mut export).await.expect("read") {
        rows.extend(part);
        parts += 1;
    }
    (rows, parts)
}

fn names(rows: &[Json]) -> Vec<&str> {
    rows.iter().map(|row| row["name"].as_str().expect("a name")).collect()
}

async fn a_whole_list_comes_in_its_order_and_leaves_out_what_it_is_not_asked_for<E: Engine>(world: World<E>) {
    let number = 1_203;
    for n in 0..number {
        let status = if n % 400 == 7 { "missing" } else { "ready" };
        world.add(Entity::Files, &json!({"name": format!("{n:05}"), "status": status, "size": n % 10})).await;
    }

    let (all, parts) = whole(&world, Entity::Files, Query::default()).await;
    let down = Query { sort: Some("-size".into()), ..Query::default() };
    let (sorted, _) = whole(&world, Entity::Files, down).await;
    let some = Query { filters: vec![("status".into(), "missing".into())], ..Query::default() };
    let (some, _) = whole(&world, Entity::Files, some).await;

    assert_eq!((all.len(), parts), (number, 3));
    assert!(all.windows(2).all(|pair| pair[0]["name"].as_str() < pair[1]["name"].as_str()));
    assert!(sorted.windows(2).all(|pair| pair[0]["size"].as_i64() >= pair[1]["size"].as_i64()));
    assert_eq!(sorted.len(), number);
    assert_eq!(names(&some), ["00007", "00407", "00807"]);
    assert_eq!(whole(&world, Entity::Groups, Query::default()).await, (vec![], 0));
}

async fn rows_are_as_they_stood_when_they_were_chosen_but_for_what_has_become_of_each<E: Engine>(world: World<E>) {
    let mut ids = Vec::new();
    for n in 0..502 {
        ids.push(world.add(Entity::Files, &json!({"name": format!("{n:05}")})).await.row.id);
    }

    let mut export = world.store.export(Entity::Files, &Query::default()).await.expect("chosen");
    let first = world.store.next_part(&mut export).await.expect("read").expect("rows");
    world.add(Entity::Files, &json!({"name": "99999"})).await;
    world.delete(Entity::Files, &ids[500]).await.expect("deleted");
    world.change(Entity::Files, &ids[501], &json!({"name": "00000, once more"})).await.expect("changed");
    let last = world.store.next_part(&mut export).await.expect("read").expect("rows");

    assert_eq!(first.len(), 500);
    assert_eq!(names(&last), ["00000, once more"]);
    assert!(world.store.next_part(&mut export).await.expect("read").is_none());
    assert!(export.position.seq < world.log().await[502].seq, "what came later is told as later");
}

async fn a_list_can_be_narrowed_to_what_was_changed_since<E: Engine>(world: World<E>) {
    let old = world.add(Entity::Categories, &json!({"name": "old"})).await.row.id;
    world.add(Entity::Categories, &json!({"name": "untouched"})).await;
    world.hands.set(NOON + 1000);
    world.add(Entity::Categories, &json!({"name": "new"})).await;
    world.hands.set(NOON + 2000);
    world.change(Entity::Categories, &old, &json!({"description": "touched"})).await.expect("changed");
    let since = |ms: i64| Query { updated_since: Some(NOON + ms), ..Query::default() };

    for (ms, expect) in [(0, &["new", "old", "untouched"][..]), (1, &["new", "old"]), (1001, &["old"]), (2001, &[])] {
        assert_eq!(world.names(Entity::Categories, since(ms)).await.expect("listed"), expect, "{ms}");
        assert_eq!(names(&whole(&world, Entity::Categories, since(ms)).await.0), expect, "{ms}");
    }
}

async fn an_export_asks_for_nothing_that_a_list_does_not_know<E: Engine>(world: World<E>) {
    let sorted = Query { sort: Some("password_hash".into()), ..Query::default() };
    let filtered = Query { filters: vec![("password_hash".into(), "x".into())], ..Query::default() };

    for (query, field) in [(sorted, "sort"), (filtered, "password_hash")] {
        let refused = world.store.export(Entity::Users, &query).await;
        assert!(matches!(&refused, Err(Error::BadQuery { field: named }) if named == field), "{refused:?}");
    }
}

/// So many files, by the database's own means.
async fn fill<E: Engine>(world: &World<E>, files: usize) {
    let insert = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {files}) \
         INSERT INTO files (rev, created_at, updated_at, folded, search, name, size, mime, status, note) \
         SELECT 1, 0, 0, 'file', 'file', 'file', i % 100, 'application/pdf', 'new', '' FROM n"
    );
    world.engine.run(&insert).await;
}

async fn a_long_list_comes_in_parts_that_are_no_longer_than_those_of_a_short_one<E: Engine>(world: World<E>) {
    fill(&world, 20_000).await;
    let by_size = Query { sort: Some("size".into()), ..Query::default() };

    let mut export = world.store.export(Entity::Files, &by_size).await.expect("chosen");
    let (mut rows, mut last) = (0, (0, 0));
    while let Some(part) = world.store.next_part(&mut export).await.expect("read") {
        assert!(part.len() <= 500, "{}", part.len());
        for row in &part {
            let id: i64 = row["id"].as_str().expect("an id").parse().expect("a number");
            let place = (row["size"].as_i64().expect("a size"), id);
            assert!(place > last, "{place:?} after {last:?}");
            last = place;
        }
        rows += part.len();
    }

    assert_eq!(rows, 20_000);
}

async fn a_list_that_is_too_long_is_refused_whole<E: Engine>(world: World<E>) {
    fill(&world, MAX_EXPORT).await;
    let chosen = world.store.export(Entity::Files, &Query::default()).await;
    fill(&world, 1).await;
    let refused = world.store.export(Entity::Files, &Query::default()).await;

    assert!(chosen.is_ok(), "{chosen:?}");
    assert!(matches!(refused, Err(Error::TooMany { max: MAX_EXPORT })), "{refused:?}");
}
