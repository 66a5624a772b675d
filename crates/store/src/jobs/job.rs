//! A job as its row says it, and as pages are shown it.

use std::{fmt, str::FromStr};

use lockstep_protocol::{Actor, EventName, Room};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::clock::rfc3339;

/// Where a job is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It failed in a way that may pass, and waits for its next try.
    RetryWait,
    /// Done.
    Completed,
    /// Done, but for what the report names.
    CompletedWithErrors,
    /// Given up; `error` says why.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [JobState; 7] = [
        JobState::Queued,
        JobState::Running,
        JobState::RetryWait,
        JobState::Completed,
        JobState::CompletedWithErrors,
        JobState::Failed,
        JobState::Cancelled,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::RetryWait => "retry_wait",
            JobState::Completed => "completed",
            JobState::CompletedWithErrors => "completed_with_errors",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        }
    }

    /// Whether there is more to come.
    pub fn is_active(self) -> bool {
        matches!(self, JobState::Queued | JobState::Running | JobState::RetryWait)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state of a job")]
pub struct UnknownJobState(pub String);

impl FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(word: &str) -> Result<Self, UnknownJobState> {
        let found = JobState::ALL.into_iter().find(|state| state.name() == word);
        found.ok_or_else(|| UnknownJobState(word.chars().take(64).collect()))
    }
}

/// What a job is about: a row of an entity, under the name that it had when the job was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The kind of row, such as `registrators`.
    pub entity: String,
    /// The row.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Subject {
    /// How a list is asked for the jobs of it: `registrators:5`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.entity, self.id)
    }
}

/// Why a job failed, or why it will be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stable name of it, such as `worker_lost`.
    pub code: String,
    /// What a person reads.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// A job that is wanted.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler does it, such as `scan`.
    pub kind: String,
    /// What the handler is given.
    pub payload: Json,
    /// Of those with the same name one is alive; nothing: as many as there are.
    pub lock_scope: Option<String>,
    /// The only machine that may do it, where its files lie there; nothing: any.
    pub host: Option<String>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Who hears how it goes.
    pub room: Room,
    /// Under which name.
    pub event: EventName,
    /// The lower, the sooner; 100 is usual.
    pub priority: i64,
    /// Losses and failures without progress after which it is given up.
    pub max_attempts: i64,
    /// Not before this time, in milliseconds since 1970; nothing: at once.
    pub run_at: Option<i64>,
    /// Who wants it.
    pub requested_by: Option<Actor>,
    /// The job that it is another try of.
    pub retry_of: Option<i64>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Whether it is of no use without a catalogue: it is not taken then.
    pub requires_products: bool,
}

impl NewJob {
    /// A job that any worker may do, as often as it is wanted, and that is tried three times.
    pub fn new(kind: impl Into<String>, payload: Json, room: Room, event: EventName) -> Self {
        Self {
            kind: kind.into(),
            payload,
            lock_scope: None,
            host: None,
            subject: None,
            room,
            event,
            priority: 100,
            max_attempts: 3,
            run_at: None,
            requested_by: None,
            retry_of: None,
            cursor: None,
            requires_products: false,
        }
    }
}

/// A job. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// Which handler does it.
    pub kind: String,
    /// What the handler is given.
    pub payload: Json,
    /// Of those with the same name one is alive.
    pub lock_scope: Option<String>,
    /// The only machine that may do it.
    pub host: Option<String>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Who hears how it goes.
    pub room: Room,
    /// Under which name.
    pub event: EventName,
    /// Where it is on its way.
    pub state: JobState,
    /// The lower, the sooner.
    pub priority: i64,
    /// Not before this time.
    pub run_at: i64,
    /// Tries since the last commit.
    pub attempt: i64,
    /// Tries without progress after which it is given up.
    pub max_attempts: i64,
    /// How often somebody has been given it, or it was taken from him.
    pub fence: i64,
    /// The process that has or had it.
    pub worker: Option<u32>,
    /// That process's own life.
    pub boot: Option<String>,
    /// Until when that process has it unless it says otherwise.
    pub lease_until: i64,
    /// When it is stopped at the latest.
    pub deadline: Option<i64>,
    /// Where the last commit stood, in the handler's own words.
    pub cursor: Option<String>,
    /// How far it had come then.
    pub progress: Option<Json>,
    /// Whether somebody wants it to end.
    pub cancel_requested: bool,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it has done.
    pub report: Option<Json>,
    /// Who wants it.
    pub requested_by: Option<Actor>,
    /// The job that it is another try of.
    pub retry_of: Option<i64>,
    /// When it was wanted.
    pub created_at: i64,
    /// When a worker first had it.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
}

impl Job {
    /// The job as pages and programs see it: ids as text, times as RFC 3339, without what is the handler's own. An import is shown as
    /// its session.
    pub fn shown(&self) -> Json {
        if let Some(import_type) = self.import_type() {
            return self.session(import_type);
        }
        let time = |ms: Option<i64>| ms.map(rfc3339);
        json!({
            "id": self.id.to_string(), "kind": self.kind, "state": self.state.name(), "attempt": self.attempt,
            "fence": self.fence, "worker": self.worker, "lockScope": self.lock_scope, "subject": self.subject,
            "cancelRequested": self.cancel_requested, "progress": self.progress, "error": self.error,
            "report": self.report, "requestedBy": self.requested_by,
            "retryOf": self.retry_of.map(|id| id.to_string()), "createdAt": rfc3339(self.created_at),
            "startedAt": time(self.started_at), "finishedAt": time(self.finished_at), "runAt": rfc3339(self.run_at),
        })
    }

    /// Whether there is more to come.
    pub fn is_active(&self) -> bool {
        self.state.is_active()
    }
}
