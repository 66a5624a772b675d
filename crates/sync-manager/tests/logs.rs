//! Log lines from the door that took them in to readers, over the wire in memory, with the clock in our hands; and over Redis.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{
    Book, RedisServer,
    lines::{Eyes, Shelf, Told, batch, line},
};
use lockstep_protocol::log::{Batch, Filter};
use lockstep_sync_manager::{
    Identity, Options, Sent, Status, SyncManager,
    bus::{Answer, Bus, BusError, Channel, Memory, Redis, Signal},
    logs::Reader,
};
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{advance, sleep},
};

fn worker_on(bus: impl Bus, options: Options) -> SyncManager {
    SyncManager::start(Arc::new(Book::default()), Arc::new(bus), options)
}

fn worker(wire: &Memory) -> SyncManager {
    worker_on(wire.branch(), Options::new(Identity::default()))
}

fn worker_with(shelf: &Arc<Shelf>) -> SyncManager {
    worker_on(Memory::new(), Options { archive: Some(shelf.clone()), ..Options::new(Identity::default()) })
}

fn filter(said: &serde_json::Value) -> Filter {
    Filter::parse(said).expect("a filter")
}

/// A reader who has seen what came before, and forgotten it.
async fn reader(sync: &SyncManager, wanted: Filter) -> (Arc<Eyes>, Reader) {
    let eyes = Eyes::open();
    let reader = sync.logs().open(eyes.clone(), wanted, 0);
    eyes.until_shown().await;
    eyes.forget();
    (eyes, reader)
}

async fn everybody(sync: &SyncManager) -> (Arc<Eyes>, Reader) {
    reader(sync, Filter::default()).await
}

/// Workers on one wire: what one takes in is read at all.
async fn lines_reach_the_readers_of_every_worker(one: SyncManager, other: SyncManager) {
    for sync in [&one, &other] {
        sync.status().wait_for(Status::is_ready).await.expect("it lives");
    }
    let ((mine, _me), (theirs, _them)) = (everybody(&one).await, everybody(&other).await);

    one.log(&batch("one", 1..=1000));
    other.log(&batch("other", 1..=5));

    for eyes in [&mine, &theirs] {
        eyes.until(|eyes| eyes.lines().len() == 1005).await;
        let mut lines = eyes.lines();
        lines.sort_unstable();
        let mut expect: Vec<u64> = (1..=1000).chain(1..=5).collect();
        expect.sort_unstable();
        assert_eq!((lines, eyes.lost()), (expect, 0));
    }
    one.close().await;
    other.close().await;
}

#[tokio::test(start_paused = true)]
async fn lines_reach_the_readers_of_every_worker_in_memory() {
    let wire = Memory::new();
    lines_reach_the_readers_of_every_worker(worker(&wire), worker(&wire)).await;
}

#[tokio::test]
async fn lines_reach_the_readers_of_every_worker_over_redis() {
    let server = RedisServer::start();
    let worker = || {
        let bus = Redis::connect(server.options()).expect("settings are right");
        worker_on(bus, Options::new(Identity::default()))
    };
    lines_reach_the_readers_of_every_worker(worker(), worker()).await;
}

#[tokio::test(start_paused = true)]
async fn readers_who_want_the_same_cost_one_look_at_each_line() {
    let sync = worker(&Memory::new());
    let mut readers = Vec::new();
    for number in 0..20 {
        let text = if number % 2 == 0 { "line" } else { "line 7" };
        readers.push(reader(&sync, filter(&json!({"text": text}))).await);
    }

    sync.log(&batch("a", 1..=10));

    for (number, (eyes, _)) in readers.iter().enumerate() {
        eyes.until(|eyes| !eyes.told().is_empty()).await;
        let expect: Vec<u64> = if number % 2 == 0 { (1..=10).collect() } else { vec![7] };
        assert_eq!(eyes.lines(), expect);
    }
    let logs = &sync.counters().logs;
    assert_eq!((logs.matched.get(), logs.filters.get(), logs.readers.get()), (2 * 10, 2, 20));
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_is_too_slow_keeps_the_newest_and_is_told_exactly_how_many_it_lost() {
    let sync = worker(&Memory::new());
    let ((slow, _one), (quick, _other)) = (everybody(&sync).await, everybody(&sync).await);
    sync.log(&batch("a", 1..=1));
    slow.until(|eyes| eyes.lines() == [1]).await;

    slow.set(Sent::Full(1));
    for n in 2..=701 {
        sync.log(&batch("a", [n]));
        advance(Duration::from_millis(1)).await;
    }
    quick.until(|eyes| eyes.lines().len() == 701).await;
    slow.set(Sent::Queued);

    slow.until(|eyes| eyes.lines().last() == Some(&701)).await;
    assert_eq!(slow.told()[1], Told::Gap(188, "slow", Some("a-1".into())));
    assert_eq!(slow.lines(), [1].into_iter().chain(190..=701).collect::<Vec<_>>());
    assert_eq!((slow.lost(), quick.lost()), (188, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_on_the_wire_comes_from_the_archive_and_the_rest_is_told_to_everybody() {
    let shelf = Arc::<Shelf>::default();
    let sync = worker_with(&shelf);
    let ((all, _one), (errors, _other)) =
        (everybody(&sync).await, reader(&sync, filter(&json!({"level": "error"}))).await);

    sync.log(&batch("a", 1..=2));
    shelf.keep("a", [4]);
    sync.log(&batch("a", 6..=10));

    all.until(|eyes| eyes.lines().last() == Some(&10)).await;
    let gap = |after: Option<&str>| Told::Gap(1, "wire", after.map(Into::into));
    let expect = [
        Told::Lines(vec![1, 2]),
        gap(Some("a-2")),
        Told::Lines(vec![4]),
        gap(Some("a-4")),
        Told::Lines((6..=10).collect()),
    ];
    assert_eq!(all.told(), expect);
    errors.until(|eyes| eyes.lines() == [10]).await;
    assert_eq!(errors.told(), [gap(None), gap(None), Told::Lines(vec![10])]);
    assert_eq!((sync.counters().logs.repaired.get(), sync.counters().logs.lost.get()), (1, 2));
}

/// A wire that says nothing, or loses what it is given.
struct Lossy {
    wire: Memory,
    loses: Arc<AtomicBool>,
    is_down: Arc<AtomicBool>,
}

impl Bus for Lossy {
    fn publish(&self, channel: Channel, message: Arc<str>) -> Answer<'_, Result<(), BusError>> {
        if self.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(BusError::Down) });
        }
        if self.loses.load(Ordering::Relaxed) {
            return Box::pin(async { Ok(()) });
        }
        self.wire.publish(channel, message)
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        self.wire.listen()
    }

    fn kind(&self) -> &'static str {
        "memory"
    }

    fn round_trip(&self) -> Option<Duration> {
        None
    }

    fn close(&self) -> Answer<'_, ()> {
        self.wire.close()
    }
}

/// A writer whose wire can be made to lose and to fail, and a reader of another worker.
async fn writer_and_reader() -> (SyncManager, Arc<AtomicBool>, Arc<AtomicBool>, SyncManager) {
    let (wire, loses, is_down) = (Memory::new(), Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let bus = Lossy { wire: wire.branch(), loses: loses.clone(), is_down: is_down.clone() };
    let writer = worker_on(bus, Options::new(Identity::default()));
    (writer, loses, is_down, worker(&wire))
}

#[tokio::test(start_paused = true)]
async fn a_loss_at_the_very_end_is_told_though_nothing_comes_after_it() {
    let (writer, loses, _, sync) = writer_and_reader().await;
    let (eyes, _reader) = everybody(&sync).await;
    writer.log(&batch("a", 1..=1));
    eyes.until(|eyes| eyes.lines() == [1]).await;

    loses.store(true, Ordering::Relaxed);
    writer.log(&batch("a", 2..=4));
    sleep(Duration::from_millis(100)).await;
    loses.store(false, Ordering::Relaxed);

    eyes.until(|eyes| eyes.lost() == 3).await;
}

#[tokio::test(start_paused = true)]
async fn while_the_wire_is_down_a_worker_reads_its_own_lines_and_the_others_are_told_later() {
    let (writer, _, is_down, sync) = writer_and_reader().await;
    let ((own, _one), (others, _other)) = (everybody(&writer).await, everybody(&sync).await);
    writer.log(&batch("a", 1..=1));
    others.until(|eyes| eyes.lines() == [1]).await;

    is_down.store(true, Ordering::Relaxed);
    writer.log(&batch("a", 2..=3));
    own.until(|eyes| eyes.lines() == [1, 2, 3]).await;
    is_down.store(false, Ordering::Relaxed);
    writer.log(&batch("a", 4..=4));

    own.until(|eyes| eyes.lines() == [1, 2, 3, 4]).await;
    others.until(|eyes| eyes.lines() == [1, 4] && eyes.lost() == 2).await;
    assert_eq!(own.lost(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_comes_sees_the_newest_that_match_and_whether_there_are_more() {
    let sync = worker(&Memory::new());
    let (before, _reader) = everybody(&sync).await;
    sync.log(&batch("a", 1..=45));
    before.until(|eyes| eyes.lines().len() == 45).await;

    let (all, errors) = (Eyes::open(), Eyes::open());
    let _all = sync.logs().open(all.clone(), Filter::default(), 3);
    let chosen = sync.logs().open(errors.clone(), filter(&json!({"level": "error"})), 10);
    all.until_shown().await;
    errors.until_shown().await;
    chosen.filter(filter(&json!({"text": "line 4", "type": "info"})), 4);
    errors.until(|eyes| eyes.told().len() == 2).await;
    sync.log(&batch("a", 46..=50));

    all.until(|eyes| eyes.lines().len() == 5).await;
    errors.until(|eyes| eyes.lines().len() == 4).await;
    assert_eq!(all.told()[0], Told::Backfill(vec![43, 44, 45], true));
    assert_eq!(
        errors.told()[..2],
        [Told::Backfill(vec![10, 20, 30, 40], false), Told::Backfill(vec![42, 43, 44, 45], true),]
    );
    assert_eq!(errors.lines(), [46, 47, 48, 49]);
    let recent = sync.logs().recent(&filter(&json!({"level": "error"})), 2);
    assert_eq!(recent.iter().map(|line| line.n).collect::<Vec<_>>(), [40, 50]);
}

/// Readers come back after a restart and want to see what they saw before it.
#[tokio::test(start_paused = true)]
async fn a_worker_that_starts_shows_what_is_kept_and_shows_nothing_twice() {
    let shelf = Arc::<Shelf>::default();
    shelf.keep("a", 1..=5);
    let sync = worker_with(&shelf);
    let eyes = Eyes::open();
    let _reader = sync.logs().open(eyes.clone(), Filter::default(), 10);
    eyes.until_shown().await;

    sync.log(&batch("a", 4..=6));

    eyes.until(|eyes| !eyes.lines().is_empty()).await;
    assert_eq!(eyes.told(), [Told::Backfill((1..=5).collect(), false), Told::Lines(vec![6])]);
}

#[tokio::test(start_paused = true)]
async fn who_pauses_is_told_nothing_and_then_how_many_it_missed() {
    let sync = worker(&Memory::new());
    let ((eyes, reader), (other, _other)) = (everybody(&sync).await, everybody(&sync).await);
    sync.log(&batch("a", 1..=1));
    eyes.until(|eyes| eyes.lines() == [1]).await;

    reader.pause();
    eyes.until(|eyes| eyes.told().contains(&Told::Paused)).await;
    sync.log(&batch("a", 2..=8));
    other.until(|eyes| eyes.lines().len() == 8).await;
    reader.resume();
    eyes.until(|eyes| eyes.lost() > 0).await;
    sync.log(&batch("a", 9..=9));

    eyes.until(|eyes| eyes.lines() == [1, 9]).await;
    let gap = Told::Gap(7, "paused", Some("a-1".into()));
    assert_eq!(eyes.told(), [Told::Lines(vec![1]), Told::Paused, gap, Told::Lines(vec![9])]);
}

#[tokio::test(start_paused = true)]
async fn who_has_gone_or_been_closed_hears_nothing_more_and_is_forgotten() {
    let sync = worker(&Memory::new());
    let ((closed, one), (gone, _two), (stays, _three)) =
        (everybody(&sync).await, everybody(&sync).await, everybody(&sync).await);

    one.close();
    gone.set(Sent::Gone);
    sync.log(&batch("a", 1..=3));

    stays.until(|eyes| eyes.lines().len() == 3).await;
    common::eventually("they are forgotten", || sync.counters().logs.readers.get() == 1).await;
    assert!(closed.told().is_empty() && gone.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn lines_that_trickle_in_come_at_most_twenty_times_a_second() {
    let sync = worker(&Memory::new());
    let (eyes, _reader) = everybody(&sync).await;

    for n in 1..=100 {
        sync.log(&batch("a", [n]));
        sleep(Duration::from_millis(7)).await;
    }

    eyes.until(|eyes| eyes.lines().len() == 100).await;
    let times = eyes.times();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(50)), "{times:?}");
    assert!(times.len() > 10, "they came together at the end: {times:?}");
}

/// A storm is told in full: what a reader does not get is counted.
#[tokio::test(start_paused = true)]
async fn a_storm_of_twenty_thousand_lines_arrives_or_is_counted() {
    let sync = worker(&Memory::new());
    let (eyes, _reader) = everybody(&sync).await;
    let numbers: Vec<u64> = (1..=20_000).collect();

    for some in numbers.chunks(256) {
        let lines = some.iter().filter(|n| *n % 1000 != 0).map(|n| Arc::new(line("a", *n))).collect();
        sync.log(&Batch { from: "a".into(), lines });
        tokio::task::yield_now().await;
    }
    sync.log(&batch("a", [20_001]));

    eyes.until(|eyes| eyes.lines().last() == Some(&20_001)).await;
    assert_eq!(eyes.lines().len() as u64 + eyes.lost(), 20_001);
    assert!(eyes.lines().is_sorted_by(|a, b| a < b));
    assert!(eyes.lost() >= 20, "{} lost", eyes.lost());
}
