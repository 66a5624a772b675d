//! Strangers on a shared Redis: they can be heard by nobody, whatever they send.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Book, Ears, PREFIX, RedisServer, Rows, eventually};
use lockstep_protocol::{Epoch, Record, Room, Seq, SharedSecret};
use lockstep_sync_manager::{
    Identity, Options, Status, SyncManager,
    bus::{MAX_MESSAGE_BYTES, Redis, RedisOptions},
};

/// Long enough that what is heard within a test came over the bus.
const NEVER: Duration = Duration::from_secs(3600);

/// Looks that have other reasons, such as a wire that went down and up again beside other people's work.
const MAY_LOOK: usize = 5;

struct Worker {
    sync: SyncManager,
    /// A page in `files`.
    ears: Arc<Ears>,
}

impl Worker {
    async fn start(book: &Arc<Book>, redis: RedisOptions, options: Options) -> Self {
        let bus = Redis::connect(redis).expect("settings are right");
        let sync = SyncManager::start(book.clone(), Arc::new(bus), options);
        let ears = Ears::open();
        let member = sync.attach(ears.clone()).await.expect("the worker answers");
        sync.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
        sync.status().wait_for(Status::is_ready).await.expect("it lives");
        Self { sync, ears }
    }

    /// One that looks into the ledger only when a message makes it.
    async fn credulous(book: &Arc<Book>, server: &RedisServer) -> Self {
        Self::start(
            book,
            server.options(),
            Options { tick: NEVER, tick_without_bus: NEVER, beat: NEVER, ..options("w") },
        )
        .await
    }

    async fn publish(&self, book: &Book) -> Record {
        let record = book.commit(&Room::Files);
        self.sync.publish(&record);
        self.ears.until_seq("files:changed", record.seq).await;
        record
    }

    fn heard(&self) -> Vec<i64> {
        self.ears.seqs("files:changed")
    }

    async fn until_forged(&self, count: u64) {
        eventually("the forged are counted", || self.sync.counters().bus_forged.get() >= count).await;
        assert_eq!(self.sync.counters().bus_forged.get(), count);
    }
}

fn options(name: &str) -> Options {
    Options::new(Identity { name: name.into(), ..Identity::default() })
}

fn channel(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The row that would come next, if it had been committed.
fn next_row(book: &Book) -> Record {
    let elsewhere = Book::default();
    book.edit(|rows| elsewhere.edit(|copy| copy.rows.clone_from(&rows.rows)));
    elsewhere.commit(&Room::Files)
}

fn other_secret(server: &RedisServer) -> RedisOptions {
    RedisOptions { secret: SharedSecret::new([2; 32]), ..server.options() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_row_that_chains_reaches_no_page() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let worker = Worker::credulous(&book, &server).await;
    let first = worker.publish(&book).await;
    let forged = serde_json::to_string(&next_row(&book)).expect("a record");

    server.stranger().publish(&channel("events"), forged.as_bytes());
    server.stranger().publish(&channel("events"), format!("{} {forged}", "A".repeat(22)).as_bytes());
    worker.until_forged(2).await;
    let second = worker.publish(&book).await;

    assert_eq!(worker.heard(), [first.seq.0, second.seq.0]);
    assert_eq!(worker.sync.counters().resets.get(), 0);
    worker.sync.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_of_every_shape_is_counted_and_costs_no_look_into_the_ledger() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let worker = Worker::credulous(&book, &server).await;
    let mut listening = server.stranger();
    listening.subscribe(&channel("events"));
    let first = worker.publish(&book).await;
    let sealed = listening.next();
    let row = serde_json::to_string(&first).expect("a record");
    let shapes = [
        Vec::new(),
        b" ".to_vec(),
        b"{}".to_vec(),
        b"null".to_vec(),
        row.clone().into_bytes(),
        format!("[{row},{row}]").into_bytes(),
        b"[".repeat(60_000),
        "{\"a\":".repeat(10_000).into_bytes(),
        (0..=255).cycle().take(5_000).collect(),
        b"\xff\xfe\0\0".to_vec(),
        format!("{:22} {row}", "").into_bytes(),
        format!("{}== {row}", "A".repeat(20)).into_bytes(),
        sealed[1..].to_vec(),
        sealed[..sealed.len() - 1].to_vec(),
        sealed[..22].to_vec(),
        [&sealed[..], b" "].concat(),
        vec![b'x'; MAX_MESSAGE_BYTES + 1],
        vec![0; 4 * MAX_MESSAGE_BYTES],
    ];
    let looks = book.edit(|rows| rows.looks);

    let mut stranger = server.stranger();
    for name in ["events", "workers"] {
        shapes.iter().for_each(|shape| stranger.publish(&channel(name), shape));
    }
    stranger.publish(&channel("workers"), &sealed);
    worker.until_forged(2 * shapes.len() as u64 + 1).await;

    assert!(book.edit(|rows| rows.looks) < looks + MAY_LOOK);
    let counters = worker.sync.counters();
    assert_eq!((counters.bus_garbage.get(), counters.bus_missed.get(), counters.resets.get()), (0, 0, 0));
    let second = worker.publish(&book).await;
    assert_eq!(worker.heard(), [first.seq.0, second.seq.0]);
    worker.sync.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn true_messages_sent_again_by_a_stranger_change_nothing() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let worker = Worker::credulous(&book, &server).await;
    let mut listening = server.stranger();
    listening.subscribe(&channel("events"));
    let rows = [worker.publish(&book).await, worker.publish(&book).await];
    let recorded = [listening.next(), listening.next()];
    let looks = book.edit(|rows| rows.looks);

    let mut stranger = server.stranger();
    recorded.iter().cycle().take(200).for_each(|message| stranger.publish(&channel("events"), message));
    let last = worker.publish(&book).await;

    assert_eq!(worker.heard(), [rows[0].seq.0, rows[1].seq.0, last.seq.0]);
    assert!(book.edit(|rows| rows.looks) < looks + MAY_LOOK);

    worker.sync.close().await;
}

/// Each of them once made the worker look whether the ledger had begun another life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_life_that_ended_cost_a_few_looks_into_the_ledger_however_many_come() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let worker = Worker::credulous(&book, &server).await;
    let mut listening = server.stranger();
    listening.subscribe(&channel("events"));
    worker.publish(&book).await;
    let recorded = listening.next();
    book.edit(|rows| *rows = Rows { epoch: Epoch::new("b"), floor: Seq(1_000), ..Rows::default() });
    worker.sync.publish(&book.commit(&Room::Files));
    worker.ears.until(|heard| heard.iter().any(|(event, _)| event == "sync:reset")).await;

    let mut stranger = server.stranger();
    (0..200).for_each(|_| stranger.publish(&channel("events"), &recorded));
    worker.publish(&book).await;

    assert_eq!(worker.sync.counters().resets.get(), 1);
    let looks = book.edit(|rows| rows.looks);
    assert!(looks < 20, "{looks} looks");
    worker.sync.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_installations_on_one_prefix_do_not_hear_each_other() {
    let server = RedisServer::start();
    let books = [Arc::new(Book::default()), Arc::new(Book::default())];
    let start = async |book, redis, name| Worker::start(book, redis, options(name)).await;
    let ours = [start(&books[0], server.options(), "a1").await, start(&books[0], server.options(), "a2").await];
    let theirs =
        [start(&books[1], other_secret(&server), "b1").await, start(&books[1], other_secret(&server), "b2").await];

    let (mut our_rows, mut their_rows) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        our_rows.push(ours[0].publish(&books[0]).await.seq.0);
        their_rows.push(theirs[0].publish(&books[1]).await.seq.0);
    }
    ours[1].ears.until_seq("files:changed", Seq(our_rows[4])).await;
    theirs[1].ears.until_seq("files:changed", Seq(their_rows[4])).await;

    assert_eq!((ours[1].heard(), theirs[1].heard()), (our_rows, their_rows));
    let names = ours[0].sync.workers().await.expect("the worker answers");
    assert!(names.iter().all(|worker| worker.heartbeat.name.starts_with('a')), "{names:?}");
    for worker in ours.iter().chain(&theirs) {
        assert!(worker.sync.counters().bus_forged.get() > 0);
        assert_eq!(worker.sync.counters().resets.get(), 0);
        worker.sync.close().await;
    }
}

/// As during an upgrade from a build that did not sign.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_cannot_hear_each_other_follow_through_the_ledger() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let one = Worker::start(&book, server.options(), options("one")).await;
    let other = Worker::start(&book, other_secret(&server), options("other")).await;

    let first = one.publish(&book).await;
    other.ears.until_seq("files:changed", first.seq).await;
    let second = other.publish(&book).await;
    one.ears.until_seq("files:changed", second.seq).await;

    assert_eq!(one.heard(), [first.seq.0, second.seq.0]);
    assert_eq!(other.heard(), one.heard());
    one.sync.close().await;
    other.sync.close().await;
}
