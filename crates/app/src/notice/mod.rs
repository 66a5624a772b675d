//! What persons are told, and what they have read of it.
//!
//! Everything that wants to tell somebody something comes through [`App::notify`]: programs and people with the right `notify`, and the
//! application's own parts as [`Caller::operator`]. Who reads, reads his own alone.
//! Grave lines of the log become notices by themselves ([`App::tell_errors`]).

mod check;
mod errors;
mod list;
mod storm;

use std::{sync::Arc, time::Duration};

use lockstep_protocol::{Actor, NoticeStatus, Position};
use lockstep_store::{
    Audience, Error as StoreError, MAX_RECIPIENTS, Marked, NewNotice as Notice, NoticePage, Told, Which,
};
use serde_json::{Value as Json, value::RawValue};

use crate::{
    App, Caller, Error,
    error::FieldError,
    rights::{Right, Rights},
};

pub(crate) use errors::Errors;
pub use list::NoticeQuery;

/// How long a notice may be told anew in the place of an unread one with the same key, unless something else is said. A storm is over in
/// less; what still goes on after ten minutes deserves to be said again.
pub const WINDOW: Duration = Duration::from_secs(600);

/// Who is to be told. Only those who may sign in are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// A person, by his id or else by what he signs in as.
    User(String),
    /// All in a group, by its id or else by its name.
    Group(String),
    /// Everybody.
    All,
    /// Everybody whose group has this right.
    With(Right),
}

/// Something to tell.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// What kind it is: 1 to 64 of a-z, 0-9, `_`, `-`, `.`. Pages know `alert`, `log_event`, `system`, `upload_status`, `scan_complete`
    /// and `import_complete`, and show any other as it is.
    pub kind: String,
    /// An object, at most 16 KiB; empty where none is given.
    pub data: Option<Box<RawValue>>,
    /// A sentence, at most a thousand characters.
    pub message: Option<String>,
    /// How it went.
    pub status: Option<NoticeStatus>,
    /// Whoever has not read the last notice under this key yet is told this one in its place. The key is its author's own.
    pub key: Option<String>,
    /// How long after it began that is so.
    pub window: Duration,
    /// Whether whoever was told under the key within the window, read or not, is left alone: several who notice the same tell it once.
    pub once: bool,
    /// How often it has happened.
    pub times: i64,
    /// Whether the data are to show how often it has happened, as `count`.
    pub counted: bool,
}

impl NewNotice {
    /// A notice of this kind with these data, an object.
    pub fn new(kind: impl Into<String>, data: &Json) -> Self {
        let data = RawValue::from_string(data.to_string()).ok();
        let (message, status, key) = (None, None, None);
        Self { kind: kind.into(), data, message, status, key, window: WINDOW, once: false, times: 1, counted: false }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notified {
    /// The notice's id; none when nobody was told.
    pub id: Option<String>,
    /// How many were told.
    pub recipients: usize,
}

impl App {
    /// Tells somebody something. Many are told some hundred at a time.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] for `to` when there is no such person or group, and for all that is wrong with the notice;
    /// [`Error::TooLarge`], [`Error::Unavailable`]; [`Error::InDoubt`] when some of many have been told.
    pub async fn notify(&self, caller: &Caller, to: &To, notice: NewNotice) -> Result<Notified, Error> {
        caller.must(Right::Notify)?;
        let notice = check::notice(caller, notice)?;
        let persons = self.persons(to).await?;
        let (app, actor) = (self.clone(), caller.actor());
        // To the end, whether or not the caller still waits: a long list that was told by half cannot be told apart from one told whole.
        let job = self.0.road.tasks.spawn(async move { app.tell(&notice, &persons, actor.as_ref()).await });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))?
    }

    /// Warns a person, by his id or what he signs in as.
    ///
    /// # Errors
    /// As [`App::notify`].
    pub async fn send_alert_notification(&self, user: &str, data: &Json) -> Result<Notified, Error> {
        self.notify(&Caller::operator(), &To::User(user.to_owned()), NewNotice::new("alert", data)).await
    }

    async fn persons(&self, to: &To) -> Result<Vec<i64>, Error> {
        let groups;
        let audience = match to {
            To::User(user) => Audience::User(user),
            To::Group(group) => Audience::Group(group),
            To::All => Audience::All,
            To::With(right) => {
                groups = self.groups_with(*right).await?;
                Audience::Groups(&groups)
            }
        };
        self.0.store.audience(&audience).await.map_err(|error| match error {
            StoreError::NotFound => Error::field("to", FieldError::new("field.no_such")),
            other => other.into(),
        })
    }

    async fn groups_with(&self, right: Right) -> Result<Vec<String>, Error> {
        let groups = self.0.store.rights_of_groups().await?;
        let has = |names: &[String]| Rights::read(names.iter().map(String::as_str)).allow(right);
        Ok(groups.into_iter().filter(|(_, names)| has(names)).map(|(id, _)| id).collect())
    }

    async fn tell(&self, notice: &Notice, persons: &[i64], actor: Option<&Actor>) -> Result<Notified, Error> {
        let mut notified = Notified::default();
        let mut id = None;
        for persons in persons.chunks(MAX_RECIPIENTS) {
            let told = self.tell_some(notice, id, persons, actor).await;
            let (now, recipients) = told.map_err(|error| match error {
                error @ (StoreError::Unavailable(_) | StoreError::InDoubt(_)) if notified.recipients > 0 => {
                    Error::InDoubt(Arc::new(error))
                }
                error => error.into(),
            })?;
            id = now;
            notified.recipients += recipients;
        }
        notified.id = id.map(|id| id.to_string());
        Ok(notified)
    }

    async fn tell_some(
        &self,
        notice: &Notice,
        id: Option<i64>,
        persons: &[i64],
        actor: Option<&Actor>,
    ) -> Result<(Option<i64>, usize), StoreError> {
        let Told { id, recipients, pending } = self.0.store.notify(notice, id, persons, actor).await?;
        self.0.road.send(pending).await?;
        Ok((id, recipients))
    }

    /// What the caller was told, newest first.
    ///
    /// # Errors
    /// [`Error::PersonsOnly`], [`Error::Unavailable`].
    pub async fn notices(&self, caller: &Caller, query: &NoticeQuery) -> Result<NoticePage, Error> {
        let NoticeQuery(query) = query;
        Ok(self.0.store.notices(person(caller)?, query).await?)
    }

    /// How many of his notices the caller has not read, and how far the ledger had come when they were counted.
    ///
    /// # Errors
    /// [`Error::PersonsOnly`], [`Error::Unavailable`].
    pub async fn unread_notices(&self, caller: &Caller) -> Result<(i64, Position), Error> {
        Ok(self.0.store.unread(person(caller)?).await?)
    }

    /// The caller has read one of his notices. Returns how many he has not. `origin` is his page, by its `X-Client-Id`.
    ///
    /// # Errors
    /// [`Error::PersonsOnly`]; [`Error::NotFound`] when he has no such notice; [`Error::Unavailable`].
    pub async fn read_notice(&self, caller: &Caller, id: &str, origin: Option<&str>) -> Result<i64, Error> {
        self.mark(caller, Which::One(id), origin).await
    }

    /// The caller has read all his notices. Returns how many he has not: none.
    ///
    /// # Errors
    /// [`Error::PersonsOnly`], [`Error::Unavailable`].
    pub async fn read_all_notices(&self, caller: &Caller, origin: Option<&str>) -> Result<i64, Error> {
        self.mark(caller, Which::All, origin).await
    }

    /// The caller puts one of his notices aside, and has read it by that.
    ///
    /// # Errors
    /// As [`App::read_notice`].
    pub async fn archive_notice(&self, caller: &Caller, id: &str, origin: Option<&str>) -> Result<i64, Error> {
        self.mark(caller, Which::Archive(id), origin).await
    }

    async fn mark(&self, caller: &Caller, which: Which<'_>, origin: Option<&str>) -> Result<i64, Error> {
        let Marked { unread, pending } = self.0.store.mark(person(caller)?, which, origin).await?;
        if let Some(pending) = pending {
            self.0.road.see_through(pending).await?;
        }
        Ok(unread)
    }
}

/// Only persons are told anything.
fn person(caller: &Caller) -> Result<&str, Error> {
    caller.user().map(|user| user.id.as_str()).ok_or(Error::PersonsOnly)
}
