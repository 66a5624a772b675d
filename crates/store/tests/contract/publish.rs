//! Events without a row: a batch is one transaction, a key makes a second try harmless.

use lockstep_protocol::Room;
use lockstep_store::{KeyReused, Publication};

use crate::world::{Engine, NOON, World, draft};

contract!(
    a_key_that_is_known_is_answered_and_not_written_again,
    a_key_that_stands_for_another_event_is_refused_with_its_request_alone,
    a_large_batch_is_one_chain_whatever_the_clock_says,
    a_batch_that_is_not_committed_never_was
);

fn entry(id: &str, key: &str) -> Publication {
    Publication { draft: draft(Room::Files, id), key: Some(key.into()) }
}

async fn a_key_that_is_known_is_answered_and_not_written_again<E: Engine>(world: World<E>) {
    let first = world.publish(vec![(draft(Room::Files, "1"), Some("a"))]).await;
    let another = world.another(|_| ()).await.expect("opened");

    let batch = vec![vec![entry("1", "a"), entry("3", "b"), entry("3", "b")]];
    let published = another.publish(batch).await.expect("written").commit().await.expect("committed");

    let receipts = published.answers[0].as_ref().expect("the same events");
    assert_eq!((receipts[0].seq, receipts[0].duplicate), (first[0].seq, true));
    assert!(!receipts[1].duplicate);
    assert_eq!((receipts[2].seq, receipts[2].duplicate), (receipts[1].seq, true));
    assert_eq!(published.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["3"]);
    assert_eq!(world.log().await.len(), 2);
}

/// The second event under a key once vanished with the answer that it was there already.
async fn a_key_that_stands_for_another_event_is_refused_with_its_request_alone<E: Engine>(world: World<E>) {
    world.publish(vec![(draft(Room::Files, "1"), Some("a"))]).await;
    let elsewhere = Publication { draft: draft(Room::Users, "1"), key: Some("a".into()) };
    let batch = vec![
        vec![entry("5", "b"), entry("2", "a")],
        vec![entry("1", "a")],
        vec![elsewhere],
        vec![entry("5", "b"), entry("6", "b")],
        vec![entry("7", "c")],
        vec![entry("8", "c")],
    ];

    let published = world.store.publish(batch).await.expect("written").commit().await.expect("committed");

    let refused = |key: &str| Some(KeyReused(key.to_owned()));
    let refusals: Vec<_> = published.answers.iter().map(|answer| answer.clone().err()).collect();
    assert_eq!(refusals, [refused("a"), None, refused("a"), refused("b"), None, refused("c")]);
    assert_eq!(published.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["7"]);
    assert_eq!(world.log().await.len(), 2);
}

async fn a_large_batch_is_one_chain_whatever_the_clock_says<E: Engine>(world: World<E>) {
    world.publish(vec![(draft(Room::Files, "0"), None)]).await;
    world.hands.set(NOON - 5_000);
    let requests = (1..=50).map(|n| vec![entry(&n.to_string(), &format!("key {n}"))]).collect();

    let published = world.store.publish(requests).await.expect("written").commit().await.expect("committed");

    let log = world.log().await;
    let seqs: Vec<i64> = log.iter().map(|record| record.seq.0 - NOON).collect();
    assert_eq!(seqs, (0..=50).collect::<Vec<_>>());
    assert!(log.windows(2).all(|pair| pair[1].gprev == pair[0].seq));
    let told = |records: &[lockstep_protocol::Record]| serde_json::to_value(records).expect("JSON");
    assert_eq!(told(&log[1..]), told(&published.records), "what is told to the wire is what was written");
    let answered: Vec<i64> =
        published.answers.into_iter().flatten().flatten().map(|receipt| receipt.seq.0 - NOON).collect();
    assert_eq!(answered, (1..=50).collect::<Vec<_>>());
}

async fn a_batch_that_is_not_committed_never_was<E: Engine>(world: World<E>) {
    drop(world.store.publish(vec![vec![entry("1", "a")]]).await.expect("written"));

    assert!(world.log().await.is_empty());
    assert!(!world.publish(vec![(draft(Room::Files, "1"), Some("a"))]).await[0].duplicate);
}
