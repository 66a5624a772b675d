//! What a connection weighs that does nothing.

use std::time::Duration;

use crate::{
    cost,
    crowd::Crowd,
    figures::{Kind, Quantity, Slice},
    score::Score,
    system::System,
};

/// Connections before the idle ones are counted, so that what a process needs once is not charged to them.
pub(crate) const FIRST_CONNECTIONS: usize = 200;

/// Rest after connecting, before memory is read: what was needed only to connect is given back.
const REST: Duration = Duration::from_secs(2);

/// In processes of its own: memory that others have left behind would be taken for that of the connections.
pub(super) async fn turn(kind: Kind, connections: usize) -> Result<Slice, String> {
    let system = System::start(kind).await;
    let mut crowd = Crowd::new(Score::new(FIRST_CONNECTIONS + connections));
    crowd.grow(FIRST_CONNECTIONS, &system.addresses, &system.greeting).await?;
    tokio::time::sleep(REST).await;
    let before = cost::resident(&system.workers);
    crowd.grow(connections, &system.addresses, &system.greeting).await?;
    tokio::time::sleep(REST).await;
    let grown = cost::resident(&system.workers).saturating_sub(before);
    Ok(Slice::from([(Quantity::Memory, grown as f64 / 1024.0 / connections as f64)]))
}
