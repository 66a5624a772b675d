//! One contract for both wires: nothing above the bus can tell memory from Redis.

mod common;

use common::{
    RedisServer,
    wire::{contract, next, until},
};
use lockstep_sync_manager::bus::{Bus, Channel, Memory, Redis, RedisAddress, Signal};

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
