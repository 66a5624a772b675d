//! What one person is told, as the ledger keeps it and as his pages get it.
//!
//! A notice goes the one road like every event: in the person's own room, as [`EventName::NOTIFICATION`]. To those who have never heard
//! of events it looks as it always did, `{"type", "data", "timestamp"}`: so its fields stand beside those of the event, not below `data`.
//! Who reads or archives one says so in the same room ([`EventName::NOTICES_READ`]), an event like any other.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    event::{EventName, Reason, Record},
    position::{Epoch, Seq},
    room::{Scope, as_text},
};

/// How it went, of notices that tell of something finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum NoticeStatus {
    Success,
    Error,
    Warning,
    Info,
}

impl NoticeStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Success, Self::Error, Self::Warning, Self::Info];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for NoticeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status; expected success, error, warning or info")]
pub struct UnknownStatus(pub String);

impl FromStr for NoticeStatus {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        let found = Self::ALL.into_iter().find(|status| status.name() == word);
        found.ok_or_else(|| UnknownStatus(word.chars().take(64).collect()))
    }
}
as_text!(NoticeStatus);

/// A notice without its id, which is the event's: the `data` of its record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// What kind it is, such as `alert`. Any; pages show those that they do not know as they are.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whatever belongs to it.
    pub data: Box<RawValue>,
    /// When it was told, or told again; RFC 3339.
    pub timestamp: String,
    /// Whether the person has seen it.
    pub read: bool,
    /// Whether he has put it aside.
    pub archived: bool,
    /// How often this happened, where it is more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<NoticeStatus>,
    /// How many notices of this person are unread, this one among them; in an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<i64>,
}

/// The `data` of [`EventName::NOTICES_READ`]: what was read or archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesRead {
    /// The notices; none for all there were.
    pub ids: Option<Vec<String>>,
    /// Always true; nothing becomes unread again but by being told again.
    pub read: bool,
    /// Whether they were put aside, too.
    pub archived: bool,
    /// How many notices of this person are unread now.
    pub unread: i64,
}

/// What a page gets of a notice: an event with the notice's fields beside its own. `data` is the notice's.
#[derive(Serialize)]
struct Told<'a> {
    reason: Reason,
    seq: Seq,
    worker: u32,
    scope: &'a Scope,
    id: &'a str,
    #[serde(flatten)]
    notice: Notice,
    prev: Seq,
    epoch: &'a Epoch,
}

/// The payload of a record that is a notice; none of any other, or of one whose data is not a notice's.
pub(crate) fn payload(record: &Record, prev: Seq) -> Option<String> {
    if record.event.as_str() != EventName::NOTIFICATION {
        return None;
    }
    let Record { reason, seq, worker, scope, id, epoch, .. } = record;
    let notice = serde_json::from_str(record.data.as_ref()?.get()).ok()?;
    let told = Told { reason: *reason, seq: *seq, worker: *worker, scope, id, notice, prev, epoch };
    serde_json::to_string(&told).ok()
}
