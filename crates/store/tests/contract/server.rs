//! The server itself dies, in the middle of everything.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lockstep_e2e::{LIMIT, Postgres, eventually, within};
use lockstep_protocol::{Seq, ledger::Ledger};
use lockstep_store::{Entity, Error, Options, SharedClock, Store, Synchronous};
use serde_json::{Value as Json, json};
use tokio::{task::JoinSet, time::timeout};

use crate::world::{anna, fields};

/// At least as many as there are connections to read with.
const READERS: usize = 8;

/// How long a look is waited for that cannot be answered.
const SOON: Duration = Duration::from_millis(300);

/// What a writer was told of its edits, by the name it gave.
#[derive(Debug, Default)]
struct Told {
    kept: Vec<String>,
    refused: Vec<String>,
    in_doubt: Vec<String>,
}

async fn open(url: &str) -> Store {
    // As it is in service: a commit is answered when the disk has it.
    let options = Options { synchronous: Synchronous::Full, ..Options::new(url) };
    Store::open(&options, SharedClock::system()).await.expect("opened")
}

/// Adds rows until it is told to stop.
async fn write(store: Store, writer: usize, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("{writer}-{number}");
        let given = json!({"name": name, "description": "", "parent_id": null, "enabled": true});
        let added = async { store.create(Entity::Categories, &fields(&given), &anna()).await?.commit().await }.await;
        match added {
            Ok(_) => told.kept.push(name),
            Err(Error::Unavailable(_)) => told.refused.push(name),
            Err(Error::InDoubt(_)) => told.in_doubt.push(name),
            Err(other) => panic!("{other:?}"),
        }
    }
    told
}

async fn names(store: &Store) -> BTreeSet<String> {
    let page = store.after(Seq(0), usize::MAX).await.expect("readable");
    let rows = page.rows.iter().map(|record| {
        let data: Json = serde_json::from_str(record.data.as_ref().expect("the row").get()).expect("JSON");
        data["name"].as_str().expect("a name").to_owned()
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_edits_and_started_again_has_all_that_was_answered_and_nothing_by_half() {
    let mut server = Postgres::start().await;
    server.create("lockstep");
    let url = server.url("lockstep");
    let watcher = open(&url).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for writer in 0..3 {
        writers.push(tokio::spawn(write(open(&url).await, writer, stop.clone())));
    }
    let grows = async |beyond: usize| {
        let watcher = &watcher;
        eventually("more edits", LIMIT, || async move {
            let count = watcher.count(Entity::Categories).await.ok()?;
            usize::try_from(count).ok().filter(|count| *count > beyond)
        })
        .await
    };

    let mut count = grows(20).await;
    for _ in 0..3 {
        server.restart().await;
        count = grows(count + 20).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut told = Told::default();
    for writer in writers {
        let mut own = writer.await.expect("no panic");
        told.kept.append(&mut own.kept);
        told.refused.append(&mut own.refused);
        told.in_doubt.append(&mut own.in_doubt);
    }

    let log = watcher.after(Seq(0), usize::MAX).await.expect("readable");
    assert!(log.rows.windows(2).all(|pair| pair[1].gprev == pair[0].seq && pair[0].seq < pair[1].seq));
    let events = names(&watcher).await;
    assert_eq!(events.len(), log.rows.len(), "no edit has two events");
    assert_eq!(i64::try_from(events.len()).ok(), watcher.count(Entity::Categories).await.ok(), "nor an event no row");
    assert!(told.kept.iter().all(|name| events.contains(name)), "what was answered is there");
    assert!(!told.refused.iter().any(|name| events.contains(name)), "what was refused is not");
    assert_eq!(events.len(), told.kept.len() + told.in_doubt.iter().filter(|name| events.contains(*name)).count());
}

#[tokio::test]
async fn connections_that_died_with_the_server_cost_nobody_an_error_once_it_is_back() {
    let mut server = Postgres::start().await;
    server.create("lockstep");
    let store = open(&server.url("lockstep")).await;
    let given = json!({"name": "c", "description": "", "parent_id": null, "enabled": true});
    store.create(Entity::Categories, &fields(&given), &anna()).await.expect("written").commit().await.expect("kept");
    // So that every connection for reading is there, and then dead.
    let read = || store.count(Entity::Categories);
    assert!(matches!(tokio::join!(read(), read(), read(), read()), (Ok(1), Ok(1), Ok(1), Ok(1))));

    server.restart().await;

    let pending = store.toggle(Entity::Categories, "1", Some(1), None, &anna()).await.expect("written");
    pending.commit().await.expect("kept");
    assert_eq!(store.get(Entity::Categories, "1").await.expect("readable").0.rev, 2);
    assert!(store.session("none").await.expect("readable").is_none());
}

#[tokio::test]
async fn an_edit_whose_commit_met_the_crash_is_said_to_be_in_doubt() {
    let mut server = Postgres::start().await;
    server.create("lockstep");
    let store = open(&server.url("lockstep")).await;
    let given = json!({"name": "c", "description": "", "parent_id": null, "enabled": true});
    let pending = store.create(Entity::Categories, &fields(&given), &anna()).await.expect("written");

    server.crash();
    let outcome = pending.commit().await;

    assert!(matches!(outcome, Err(Error::InDoubt(_))), "{outcome:?}");
    let again = store.create(Entity::Categories, &fields(&given), &anna()).await;
    assert!(matches!(again, Err(Error::Unavailable(_))), "what was not even begun is refused: {again:?}");
    server.restart().await;
    assert!(store.after(Seq(0), 10).await.expect("readable").rows.is_empty(), "this one had not been kept");
    let again = store.create(Entity::Categories, &fields(&given), &anna()).await.expect("written");
    again.commit().await.expect("kept");
}

/// Without a limit of our own, whoever asked a server that hangs waited until the network gave up, a quarter of an hour later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_given_up_and_served_by_again_when_it_goes_on() {
    let server = Postgres::start().await;
    server.create("lockstep");
    let store = open(&server.url("lockstep")).await;
    let given = json!({"name": "c", "description": "", "parent_id": null, "enabled": true});
    store.create(Entity::Categories, &fields(&given), &anna()).await.expect("written").commit().await.expect("kept");

    server.hang(true);
    let read = async { tokio::join!(store.count(Entity::Categories), store.head()) };
    let (count, head) = within("an answer about a server that hangs", 2 * LIMIT, read).await;
    let edit = async { store.toggle(Entity::Categories, "1", None, None, &anna()).await?.commit().await };
    let edited = within("an answer about a server that hangs", 2 * LIMIT, edit).await;
    server.hang(false);

    assert!(matches!(count, Err(Error::Unavailable(_))), "{count:?}");
    assert!(head.is_err(), "{head:?}");
    assert!(matches!(edited, Err(Error::Unavailable(_))), "{edited:?}");
    eventually("an edit", LIMIT, || async {
        let pending = store.toggle(Entity::Categories, "1", None, None, &anna()).await.ok()?;
        pending.commit().await.ok()
    })
    .await;
    assert_eq!(store.get(Entity::Categories, "1").await.expect("readable").0.rev, 2);
}

/// A worker that was stopped in the middle of an edit once held up all the others until it was ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_falls_silent_in_the_middle_of_an_edit_does_not_hold_up_the_others_for_ever() {
    let server = Postgres::start().await;
    server.create("lockstep");
    let url = server.url("lockstep");
    let (silent, other) = (open(&url).await, open(&url).await);
    let given = json!({"name": "c", "description": "", "parent_id": null, "enabled": true});
    let held = silent.create(Entity::Categories, &fields(&given), &anna()).await.expect("written");

    let given = json!({"name": "d", "description": "", "parent_id": null, "enabled": true});
    let served = async {
        loop {
            match other.create(Entity::Categories, &fields(&given), &anna()).await {
                Ok(pending) => break pending.commit().await.expect("kept"),
                Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
            }
        }
    };
    let change = within("an edit of the other", 2 * LIMIT, served).await;

    assert_eq!(change.row.value["name"], "d");
    assert!(matches!(held.commit().await, Err(Error::InDoubt(_) | Error::Unavailable(_))), "it is told so");
}

/// A look into the ledger that was given up while the server hung once left a transaction behind on its connection. Whoever had that
/// connection next read an old moment again and again, and a worker took it for a restored backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_while_the_server_hangs_leaves_no_old_moment_behind() {
    let server = Postgres::start().await;
    server.create("lockstep");
    let store = open(&server.url("lockstep")).await;
    tops(&store, Look::InTransaction).await;
    server.hang(true);
    timeout(SOON, tops(&store, Look::InTransaction)).await.expect_err("nobody answers");
    server.hang(false);
    tops(&store, Look::Alone).await;

    let given = json!({"name": "c", "description": "", "parent_id": null, "enabled": true});
    let pending = store.create(Entity::Categories, &fields(&given), &anna()).await.expect("written");
    let seq = pending.commit().await.expect("kept").record.expect("an event").seq;

    assert_eq!(tops(&store, Look::InTransaction).await, [seq; READERS]);
    assert_eq!(tops(&store, Look::Alone).await, [seq; READERS]);
}

/// How the top of the ledger is asked for.
#[derive(Debug, Clone, Copy)]
enum Look {
    /// With rows, of one moment.
    InTransaction,
    /// By one statement.
    Alone,
}

/// The top of the ledger, asked for by so many at once that every connection is used. Dropped, all give up.
async fn tops(store: &Store, look: Look) -> Vec<Seq> {
    let mut looking = JoinSet::new();
    for _ in 0..READERS {
        let store = store.clone();
        looking.spawn(async move {
            match look {
                Look::InTransaction => store.after(Seq(0), 10).await.expect("readable").head.top,
                Look::Alone => store.head().await.expect("readable").top,
            }
        });
    }
    looking.join_all().await
}
