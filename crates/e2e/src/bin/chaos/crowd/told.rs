//! What a page is told, as much of it as it needs.

use std::borrow::Cow;

use lockstep_protocol::{
    Epoch, Position, Room, Seq,
    page::{Joined, Mark},
};
use serde::Deserialize;
use serde_json::Value;

use super::track::Content;

/// An event, whichever way it came.
#[derive(Debug, Deserialize)]
pub(crate) struct Told<'a> {
    seq: i64,
    prev: i64,
    #[serde(borrow)]
    epoch: Cow<'a, str>,
    #[serde(borrow)]
    scope: Cow<'a, str>,
    #[serde(borrow)]
    room: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    rev: Option<i64>,
    #[serde(default)]
    soft: bool,
}

impl Told<'_> {
    /// The room whose chain it belongs to.
    pub(crate) fn room(&self) -> Option<Room> {
        let named = self.room.as_deref().or_else(|| self.scope.strip_prefix("room:"))?;
        named.parse().ok()
    }

    /// What decides whether it is applied.
    pub(crate) fn mark(&self) -> Mark {
        Mark { epoch: Epoch::new(self.epoch.as_ref()), seq: Seq(self.seq), prev: Seq(self.prev) }
    }

    /// What it says.
    pub(crate) fn news(&self) -> News {
        News {
            content: Content { id: self.id.clone().into_owned(), rev: if self.soft { None } else { self.rev } },
            soft: self.soft,
            deleted: self.reason == "deleted",
        }
    }
}

/// What an event says to the views.
#[derive(Debug, Clone)]
pub(crate) struct News {
    /// Which row, and which revision.
    pub(crate) content: Content,
    /// A reason to look again, and not the change itself.
    pub(crate) soft: bool,
    /// The row is gone.
    pub(crate) deleted: bool,
}

/// The position under `epoch` and `seq`.
pub(crate) fn position(value: &Value) -> Option<Position> {
    Some(Position::new(Epoch::new(value["epoch"].as_str()?), Seq(value["seq"].as_i64()?)))
}

/// One room's answer to a join, and its events; nothing when it asks to try again.
pub(crate) fn joined(ack: &Value) -> Option<(Joined, Vec<(Mark, News)>)> {
    if ack["ok"] != true {
        return (ack["error"] == "forbidden").then(|| (Joined::Denied, Vec::new()));
    }
    let position = position(ack)?;
    let events = ack["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let events = events.iter().map(|event| Told::deserialize(event).ok()).collect::<Option<Vec<_>>>()?;
    let events: Vec<_> = events.iter().map(|told| (told.mark(), told.news())).collect();
    let joined = match ack["mode"].as_str()? {
        "recovered" => Joined::Recovered { position, events: events.iter().map(|(mark, _)| mark.clone()).collect() },
        "live" => Joined::Live(position),
        _ => Joined::Refresh(position),
    };
    Some((joined, events))
}
