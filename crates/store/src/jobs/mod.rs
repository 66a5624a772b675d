//! Long work: jobs that outlive the process that does them.
//!
//! A job is a row in the database of the data it changes. Who has it, until when, how far it has come and what pages have not been told
//! of it are committed together with what it changes, in the batch's own transaction; so a job whose worker dies at any instruction goes
//! on from its last commit, and nothing is done twice or told by half. Every claim raises the row's `fence`, and each batch begins
//! by asking for it ([`Store::begin_batch`]): a worker that was stopped and wakes up after another took over commits nothing.
//! Of the jobs with one `lock_scope` one is alive. A unique index says so; there is no other lock.
//! How a job stands is told by events, written down with the change of its row.
//!
//! It knows no handlers and starts nothing.

mod batch;
mod debt;
mod end;
mod job;
mod list;
mod rows;
mod session;
mod step;
mod take;

pub use batch::{BatchTx, Held, LEASE_MS, NotHeld};
pub use debt::Counts;
pub use end::{Cancelling, Ending};
pub use job::{Failure, Job, JobState, NewJob, Subject, UnknownJobState};
pub use list::{JobPage, JobQuery, MAX_JOBS};
pub use step::PendingStep;
pub use take::{Claimant, Claimed, Enqueued};
