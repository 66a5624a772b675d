//! What persons have read, and what is left.

use lockstep_protocol::{NoticesRead, Reason};
use lockstep_store::{Error, NoticeQuery, Which};
use serde_json::json;

use super::{data, ids, mark, notice, persons, tell};
use crate::{
    races::{PROCESSES, ROUNDS, at_once},
    world::{Engine, NOON, World},
};

contract!(
    a_mark_is_told_once_and_counts_what_is_left,
    nobody_marks_what_another_was_told,
    several_who_read_at_once_agree_on_what_is_left,
    old_notices_are_forgotten_and_the_number_of_unread_ones_is_told,
);

async fn a_mark_is_told_once_and_counts_what_is_left<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string());
    }
    let before = world.log().await.len();

    let mut unread = Vec::new();
    for which in [
        Which::One(&told[0]),
        Which::One(&told[0]),
        Which::Archive(&told[1]),
        Which::Archive(&told[1]),
        Which::All,
        Which::All,
    ] {
        unread.push(mark(&world.store, &anna, which).await.expect("hers"));
    }
    unread.push(mark(&world.store, &anna, Which::Archive(&told[0])).await.expect("hers"));

    assert_eq!(unread, [3, 3, 2, 2, 0, 0, 0]);
    let log = world.log().await.split_off(before);
    let read = |ids: Option<usize>, archived, unread| {
        let ids = ids.map(|number| vec![told[number].clone()]);
        NoticesRead { ids, read: true, archived, unread }
    };
    let expected = [read(Some(0), false, 3), read(Some(1), true, 2), read(None, false, 0), read(Some(0), true, 0)];
    for (record, expected) in log.iter().zip(&expected) {
        assert_eq!((record.event.as_str(), record.reason), ("notification:read", Reason::Updated));
        assert_eq!((record.scope.to_string(), record.origin.as_deref()), (format!("room:user:{anna}"), Some("c1")));
        assert_eq!(record.id, expected.ids.as_ref().map_or("*".to_owned(), |ids| ids[0].clone()));
        assert_eq!(data(record), serde_json::to_value(expected).expect("JSON"));
    }
    assert_eq!(log.len(), expected.len());
}

async fn nobody_marks_what_another_was_told<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let annas = tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string();
    tell(&world.store, &notice("alert", &json!({})), &[&boris]).await;
    let before = world.log().await.len();

    for id in [annas.as_str(), "0", "999", "x", ""] {
        for which in [Which::One(id), Which::Archive(id)] {
            assert!(matches!(mark(&world.store, &boris, which).await, Err(Error::NotFound)), "{which:?}");
        }
    }

    assert_eq!(mark(&world.store, &boris, Which::All).await.expect("his own"), 0);
    assert_eq!(world.store.unread(&anna).await.expect("counted").0, 1);
    assert_eq!(world.log().await.len(), before + 1);
}

async fn several_who_read_at_once_agree_on_what_is_left<E: Engine>(world: World<E>) {
    let [anna] = persons(&world, ["anna"]).await;
    let stores = world.several(PROCESSES).await;
    for round in 0..ROUNDS {
        let mut told = Vec::new();
        for _ in 0..PROCESSES {
            told.push(tell(&world.store, &notice("alert", &json!({})), &[&anna]).await.to_string());
        }

        let mut left = at_once(&stores, |number, store| {
            let (anna, id) = (anna.clone(), told[number].clone());
            async move { mark(&store, &anna, Which::One(&id)).await.expect("hers") }
        })
        .await;

        left.sort_unstable();
        assert_eq!(left, (0..i64::from(PROCESSES)).collect::<Vec<_>>(), "round {round}");
        let same = told[0].clone();
        let before = world.log().await.len();
        tell(&world.store, &notice("alert", &json!({})), &[&anna]).await;
        let marks = at_once(&stores, |_, store| {
            let (anna, same) = (anna.clone(), same.clone());
            async move {
                let which = Which::Archive(&same);
                (mark(&store, &anna, which).await.expect("hers"), mark(&store, &anna, Which::All).await.expect("hers"))
            }
        })
        .await;
        assert!(marks.iter().all(|(_, all)| *all == 0), "{marks:?}");
        assert_eq!(world.log().await.len(), before + 3, "told, put aside once, read once");
    }
}

async fn old_notices_are_forgotten_and_the_number_of_unread_ones_is_told<E: Engine>(world: World<E>) {
    let [anna, boris] = persons(&world, ["anna", "boris"]).await;
    let old = tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await.to_string();
    mark(&world.store, &boris, Which::All).await.expect("read");
    world.hands.set(NOON + 1000);
    let young = tell(&world.store, &notice("alert", &json!({})), &[&anna, &boris]).await.to_string();
    let before = world.log().await.len();

    let mut rounds = 0;
    while let Some(pending) = world.store.forget_notices(NOON + 1000).await.expect("forgotten") {
        pending.commit().await.expect("committed");
        rounds += 1;
        assert!(rounds < 10, "it comes to an end");
    }

    for person in [&anna, &boris] {
        assert_eq!(
            ids(&world.store, person, NoticeQuery { limit: 9, ..NoticeQuery::default() }).await,
            std::slice::from_ref(&young)
        );
    }
    let log = world.log().await.split_off(before);
    assert_eq!(log.len(), 1, "nobody else's number is another");
    assert_eq!((log[0].event.as_str(), log[0].scope.to_string()), ("notification:read", format!("room:user:{anna}")));
    assert_eq!(data(&log[0]), json!({"ids": [old], "read": true, "archived": true, "unread": 1}));
    let told = world.store.notify(&notice("x", &json!({})), Some(old.parse().expect("a number")), &[], None).await;
    assert_eq!(told.expect("nobody").recipients, 0);
}
