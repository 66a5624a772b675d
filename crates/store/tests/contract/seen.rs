//! Who is signed in, and when he was here last.

use lockstep_store::{Entity, SEEN_EVERY_MS, Store};

use crate::world::{Engine, NOON, Sqlite, World, session};

contract!(
    a_session_and_its_person_are_noted_as_seen_once_in_five_minutes,
    whoever_is_noted_while_he_is_deleted_stands_in_nobodys_way,
    sessions_are_listed_without_their_secrets_and_last_seen_first,
);

contract!(for sqlite_alone = Sqlite: a_session_of_the_build_before_is_seen_when_it_began);

async fn a_session_and_its_person_are_noted_as_seen_once_in_five_minutes<E: Engine>(world: World<E>) {
    let user = world.person("anna", &[]).await;
    let other = world.person("boris", &[]).await;
    let mut long = session(&user, "t");
    long.expires_at = NOON + 10 * SEEN_EVERY_MS;
    world.store.begin_session(&long).await.expect("signed in");
    let seen = async || {
        let session = world.store.session("t").await.expect("readable").expect("there").seen_at;
        let (row, _) = world.store.get(Entity::Users, &user).await.expect("there");
        (session - NOON, row.value["seen_at"].as_i64().map(|at| at - NOON))
    };
    assert_eq!(seen().await, (0, Some(0)));

    for (now, expect) in [(SEEN_EVERY_MS - 1, 0), (SEEN_EVERY_MS, SEEN_EVERY_MS), (SEEN_EVERY_MS + 1, SEEN_EVERY_MS)] {
        world.hands.set(NOON + now);
        world.store.note_seen("t").await.expect("noted or not");
        assert_eq!(seen().await, (expect, Some(expect)), "{now}");
    }

    world.store.note_seen("no session").await.expect("nothing to note");
    let (never, _) = world.store.get(Entity::Users, &other).await.expect("there");
    assert_eq!((never.value["seen_at"].as_i64(), never.rev), (None, 1));
    world.sign_out("t").await;
    let (row, _) = world.store.get(Entity::Users, &user).await.expect("there");
    assert_eq!((row.value["seen_at"].as_i64(), row.rev), (Some(NOON + SEEN_EVERY_MS), 1), "he was here all the same");
    world.delete(Entity::Users, &user).await.expect("nothing keeps him");
}

/// The note takes the rows that the deletion takes; had it taken them in another order, one of the two would have failed now and then.
async fn whoever_is_noted_while_he_is_deleted_stands_in_nobodys_way<E: Engine>(world: World<E>) {
    let stores = world.several(3).await;
    for round in 0..10 {
        world.hands.set(NOON);
        let user = world.person(&format!("person{round}"), &[]).await;
        let mut long = session(&user, &format!("t{round}"));
        long.expires_at = NOON + 10 * SEEN_EVERY_MS;
        world.store.begin_session(&long).await.expect("signed in");
        world.hands.set(NOON + SEEN_EVERY_MS);

        let note = |store: &Store| {
            let (store, token) = (store.clone(), long.token.clone());
            tokio::spawn(async move { store.note_seen(&token).await })
        };
        let noted = stores.iter().map(note).collect::<Vec<_>>();
        world.delete(Entity::Users, &user).await.expect("deleted");

        for noted in noted {
            noted.await.expect("no panic").expect("noted, or nobody to note");
        }
    }
}

async fn sessions_are_listed_without_their_secrets_and_last_seen_first<E: Engine>(world: World<E>) {
    let (user, other) = (world.person("anna", &[]).await, world.person("boris", &[]).await);
    for (n, (who, token)) in [(&user, "t1"), (&other, "t2"), (&user, "t3"), (&user, "gone")].into_iter().enumerate() {
        world.hands.set(NOON + i64::try_from(n).expect("small"));
        let mut session = session(who, token);
        session.expires_at = if token == "gone" { NOON + 4 } else { NOON + 1000 };
        world.store.begin_session(&session).await.expect("signed in");
    }
    world.hands.set(NOON + 4);
    let listed = async |of: Option<&str>| {
        let open = world.store.sessions(of).await.expect("readable");
        open.into_iter().map(|session| (session.session, session.login, session.seen_at - NOON)).collect::<Vec<_>>()
    };

    let expected = [("t3", "anna", 2), ("t2", "boris", 1), ("t1", "anna", 0)];
    let expected = expected.map(|(token, login, at)| (token.to_owned(), login.to_owned(), at));
    assert_eq!(listed(None).await, expected);
    assert_eq!(listed(Some(&other)).await, expected[1..2]);
    assert!(listed(Some("no id")).await.is_empty());
}

/// While workers are replaced one after the other, those of the build before begin sessions that say nothing of when they were seen.
async fn a_session_of_the_build_before_is_seen_when_it_began(world: World<Sqlite>) {
    let user = world.person("anna", &[]).await;
    world.sign_in(&user, "t").await.expect("signed in");
    world.tamper("UPDATE sessions SET seen_at = NULL").await;

    assert_eq!(world.store.session("t").await.expect("readable").expect("there").seen_at, NOON);
    assert_eq!(world.store.sessions(None).await.expect("readable")[0].seen_at, NOON);
}
