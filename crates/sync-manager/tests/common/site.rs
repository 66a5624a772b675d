//! Workers on one wire in memory, and pages of theirs.

use std::sync::Arc;

use lockstep_protocol::{JoinMode, Position, Room, RoomAck};
use lockstep_sync_manager::{Identity, MemberId, Options, SyncManager, bus::Memory};

use super::{Book, Ears};

pub fn worker(book: &Arc<Book>, wire: &Memory, number: u32) -> SyncManager {
    let identity = Identity { worker: number, name: format!("w{number}"), ..Identity::default() };
    SyncManager::start(book.clone(), Arc::new(wire.branch()), Options::new(identity))
}

/// A worker that remembers the last event only; for older ones it needs the ledger.
pub fn forgetful(book: &Arc<Book>, wire: &Memory) -> SyncManager {
    let options = Options { ring: 1, ..Options::new(Identity::default()) };
    SyncManager::start(book.clone(), Arc::new(wire.branch()), options)
}

pub async fn page(sync: &SyncManager, rooms: &[Room]) -> (Arc<Ears>, MemberId) {
    let ears = Ears::open();
    let member = sync.attach(ears.clone()).await.expect("the worker answers");
    let wishes = rooms.iter().map(|room| (room.clone(), None)).collect();
    sync.join(member, wishes).await.expect("the worker answers");
    (ears, member)
}

pub async fn mode(sync: &SyncManager, room: Room, position: Position) -> JoinMode {
    let member = sync.attach(Ears::open()).await.expect("the worker answers");
    let acks = sync.join(member, vec![(room, Some(position))]).await.expect("the worker answers");
    match acks.into_iter().next() {
        Some(RoomAck::Joined { mode, .. }) => mode,
        other => panic!("not joined: {other:?}"),
    }
}
