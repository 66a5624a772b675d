//! Who does a kind of work.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use lockstep_store::jobs::{Job, NotHeld};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{JobCtx, JobKind};
use crate::{App, Error};

/// What work was done, for the job's row.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Whether something was skipped that the report names.
    pub with_errors: bool,
    /// Whatever the page shows of it; some kilobytes at most.
    pub data: Json,
}

/// Why a job does not go on.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may work later: the job is tried again, three times without progress at most.
    #[error("{why}")]
    Retry {
        /// What a person reads meanwhile.
        why: String,
        /// When; nothing: after 5 s, twice as long each time.
        after: Option<Duration>,
    },
    /// It will never work.
    #[error("{message}")]
    Fatal {
        /// The stable name of it.
        code: String,
        /// What a person reads.
        message: String,
    },
    /// Somebody wants it to end.
    #[error("somebody wants the job to end")]
    Cancelled,
    /// Another worker has it now.
    #[error("the job is another worker's now")]
    Fenced,
    /// It has taken as long as it may.
    #[error("the job has taken as long as it may")]
    TimedOut,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] lockstep_store::Error),
}

impl JobError {
    /// It will never work.
    pub fn fatal(code: impl Into<String>, message: impl Into<String>) -> Self {
        JobError::Fatal { code: code.into(), message: message.into() }
    }

    /// It may work later.
    pub fn retry(why: impl Into<String>) -> Self {
        JobError::Retry { why: why.into(), after: None }
    }
}

impl From<NotHeld> for JobError {
    fn from(why: NotHeld) -> Self {
        match why {
            NotHeld::Fenced => JobError::Fenced,
            NotHeld::Cancelled => JobError::Cancelled,
            NotHeld::TimedOut => JobError::TimedOut,
            NotHeld::Store(error) => JobError::Store(error),
        }
    }
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) | Error::InDoubt(_) => JobError::retry(error.to_string()),
            other => JobError::fatal(other.code(), other.to_string()),
        }
    }
}

/// Does one kind of work.
///
/// A run may be dropped at any of its waits, and begin again, here or elsewhere, at the cursor of its last batch. Whatever it changes it
/// changes in [`JobCtx::batch`]; work that blocks goes to `spawn_blocking` and looks at [`JobCtx::is_cancelled`] now and then.
pub trait JobHandler: Send + Sync + 'static {
    /// What it is given.
    type Payload: Serialize + DeserializeOwned + Send;

    /// Which kind.
    fn kind(&self) -> JobKind;

    /// Does the work from [`JobCtx::cursor`] on.
    fn run(&self, payload: Self::Payload, ctx: JobCtx) -> impl Future<Output = Result<Report, JobError>> + Send;

    /// What follows the end, whichever it was and whoever brought it about, such as a notice. May be asked twice of the same job, when
    /// a process dies in the middle, and never before the end is committed.
    ///
    /// # Errors
    /// It is asked again later.
    fn ended(&self, app: &App, job: &Job) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, job);
        std::future::ready(Ok(()))
    }

    /// The place that a cursor of such a job stands for, as the log says it.
    fn place(&self, cursor: &str) -> String {
        cursor.to_owned()
    }
}

/// A future without a name.
pub(super) type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A handler of whatever kind.
pub(super) trait AnyHandler: Send + Sync + 'static {
    fn kind(&self) -> JobKind;
    fn run(self: Arc<Self>, ctx: JobCtx) -> Doing<'static, Result<Report, JobError>>;
    fn ended<'a>(&'a self, app: &'a App, job: &'a Job) -> Doing<'a, Result<(), Error>>;
    fn place(&self, cursor: &str) -> String;
}

impl<H: JobHandler> AnyHandler for H {
    fn kind(&self) -> JobKind {
        JobHandler::kind(self)
    }

    fn run(self: Arc<Self>, ctx: JobCtx) -> Doing<'static, Result<Report, JobError>> {
        Box::pin(async move {
            let payload = serde_json::from_value(ctx.payload().clone());
            let payload = payload.map_err(|error| JobError::fatal("bad_payload", error.to_string()))?;
            JobHandler::run(&*self, payload, ctx).await
        })
    }

    fn ended<'a>(&'a self, app: &'a App, job: &'a Job) -> Doing<'a, Result<(), Error>> {
        Box::pin(JobHandler::ended(self, app, job))
    }

    fn place(&self, cursor: &str) -> String {
        JobHandler::place(self, cursor)
    }
}

/// The kinds of work that a worker does.
#[derive(Clone, Default)]
pub struct Handlers(BTreeMap<&'static str, Arc<dyn AnyHandler>>);

impl Handlers {
    /// The same with one more.
    #[must_use]
    pub fn with(mut self, handler: impl JobHandler) -> Self {
        let handler: Arc<dyn AnyHandler> = Arc::new(handler);
        self.0.insert(handler.kind().name(), handler);
        self
    }

    /// The names of the kinds.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    pub(super) fn of(&self, kind: &str) -> Option<Arc<dyn AnyHandler>> {
        self.0.get(kind).cloned()
    }
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
