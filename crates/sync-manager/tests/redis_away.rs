//! Real Redis, killed under edits: pages follow through the ledger and nobody needs a restart.

mod common;

use std::sync::Arc;

use common::{Book, Ears, RedisServer};
use lockstep_protocol::Room;
use lockstep_sync_manager::{Identity, Options, SyncManager, bus::Redis};

fn worker(book: &Arc<Book>, server: &RedisServer, number: u32) -> SyncManager {
    let bus = Redis::connect(server.options()).expect("settings are right");
    let identity = Identity { worker: number, name: format!("w{number}"), ..Identity::default() };
    SyncManager::start(book.clone(), Arc::new(bus), Options::new(identity))
}

#[tokio::test]
async fn pages_of_all_workers_follow_while_redis_is_away_and_after_it_is_back() {
    let mut server = RedisServer::start();
    let book = Arc::new(Book::default());
    let (one, other) = (worker(&book, &server, 1), worker(&book, &server, 2));
    let ears = Ears::open();
    let member = other.attach(ears.clone()).await.expect("the worker answers");
    other.join(member, vec![(Room::Files, None)]).await.expect("the worker answers");
    one.status().wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");
    other.status().wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");

    server.stop();
    let mut committed = Vec::new();
    for _ in 0..20 {
        let record = book.commit(&Room::Files);
        one.publish(&record);
        ears.until_seq("files:changed", record.seq).await;
        committed.push(record.seq.0);
    }
    other.status().wait_for(|status| !status.bus).await.expect("it lives");

    server.restart();
    one.status().wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");
    other.status().wait_for(lockstep_sync_manager::Status::is_ready).await.expect("it lives");
    let record = book.commit(&Room::Files);
    one.publish(&record);
    ears.until_seq("files:changed", record.seq).await;
    committed.push(record.seq.0);

    assert_eq!(ears.seqs("files:changed"), committed);
    one.close().await;
    other.close().await;
}
