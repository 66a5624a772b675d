//! What a page may say, and what it is answered.
//!
//! Parsing is total: whatever a stranger sends becomes a request or a [`Refusal`], never a panic.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};

use crate::{
    event::Emission,
    position::{Epoch, Position, Seq},
    room::Room,
};

/// The most rooms in one request. There are a dozen rooms; a page that asks for more is not a page.
const MAX_ROOMS: usize = 32;

/// Why a request is refused; the `error` of an ack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Not of a known shape.
    BadRequest,
    /// The person may not see that room.
    Forbidden,
    /// There is no such room.
    UnknownRoom,
    /// There is no such event, or it is the server's to send.
    UnknownEvent,
    /// Too many requests; wait a second.
    RateLimited,
    /// As many as one may have, and now one more.
    TooMany,
    /// The worker cannot answer just now; ask again.
    Unavailable,
}

impl Refusal {
    /// All of them, for closed lists of labels.
    pub const ALL: [Refusal; 7] = [
        Refusal::BadRequest,
        Refusal::Forbidden,
        Refusal::UnknownRoom,
        Refusal::UnknownEvent,
        Refusal::RateLimited,
        Refusal::TooMany,
        Refusal::Unavailable,
    ];

    /// The word on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::BadRequest => "bad_request",
            Refusal::Forbidden => "forbidden",
            Refusal::UnknownRoom => "unknown_room",
            Refusal::UnknownEvent => "unknown_event",
            Refusal::RateLimited => "rate_limited",
            Refusal::TooMany => "too_many",
            Refusal::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a page must fetch its data afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshWhy {
    /// Its position is of another life of the ledger.
    Epoch,
    /// What it missed has been trimmed away.
    Trimmed,
    /// Its position is of a history that was undone, as by restoring a backup.
    Unknown,
    /// It missed more than is worth sending.
    TooMuch,
    /// It claims to know what has not happened.
    Ahead,
    /// The ledger could not be read in time.
    Unreadable,
}

impl RefreshWhy {
    /// The word on the wire.
    pub fn code(self) -> &'static str {
        match self {
            RefreshWhy::Epoch => "epoch",
            RefreshWhy::Trimmed => "trimmed",
            RefreshWhy::Unknown => "unknown",
            RefreshWhy::TooMuch => "too_much",
            RefreshWhy::Ahead => "ahead",
            RefreshWhy::Unreadable => "unreadable",
        }
    }
}

/// One wish of a `sync:join`: a room's name as the page spelled it, and how far the page has come there.
pub type Wish = (String, Option<Position>);

/// A request to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Join {
    /// `{room, epoch?, seq?}`: the ack is that room's.
    One(Wish),
    /// `{rooms: {name: [epoch, seq] | null, …}}`: the ack holds one per room.
    Many(Vec<Wish>),
}

impl Join {
    /// Reads the payload of `sync:join`.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] where the shape is none of the two.
    pub fn parse(payload: &Value) -> Result<Self, Refusal> {
        let Some(rooms) = payload.get("rooms") else {
            let room = payload.get("room").and_then(Value::as_str).ok_or(Refusal::BadRequest)?;
            return Ok(Join::One((short_name(room), position(payload.get("epoch"), payload.get("seq"))?)));
        };
        let rooms = rooms.as_object().filter(|rooms| rooms.len() <= MAX_ROOMS).ok_or(Refusal::BadRequest)?;
        rooms.iter().map(|(room, at)| Ok((short_name(room), pair(at)?))).collect::<Result<_, _>>().map(Join::Many)
    }

    /// Reads `{room}` or a bare name, as `sync:leave`, `sync:pos` and the first pages' `join` send it.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] where there is no name.
    pub fn room_name(payload: &Value) -> Result<String, Refusal> {
        payload.as_str().or_else(|| payload.get("room")?.as_str()).map(short_name).ok_or(Refusal::BadRequest)
    }
}

/// As much of a name as a room's may have; no more of a stranger's is kept, or sent back to him.
pub fn short_name(name: &str) -> String {
    name.chars().take(80).collect()
}

fn pair(at: &Value) -> Result<Option<Position>, Refusal> {
    match at {
        Value::Null => Ok(None),
        Value::Array(parts) if parts.is_empty() => Ok(None),
        Value::Array(parts) if parts.len() == 2 => position(parts.first(), parts.get(1)),
        _ => Err(Refusal::BadRequest),
    }
}

fn position(epoch: Option<&Value>, seq: Option<&Value>) -> Result<Option<Position>, Refusal> {
    let (epoch, seq) = (epoch.filter(|v| !v.is_null()), seq.filter(|v| !v.is_null()));
    match (epoch, seq) {
        (None, None) => Ok(None),
        (Some(Value::String(epoch)), Some(seq)) if epoch.len() <= 64 => {
            let seq = seq.as_i64().filter(|seq| *seq >= 0).ok_or(Refusal::BadRequest)?;
            Ok(Some(Position::new(Epoch::new(epoch.as_str()), Seq(seq))))
        }
        _ => Err(Refusal::BadRequest),
    }
}

/// How a page was joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinMode {
    /// From now on; the page came without a position.
    Live,
    /// With the events it missed.
    Recovered(Vec<Arc<Emission>>),
    /// It must fetch its data.
    Refresh(RefreshWhy),
}

impl JoinMode {
    /// The word on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            JoinMode::Live => "live",
            JoinMode::Recovered(_) => "recovered",
            JoinMode::Refresh(_) => "refresh",
        }
    }
}

/// What a page is told about one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomAck {
    /// It hears the room from `position` on.
    Joined {
        /// The room.
        room: Room,
        /// How.
        mode: JoinMode,
        /// Where the worker is.
        position: Position,
    },
    /// It does not.
    Refused {
        /// The room as the page spelled it.
        room: String,
        /// Why.
        why: Refusal,
    },
}

impl Serialize for RoomAck {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            RoomAck::Refused { room, why } => {
                map.serialize_entry("ok", &false)?;
                map.serialize_entry("room", room)?;
                map.serialize_entry("error", why.code())?;
            }
            RoomAck::Joined { room, mode, position } => {
                map.serialize_entry("ok", &true)?;
                map.serialize_entry("room", room)?;
                map.serialize_entry("mode", mode.code())?;
                map.serialize_entry("epoch", &position.epoch)?;
                map.serialize_entry("seq", &position.seq)?;
                match mode {
                    JoinMode::Live => {}
                    JoinMode::Recovered(events) => map.serialize_entry("events", &named(events))?,
                    JoinMode::Refresh(why) => map.serialize_entry("why", why.code())?,
                }
            }
        }
        map.end()
    }
}

/// The events with their names inside, since an ack has no event name of its own.
fn named(events: &[Arc<Emission>]) -> Vec<Box<RawValue>> {
    let name = |event: &Arc<Emission>| {
        let rest = event.payload.strip_prefix('{').expect("an event is an object");
        RawValue::from_string(format!(r#"{{"event":"{}",{rest}"#, event.event)).expect("a name needs no escapes")
    };
    events.iter().map(name).collect()
}

/// The answer to a [`Join`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// For one room.
    One(RoomAck),
    /// For several, `ok` when none was refused.
    Many(Vec<RoomAck>),
}

impl Serialize for Ack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let acks = match self {
            Ack::One(ack) => return ack.serialize(serializer),
            Ack::Many(acks) => acks,
        };
        let name = |ack: &RoomAck| match ack {
            RoomAck::Joined { room, .. } => room.to_string(),
            RoomAck::Refused { room, .. } => room.clone(),
        };
        let rooms: std::collections::BTreeMap<String, &RoomAck> = acks.iter().map(|ack| (name(ack), ack)).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("ok", &acks.iter().all(|ack| matches!(ack, RoomAck::Joined { .. })))?;
        map.serialize_entry("rooms", &rooms)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(epoch: &str, seq: i64) -> Option<Position> {
        Some(Position::new(Epoch::new(epoch), Seq(seq)))
    }

    #[test]
    fn a_page_may_join_one_room_or_many() {
        assert_eq!(Join::parse(&json!({"room": "files"})), Ok(Join::One(("files".into(), None))));
        assert_eq!(
            Join::parse(&json!({"room": "files", "epoch": "a", "seq": 7})),
            Ok(Join::One(("files".into(), at("a", 7))))
        );
        assert_eq!(
            Join::parse(&json!({"rooms": {"files": ["a", 7], "users": null}})),
            Ok(Join::Many(vec![("files".into(), at("a", 7)), ("users".into(), None)]))
        );
    }

    #[test]
    fn whatever_else_a_stranger_sends_is_refused_in_words() {
        let many: serde_json::Map<_, _> = (0..=MAX_ROOMS).map(|n| (n.to_string(), Value::Null)).collect();
        for payload in [
            json!(null),
            json!([]),
            json!({"room": 7}),
            json!({"room": "files", "seq": 7}),
            json!({"room": "files", "epoch": "a", "seq": -1}),
            json!({"room": "files", "epoch": "a", "seq": 1.5}),
            json!({"room": "files", "epoch": "e".repeat(65), "seq": 1}),
            json!({"rooms": "files"}),
            json!({"rooms": {"files": ["a"]}}),
            json!({"rooms": many}),
        ] {
            assert_eq!(Join::parse(&payload), Err(Refusal::BadRequest), "{payload}");
        }
    }

    #[test]
    fn the_first_pages_spelling_of_a_room_is_understood() {
        assert_eq!(Join::room_name(&json!("files")), Ok("files".into()));
        assert_eq!(Join::room_name(&json!({"room": "files"})), Ok("files".into()));
        assert_eq!(Join::room_name(&json!({"name": "files"})), Err(Refusal::BadRequest));
    }
}
