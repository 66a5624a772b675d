//! Rows that one page has for itself.

use lockstep_protocol::{Actor, Reason, Room, Seq, ledger::Ledger};
use lockstep_store::{Author, Change, Entity, Error, LOCKS_CHANGED, Lease, Locks, Store};
use serde_json::{Value as Json, json};

use crate::{
    races::{PROCESSES, ROUNDS, at_once},
    world::{Engine, NOON, World, fields},
};

contract!(
    a_row_is_taken_kept_and_given_back_and_all_but_keeping_is_told,
    nobody_else_edits_a_row_that_somebody_has,
    a_row_can_be_taken_over_from_whoever_has_it,
    a_lease_that_is_over_counts_as_none,
    only_ones_own_is_given_back,
    a_deleted_row_loses_its_lock,
    a_taking_that_is_not_committed_never_was,
    who_had_which_row_is_no_change_of_data,
    of_those_who_take_a_row_at_once_one_has_it,
    whoever_edits_while_another_takes_is_before_him_or_refused,
);

/// How long a row is held here.
const LEASE: i64 = 10_000;

const FILES: Entity = Entity::Files;

/// The same database, opened by so many processes that take files for pages.
async fn locking<E: Engine>(world: &World<E>, processes: u32) -> Vec<Store> {
    let mut stores = Vec::new();
    for worker in 0..processes {
        let locks = Locks { entities: vec![FILES, Entity::Categories], lease_ms: LEASE };
        let opened = world.another(|options| (options.worker, options.locks) = (worker, locks)).await;
        stores.push(opened.expect("opened"));
    }
    stores
}

/// A world, one such process, and a file.
async fn one<E: Engine>(world: &World<E>) -> (Store, String) {
    let id = world.add(FILES, &json!({"name": "a.pdf"})).await.row.id;
    (locking(world, 1).await.remove(0), id)
}

fn person(name: &str) -> Actor {
    Actor { id: format!("id of {name}"), name: name.to_owned() }
}

async fn take(store: &Store, id: &str, name: &str, client: &str, over: bool) -> Result<Lease, Error> {
    let taken = store.take_lock(FILES, id, &person(name), client, over).await?;
    if let Some(pending) = taken.pending {
        pending.commit().await?;
    }
    Ok(taken.lease)
}

async fn give_back(store: &Store, id: &str, name: &str, client: &str) -> bool {
    match store.give_back(FILES, id, &person(name), client).await.expect("asked") {
        Some(pending) => pending.commit().await.map(|_| true).expect("committed"),
        None => false,
    }
}

async fn edit(store: &Store, id: &str, author: &Author, given: &Json) -> Result<Change, Error> {
    store.update(FILES, id, None, &fields(given), author).await?.commit().await
}

fn author(name: &str, client: Option<&str>) -> Author {
    Author { actor: Some(person(name)), origin: client.map(str::to_owned) }
}

#[track_caller]
fn holder<T: std::fmt::Debug>(refused: Result<T, Error>) -> String {
    match refused {
        Err(Error::Locked { lease }) => lease.user.name,
        other => panic!("{other:?}"),
    }
}

async fn a_row_is_taken_kept_and_given_back_and_all_but_keeping_is_told<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    world.hands.set(NOON + 1000);

    let taken = take(&store, &id, "Anna", "c1", false).await.expect("free");
    world.hands.set(NOON + 4000);
    let kept = take(&store, &id, "Anna", "c1", false).await.expect("her own");
    let seen = store.lease(FILES, &id).await.expect("there");
    assert!(give_back(&store, &id, "Anna", "c1").await);

    assert_eq!((taken.since, taken.expires_at), (NOON + 1000, NOON + 1000 + LEASE));
    assert_eq!((kept.since, kept.expires_at), (NOON + 1000, NOON + 4000 + LEASE));
    assert_eq!(seen, Some(kept));
    assert_eq!(store.lease(FILES, &id).await.expect("there"), None);
    let log = world.log().await.split_off(1);
    assert_eq!(log.iter().map(|record| record.reason).collect::<Vec<_>>(), [Reason::Added, Reason::Deleted]);
    for (record, expires_at) in log.iter().zip([NOON + 1000 + LEASE, NOON + 4000 + LEASE]) {
        assert_eq!((record.event.as_str(), record.scope.to_string()), (LOCKS_CHANGED, "room:files".to_owned()));
        assert_eq!((record.id.as_str(), record.origin.as_deref()), (id.as_str(), Some("c1")));
        let data: Json = serde_json::from_str(record.data.as_ref().expect("who").get()).expect("JSON");
        let user = json!({"id": "id of Anna", "name": "Anna"});
        let expected =
            json!({"entity": "files", "user": user, "since": NOON + 1000, "expires_at": expires_at, "client": "c1"});
        assert_eq!(data, expected);
    }
}

async fn nobody_else_edits_a_row_that_somebody_has<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    let other = world.add(FILES, &json!({"name": "b.pdf"})).await.row.id;
    let category = world.add(Entity::Categories, &json!({"name": "c"})).await.row.id;
    take(&store, &id, "Anna", "c1", false).await.expect("free");
    let change = json!({"note": "mine"});

    let strangers = [author("Anna", Some("c2")), author("Anna", None), author("Boris", Some("c1")), Author::default()];
    for stranger in &strangers {
        assert_eq!(holder(edit(&store, &id, stranger, &change).await), "Anna", "{stranger:?}");
        assert_eq!(holder(store.delete(FILES, &id, None, stranger).await), "Anna", "{stranger:?}");
        assert_eq!(holder(store.update(FILES, &id, Some(99), &fields(&change), stranger).await), "Anna", "not stale");
        edit(&store, &other, stranger, &json!({"note": format!("{stranger:?}")})).await.expect("another row");
    }
    let mine = edit(&store, &id, &author("Anna", Some("c1")), &change).await.expect("her own");
    assert_eq!(mine.row.rev, 2);

    let pending = store.take_lock(Entity::Categories, &category, &person("Anna"), "c1", false).await.expect("free");
    pending.pending.expect("an event").commit().await.expect("committed");
    let toggled = store.toggle(Entity::Categories, &category, None, None, &strangers[0]).await;
    assert_eq!(holder(toggled), "Anna");
    world.change(FILES, &id, &change).await.expect("a process that knows of no locks");
}

async fn a_row_can_be_taken_over_from_whoever_has_it<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    take(&store, &id, "Anna", "c1", false).await.expect("free");

    assert_eq!(holder(take(&store, &id, "Boris", "c2", false).await), "Anna");
    let taken = take(&store, &id, "Boris", "c2", true).await.expect("taken over");

    assert_eq!((taken.user.name.as_str(), taken.client.as_str()), ("Boris", "c2"));
    assert_eq!(world.log().await.last().expect("told").reason, Reason::Updated);
    assert_eq!(holder(edit(&store, &id, &author("Anna", Some("c1")), &json!({"note": "x"})).await), "Boris");
    assert_eq!(holder(take(&store, &id, "Anna", "c1", false).await), "Boris");
    edit(&store, &id, &author("Boris", Some("c2")), &json!({"note": "x"})).await.expect("his now");
}

async fn a_lease_that_is_over_counts_as_none<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    let other = world.add(FILES, &json!({"name": "b.pdf"})).await.row.id;
    take(&store, &id, "Anna", "c1", false).await.expect("free");
    take(&store, &other, "Anna", "c1", false).await.expect("free");
    world.hands.set(NOON + LEASE - 1);
    assert_eq!(holder(take(&store, &id, "Boris", "c2", false).await), "Anna");

    world.hands.set(NOON + LEASE);

    assert_eq!(store.lease(FILES, &id).await.expect("there"), None);
    assert!(!give_back(&store, &id, "Anna", "c1").await);
    edit(&store, &id, &author("Boris", None), &json!({"note": "x"})).await.expect("free again");
    let again = take(&store, &id, "Anna", "c1", false).await.expect("free again");
    assert_eq!(again.since, NOON + LEASE);
    assert_eq!(world.log().await.last().expect("told").reason, Reason::Added);
    let taken = take(&store, &other, "Boris", "c2", false).await.expect("free again");
    assert_eq!(
        (taken.user.name.as_str(), store.lease(FILES, &other).await.expect("there")),
        ("Boris", Some(taken.clone()))
    );
    assert_eq!(store.lease(FILES, &id).await.expect("there"), Some(again), "what is not over is swept by nobody");
}

async fn only_ones_own_is_given_back<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    assert!(!give_back(&store, &id, "Anna", "c1").await, "there is nothing");
    take(&store, &id, "Anna", "c1", false).await.expect("free");
    let before = world.log().await.len();

    for (name, client, id) in
        [("Anna", "c2", id.as_str()), ("Boris", "c1", &id), ("Anna", "c1", "999"), ("Anna", "c1", "x")]
    {
        assert!(!give_back(&store, id, name, client).await, "{name} {client} {id}");
    }

    assert_eq!(world.log().await.len(), before);
    assert_eq!(store.lease(FILES, &id).await.expect("there").expect("held").user.name, "Anna");
}

async fn a_deleted_row_loses_its_lock<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    take(&store, &id, "Anna", "c1", false).await.expect("free");

    let deleted = store.delete(FILES, &id, None, &author("Anna", Some("c1"))).await.expect("her own");
    deleted.commit().await.expect("committed");

    assert!(!give_back(&store, &id, "Anna", "c1").await);
    for missing in [id.as_str(), "999", "x", ""] {
        assert!(matches!(take(&store, missing, "Anna", "c1", true).await, Err(Error::NotFound)), "{missing}");
        assert!(matches!(store.lease(FILES, missing).await, Err(Error::NotFound)), "{missing}");
        assert!(matches!(edit(&store, missing, &Author::default(), &json!({})).await, Err(Error::NotFound)));
    }
}

async fn a_taking_that_is_not_committed_never_was<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    let before = world.log().await.len();

    drop(store.take_lock(FILES, &id, &person("Anna"), "c1", false).await.expect("free"));

    take(&store, &id, "Boris", "c2", false).await.expect("free");
    drop(store.give_back(FILES, &id, &person("Boris"), "c2").await.expect("his"));
    assert_eq!(holder(take(&store, &id, "Anna", "c1", false).await), "Boris");
    assert_eq!(world.log().await.len(), before + 1);
}

async fn who_had_which_row_is_no_change_of_data<E: Engine>(world: World<E>) {
    let (store, id) = one(&world).await;
    take(&store, &id, "Anna", "c1", false).await.expect("free");

    let changes = store.changes(&[Room::Files], 10).await.expect("read");

    assert_eq!(changes.iter().map(|record| record.event.as_str()).collect::<Vec<_>>(), ["files:changed"]);
    assert_eq!(store.after(Seq(0), 10).await.expect("read").rows.len(), 2, "on the road it is an event like all");
}

async fn of_those_who_take_a_row_at_once_one_has_it<E: Engine>(world: World<E>) {
    let id = world.add(FILES, &json!({"name": "a.pdf"})).await.row.id;
    let stores = locking(&world, PROCESSES).await;
    for round in 0..ROUNDS {
        let outcomes = at_once(&stores, |number, store| {
            let id = id.clone();
            async move { take(&store, &id, &format!("{round} {number}"), &format!("c{number}"), false).await }
        })
        .await;

        let winner = outcomes.iter().position(Result::is_ok).expect("one has it");
        let name = format!("{round} {winner}");
        for outcome in
            outcomes.into_iter().enumerate().filter(|(number, _)| *number != winner).map(|(_, outcome)| outcome)
        {
            assert_eq!(holder(outcome), name);
        }
        assert!(give_back(&stores[0], &id, &name, &format!("c{winner}")).await);
    }
    assert_eq!(world.log().await.len(), 1 + 2 * ROUNDS, "one taking and one giving back a round");
}

async fn whoever_edits_while_another_takes_is_before_him_or_refused<E: Engine>(world: World<E>) {
    let stores = locking(&world, PROCESSES).await;
    for round in 0..ROUNDS {
        let id = world.add(FILES, &json!({"name": "a.pdf"})).await.row.id;
        let from = world.store.head().await.expect("read").top;

        let edited = at_once(&stores, |number, store| {
            let id = id.clone();
            async move {
                if number == 0 {
                    return take(&store, &id, "Anna", "c0", false).await.map(|_| None);
                }
                let (by, change) = (author("Boris", Some("c9")), json!({"note": format!("{round} {number}")}));
                edit(&store, &id, &by, &change).await.map(|change| change.record)
            }
        })
        .await;

        let log = world.store.after(from, 100).await.expect("read").rows;
        let taken = log.iter().position(|record| record.event.as_str() == LOCKS_CHANGED).expect("taken");
        let told: Vec<Seq> = log[..taken].iter().map(|record| record.seq).collect();
        let mut kept = Vec::new();
        for outcome in edited {
            match outcome {
                Ok(record) => kept.extend(record.map(|record| record.seq)),
                Err(Error::Locked { lease }) => assert_eq!(lease.user.name, "Anna"),
                Err(other) => panic!("{other:?}"),
            }
        }
        kept.sort_unstable();
        assert_eq!((kept, log.len()), (told, taken + 1), "nobody changed it after it was taken");
    }
}
