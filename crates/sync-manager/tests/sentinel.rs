//! Redis with sentinels: master and replica change places, and voice and ear follow.

mod common;

use std::sync::Arc;

use common::{
    Book, Ears, PREFIX, eventually,
    fleet::Fleet,
    wire::{End, talk, until},
};
use lockstep_protocol::Room;
use lockstep_sync_manager::{
    Identity, Options, Status, SyncManager,
    bus::{Redis, RedisOptions, Signal},
};
use rustix::process::Signal as Unix;

const MASTER: u16 = 6379;
const REPLICA: u16 = 6380;
const SENTINEL: u16 = 26379;

/// A master, its replica and one sentinel, who decides alone.
fn watched() -> Fleet {
    let mut fleet = Fleet::new();
    fleet.server(MASTER, &[]);
    fleet.replica(REPLICA, MASTER);
    fleet.sentinel(SENTINEL, MASTER, 1);
    fleet.until_watched(SENTINEL);
    fleet
}

async fn end(options: &RedisOptions) -> End<Redis> {
    End::up(Redis::connect(options.clone()).expect("settings are right")).await
}

fn worker(book: &Arc<Book>, options: &RedisOptions, number: u32) -> SyncManager {
    let bus = Redis::connect(options.clone()).expect("settings are right");
    let identity = Identity { worker: number, name: format!("w{number}"), ..Identity::default() };
    SyncManager::start(book.clone(), Arc::new(bus), Options::new(identity))
}

#[tokio::test]
async fn pages_follow_while_the_master_is_killed_and_the_replica_takes_its_place() {
    let mut fleet = watched();
    let (book, options) = (Arc::new(Book::default()), fleet.sentinels(&[SENTINEL]));
    let (one, other) = (worker(&book, &options, 1), worker(&book, &options, 2));
    let ears = Ears::open();
    let member = other.attach(ears.clone()).await.expect("the worker answers");
    other.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
    let mut committed = Vec::new();
    let mut edit = async || {
        let record = book.commit(&Room::Files);
        one.publish(&record);
        ears.until_seq("files:changed", record.seq).await;
        committed.push(record.seq.0);
    };
    for worker in [&one, &other] {
        worker.status().wait_for(Status::is_ready).await.expect("it lives");
    }
    edit().await;

    fleet.kill(MASTER);
    for worker in [&one, &other] {
        edit().await;
        worker.status().wait_for(|status| !status.bus).await.expect("it lives");
        edit().await;
    }
    for worker in [&one, &other] {
        worker.status().wait_for(Status::is_ready).await.expect("it lives");
    }
    edit().await;

    assert_eq!(fleet.master(SENTINEL), REPLICA);
    assert_eq!(ears.seqs("files:changed"), committed);
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn both_directions_work_again_after_the_master_was_killed() {
    let mut fleet = watched();
    let options = fleet.sentinels(&[SENTINEL]);
    let (mut one, mut other) = (end(&options).await, end(&options).await);
    talk(&mut one, &mut other, "before").await;

    fleet.kill(MASTER);
    until(&mut one.signals, Signal::Down).await;
    until(&mut one.signals, Signal::Up).await;
    until(&mut other.signals, Signal::Up).await;

    talk(&mut one, &mut other, "after").await;
    assert_eq!(fleet.master(SENTINEL), REPLICA);
}

/// Its connections stay open, and nothing ever comes from them.
#[tokio::test]
async fn a_master_that_hangs_is_left_for_the_new_one_and_not_missed_when_it_is_back() {
    let fleet = watched();
    let options = fleet.sentinels(&[SENTINEL]);
    let (mut one, mut other) = (end(&options).await, end(&options).await);

    fleet.signal(MASTER, Unix::STOP);
    until(&mut one.signals, Signal::Down).await;
    until(&mut one.signals, Signal::Up).await;
    talk(&mut one, &mut other, "without it").await;

    assert_eq!(fleet.master(SENTINEL), REPLICA);
    fleet.signal(MASTER, Unix::CONT);
    fleet.until("it is a replica now", |fleet| fleet.ask(MASTER, "ROLE").starts_with("slave"));
    talk(&mut one, &mut other, "beside it").await;
}

#[tokio::test]
async fn a_master_that_steps_down_in_good_health_is_followed_by_its_successor() {
    let fleet = watched();
    let options = fleet.sentinels(&[SENTINEL]);
    let (mut one, mut other) = (end(&options).await, end(&options).await);

    assert_eq!(fleet.ask(SENTINEL, "SENTINEL FAILOVER main"), "OK");
    let listening = format!("PUBSUB NUMSUB {PREFIX}events");
    eventually("both listen at the new master", || fleet.ask(REPLICA, &listening).ends_with("\n2")).await;

    talk(&mut one, &mut other, "on the new one").await;
    assert!(fleet.ask(MASTER, "ROLE").starts_with("slave"));
    assert!(fleet.ask(MASTER, &listening).ends_with("\n0"));
}

/// fred remembers the sentinels that the last one told of, and not that one: once those are gone it asked nobody ever again.
#[tokio::test]
async fn sentinels_of_the_settings_are_asked_again_when_those_they_told_of_are_gone() {
    let mut fleet = Fleet::new();
    fleet.server(MASTER, &[]);
    fleet.sentinel(SENTINEL, MASTER, 1);
    fleet.sentinel(SENTINEL + 1, MASTER, 1);
    fleet.until("they know each other", |fleet| {
        fleet.ask(SENTINEL, "SENTINEL SENTINELS main").contains(&(SENTINEL + 1).to_string())
    });
    let options = fleet.sentinels(&[SENTINEL]);
    let (mut one, mut other) = (end(&options).await, end(&options).await);

    fleet.kill(SENTINEL + 1);
    fleet.kill(MASTER);
    until(&mut one.signals, Signal::Down).await;
    fleet.restart(MASTER);

    until(&mut one.signals, Signal::Up).await;
    talk(&mut one, &mut other, "again").await;
}

#[tokio::test]
async fn sentinels_and_servers_with_an_acl_let_us_in_with_the_lines_of_the_handbook() {
    let mut fleet = watched();
    for port in [MASTER, REPLICA] {
        let line = "ACL SETUSER lockstep reset on >hunter2 &lockstep-test:* +hello +select +client|setname +client|id +info \
                    +ping +subscribe +publish +quit +role";
        assert_eq!(fleet.ask(port, line), "OK");
    }
    let line = "ACL SETUSER lockstep reset on >hunter3 +auth +sentinel|get-master-addr-by-name +sentinel|sentinels";
    assert_eq!(fleet.ask(SENTINEL, line), "OK");
    let options = RedisOptions {
        username: Some("lockstep".into()),
        password: Some("hunter2".into()),
        ..fleet.sentinels_with(&[SENTINEL], "lockstep", "hunter3")
    };
    let (mut one, mut other) = (end(&options).await, end(&options).await);

    fleet.kill(MASTER);
    until(&mut one.signals, Signal::Down).await;
    until(&mut one.signals, Signal::Up).await;

    talk(&mut one, &mut other, "let in").await;
    assert!(!format!("{options:?}").contains("hunter"), "{options:?}");
}
