//! Long work: who may want it, end it and look at it, and the engine that does it.
//!
//! A job is a row of the store and everything that must be true of it is decided there ([`lockstep_store::jobs`]); here are the rights,
//! the handlers of the kinds of work ([`JobHandler`]) and what they are given ([`JobCtx`]).

mod board;
pub(crate) mod boot;
mod ctx;
mod engine;
mod handler;
mod kind;
mod lines;
mod progress;
mod rest;
mod run;
mod stop;

pub use board::{Count, JobCounts};
pub use ctx::{JobCtx, Loss, Mark};
pub use engine::JobOptions;
pub use handler::{Handlers, JobError, JobHandler, Report};
pub use kind::JobKind;
pub use lockstep_protocol::log::LogType;
pub use lockstep_store::jobs::{BatchTx, Counts, Failure, Job, JobPage, JobState, MAX_JOBS, Subject};
pub use progress::{Progress, Whole};

pub(crate) use board::Board;
use lockstep_protocol::Record;
use lockstep_store::jobs::{Cancelling, Enqueued, JobQuery, NewJob, PendingStep};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    App, Caller, Error, Road,
    error::FieldError,
    list::{self, flag, number},
};

/// A job that somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What kind of work.
    pub kind: JobKind,
    /// What its handler is given.
    pub payload: Json,
    /// Of those with the same name one is alive; nothing: as many as are wanted.
    pub lock_scope: Option<String>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// The only machine that may do it, by the name that [`JobOptions`] has for it; nothing: any.
    pub host: Option<String>,
    /// Whether there have to be products.
    pub needs_products: bool,
    /// The job that it is another try of.
    pub retry_of: Option<i64>,
    /// Where to go on.
    pub cursor: Option<String>,
}

impl Wish {
    /// A wish for work that any machine may do.
    ///
    /// # Errors
    /// [`Error::Internal`] when the payload is no JSON.
    pub fn new(kind: JobKind, payload: &impl Serialize) -> Result<Self, Error> {
        let payload = serde_json::to_value(payload).map_err(|error| Error::Internal(std::sync::Arc::new(error)))?;
        let (lock_scope, subject, host, retry_of, cursor) = (None, None, None, None, None);
        Ok(Self { kind, payload, lock_scope, subject, host, needs_products: false, retry_of, cursor })
    }
}

/// Which jobs somebody wants to see, newest first.
#[derive(Debug, Clone, Default)]
pub struct JobsQuery {
    /// Of this kind; nothing: of all that he may see.
    pub kind: Option<String>,
    /// About this, as `registrators:5`.
    pub subject: Option<String>,
    /// Only those that have not ended.
    pub active: bool,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most so many; nothing: 50.
    pub limit: Option<u32>,
}

impl JobsQuery {
    /// Reads `kind`, `subject`, `active` (1 or 0), `before` (an id) and `limit`. An empty value is as good as none.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        list::read(words, Self::default(), Self::take)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), FieldError> {
        match name {
            "kind" | "subject" | "before" if value.len() > MAX_WORD => {
                return Err(FieldError::new("field.too_long").with("max", MAX_WORD));
            }
            "kind" => self.kind = Some(value),
            "subject" => self.subject = Some(value),
            "before" => self.before = Some(value),
            "active" => self.active = flag(&value)?,
            "limit" => self.limit = Some(number(&value, MAX_JOBS)?),
            _ => return Err(FieldError::new("field.unknown")),
        }
        Ok(())
    }
}

/// The longest word of such a question, in bytes.
const MAX_WORD: usize = 128;

/// Jobs that are given when nobody says how many.
const DEFAULT_LIMIT: u32 = 50;

impl App {
    /// Wants a job.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::JobRunning`] with the job of the same scope that is alive; [`Error::CatalogRequired`].
    pub async fn enqueue(&self, caller: &Caller, wish: Wish) -> Result<Job, Error> {
        let Wish { kind, payload, lock_scope, subject, host, needs_products, retry_of, cursor } = wish;
        caller.must(kind.run())?;
        let requested_by = caller.actor();
        let new = NewJob {
            lock_scope,
            subject,
            host,
            requested_by,
            requires_products: needs_products,
            retry_of,
            cursor,
            ..NewJob::new(kind.name(), payload, kind.room(), kind.event())
        };
        let enqueued = self.0.store.enqueue_job(&new).await?;
        self.enqueued(enqueued).await
    }

    /// Some jobs of the kinds that he may see.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn jobs(&self, caller: &Caller, query: &JobsQuery) -> Result<JobPage, Error> {
        let kinds = visible(caller, query.kind.as_deref())?;
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        let (subject, before) = (query.subject.clone(), query.before.clone());
        Ok(self.0.store.jobs(&JobQuery { kinds, subject, state: None, active: query.active, before, limit }).await?)
    }

    /// One job.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn job(&self, caller: &Caller, id: &str) -> Result<Job, Error> {
        let job = self.0.store.job(id).await?;
        caller.must(kind_of(&job)?.view())?;
        Ok(job)
    }

    /// Ends a job: at once where it waits, in a moment where it runs. What it has committed stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::JobFinished`] when it has ended.
    pub async fn cancel_job(&self, caller: &Caller, id: &str) -> Result<Job, Error> {
        caller.must(kind_of(&self.0.store.job(id).await?)?.run())?;
        match self.0.store.cancel_job(id).await? {
            Cancelling::Asked(pending) => {
                let job = self.0.road.take_step(*pending).await?;
                self.0.board.hear(job.id);
                Ok(job)
            }
            Cancelling::Before(job) => Ok(*job),
            Cancelling::Ended(job) => Err(Error::JobFinished { job }),
        }
    }

    /// Wants the same once more, from where it ended; a job that was completed from the beginning.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::JobRunning`] when it, or another of its scope, is alive.
    pub async fn retry_job(&self, caller: &Caller, id: &str) -> Result<Job, Error> {
        let kind = kind_of(&self.0.store.job(id).await?)?;
        caller.must(kind.run())?;
        if let JobKind::Import(_) = kind {
            return self.retry_import(caller, id, false).await;
        }
        let enqueued = self.0.store.retry_job(id, caller.actor()).await?;
        self.enqueued(enqueued).await
    }

    /// To be called with every event of the ledger, whichever worker wrote it: this is how a worker hears at once that there is
    /// something to do or to end. Whoever misses some asks the database, within two seconds for what there is to do and five for what
    /// is to end.
    pub fn hear_job(&self, record: &Record) {
        if let Some(id) = record.id.parse().ok().filter(|_| tells_of_job(record)) {
            self.0.board.hear(id);
        }
    }

    /// The same for whoever does not know what he has missed.
    pub fn look_at_jobs(&self) {
        self.0.board.hear_all();
    }

    /// What has become of the jobs of this worker since its start.
    pub fn job_counts(&self) -> &JobCounts {
        &self.0.board.counts
    }

    /// How many jobs run in this worker now.
    pub fn running_jobs(&self) -> usize {
        self.0.board.len()
    }

    async fn enqueued(&self, enqueued: Enqueued) -> Result<Job, Error> {
        match enqueued {
            Enqueued::New(pending) => {
                let job = self.0.road.take_step(*pending).await?;
                self.0.board.hear(job.id);
                Ok(job)
            }
            Enqueued::Active(job) => Err(Error::JobRunning { code: kind_of(&job)?.running_code(), job }),
            Enqueued::Missing => Err(Error::CatalogRequired),
        }
    }
}

impl Road {
    /// Commits and publishes a step of a job, whether or not the caller still waits: between the two nothing may come.
    async fn take_step<T: Send + 'static>(&self, pending: PendingStep<T>) -> Result<T, lockstep_store::Error> {
        let road = self.clone();
        let step = self.tasks.spawn(async move {
            let _order = road.order.lock().await;
            let (outcome, records) = pending.commit().await?;
            if !records.is_empty() {
                road.wire.publish(&records);
            }
            Ok(outcome)
        });
        step.await.unwrap_or_else(|error| Err(lockstep_store::Error::Corrupt(error.to_string())))
    }
}

/// Whether an event is one of those that jobs make. Programs may publish `imports:changed`, too; theirs say nothing of a job.
fn tells_of_job(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct Told<'a> {
        kind: &'a str,
    }
    if !JobKind::ALL.into_iter().any(|kind| record.event == kind.event()) {
        return false;
    }
    let told = record.data.as_ref().and_then(|data| serde_json::from_str::<Told<'_>>(data.get()).ok());
    told.and_then(|told| JobKind::of(told.kind)).is_some_and(|kind| record.event == kind.event())
}

/// A kind that this build does not know is nobody's to see.
fn kind_of(job: &Job) -> Result<JobKind, Error> {
    JobKind::of(&job.kind).ok_or(Error::NotFound)
}

fn visible(caller: &Caller, kind: Option<&str>) -> Result<Vec<String>, Error> {
    let Some(name) = kind else {
        let kinds = JobKind::ALL.into_iter().filter(|kind| caller.may(kind.view()));
        return Ok(kinds.map(|kind| kind.name().to_owned()).collect());
    };
    let allowed = JobKind::ALL.map(JobKind::name);
    let unknown = || FieldError::new("field.not_allowed").with("allowed", allowed.as_slice());
    let kind = JobKind::of(name).ok_or_else(|| Error::field("kind", unknown()))?;
    caller.must(kind.view())?;
    Ok(vec![name.to_owned()])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(event: &str, data: &Json) -> Record {
        let record = json!({"epoch": "e", "seq": 2, "gprev": 1, "worker": 7, "event": event, "reason": "updated",
            "scope": "room:imports", "id": "5", "data": data});
        serde_json::from_value(record).expect("a record")
    }

    #[test]
    fn what_programs_publish_under_the_name_of_an_import_is_no_news_of_a_job() {
        let import = json!({"id": "5", "kind": "import.catalog", "state": "queued"});

        assert!(tells_of_job(&record("imports:changed", &import)));
        assert!(tells_of_job(&record("jobs:changed", &json!({"kind": "scan"}))));
        assert!(!tells_of_job(&record("imports:changed", &json!({"file": "goods.xml"}))));
        assert!(!tells_of_job(&record("imports:changed", &json!({"kind": "scan"}))));
        assert!(!tells_of_job(&record("imports:changed", &Json::Null)));
        assert!(!tells_of_job(&record("files:changed", &import)));
    }
}
