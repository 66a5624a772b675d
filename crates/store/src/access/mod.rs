//! Who comes in: sessions of people, keys of programs.
//!
//! Tokens are kept as a digest that the caller makes; whoever reads the database cannot sign in with what he finds.

mod keys;
mod sessions;

use lockstep_protocol::{Draft, EventName, Reason, Room, Scope};

use crate::{PendingBatch, Store, engine::Tx, error::Error, ledger};

pub use keys::{Key, Program};
pub use sessions::{Credentials, NewSession, Person};

/// The event in a person's own room when a session of his has ended; `id` is his. Whoever keeps a connection open looks again.
pub const SESSION_ENDED: &str = "session:ended";

/// The event in the room `admin` when a key was withdrawn; `id` is the key's.
pub const KEYS_CHANGED: &str = "keys:changed";

impl Store {
    /// Ends a transaction that took away an entrance with the event that tells every worker of it.
    async fn announce(&self, mut tx: Tx, event: &str, room: Room, id: String) -> Result<PendingBatch, Error> {
        let draft = Draft {
            event: event.parse::<EventName>().map_err(|error| Error::Corrupt(error.to_string()))?,
            reason: Reason::Deleted,
            worker: self.worker,
            scope: Scope::Room(room),
            id,
            data: None,
            rev: None,
            actor: None,
            origin: None,
        };
        let record = ledger::append(&mut tx, self.clock.now_ms(), draft).await?;
        Ok(PendingBatch::one(tx, record))
    }
}

/// The names of rights or scopes, as they are kept.
fn list(json: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(error.to_string()))
}
