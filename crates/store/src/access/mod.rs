//! Who comes in: sessions of people, keys of programs.
//!
//! Tokens are kept as a digest that the caller makes; whoever reads the database cannot sign in with what he finds.

mod keys;
mod seen;
mod sessions;

use lockstep_protocol::{Actor, Draft, EventName, Reason, Room, Scope};
use serde_json::{Value as Json, value::RawValue};

use crate::{PendingBatch, Store, engine::Tx, error::Error, ledger};

pub use keys::{Key, Program};
pub use seen::{MAX_SESSIONS, SEEN_EVERY_MS, SignedIn};
pub use sessions::{Credentials, NewSession, Person};

/// The event in a person's own room when a session of his has ended; `id` is his. Whoever keeps a connection open looks again.
pub const SESSION_ENDED: &str = "session:ended";

/// The event in the room `admin` when a key was made or withdrawn; `id` is the key's.
pub const KEYS_CHANGED: &str = "keys:changed";

/// What happened to an entrance, and who did it.
struct News<'a> {
    event: &'a str,
    reason: Reason,
    room: Room,
    id: String,
    /// What it is called, for people to read.
    data: Json,
    by: Option<Actor>,
}

impl Store {
    /// Ends a transaction that opened or took away an entrance with the event that tells every worker of it.
    async fn announce(&self, mut tx: Tx, news: News<'_>) -> Result<PendingBatch, Error> {
        let corrupt = |error: &dyn std::fmt::Display| Error::Corrupt(error.to_string());
        let draft = Draft {
            event: news.event.parse::<EventName>().map_err(|error| corrupt(&error))?,
            reason: news.reason,
            worker: self.worker,
            scope: Scope::Room(news.room),
            id: news.id,
            data: Some(RawValue::from_string(news.data.to_string()).map_err(|error| corrupt(&error))?),
            rev: None,
            actor: news.by,
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
