//! How a job ends, waits for another try, is given back, or is not wanted any more.

use super::{
    Held, LEASE_MS, NotHeld, PendingStep,
    debt::Debts,
    job::{Failure, Job, JobState, NewJob},
    rows,
    step::Step,
    take::{Enqueued, MAX_FENCE},
};
use crate::{
    Store,
    engine::{Lock, Statement, sql},
    error::Error,
    row::parse_id,
};

/// Jobs that one transaction ends or settles at most.
const AT_ONCE: i64 = 16;

/// The end of a job.
#[derive(Debug, Clone)]
pub struct Ending {
    /// One that is not active.
    pub state: JobState,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it has done.
    pub report: Option<serde_json::Value>,
    /// How far it has come; nothing: as it stands.
    pub progress: Option<serde_json::Value>,
}

/// What became of a wish to end a job.
#[derive(Debug)]
pub enum Cancelling {
    /// It is, or will be as soon as its worker hears of it; still to be committed.
    Asked(Box<PendingStep<Job>>),
    /// Somebody has wished so before.
    Before(Box<Job>),
    /// It has ended already.
    Ended(Box<Job>),
}

impl Store {
    /// Ends a job that the caller has.
    ///
    /// # Errors
    /// [`NotHeld::Fenced`], [`NotHeld::Store`].
    pub async fn finish_job(&self, held: Held, ending: Ending) -> Result<PendingStep<Job>, NotHeld> {
        self.leave(held, |job, now| {
            (job.state, job.error, job.report) = (ending.state, ending.error, ending.report);
            job.progress = ending.progress.or(job.progress.take());
            job.ended(now);
        })
        .await
    }

    /// Puts a job off until `run_at`, when it may work better; after as many tries as it may have it fails.
    ///
    /// # Errors
    /// [`NotHeld::Fenced`], [`NotHeld::Store`].
    pub async fn retry_job_later(&self, held: Held, why: Failure, run_at: i64) -> Result<PendingStep<Job>, NotHeld> {
        self.leave(held, |job, now| {
            job.error = Some(why);
            if job.cancel_requested {
                job.state = JobState::Cancelled;
                job.ended(now);
            } else if job.attempt >= job.max_attempts || job.fence >= MAX_FENCE {
                job.state = JobState::Failed;
                job.ended(now);
            } else {
                (job.state, job.run_at, job.lease_until) = (JobState::RetryWait, run_at, 0);
            }
        })
        .await
    }

    /// Gives a job back without having failed: the next worker goes on at once.
    ///
    /// # Errors
    /// [`NotHeld::Fenced`], [`NotHeld::Store`].
    pub async fn release_job(&self, held: Held) -> Result<PendingStep<Job>, NotHeld> {
        self.leave(held, |job, now| {
            if job.cancel_requested {
                job.state = JobState::Cancelled;
                return job.ended(now);
            }
            (job.state, job.attempt, job.lease_until) = (JobState::Queued, (job.attempt - 1).max(0), 0);
        })
        .await
    }

    async fn leave(&self, held: Held, change: impl FnOnce(&mut Job, i64)) -> Result<PendingStep<Job>, NotHeld> {
        let mut step = self.begin_step().await?;
        let (mut job, debts) = rows::hold(&mut step.tx, held.id).await?.ok_or(NotHeld::Fenced)?;
        if !job.is_held(held) {
            return Err(NotHeld::Fenced);
        }
        change(&mut job, step.now);
        step.change(&job, debts).await?;
        Ok(step.done(job).await?)
    }

    /// Ends a job at somebody's wish: one that waits at once, one that runs at its next step.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn cancel_job(&self, id: &str) -> Result<Cancelling, Error> {
        let mut step = self.begin_step().await?;
        let id = parse_id(id).ok_or(Error::NotFound)?;
        let (mut job, debts) = rows::hold(&mut step.tx, id).await?.ok_or(Error::NotFound)?;
        match job.state {
            JobState::Running if job.cancel_requested => return Ok(Cancelling::Before(Box::new(job))),
            JobState::Running => job.cancel_requested = true,
            JobState::Queued | JobState::RetryWait => {
                (job.state, job.fence, job.cancel_requested) = (JobState::Cancelled, job.fence + 1, true);
                job.ended(step.now);
            }
            _ => return Ok(Cancelling::Ended(Box::new(job))),
        }
        step.change(&job, debts).await?;
        Ok(Cancelling::Asked(Box::new(step.done(job).await?)))
    }

    /// Wants the same once more, from where it ended unless it was completed. `requested_by` is who wants it now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn retry_job(&self, id: &str, requested_by: Option<lockstep_protocol::Actor>) -> Result<Enqueued, Error> {
        let before = self.job(id).await?;
        if before.is_active() {
            return Ok(Enqueued::Active(Box::new(before)));
        }
        self.enqueue_job(&before.again(requested_by)).await
    }

    /// Ends the jobs whose workers are lost and that nobody may take over: those that were to end anyway, and those that have taken
    /// too many workers with them. Call again while there are some.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep_jobs(&self) -> Result<Option<PendingStep<Vec<Job>>>, Error> {
        if self.engine.first(lost(self.clock.now_ms())).await?.is_none() {
            return Ok(None);
        }
        let mut step = self.begin_step().await?;
        let mut select = lost(step.now);
        select.push(step.tx.lock(Lock::Skip));
        let rows = step.tx.all(select).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut ended = Vec::new();
        for row in rows {
            ended.push(step.bury(rows::read(&row)?, rows::read_debts(&row)?).await?);
        }
        step.done(ended).await.map(Some)
    }

    /// Jobs of these kinds that have ended and of which not all is done that follows; the caller has them for one lease.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ended_jobs(&self, kinds: &[&'static str]) -> Result<Vec<Job>, Error> {
        if self.engine.first(ended(kinds, self.clock.now_ms())).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut step = self.begin_step().await?;
        let mut select = ended(kinds, step.now);
        select.push(step.tx.lock(Lock::Skip));
        let rows = step.tx.all(select).await?;
        let jobs = rows.iter().map(rows::read).collect::<Result<Vec<Job>, Error>>()?;
        let mut take = sql("UPDATE jobs SET lease_until = ");
        take.push_bind(step.now + LEASE_MS).push(" WHERE id IN (").push_list(jobs.iter().map(|job| job.id)).push(")");
        step.tx.run(take).await?;
        step.tx.commit().await?;
        Ok(jobs)
    }

    /// All is done that follows the end of a job. What a completed one has met is of no more use.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn settle_job(&self, id: i64) -> Result<(), Error> {
        let done =
            sql("SELECT id FROM jobs WHERE id = $1 AND state IN ('completed', 'completed_with_errors')").bind(id);
        if self.engine.first(done).await?.is_some() {
            self.sweep_traces(id).await?;
        }
        let mut tx = self.engine.write().await?;
        tx.run(sql("UPDATE jobs SET settled = 1 WHERE id = $1 AND finished_at IS NOT NULL").bind(id)).await?;
        tx.commit().await
    }
}

impl Step {
    async fn bury(&mut self, mut job: Job, debts: Debts) -> Result<Job, Error> {
        job.fence += 1;
        if job.cancel_requested {
            job.state = JobState::Cancelled;
        } else {
            let item = job.progress.as_ref().and_then(|progress| progress["item"].as_str());
            let place = item.map(|item| format!(", {item}")).unwrap_or_default();
            let message = format!("its worker was lost {} times at the same place{place}", job.attempt);
            (job.state, job.error) = (JobState::Failed, Some(Failure::new("worker_lost", message)));
        }
        job.ended(self.now);
        self.change(&job, debts).await?;
        Ok(job)
    }
}

impl Job {
    fn ended(&mut self, now: i64) {
        (self.finished_at, self.lease_until) = (Some(now), 0);
    }

    fn again(self, requested_by: Option<lockstep_protocol::Actor>) -> NewJob {
        let unfinished = matches!(self.state, JobState::Failed | JobState::Cancelled);
        NewJob {
            lock_scope: self.lock_scope,
            host: self.host,
            subject: self.subject,
            priority: self.priority,
            max_attempts: self.max_attempts,
            requested_by,
            retry_of: Some(self.id),
            cursor: self.cursor.filter(|_| unfinished),
            ..NewJob::new(self.kind, self.payload, self.room, self.event)
        }
    }
}

fn lost(now: i64) -> Statement {
    let mut select = rows::select();
    select.push(" WHERE state = 'running' AND lease_until < ").push_bind(now);
    select.push(" AND (cancel_requested = 1 OR attempt >= max_attempts OR fence >= ").push_bind(MAX_FENCE);
    select.push(") ORDER BY id LIMIT ").push_bind(AT_ONCE);
    select
}

fn ended(kinds: &[&'static str], now: i64) -> Statement {
    let mut select = rows::select();
    select.push(" WHERE settled = 0 AND finished_at IS NOT NULL AND lease_until < ").push_bind(now);
    select.push(" AND kind IN (").push_list(kinds.iter().copied()).push(") ORDER BY id LIMIT ").push_bind(AT_ONCE);
    select
}
