//! Wanting a job, and getting one to do.

use lockstep_protocol::Reason;

use super::{
    Held, LEASE_MS, PendingStep,
    job::{Job, JobState, NewJob},
    rows,
    step::Step,
};
use crate::{
    Store, crash,
    engine::{Lock, Statement, Tx, sql},
    error::Error,
    goods,
};

/// Losses of one job in all, progress or not: what takes fifty processes with it is given up.
pub(super) const MAX_FENCE: i64 = 50;

/// Times that a scope is tried again whose holder ends between two looks.
const TRIES: usize = 3;

/// What became of a wish.
#[derive(Debug)]
pub enum Enqueued {
    /// The job, still to be committed.
    New(Box<PendingStep<Job>>),
    /// One of its scope is alive already.
    Active(Box<Job>),
    /// There is no catalogue, and it is of no use without one.
    Missing,
}

/// Who asks for something to do.
#[derive(Debug, Clone)]
pub struct Claimant {
    /// What it can do.
    pub kinds: Vec<&'static str>,
    /// The machine it is on.
    pub host: Option<String>,
    /// Its own life, unlike any other's.
    pub boot: String,
    /// How long a job may take in all, in milliseconds.
    pub max_runtime_ms: i64,
}

/// A job to do.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// It, as it stands now.
    pub job: Job,
    /// As it stood before, when it was taken from a worker that is lost.
    pub lost: Option<Box<Job>>,
}

impl Claimed {
    /// The proof that it is ours.
    pub fn held(&self) -> Held {
        Held { id: self.job.id, fence: self.job.fence }
    }
}

impl Store {
    /// Wants a job, unless one of its scope is alive or what it needs is missing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn enqueue_job(&self, new: &NewJob) -> Result<Enqueued, Error> {
        let mut step = self.begin_step().await?;
        if new.requires_products && step.tx.first(goods::any_product()).await?.is_none() {
            let active = alive(&mut step.tx, new.lock_scope.as_deref()).await?;
            return Ok(active.map_or(Enqueued::Missing, |job| Enqueued::Active(Box::new(job))));
        }
        for _ in 0..TRIES {
            let now = step.now;
            if let Some(id) = rows::insert(&mut step.tx, new, now).await? {
                return step.added(id).await.map(|pending| Enqueued::New(Box::new(pending)));
            }
            if let Some(job) = alive(&mut step.tx, new.lock_scope.as_deref()).await? {
                return Ok(Enqueued::Active(Box::new(job)));
            }
        }
        Err(Error::Corrupt("a job that is neither taken nor free".into()))
    }

    /// Gets the next job that this worker can do: one that waits, or one whose worker has not been heard of for too long.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn claim_job(&self, claimant: &Claimant) -> Result<Option<PendingStep<Claimed>>, Error> {
        // Asked of a reader first: a worker with nothing to do never keeps others from writing.
        if self.engine.first(claimable(claimant, self.clock.now_ms())).await?.is_none() {
            return Ok(None);
        }
        let mut step = self.begin_step().await?;
        let mut next = claimable(claimant, step.now);
        next.push(step.tx.lock(Lock::Skip));
        let Some(row) = step.tx.first(next).await? else { return Ok(None) };
        let before = rows::read(&row)?;
        let debts = rows::read_debts(&row)?;
        let job = taken(&before, claimant, self.worker, step.now);
        step.change(&job, debts).await?;
        crash::point("job:claim");
        let lost = (before.state == JobState::Running).then(|| Box::new(before));
        step.done(Claimed { job, lost }).await.map(Some)
    }

    /// Says that the process of such a life is dead, as its lock on the machine shows: its jobs need not be waited for. How many it had.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn bury_boot(&self, boot: &str) -> Result<u64, Error> {
        let mut tx = self.engine.write().await?;
        let free = sql("UPDATE jobs SET lease_until = 0 WHERE state = 'running' AND boot = $1").bind(boot);
        let freed = tx.run(free).await?;
        tx.commit().await?;
        Ok(freed)
    }
}

impl Step {
    async fn added(mut self, id: i64) -> Result<PendingStep<Job>, Error> {
        let (job, _) = rows::hold(&mut self.tx, id).await?.ok_or(Error::NotFound)?;
        self.tell(&job, Reason::Added)?;
        self.done(job).await
    }
}

async fn alive(tx: &mut Tx, scope: Option<&str>) -> Result<Option<Job>, Error> {
    let mut select = rows::select();
    select.push(" WHERE lock_scope = ").push_bind(scope.unwrap_or_default()).push(" AND ").push(rows::ACTIVE);
    tx.first(select).await?.map(|row| rows::read(&row)).transpose()
}

/// The next that may be had.
fn claimable(claimant: &Claimant, now: i64) -> Statement {
    let mut select = rows::select();
    select.push(" WHERE cancel_requested = 0 AND kind IN (").push_list(claimant.kinds.iter().copied());
    select.push(") AND (host IS NULL OR host = ").push_bind(claimant.host.clone().unwrap_or_default());
    select.push(") AND ((state IN ('queued', 'retry_wait') AND run_at <= ").push_bind(now);
    select.push(") OR (state = 'running' AND lease_until < ").push_bind(now);
    select.push(" AND attempt < max_attempts AND fence < ").push_bind(MAX_FENCE);
    select.push(")) ORDER BY priority, id LIMIT 1");
    select
}

fn taken(before: &Job, claimant: &Claimant, worker: u32, now: i64) -> Job {
    Job {
        state: JobState::Running,
        fence: before.fence + 1,
        attempt: before.attempt + 1,
        worker: Some(worker),
        boot: Some(claimant.boot.clone()),
        lease_until: now + LEASE_MS,
        started_at: before.started_at.or(Some(now)),
        deadline: before.deadline.or(Some(now + claimant.max_runtime_ms)),
        error: None,
        ..before.clone()
    }
}
