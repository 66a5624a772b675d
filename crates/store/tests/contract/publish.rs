//! Events without a row: a batch is one transaction, a key makes a second try harmless.

use lockstep_protocol::Room;
use lockstep_store::Publication;

use crate::world::{Engine, World, draft};

contract!(a_key_that_is_known_is_answered_and_not_written_again, a_batch_that_is_not_committed_never_was);

async fn a_key_that_is_known_is_answered_and_not_written_again<E: Engine>(world: World<E>) {
    let first = world.publish(vec![(draft(Room::Files, "1"), Some("a"))]).await;
    let another = world.another(|_| ()).await.expect("opened");
    let entry = |id: &str, key: &str| Publication { draft: draft(Room::Files, id), key: Some(key.into()) };

    let batch = vec![entry("2", "a"), entry("3", "b"), entry("4", "b")];
    let published = another.publish(batch).await.expect("written").commit().await.expect("committed");

    let receipts = &published.receipts;
    assert_eq!((receipts[0].seq, receipts[0].duplicate), (first[0].seq, true));
    assert!(!receipts[1].duplicate);
    assert_eq!((receipts[2].seq, receipts[2].duplicate), (receipts[1].seq, true));
    assert_eq!(published.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["3"]);
    assert_eq!(world.log().await.len(), 2);
}

async fn a_batch_that_is_not_committed_never_was<E: Engine>(world: World<E>) {
    let entry = Publication { draft: draft(Room::Files, "1"), key: Some("a".into()) };

    drop(world.store.publish(vec![entry]).await.expect("written"));

    assert!(world.log().await.is_empty());
    assert!(!world.publish(vec![(draft(Room::Files, "1"), Some("a"))]).await[0].duplicate);
}
