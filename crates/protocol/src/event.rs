//! One committed change, as the ledger keeps it and as a page gets it.
//!
//! A [`Draft`] is what somebody wants to say; the ledger stamps it and it becomes a [`Record`], which travels between workers;
//! for each room that hears it a worker makes an [`Event`] and encodes it once into an [`Emission`].

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    notice,
    position::{Epoch, Position, Seq},
    room::{Room, Scope, as_text},
};

/// The largest `data` an event carries, in bytes of JSON. A larger row goes out with `data: null` and the page fetches it: a queue
/// of 512 packets then holds at most 16 MiB.
pub const MAX_DATA_BYTES: usize = 32 * 1024 - 1024;

/// The deepest `data` an event carries, in arrays and objects within each other. Readers of JSON give up somewhere (serde_json at 128,
/// Python at about a thousand), and one event must not take them all away.
pub const MAX_DATA_DEPTH: usize = 64;

/// How deep arrays and objects lie within each other in `json`; 0 for a text, a number or null.
pub fn depth(json: &RawValue) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.get().bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Why the data changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Fields of an existing row changed.
    Updated,
    /// A row is new.
    Added,
    /// A row is gone.
    Deleted,
    /// A row was switched on or off.
    Toggled,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Updated => "updated",
            Reason::Added => "added",
            Reason::Deleted => "deleted",
            Reason::Toggled => "toggled",
        })
    }
}

/// A word that is no reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reason; expected updated, added, deleted or toggled")]
pub struct UnknownReason(pub String);

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(word: &str) -> Result<Self, UnknownReason> {
        Ok(match word {
            "updated" => Reason::Updated,
            "added" => Reason::Added,
            "deleted" => Reason::Deleted,
            "toggled" => Reason::Toggled,
            other => return Err(UnknownReason(other.chars().take(64).collect())),
        })
    }
}

/// The name under which pages listen for an event, such as `files:changed`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventName(Arc<str>);

/// A name no event may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no event name; 1 to 64 of a-z, 0-9, `:`, `_`, `-`, `.`, beginning with a letter")]
pub struct BadEventName(pub String);

impl EventName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Names that Socket.IO or Lockstep itself speaks under. Nobody may publish them.
    const RESERVED: &[&str] = &[
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "error",
        "hello",
        Self::NOTIFICATION,
        Self::NOTICES_READ,
        "log",
        "logs:filter",
        "import:progress",
        "scan:progress",
        "session:ended",
        "keys:changed",
        Self::LOCKS,
        Self::JOBS,
    ];

    /// Somebody has begun or ceased to edit a row alone, in the room of the row's entity. No row is another one by that.
    pub const LOCKS: &str = "locks:changed";

    /// A person is told something, in his own room.
    pub const NOTIFICATION: &str = "notification";

    /// A person has read or archived something he was told, in his own room.
    pub const NOTICES_READ: &str = "notification:read";

    /// The names of all events that change no data which a list shows.
    pub const ASIDE: &[&str] = &[Self::LOCKS, Self::NOTIFICATION, Self::NOTICES_READ, Self::JOBS];

    /// How a job stands, in the room of what it works on. What it changes there has events of its own.
    pub const JOBS: &str = "jobs:changed";

    /// The name `<room>:changed`.
    pub fn changed(room: &Room) -> Self {
        Self(room.changed().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name belongs to the protocol, so that publishing it from outside is refused.
    pub fn is_reserved(&self) -> bool {
        let prefixes = ["sync:", "presence:", "log:"];
        Self::RESERVED.contains(&self.as_str()) || prefixes.iter().any(|prefix| self.0.starts_with(prefix))
    }

    /// Whether rooms that depend on this event's room have a reason to look again: data have changed, not only who holds them or who
    /// was told of it.
    pub fn is_of_data(&self) -> bool {
        !Self::ASIDE.contains(&self.as_str())
    }

    /// The room whose `<room>:changed` this is, if it is one.
    pub fn room(&self) -> Option<Room> {
        self.0.strip_suffix(":changed").and_then(|room| room.parse().ok())
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EventName {
    type Err = BadEventName;

    fn from_str(name: &str) -> Result<Self, BadEventName> {
        let sane = (1..=Self::MAX_BYTES).contains(&name.len())
            && name.as_bytes()[0].is_ascii_lowercase()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":_-.".contains(&b));
        if sane { Ok(Self(name.into())) } else { Err(BadEventName(name.chars().take(Self::MAX_BYTES).collect())) }
    }
}
as_text!(Reason, EventName);

/// Who did it, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The user's id, or `key:<id>` for an API key.
    pub id: String,
    /// The name to show.
    pub name: String,
}

/// What somebody wants every page to know; not yet stamped.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The name pages listen for.
    pub event: EventName,
    /// Why.
    pub reason: Reason,
    /// The process that writes it.
    pub worker: u32,
    /// How far it reaches.
    pub scope: Scope,
    /// The changed item, `*` for many.
    pub id: String,
    /// The changed row as the API gives it; dropped by [`Draft::bounded`] when it is too large.
    pub data: Option<Box<RawValue>>,
    /// The row's revision.
    pub rev: Option<i64>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// The `X-Client-Id` of the page that did it.
    pub origin: Option<String>,
}

impl Draft {
    /// The same draft without data that is over [`MAX_DATA_BYTES`]; the page then fetches the row.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.data = self.data.filter(|data| data.get().len() <= MAX_DATA_BYTES);
        self
    }

    /// The record of this draft once the ledger has given it a place.
    pub fn stamped(self, epoch: Epoch, seq: Seq, gprev: Seq) -> Record {
        let Draft { event, reason, worker, scope, id, data, rev, actor, origin } = self;
        Record { epoch, seq, gprev, worker, event, reason, scope, id, data, rev, actor, origin }
    }
}

/// One row of the ledger, and one message between workers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// Its place.
    pub seq: Seq,
    /// The seq of the row before it, whatever its room: how a worker sees a hole.
    pub gprev: Seq,
    /// The process that wrote it.
    pub worker: u32,
    /// The name pages listen for.
    pub event: EventName,
    /// Why.
    pub reason: Reason,
    /// How far it reaches.
    pub scope: Scope,
    /// The changed item, `*` for many.
    pub id: String,
    /// The changed row.
    pub data: Option<Box<RawValue>>,
    /// The row's revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The page that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Record {
    /// Its place in the ledger.
    pub fn position(&self) -> Position {
        Position::new(self.epoch.clone(), self.seq)
    }
}

/// What a soft event follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The event that changed something.
    pub event: EventName,
    /// The item it changed.
    pub id: String,
    /// Its place.
    pub seq: Seq,
}

/// What a page gets. The first six fields are always there, in this order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Why.
    pub reason: Reason,
    /// Its place in the ledger, strictly rising.
    pub seq: Seq,
    /// The process that wrote it.
    pub worker: u32,
    /// How far it reaches; of a fanned-out event the room it was fanned out to.
    pub scope: Scope,
    /// The changed item, `*` for many.
    pub id: String,
    /// The changed row, null when it is too large or the event is soft.
    pub data: Option<Box<RawValue>>,
    /// The seq last emitted to this room before this event: how a page sees a hole.
    pub prev: Seq,
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// The row's revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The page that did it, so that it knows its own change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// True when this is a reason to look again, not the change itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soft: bool,
    /// What a soft event follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The room whose chain `prev` belongs to, where that is not the scope's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
}

/// One event for one room, encoded once and shared by every socket of the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emission {
    /// The room that hears it.
    pub room: Room,
    /// The name pages listen for.
    pub event: EventName,
    /// Its place.
    pub seq: Seq,
    /// The seq last emitted to the room before.
    pub prev: Seq,
    /// The event as JSON.
    pub payload: Arc<str>,
}

impl Emission {
    /// Encodes `record` for `room`, whose last event was `prev`. A soft one says only that something it depends on has changed; a notice
    /// has its own form ([`crate::Notice`]).
    pub fn of(record: &Record, room: &Room, soft: bool, prev: Seq) -> Self {
        let (name, event) = if soft { soften(record, room, prev) } else { direct(record, room, prev) };
        let plain = || serde_json::to_string(&event).expect("an event has string keys and raw JSON only");
        let payload = notice::payload(record, prev).filter(|_| !soft).unwrap_or_else(plain);
        Self { room: room.clone(), event: name, seq: record.seq, prev, payload: payload.into() }
    }
}

fn direct(record: &Record, room: &Room, prev: Seq) -> (EventName, Event) {
    let event = Event {
        reason: record.reason,
        seq: record.seq,
        worker: record.worker,
        scope: record.scope.clone(),
        id: record.id.clone(),
        data: record.data.clone(),
        prev,
        epoch: record.epoch.clone(),
        rev: record.rev,
        actor: record.actor.clone(),
        origin: record.origin.clone(),
        soft: false,
        cause: None,
        room: (record.scope == Scope::Global).then(|| room.clone()),
    };
    (record.event.clone(), event)
}

fn soften(record: &Record, room: &Room, prev: Seq) -> (EventName, Event) {
    let event = Event {
        reason: Reason::Updated,
        seq: record.seq,
        worker: record.worker,
        scope: Scope::Room(room.clone()),
        id: "*".into(),
        data: None,
        prev,
        epoch: record.epoch.clone(),
        rev: None,
        actor: record.actor.clone(),
        origin: record.origin.clone(),
        soft: true,
        cause: Some(Cause { event: record.event.clone(), id: record.id.clone(), seq: record.seq }),
        room: None,
    };
    (EventName::changed(room), event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_protocol_itself_are_reserved() {
        for name in [
            "connect",
            "sync:reset",
            "hello",
            "presence:state",
            "log",
            "notification",
            "notification:read",
            "log:gap",
            "log:backfill",
            "logs:filter",
            "session:ended",
            "keys:changed",
            "locks:changed",
            "jobs:changed",
            "scan:progress",
        ] {
            assert!(name.parse::<EventName>().expect(name).is_reserved(), "{name}");
        }
        assert!(!"files:changed".parse::<EventName>().expect("a name").is_reserved());
    }

    #[test]
    fn a_name_that_could_confuse_a_parser_is_refused() {
        for name in ["", "Файлы", "a b", "1st", "x\"y", &"a".repeat(65)] {
            assert!(name.parse::<EventName>().is_err(), "{name}");
        }
    }

    #[test]
    fn depth_counts_arrays_and_objects_and_no_text() {
        let check = |json: &str, expect: usize| {
            assert_eq!(depth(&RawValue::from_string(json.to_owned()).expect(json)), expect, "{json}");
        };

        check("7", 0);
        check("[]", 1);
        check(r#"{"a": [[], {"b": 1}]}"#, 3);
        check(r#"["[[[{{{"]"#, 1);
        check(r#"["\"[[[", "\\", [1]]"#, 2);
        check(&format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)), 30_000);
    }

    #[test]
    fn a_row_too_large_for_the_wire_goes_out_without_data() {
        let draft = |bytes: usize| Draft {
            event: EventName::changed(&Room::Files),
            reason: Reason::Updated,
            worker: 1,
            scope: Scope::Room(Room::Files),
            id: "7".into(),
            data: Some(RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).expect("a JSON string")),
            rev: Some(1),
            actor: None,
            origin: None,
        };

        assert!(draft(100).bounded().data.is_some());
        assert!(draft(MAX_DATA_BYTES).bounded().data.is_none());
    }
}
