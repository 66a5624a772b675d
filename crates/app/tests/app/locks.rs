//! Rows that one page edits alone.

use crate::common::{World, told, world, world_with};
use lockstep_app::{Caller, Entity, Error, LOCKS_CHANGED, Locks};
use lockstep_protocol::Reason;
use serde_json::json;

const LEASE: i64 = 10_000;

async fn locking() -> World {
    world_with(Locks { entities: vec![Entity::Categories, Entity::Users], lease_ms: LEASE }).await
}

#[tokio::test]
async fn whoever_has_a_row_edits_it_and_all_others_are_told_who_it_is() {
    let world = locking().await;
    let anna = world.person("anna", &["categories.edit"]).await;
    let boris = world.person("boris", &["categories.edit"]).await;
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    let patch = async |caller: &Caller, page| {
        let change = json!({"description": format!("by {page:?}")});
        world.app.patch(caller, Entity::Categories, &id, None, &change, page).await
    };

    world.app.lock(&anna, Entity::Categories, &id, "p1", false).await.expect("free");

    for (caller, page) in [(&boris, Some("p1")), (&anna, Some("p2")), (&anna, None), (&Caller::operator(), None)] {
        let Err(Error::Locked { lease }) = patch(caller, page).await else { panic!("{page:?}") };
        assert_eq!((lease.user.name.as_str(), lease.client.as_str()), ("anna", "p1"));
    }
    patch(&anna, Some("p1")).await.expect("her own");
    world.hands.forward(LEASE);
    patch(&boris, Some("p2")).await.expect("her time is over");
}

#[tokio::test]
async fn the_wire_hears_of_each_taking_and_giving_back_in_its_place() {
    let world = locking().await;
    let anna = world.person("anna", &["categories.edit"]).await;
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;
    let before = world.sent().len();

    world.app.lock(&anna, Entity::Categories, &id, "p1", false).await.expect("free");
    world.app.lock(&anna, Entity::Categories, &id, "p1", false).await.expect("kept");
    world.app.lock(&anna, Entity::Categories, &id, "p2", true).await.expect("taken over");
    world.app.unlock(&anna, Entity::Categories, &id, "p1").await.expect("nothing to give back");
    world.app.unlock(&anna, Entity::Categories, &id, "p2").await.expect("given back");

    let sent = world.sent();
    let locks: Vec<_> = sent[before..].iter().map(|record| (record.event.as_str(), record.reason)).collect();
    let expected = [Reason::Added, Reason::Updated, Reason::Deleted].map(|reason| (LOCKS_CHANGED, reason));
    assert_eq!(locks, expected);
    assert!(sent.windows(2).all(|pair| pair[1].gprev == pair[0].seq));
}

#[tokio::test]
async fn who_may_not_edit_a_person_does_not_take_him() {
    let world = locking().await;
    let clerk = world.person("clerk", &["users.edit"]).await;
    let root = world.admin().await;
    let colleague = world.row(Entity::Groups, &json!({"name": "Clerks", "permissions": ["users.edit"]})).await;
    world.member("colleague", &colleague).await;
    let reader = world.person("reader", &["users.view"]).await;
    let colleague = "3";

    let (row, _) = world.app.get(&clerk, Entity::Users, colleague).await.expect("there");
    assert_eq!(row.value["login"], "colleague");
    assert_eq!(told(world.app.lock(&clerk, Entity::Users, &root, "p1", false).await).0, "forbidden");
    assert_eq!(told(world.app.lock(&reader, Entity::Users, colleague, "p1", false).await).0, "forbidden");
    assert_eq!(told(world.app.unlock(&reader, Entity::Users, colleague, "p1").await).0, "forbidden");
    world.app.lock(&clerk, Entity::Users, colleague, "p1", false).await.expect("one of his own kind");
    assert!(world.app.lease(&reader, Entity::Users, colleague).await.expect("seen").is_some());
}

#[tokio::test]
async fn rows_of_entities_that_are_not_under_locks_cannot_be_taken() {
    let world = world().await;
    let anna = world.person("anna", &["categories.edit"]).await;
    let id = world.row(Entity::Categories, &json!({"name": "Contracts"})).await;

    assert_eq!(told(world.app.lock(&anna, Entity::Categories, &id, "p1", true).await).0, "locks.off");
    assert_eq!(told(world.app.unlock(&anna, Entity::Categories, &id, "p1").await).0, "locks.off");
    assert_eq!(told(world.app.lease(&anna, Entity::Categories, &id).await).0, "locks.off");
    assert!(world.app.locked_entities().is_empty());
}
