//! What persons are told: each notice is written down together with the event that brings it to its recipient's pages.
//!
//! A notice to many is one row that is told to each of them. Under a key, whoever has not read the last one yet is told the new in its
//! place instead of once more ([`Key`]). How many are unread is counted in the transaction that changes it, and every change of it is an
//! event in the person's own room: so a page that is in step knows the number.
//!
//! Whoever writes here holds first the persons and then the head of the ledger: all notices are written one after the other, and those
//! of a person who is just being removed either before or not at all.

mod forget;
mod list;
mod mark;
mod tell;

use std::collections::BTreeMap;

use lockstep_protocol::{Draft, EventName, Notice, NoticeStatus, NoticesRead, Reason, Room, Scope};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    PendingBatch, Store,
    engine::{Lock, Tx, sql},
    error::Error,
    ledger,
};

pub use list::{Listed, NoticePage, NoticeQuery};
pub use mark::{Marked, Which};
pub use tell::{Audience, MAX_RECIPIENTS, Told};

/// Something to tell.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// What kind it is, such as `alert`.
    pub kind: String,
    /// Whatever belongs to it.
    pub data: Box<RawValue>,
    /// A sentence.
    pub message: Option<String>,
    /// How it went.
    pub status: Option<NoticeStatus>,
    /// Under which key, where it may take another's place.
    pub key: Option<Key>,
    /// Whether those who were told under the key within its window are left alone, instead of being told this in its place.
    pub once: bool,
    /// How often it has happened; 1 of most.
    pub times: i64,
    /// Whether the data, an object, are to show how often it has happened to its recipient, as `count`.
    pub counted: bool,
}

/// Under one key a person has no more than one unread notice that is younger than the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// How long after its beginning a notice may still be told anew in its place, in milliseconds.
    pub window_ms: i64,
}

/// The numbers of unread notices, by person.
type Unread = BTreeMap<i64, i64>;

/// Which of these persons there are, held until the end: none of them is removed meanwhile.
async fn hold_persons(tx: &mut Tx, persons: &[i64]) -> Result<Vec<i64>, Error> {
    let mut select = sql("SELECT id FROM users WHERE id IN (");
    select.push_list(persons.iter().copied()).push(") ORDER BY id").push(tx.lock(Lock::Keep));
    tx.numbers(select).await
}

/// How many notices each of them has not read, within this transaction. Who has none is left out.
async fn count_unread(tx: &mut Tx, persons: &[i64]) -> Result<Unread, Error> {
    let mut select = sql("SELECT user_id, count(*) FROM notice_recipients WHERE read = 0 AND user_id IN (");
    select.push_list(persons.iter().copied()).push(") GROUP BY user_id");
    tx.all(select).await?.iter().map(|row| Ok((row.some_int(0)?, row.some_int(1)?))).collect()
}

impl Store {
    /// Ends a transaction with its events.
    async fn say(&self, mut tx: Tx, drafts: Vec<Draft>) -> Result<PendingBatch, Error> {
        let drafts = drafts.into_iter().map(|draft| (draft, None)).collect();
        let records = ledger::append_all(&mut tx, self.clock.now_ms(), drafts).await?;
        Ok(PendingBatch::many(tx, records))
    }

    fn read_draft(&self, user: i64, read: &NoticesRead, origin: Option<&str>) -> Result<Draft, Error> {
        let id = match read.ids.as_deref() {
            Some([id]) => id.clone(),
            _ => "*".to_owned(),
        };
        let draft = self.draft(EventName::NOTICES_READ, user, Reason::Updated, id, read)?;
        Ok(Draft { origin: origin.map(ToOwned::to_owned), ..draft })
    }

    fn draft(&self, event: &str, user: i64, reason: Reason, id: String, data: &impl Serialize) -> Result<Draft, Error> {
        Ok(Draft {
            event: event.parse().map_err(corrupt)?,
            reason,
            worker: self.worker,
            scope: Scope::Room(Room::User(user.to_string().into())),
            id,
            data: Some(serde_json::value::to_raw_value(data).map_err(corrupt)?),
            rev: None,
            actor: None,
            origin: None,
        })
    }
}

/// A notice as its recipient sees it. What happened once has no count.
#[derive(Debug)]
struct Shape {
    kind: String,
    data: String,
    message: Option<String>,
    status: Option<NoticeStatus>,
    counted: bool,
    count: i64,
    told_at: i64,
    read: bool,
    archived: bool,
    unread: Option<i64>,
}

impl Shape {
    fn notice(self) -> Result<Notice, Error> {
        let data = if self.counted { with_count(&self.data, self.count) } else { self.data };
        Ok(Notice {
            kind: self.kind,
            data: RawValue::from_string(data).map_err(corrupt)?,
            timestamp: crate::clock::rfc3339(self.told_at),
            read: self.read,
            archived: self.archived,
            count: (self.count > 1).then_some(self.count),
            message: self.message,
            status: self.status,
            unread: self.unread,
        })
    }
}

/// An object with one more member in front; of two of one name readers take the last, so the object has none of this name.
fn with_count(object: &str, count: i64) -> String {
    let rest = object.trim_start().strip_prefix('{').unwrap_or("}").trim_start();
    let comma = if rest.starts_with('}') { "" } else { "," };
    format!("{{\"count\":{count}{comma}{rest}")
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_goes_into_any_object() {
        assert_eq!(with_count("{}", 3), r#"{"count":3}"#);
        assert_eq!(with_count("{ }", 3), r#"{"count":3}"#);
        assert_eq!(with_count(r#"{"a":{"b":1}}"#, 3), r#"{"count":3,"a":{"b":1}}"#);
    }
}
