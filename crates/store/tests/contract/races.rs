//! Several processes that change related things at the same moment: each rule that needs more than one row still holds.
//!
//! SQLite lets them in one after the other, so there it is easy. Each race is run many times, since it depends on the moment.

use lockstep_protocol::{Room, ledger::Ledger};
use lockstep_store::{Change, Entity, Error, Publication, Store};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::world::{Engine, HASH, NOON, World, anna, draft, fields, session};

contract!(
    of_those_who_saw_one_revision_one_changes_the_row,
    every_switch_is_counted,
    a_tree_stays_a_tree_when_two_move_below_each_other,
    two_administrators_cannot_disable_each_other,
    one_of_those_who_want_a_name_gets_it,
    a_category_is_removed_or_gets_a_file_but_not_both,
    one_key_published_by_several_is_one_event_and_nobody_fails,
    no_session_outlives_a_change_of_the_password_at_the_same_moment,
    a_ticket_is_taken_by_one,
    several_who_trim_forget_each_event_once,
);

/// How often each race is run.
pub(crate) const ROUNDS: usize = 25;

/// Processes that take part.
pub(crate) const PROCESSES: u32 = 4;

/// What all of them got, who began at the same moment, in the order of their numbers.
pub(crate) async fn at_once<T, F>(stores: &[Store], race: impl Fn(usize, Store) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running = JoinSet::new();
    for (number, store) in stores.iter().enumerate() {
        let outcome = race(number, store.clone());
        running.spawn(async move { (number, outcome.await) });
    }
    let mut outcomes = running.join_all().await;
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

async fn change(store: &Store, entity: Entity, id: &str, expect: Option<i64>, given: &Json) -> Result<Change, Error> {
    store.update(entity, id, expect, &fields(given), &anna()).await?.commit().await
}

async fn rev<E: Engine>(world: &World<E>, entity: Entity, id: &str) -> i64 {
    world.store.get(entity, id).await.expect("there").0.rev
}

async fn of_those_who_saw_one_revision_one_changes_the_row<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let seen = rev(&world, Entity::Categories, &id).await;

        let outcomes = at_once(&stores, |number, store| {
            let (id, given) = (id.clone(), json!({"description": format!("{round} {number}")}));
            async move { change(&store, Entity::Categories, &id, Some(seen), &given).await }
        })
        .await;

        let won: Vec<&Change> = outcomes.iter().flatten().collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        for lost in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(matches!(lost, Error::Stale { current } if **current == won[0].row), "{lost:?}");
        }
    }
    assert_eq!(world.log().await.len(), 1 + ROUNDS);
}

async fn every_switch_is_counted<E: Engine>(world: World<E>) {
    let id = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    let stores = world.several(PROCESSES).await;

    at_once(&stores, |_, store| {
        let id = id.clone();
        async move {
            for _ in 0..ROUNDS {
                let pending = store.toggle(Entity::Categories, &id, None, None, &anna()).await.expect("switched");
                pending.commit().await.expect("kept");
            }
        }
    })
    .await;

    let log = world.log().await;
    let revs: Vec<i64> = log.iter().map(|record| record.rev.expect("a row's event")).collect();
    assert_eq!(revs, (1..=1 + i64::from(PROCESSES) * ROUNDS as i64).collect::<Vec<_>>());
    let enabled = |data: &str| serde_json::from_str::<Json>(data).expect("JSON")["enabled"].as_bool().expect("a flag");
    let told: Vec<bool> = log.iter().map(|record| enabled(record.data.as_ref().expect("the row").get())).collect();
    assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "each saw what the one before had left");
}

async fn a_tree_stays_a_tree_when_two_move_below_each_other<E: Engine>(world: World<E>) {
    let stores = world.several(3).await;
    for round in 0..ROUNDS {
        let mut ids = Vec::new();
        for number in 0..stores.len() {
            let given = json!({"name": format!("{round} {number}")});
            ids.push(world.add(Entity::Categories, &given).await.row.id);
        }

        let outcomes = at_once(&stores, |number, store| {
            let (id, above) = (ids[number].clone(), ids[(number + 1) % ids.len()].clone());
            async move { change(&store, Entity::Categories, &id, None, &json!({"parent_id": above})).await }
        })
        .await;

        let refused: Vec<&Error> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(matches!(refused[..], [Error::Cycle { field: "parent_id" }]), "one closes the ring: {refused:?}");
    }
}

async fn two_administrators_cannot_disable_each_other<E: Engine>(world: World<E>) {
    let users = [world.person("one", &["admin"]).await, world.person("two", &["admin"]).await];
    let stores = world.several(2).await;
    for _ in 0..ROUNDS {
        let outcomes = at_once(&stores, |number, store| {
            let id = users[number].clone();
            async move { change(&store, Entity::Users, &id, None, &json!({"enabled": false})).await }
        })
        .await;

        let refused: Vec<&Error> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(matches!(refused[..], [Error::LastAdmin]), "{refused:?}");
        for user in &users {
            world.change(Entity::Users, user, &json!({"enabled": true})).await.expect("enabled");
        }
    }
}

async fn one_of_those_who_want_a_name_gets_it<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let outcomes = at_once(&stores, |_, store| {
            let given = json!({"name": format!("name {round}"), "description": "", "parent_id": null, "enabled": true});
            async move { store.create(Entity::Categories, &fields(&given), &anna()).await?.commit().await }
        })
        .await;

        assert_eq!(outcomes.iter().flatten().count(), 1, "{outcomes:?}");
        let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        assert!(refused.clone().all(|error| matches!(error, Error::Duplicate { field: "name" })), "{outcomes:?}");
    }
}

async fn a_category_is_removed_or_gets_a_file_but_not_both<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let given = json!({"name": format!("c{round}")});
        let category = world.add(Entity::Categories, &given).await.row.id;
        let file = world.add(Entity::Files, &json!({"name": "f"})).await.row.id;

        let outcomes = at_once(&stores, |number, store| {
            let (category, file) = (category.clone(), file.clone());
            async move {
                match number {
                    0 => store.delete(Entity::Categories, &category, None, &anna()).await?.commit().await,
                    _ => change(&store, Entity::Files, &file, None, &json!({"category_id": category})).await,
                }
            }
        })
        .await;

        let removed = outcomes[0].is_ok();
        assert!(removed || matches!(outcomes[0], Err(Error::InUse { .. })), "{outcomes:?}");
        for filed in &outcomes[1..] {
            let expected =
                if removed { matches!(filed, Err(Error::NoSuch { field: "category_id" })) } else { filed.is_ok() };
            assert!(expected, "{outcomes:?}");
        }
    }
}

async fn one_key_published_by_several_is_one_event_and_nobody_fails<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let outcomes = at_once(&stores, |_, store| async move {
            let entry = |id: &str| Publication { draft: draft(Room::Files, id), key: Some(format!("{round} {id}")) };
            let published = store.publish(vec![vec![entry("1")], vec![entry("2")]]).await?.commit().await?;
            Ok::<_, Error>(published.answers.into_iter().flatten().flatten().collect::<Vec<_>>())
        })
        .await;

        let answers: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("answered")).collect();
        let seqs = |number: usize| answers[number].iter().map(|receipt| receipt.seq).collect::<Vec<_>>();
        assert!((1..answers.len()).all(|number| seqs(number) == seqs(0)), "{answers:?}");
        let first = answers.iter().filter(|receipts| receipts.iter().all(|receipt| !receipt.duplicate)).count();
        assert_eq!(first, 1, "{answers:?}");
    }
    assert_eq!(world.log().await.len(), 2 * ROUNDS);
}

/// A session that began on the old password, at the very moment when it was changed, was once good for a fortnight.
async fn no_session_outlives_a_change_of_the_password_at_the_same_moment<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        world.change(Entity::Users, &user, &json!({"password_hash": HASH})).await.ok();
        let token = |number: usize| format!("{round} {number}");

        at_once(&stores, |number, store| {
            let (user, token) = (user.clone(), token(number));
            async move {
                match number {
                    0 => change(&store, Entity::Users, &user, None, &json!({"password_hash": "new"})).await.map(drop),
                    _ => store.begin_session(&session(&user, &token)).await,
                }
            }
        })
        .await
        .into_iter()
        .for_each(|outcome| assert!(matches!(outcome, Ok(()) | Err(Error::NotFound)), "{outcome:?}"));

        for number in 1..stores.len() {
            assert!(world.store.session(&token(number)).await.expect("readable").is_none(), "round {round}");
        }
    }
}

async fn a_ticket_is_taken_by_one<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    world.sign_in(&user, "session").await.expect("signed in");
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let ticket = format!("ticket {round}");
        world.store.add_ticket(&ticket, "session", NOON + 1000).await.expect("noted");

        let outcomes = at_once(&stores, |_, store| {
            let ticket = ticket.clone();
            async move { store.take_ticket(&ticket).await.expect("answered").is_some() }
        })
        .await;

        assert_eq!(outcomes.into_iter().filter(|taken| *taken).count(), 1);
    }
}

async fn several_who_trim_forget_each_event_once<E: Engine>(world: World<E>) {
    let stores = world.several(PROCESSES).await;
    for round in 1..=ROUNDS {
        world.publish((0..10).map(|_| (draft(Room::Files, "*"), None)).collect()).await;
        let newest = world.store.head().await.expect("readable").top;

        // Their clocks differ: what one has forgotten the other would keep.
        let gone =
            at_once(
                &stores,
                |number, store| async move { store.trim(newest.0 - number as i64, 1).await.expect("trimmed") },
            )
            .await;

        let head = world.store.head().await.expect("readable");
        let left = world.log().await;
        assert_eq!(left.first().map(|record| record.gprev), Some(head.floor), "round {round}");
        assert!(gone.iter().sum::<u64>() >= 6 && left.len() <= 4, "{gone:?}");
    }
}
