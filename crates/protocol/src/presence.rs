//! Who looks at what, and who edits it: advice among people, never a lock.
//!
//! An open page says what it shows; that is an entry, known by page, entity and id. The worker of the page's socket owns it, tells the
//! other workers of it, and alone takes it away. Each worker keeps what all of them have told it in one [`Presence`], and tells the
//! pages of an entity what has changed since it last did.
//!
//! It guarantees that whoever has heard a worker's whole statement, and all that it has said since, knows exactly the entries of that
//! worker; that entries of a worker that is no more die; and that all of it is bounded, whatever anybody says.
//! It never enters the ledger and promises no order. It reads no clock: the time is passed in, as what has gone by since any moment.

mod known;
mod machine;
mod said;
mod turn;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use machine::Presence;
pub use said::{BadWords, Said, Words};
pub use turn::Turn;

use crate::{client::Refusal, event::Actor, room::Room};

/// What pages may say that they show: the rooms of entities.
pub const ENTITIES: [Room; 5] = [Room::Files, Room::Users, Room::Groups, Room::Categories, Room::Registrators];

/// The longest id, field or name of a page, in characters.
pub const MAX_TEXT: usize = 64;

/// The longest name of a person that is told, in characters. Longer ones are cut.
pub const MAX_NAME: usize = 100;

/// The most entries of one page: a list, a record, and those of some panels.
pub const MAX_OF_PAGE: usize = 20;

/// The most entries known to a worker, of all workers together: at 300 bytes each they take 3 MB.
pub const MAX_ENTRIES: usize = 10_000;

/// The most entries in one message to a page. Nobody looks at more faces than this; those who edit are told before those who look.
pub const MAX_TOLD: usize = 1_000;

/// How long the entries of a page outlive its socket: a reload takes less.
pub const GRACE: Duration = Duration::from_secs(5);

/// How often a worker says all that it has.
pub const RENEWAL: Duration = Duration::from_secs(15);

/// After so long without a word from a worker its entries die: three statements that got lost.
pub const SILENCE: Duration = Duration::from_secs(45);

/// How long a worker may take to show a sign of life after somebody has asked all of them. Alive, it shows one every two seconds.
pub const ROLL_CALL: Duration = Duration::from_secs(5);

/// The most workers whose entries are kept.
pub const MAX_WORKERS: usize = 256;

/// What somebody does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// He has it before him.
    View,
    /// He has begun to change it.
    Edit,
}

/// Which entry: the entity, what of it, and the page. Written as an array of the three.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub Room, pub Arc<str>, pub Arc<str>);

/// What one page shows, as other pages are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The page: an opaque name that its worker has made.
    pub tab: Arc<str>,
    /// The record's id, or `*` for the list.
    pub id: Arc<str>,
    /// What is done with it.
    pub mode: Mode,
    /// The field he is in, if he is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Who it is.
    pub user: Actor,
    /// Since when in this mode, milliseconds since 1970.
    pub since: i64,
}

/// An entry and what entity it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// The entity's room.
    pub entity: Room,
    /// The entry.
    #[serde(flatten)]
    pub entry: Arc<Entry>,
}

impl Present {
    fn key(&self) -> Key {
        Key(self.entity.clone(), self.entry.id.clone(), self.entry.tab.clone())
    }
}

/// All that a page is told at first: `presence:state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The entity's room.
    pub entity: Room,
    /// The number of the last [`Diff`] of this worker and entity.
    pub n: u64,
    /// At most [`MAX_TOLD`].
    pub entries: Vec<Arc<Entry>>,
}

/// What has changed: `presence:diff`. It may say anew what a page knows, and take away what it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The entity's room.
    pub entity: Room,
    /// Counts up by one.
    pub n: u64,
    /// These are as told here.
    pub set: Vec<Arc<Entry>>,
    /// These are no more.
    pub gone: Vec<Gone>,
}

/// An entry that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// The page.
    pub tab: Arc<str>,
    /// What it showed.
    pub id: Arc<str>,
}

/// What a page says of itself with `presence:set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The entity's room.
    pub entity: Room,
    /// The record's id, or `*`.
    pub id: Arc<str>,
    /// Nothing takes the entry away.
    pub mode: Option<Mode>,
    /// The field.
    pub field: Option<String>,
}

impl Wish {
    /// Reads `{entity, id, mode, field?}`.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] where it has another shape, or a text that is too long or no plain text.
    pub fn parse(payload: &Value) -> Result<Self, Refusal> {
        let mode = match payload.get("mode").ok_or(Refusal::BadRequest)? {
            Value::Null => None,
            mode => Some(Mode::deserialize(mode).map_err(|_| Refusal::BadRequest)?),
        };
        let field = match payload.get("field") {
            None | Some(Value::Null) => None,
            Some(field) => Some(field.as_str().filter(|text| is_plain(text)).ok_or(Refusal::BadRequest)?.to_owned()),
        };
        let id = payload.get("id").and_then(Value::as_str).filter(|text| is_plain(text)).ok_or(Refusal::BadRequest)?;
        Ok(Self { entity: entity(payload)?, id: id.into(), mode, field })
    }
}

/// Reads the `entity` of a request.
///
/// # Errors
/// [`Refusal::BadRequest`] where there is none, or none of that name.
pub fn entity(payload: &Value) -> Result<Room, Refusal> {
    let name = payload.get("entity").and_then(Value::as_str).ok_or(Refusal::BadRequest)?;
    name.parse().ok().filter(|room| ENTITIES.contains(room)).ok_or(Refusal::BadRequest)
}

/// Somebody as he may be told of: his name within [`MAX_NAME`], and without control characters.
pub fn shown(id: &str, name: &str) -> Actor {
    Actor { id: id.to_owned(), name: name.chars().filter(|char| !char.is_control()).take(MAX_NAME).collect() }
}

/// A short text that escapes of JSON at most double.
fn is_plain(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Counts by entity.
type Counts = BTreeMap<Room, u64>;
