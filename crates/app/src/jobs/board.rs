//! What a worker knows of the jobs that run in it, and the bell that calls its engine.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::JobCtx;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub(super) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The count since the start.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What has become of the jobs of this worker since its start.
#[derive(Debug, Default)]
pub struct JobCounts {
    /// Jobs begun or gone on with.
    pub claimed: Count,
    /// Those of them that were taken over from a worker that was lost.
    pub taken_over: Count,
    /// Batches committed.
    pub batches: Count,
    /// Jobs done, with errors in some rows or without.
    pub completed: Count,
    /// Jobs given up.
    pub failed: Count,
    /// Jobs ended at somebody's wish.
    pub cancelled: Count,
    /// Jobs put off, to be tried again.
    pub retried: Count,
    /// Jobs given back because the worker went.
    pub released: Count,
    /// Jobs that were another worker's when this one came to commit.
    pub fenced: Count,
}

/// The jobs of this worker.
#[derive(Default)]
pub(crate) struct Board {
    running: Mutex<HashMap<i64, JobCtx>>,
    pub(super) bell: Notify,
    pub(super) counts: JobCounts,
}

impl Board {
    /// Something has happened to a job, here or on another worker.
    pub(super) fn hear(&self, id: i64) {
        self.running().get(&id).inspect(|ctx| ctx.running().look.notify_one());
        self.bell.notify_one();
    }

    /// Something may have happened to any job.
    pub(super) fn hear_all(&self) {
        self.running().values().for_each(|ctx| ctx.running().look.notify_one());
        self.bell.notify_one();
    }

    /// Jobs that run here.
    pub(super) fn len(&self) -> usize {
        self.running().len()
    }

    pub(super) fn add(&self, ctx: &JobCtx) {
        self.running().insert(ctx.id(), ctx.clone());
    }

    /// Takes a run off. A later run of the same job, which has come back to this worker, stays.
    pub(super) fn remove(&self, ctx: &JobCtx) {
        let mut running = self.running();
        if running.get(&ctx.id()).is_some_and(|found| found.fence() == ctx.fence()) {
            running.remove(&ctx.id());
        }
    }

    pub(super) fn all(&self) -> Vec<JobCtx> {
        self.running().values().cloned().collect()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, JobCtx>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
