//! Figures about the ledger and the database.

use std::collections::BTreeMap;

use lockstep_protocol::{Room, ledger::Ledger};

use crate::world::{Engine, NOON, World, draft};

contract!(events_are_counted_by_room_and_step, the_ledgers_reach_and_the_databases_size_are_told);

async fn events_are_counted_by_room_and_step<E: Engine>(world: World<E>) {
    for (at, room) in [(0, Room::Files), (9, Room::Files), (10, Room::Files), (25, Room::Users), (30, Room::Logs)] {
        world.hands.set(NOON + at);
        world.publish(vec![(draft(room, "*"), None)]).await;
    }

    let rooms = [Room::Files, Room::Users, Room::Groups];
    let (top, steps) = world.store.activity(&rooms, NOON + 5, 10).await.expect("readable");

    assert_eq!(top.0, NOON + 30);
    let expected = [(Room::Files, vec![(0, 2)]), (Room::Users, vec![(2, 1)]), (Room::Groups, vec![])];
    let expected: BTreeMap<_, BTreeMap<i64, i64>> =
        expected.into_iter().map(|(room, steps)| (room, steps.into_iter().collect())).collect();
    assert_eq!(steps, expected);
}

async fn the_ledgers_reach_and_the_databases_size_are_told<E: Engine>(world: World<E>) {
    let empty = world.store.extent().await.expect("readable");
    assert_eq!((empty.events, empty.oldest_at), (0, None));
    for at in 0..3 {
        world.hands.set(NOON + at);
        world.publish(vec![(draft(Room::Files, "*"), None)]).await;
    }
    world.store.trim(NOON + 1, 0).await.expect("trimmed");

    let extent = world.store.extent().await.expect("readable");

    assert_eq!((extent.events, extent.oldest_at), (2, Some(NOON + 1)));
    assert_eq!(extent.head, world.store.head().await.expect("readable"));
    assert!(world.store.bytes().await.expect("readable") > 10_000);
    assert!(world.engine.url().starts_with(world.store.kind()));
}
