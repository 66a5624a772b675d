//! A stranger who publishes as fast as he can: memory stays bounded and the worker hears again.

mod common;

use std::{fs, sync::Arc, time::Duration};

use common::{Book, Ears, PREFIX, RedisServer};
use lockstep_protocol::Room;
use lockstep_sync_manager::{
    Identity, Options, Status, SyncManager,
    bus::{Bus, Channel, MAX_MESSAGE_BYTES, Redis},
};

/// What a flood may cost at most: what may wait at its several stations, and some for the allocator.
const MAY_GROW: usize = 100 << 20;

/// Far more than may wait: half a gigabyte, in messages of the longest kind.
const MESSAGES: usize = 8_000;

/// The most memory that this process ever had, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("it is always there");
    line.split_ascii_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<usize>().ok()).expect("a number") << 10
}

/// Has it all sent by one thread of its own; the worker reads as fast as it can or not at all, as the machine likes.
fn flood(server: &RedisServer, message: Vec<u8>) -> std::thread::JoinHandle<()> {
    let mut stranger = server.stranger();
    std::thread::spawn(move || {
        for channel in ["events", "workers"].iter().cycle().take(MESSAGES) {
            stranger.publish(&format!("{PREFIX}{channel}"), &message);
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_large_messages_neither_fills_memory_nor_deafens_for_good() {
    let (server, book) = (RedisServer::start(), Arc::new(Book::default()));
    let bus = Arc::new(Redis::connect(server.options()).expect("settings are right"));
    // So rare a tick that after the flood the bus itself must work again.
    let options = Options { tick: Duration::from_secs(3600), ..Options::new(Identity::default()) };
    let sync = SyncManager::start(book.clone(), bus.clone(), options);
    let ears = Ears::open();
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    sync.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
    sync.status().wait_for(Status::is_ready).await.expect("it lives");
    let mut listening = server.stranger();
    listening.subscribe(&format!("{PREFIX}events"));
    let longest = "x".repeat(MAX_MESSAGE_BYTES);
    bus.publish(Channel::Events, longest.as_str().into()).await.expect("it is up");
    let sealed = listening.next();
    drop(listening);
    let before = peak();

    // Forged ones first, then a true one that says nothing, over and over: it is ours and must be judged.
    for message in [vec![b'x'; MAX_MESSAGE_BYTES], sealed] {
        let flooding = flood(&server, message);
        tokio::task::spawn_blocking(|| flooding.join()).await.expect("no panic").expect("redis took it all");
    }
    let grown = peak() - before;
    sync.status().wait_for(Status::is_ready).await.expect("it lives");
    let record = book.commit(&Room::Files);
    sync.publish(&record);
    ears.until_seq("files:changed", record.seq).await;

    assert!(sync.counters().bus_forged.get() > 0);
    assert!(grown < MAY_GROW, "grown by {} MiB", grown >> 20);
    sync.close().await;
}
