//! One batch of a job: its rows, its checkpoint and its news in one transaction, under the fence.
//!
//! The first statement asks whether the job is still this worker's and takes its row. Whoever has lost it, to another worker, to
//! somebody's wish to end it or to its deadline, gets no further; so a process that slept through its own replacement commits nothing.

use lockstep_protocol::{Draft, Room};

use super::{
    PendingStep,
    debt::{Counts, Debts},
    job::Job,
    rows,
    step::Step,
};
use crate::{
    Store, crash,
    engine::{Statement, Tx, sql},
    error::Error,
};

/// How long a worker has a job after it last said so, in milliseconds.
pub const LEASE_MS: i64 = 15_000;

/// Which job somebody has, and the fence under which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The job.
    pub id: i64,
    /// Its fence when it was claimed.
    pub fence: i64,
}

/// Why a worker may not go on with a job. Nothing of what it tried was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// Somebody else has it now, or it has ended.
    #[error("the job is another worker's now")]
    Fenced,
    /// Somebody wants it to end.
    #[error("somebody wants the job to end")]
    Cancelled,
    /// It has taken as long as it may.
    #[error("the job has taken as long as it may")]
    TimedOut,
    /// The database could not say.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A batch under way. Dropped, it never was.
#[derive(Debug)]
pub struct BatchTx {
    step: Step,
    job: Job,
    debts: Debts,
}

impl BatchTx {
    /// The job.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// When the batch began, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.step.now
    }

    /// Says that rows of `entity` have changed, to be told in `room`: at once or within a second, together with what the batches
    /// before and after it have changed there. `ids` are those of the changed rows; of more than two hundred pages are told none.
    pub fn owe(&mut self, room: &Room, entity: &str, counts: Counts, ids: impl IntoIterator<Item = String>) {
        self.debts.add(room, entity, counts, Some(ids));
    }

    /// The same where the rows are not to be named: pages look again at whatever they show.
    pub fn owe_unnamed(&mut self, room: &Room, entity: &str, counts: Counts) {
        self.debts.add(room, entity, counts, None::<[String; 0]>);
    }

    /// Adds an event of its own, for a row that changes once and not in bulk.
    pub fn say(&mut self, draft: Draft) {
        self.step.say(draft);
    }

    /// The number that this process puts into its events.
    pub(crate) fn worker(&self) -> u32 {
        self.step.worker()
    }

    /// The transaction, for the work that is done in it.
    pub(crate) fn tx(&mut self) -> &mut Tx {
        &mut self.step.tx
    }

    /// Says what stands after the batch, where only its work has shown that.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep(&mut self, cursor: &str, progress: Option<&str>) -> Result<(), Error> {
        let mut keep = sql("UPDATE jobs SET cursor = ");
        keep.push_bind(cursor);
        if let Some(progress) = progress {
            keep.push(", progress = ").push_bind(progress);
        }
        keep.push(" WHERE id = ").push_bind(self.job.id);
        self.step.tx.run(keep).await?;
        Ok(())
    }

    /// Writes down what is owed and what is due to be told. The last step before the commit; the outcome is whether some room has not
    /// been told all.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn finish(mut self) -> Result<PendingStep<bool>, Error> {
        crash::point("job:work");
        self.step.pay(&self.job, &mut self.debts, false).await?;
        let owing = self.debts.is_owing();
        Ok(self.step.done(owing).await?.at("job:commit"))
    }
}

impl Store {
    /// Begins a batch: the job is asked for, its lease is renewed, and `cursor` and `progress` are what stands after it.
    ///
    /// # Errors
    /// [`NotHeld`].
    pub async fn begin_batch(&self, held: Held, cursor: &str, progress: Option<&str>) -> Result<BatchTx, NotHeld> {
        self.batch(held, Some(cursor), progress).await
    }

    /// The same for a batch whose work alone shows what stands after it: it says so by [`BatchTx::keep`].
    ///
    /// # Errors
    /// [`NotHeld`].
    pub async fn begin_open_batch(&self, held: Held) -> Result<BatchTx, NotHeld> {
        self.batch(held, None, None).await
    }

    async fn batch(&self, held: Held, cursor: Option<&str>, progress: Option<&str>) -> Result<BatchTx, NotHeld> {
        let mut step = self.begin_step().await?;
        let mut beat = sql("UPDATE jobs SET attempt = 1, lease_until = ");
        beat.push_bind(step.now + LEASE_MS);
        if let Some(cursor) = cursor {
            beat.push(", cursor = ").push_bind(cursor);
        }
        let (job, debts) = self.beat(&mut step, held, beat, progress).await?;
        crash::point("job:fence");
        Ok(BatchTx { step, job, debts })
    }

    /// Keeps a job between two batches and tells what is due of what is owed. The outcome is whether some room has not been told all.
    ///
    /// # Errors
    /// [`NotHeld`].
    pub async fn renew_job(&self, held: Held, progress: Option<&str>) -> Result<PendingStep<bool>, NotHeld> {
        let mut step = self.begin_step().await?;
        let mut beat = sql("UPDATE jobs SET lease_until = ");
        beat.push_bind(step.now + LEASE_MS);
        let (job, mut debts) = self.beat(&mut step, held, beat, progress).await?;
        step.pay(&job, &mut debts, false).await?;
        let owing = debts.is_owing();
        Ok(step.done(owing).await?)
    }

    /// One statement asks, renews and takes the row; whoever gets nothing is told why.
    async fn beat(
        &self,
        step: &mut Step,
        held: Held,
        mut beat: Statement,
        progress: Option<&str>,
    ) -> Result<(Job, Debts), NotHeld> {
        if let Some(progress) = progress {
            beat.push(", progress = ").push_bind(progress);
        }
        beat.push(" WHERE id = ").push_bind(held.id).push(" AND fence = ").push_bind(held.fence);
        beat.push(" AND state = 'running' AND cancel_requested = 0 AND ").push_bind(step.now).push(" < deadline");
        beat.push(" RETURNING ").push(rows::COLUMNS);
        match step.tx.first(beat).await? {
            Some(row) => Ok((rows::read(&row)?, rows::read_debts(&row)?)),
            None => Err(self.why_not(step, held).await?),
        }
    }

    async fn why_not(&self, step: &mut Step, held: Held) -> Result<NotHeld, Error> {
        let mut select = rows::select();
        select.push(" WHERE id = ").push_bind(held.id);
        let job = step.tx.first(select).await?.map(|row| rows::read(&row)).transpose()?;
        Ok(match job {
            Some(job) if job.is_held(held) && job.cancel_requested => NotHeld::Cancelled,
            Some(job) if job.is_held(held) => NotHeld::TimedOut,
            _ => NotHeld::Fenced,
        })
    }

    /// Whether a job is still the holder's; asked without writing.
    ///
    /// # Errors
    /// [`NotHeld`].
    pub async fn check_job(&self, held: Held) -> Result<(), NotHeld> {
        let mut select = rows::select();
        select.push(" WHERE id = ").push_bind(held.id);
        let job = self.engine.first(select).await?.map(|row| rows::read(&row)).transpose()?;
        match job {
            Some(job) if job.is_held(held) && job.cancel_requested => Err(NotHeld::Cancelled),
            Some(job) if job.is_held(held) && job.deadline.is_some_and(|deadline| deadline <= self.clock.now_ms()) => {
                Err(NotHeld::TimedOut)
            }
            Some(job) if job.is_held(held) => Ok(()),
            _ => Err(NotHeld::Fenced),
        }
    }
}

impl Job {
    /// Whether the holder of that fence still has it.
    pub(super) fn is_held(&self, held: Held) -> bool {
        self.state == super::JobState::Running && self.fence == held.fence
    }
}
