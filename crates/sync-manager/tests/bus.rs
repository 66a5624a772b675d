//! One contract for both wires: nothing above the bus can tell memory from Redis.

mod common;

use std::sync::Arc;

use common::{PATIENCE, RedisServer};
use lockstep_sync_manager::bus::{Bus, BusError, Channel, MAX_MESSAGE_BYTES, Memory, Redis, RedisAddress, Signal};
use tokio::{sync::mpsc, time::timeout};

async fn next(signals: &mut mpsc::Receiver<Signal>) -> Signal {
    timeout(PATIENCE, signals.recv()).await.expect("a signal in time").expect("the bus is open")
}

async fn until(signals: &mut mpsc::Receiver<Signal>, wanted: Signal) {
    while next(signals).await != wanted {}
}

/// Workers on one wire: each has its own bus.
async fn contract<B: Bus>(worker: impl Fn() -> B) {
    every_worker_hears_a_message_its_author_too(worker(), worker()).await;
    messages_of_one_worker_arrive_in_order(worker(), worker()).await;
    channels_are_told_apart(worker()).await;
    a_second_listener_hears_nothing_of_the_first_ones(worker()).await;
    what_is_too_long_is_refused_and_the_longest_is_not(worker()).await;
    a_closed_bus_refuses(worker()).await;
}

async fn every_worker_hears_a_message_its_author_too(one: impl Bus, other: impl Bus) {
    let (mut mine, mut theirs) = (one.listen(), other.listen());
    until(&mut mine, Signal::Up).await;
    until(&mut theirs, Signal::Up).await;

    one.publish(Channel::Events, "{\"a\":1}".into()).await.expect("the bus is up");

    until(&mut mine, Signal::Message(Channel::Events, "{\"a\":1}".into())).await;
    until(&mut theirs, Signal::Message(Channel::Events, "{\"a\":1}".into())).await;
}

async fn messages_of_one_worker_arrive_in_order(one: impl Bus, other: impl Bus) {
    let mut theirs = other.listen();
    until(&mut theirs, Signal::Up).await;

    for number in 0..100 {
        let text: Arc<str> = number.to_string().into();
        while one.publish(Channel::Events, text.clone()).await == Err(BusError::Down) {
            tokio::task::yield_now().await; // a new connection may still be on its way
        }
    }

    for number in 0..100 {
        until(&mut theirs, Signal::Message(Channel::Events, number.to_string().into())).await;
    }
}

async fn channels_are_told_apart(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;

    bus.publish(Channel::Workers, "w".into()).await.expect("the bus is up");
    bus.publish(Channel::Events, "e".into()).await.expect("the bus is up");

    assert_eq!(next(&mut signals).await, Signal::Message(Channel::Workers, "w".into()));
    assert_eq!(next(&mut signals).await, Signal::Message(Channel::Events, "e".into()));
}

async fn a_second_listener_hears_nothing_of_the_first_ones(bus: impl Bus) {
    let mut first = bus.listen();
    let second = bus.listen();
    until(&mut first, Signal::Up).await;
    drop(second);

    bus.publish(Channel::Events, "x".into()).await.expect("the bus is up");

    until(&mut first, Signal::Message(Channel::Events, "x".into())).await;
}

async fn what_is_too_long_is_refused_and_the_longest_is_not(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;
    let longest: Arc<str> = "x".repeat(MAX_MESSAGE_BYTES).into();

    let refused = bus.publish(Channel::Events, format!("{longest}x").into()).await;
    bus.publish(Channel::Events, longest.clone()).await.expect("the bus is up");

    assert!(matches!(refused, Err(BusError::Refused(_))), "{refused:?}");
    assert!(next(&mut signals).await == Signal::Message(Channel::Events, longest));
}

async fn a_closed_bus_refuses(bus: impl Bus) {
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;

    bus.close().await;

    assert!(bus.publish(Channel::Events, "x".into()).await.is_err());
}

#[tokio::test]
async fn the_wire_in_memory_keeps_the_contract() {
    let wire = Memory::new();
    contract(|| wire.branch()).await;
}

#[tokio::test]
async fn the_wire_over_redis_keeps_the_contract() {
    let server = RedisServer::start();
    contract(|| Redis::connect(server.options()).expect("settings are right")).await;
}

#[tokio::test]
async fn a_listener_that_lags_is_told_how_much_it_missed() {
    let bus = Memory::new();
    let mut signals = bus.listen();
    let many = 10_000;
    for number in 0..many {
        bus.publish(Channel::Events, number.to_string().into()).await.expect("memory is up");
    }

    let mut heard = 0;
    while signals.try_recv().is_ok() {
        heard += 1;
    }
    bus.publish(Channel::Events, "last".into()).await.expect("memory is up");

    let taken = heard - 1; // the first was Up
    assert_eq!(next(&mut signals).await, Signal::Missed(many - taken));
}

#[tokio::test]
async fn redis_absent_at_the_start_is_found_when_it_comes() {
    let mut server = RedisServer::start();
    server.stop();
    let bus = Redis::connect(server.options()).expect("settings are right");
    let mut signals = bus.listen();
    assert!(bus.publish(Channel::Events, "lost".into()).await.is_err());

    server.restart();

    until(&mut signals, Signal::Up).await;
    bus.publish(Channel::Events, "found".into()).await.expect("the bus is up");
    until(&mut signals, Signal::Message(Channel::Events, "found".into())).await;
}

#[tokio::test]
async fn a_worker_hears_again_after_redis_was_killed_and_came_back_empty() {
    let mut server = RedisServer::start();
    let bus = Redis::connect(server.options()).expect("settings are right");
    let mut signals = bus.listen();
    until(&mut signals, Signal::Up).await;

    server.stop();
    assert!(bus.publish(Channel::Events, "lost".into()).await.is_err());
    until(&mut signals, Signal::Down).await;
    server.restart();
    until(&mut signals, Signal::Up).await;

    bus.publish(Channel::Events, "found".into()).await.expect("the bus is up");
    until(&mut signals, Signal::Message(Channel::Events, "found".into())).await;
}

#[tokio::test]
async fn passwords_and_the_secret_never_show_in_debug_output() {
    let server = RedisServer::start();
    let mut options = server.options();
    options.password = Some("hunter2".into());
    assert!(format!("{options:?}").contains("secret: ***"), "{options:?}");

    assert!(!format!("{options:?}").contains("hunter2"));
    options.address = RedisAddress::Url("redis://anna:hunter2@127.0.0.1:6379/0".into());
    assert!(!format!("{options:?} {}", options.address).contains("hunter2"));
    assert!(options.address.to_string().contains("127.0.0.1:6379"));
    options.address = RedisAddress::Url("redis-sentinel://h:1?sentinelPassword=hunter2".into());
    assert!(!format!("{options:?} {}", options.address).contains("hunter2"));
}
