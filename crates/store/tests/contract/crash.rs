//! Death between the steps of an edit: the row and its event are both there afterwards, or neither.
//!
//! The test starts itself as a child that dies at the place it is told.

use std::process::Command;

use lockstep_protocol::ledger::Ledger;
use lockstep_store::{Author, Entity, Error, Options, SharedClock, Store};
use serde_json::json;

use crate::world::{Engine, Postgres, Sqlite, fields};

/// Tells the child which database to edit.
const DATABASE: &str = "LOCKSTEP_TEST_DATABASE";

/// Each place, and whether the edit is there after a death at it.
const PLACES: [(&str, bool); 5] =
    [("edit:begin", false), ("edit:row", false), ("edit:seq", false), ("edit:event", false), ("edit:commit", true)];

async fn open(url: &str) -> Store {
    Store::open(&Options::new(url), SharedClock::system()).await.expect("opened")
}

#[tokio::test]
async fn an_edit_and_its_event_die_together_or_live_together_in_a_file() {
    dies_at_every_step::<Sqlite>("crash::an_edit_and_its_event_die_together_or_live_together_in_a_file").await;
}

#[tokio::test]
async fn an_edit_and_its_event_die_together_or_live_together_on_a_server() {
    dies_at_every_step::<Postgres>("crash::an_edit_and_its_event_die_together_or_live_together_on_a_server").await;
}

async fn dies_at_every_step<E: Engine>(test: &str) {
    if let Ok(url) = std::env::var(DATABASE) {
        return edit(&open(&url).await).await;
    }
    let engine = E::fresh().await;
    let url = engine.url();
    let store = open(&url).await;
    let given = fields(&json!({"name": "before", "description": "", "enabled": true}));
    store.create(Entity::Categories, &given, &Author::default()).await.expect("written").commit().await.expect("kept");
    let mut expected = (1, store.head().await.expect("readable").top);

    for (place, survives) in PLACES {
        die(test, &url, place);

        let (row, position) = store.get(Entity::Categories, "1").await.expect("there");
        let page = store.after(expected.1, 10).await.expect("readable");
        assert_eq!(row.rev, expected.0 + i64::from(survives), "{place}");
        assert_eq!(page.rows.len(), usize::from(survives), "{place}");
        assert!(page.rows.iter().all(|record| record.rev == Some(row.rev) && record.gprev == expected.1), "{place}");
        expected = (row.rev, position.seq);
        edit(&store).await;
        expected = (expected.0 + 1, store.head().await.expect("readable").top);
    }
}

/// Another description each time: the revision it will be at.
async fn edit(store: &Store) {
    let (row, _) = store.get(Entity::Categories, "1").await.expect("there");
    let given = fields(&json!({"description": format!("edited at {}", row.rev)}));
    let edited: Result<_, Error> =
        async { store.update(Entity::Categories, "1", None, &given, &Author::default()).await?.commit().await }.await;
    edited.expect("edited");
}

fn die(test: &str, url: &str, place: &str) {
    let child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test])
        .env(DATABASE, url)
        .env("LOCKSTEP_CRASH_AT", place)
        .output()
        .expect("started");
    assert!(!child.status.success(), "the child lived on at {place}");
    assert_eq!(child.status.code(), None, "killed by a signal at {place}, not by a failed assertion");
}
