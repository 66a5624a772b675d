//! What jobs are ordered to do in these tests, and the handler that does it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use lockstep_app::{
    App, Error,
    jobs::{BatchTx, Counts, Job, JobCtx, JobError, JobHandler, JobKind, JobState, Progress, Report, Subject, Wish},
};
use lockstep_protocol::Room;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{
    sync::{Notify, Semaphore},
    time::timeout,
};

use super::PATIENCE;

/// What a job is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) steps: u32,
    /// Waits when that step is committed, until it is woken.
    pub(super) wait_after: Option<u32>,
    /// Waits in the middle of that step.
    pub(super) wait_in: Option<u32>,
    #[serde(skip, default)]
    pub(super) scope: &'static str,
}

impl Order {
    pub(super) fn steps(steps: u32) -> Self {
        Self { steps, wait_after: None, wait_in: None, scope: "scan:5" }
    }

    /// Waits before its first step.
    pub(super) fn endless() -> Self {
        Self { wait_after: Some(0), ..Self::steps(1) }
    }

    pub(super) fn wish(&self) -> Wish {
        let (entity, id, name) = ("registrators".to_owned(), "5".to_owned(), "Archive".to_owned());
        Wish {
            lock_scope: Some(self.scope.to_owned()),
            subject: Some(Subject { entity, id, name }),
            ..Wish::new(JobKind::Scan, self).expect("JSON")
        }
    }
}

/// The handler, and the hands that hold it.
#[derive(Clone)]
pub(super) struct Tasks(Arc<Hands>);

struct Hands {
    waiting: Semaphore,
    woken: Notify,
    failures: Mutex<VecDeque<&'static str>>,
    dropped: AtomicUsize,
    refusals: AtomicUsize,
    in_vain: AtomicUsize,
    followed: Mutex<Vec<(i64, JobState)>>,
}

/// Counts runs that were dropped where they waited.
struct Dropped<'a>(&'a Hands);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Tasks {
    pub(super) fn new() -> Self {
        Self(Arc::new(Hands {
            waiting: Semaphore::new(0),
            woken: Notify::new(),
            failures: Mutex::default(),
            dropped: AtomicUsize::new(0),
            refusals: AtomicUsize::new(0),
            in_vain: AtomicUsize::new(0),
            followed: Mutex::default(),
        }))
    }

    /// Returns once a run has come to where it waits.
    pub(super) async fn until_waiting(&self) {
        let waiting = timeout(PATIENCE, self.0.waiting.acquire()).await.expect("a run comes to wait");
        waiting.expect("never closed").forget();
    }

    pub(super) fn wake(&self) {
        self.0.woken.notify_one();
    }

    /// The next runs end like that.
    pub(super) fn fail(&self, how: &[&'static str]) {
        self.0.failures.lock().expect("whole").extend(how);
    }

    pub(super) fn dropped(&self) -> usize {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// What follows the end fails so many times.
    pub(super) fn refuse_to_follow(&self, times: usize) {
        self.0.refusals.store(times, Ordering::Relaxed);
    }

    pub(super) fn followed_in_vain(&self) -> usize {
        self.0.in_vain.load(Ordering::Relaxed)
    }

    pub(super) fn followed(&self) -> Vec<(i64, JobState)> {
        self.0.followed.lock().expect("whole").clone()
    }

    async fn wait(&self) {
        let dropped = Dropped(&self.0);
        self.0.waiting.add_permits(1);
        self.0.woken.notified().await;
        std::mem::forget(dropped);
    }

    fn failure(&self) -> Result<(), JobError> {
        // Out of the lock first: one of them is a panic.
        let failure = self.0.failures.lock().expect("whole").pop_front();
        match failure {
            Some("retry") => Err(JobError::retry("the disk is away")),
            Some("fatal") => Err(JobError::fatal("test.broken", "it is broken")),
            Some(other) => panic!("a handler that ends by {other}, as ordered"),
            None => Ok(()),
        }
    }
}

impl JobHandler for Tasks {
    type Payload = Order;

    fn kind(&self) -> JobKind {
        JobKind::Scan
    }

    async fn run(&self, order: Order, ctx: JobCtx) -> Result<Report, JobError> {
        self.failure()?;
        let done: u32 = ctx.cursor().map_or(0, |cursor| cursor.parse().expect("a number"));
        if done == 0 && order.wait_after == Some(0) {
            self.wait().await;
        }
        for step in done + 1..=order.steps {
            let progress = Progress {
                stage: "step".into(),
                done: step.into(),
                total: Some(order.steps.into()),
                ..Progress::default()
            };
            let work = async |tx: &mut BatchTx| {
                if order.wait_in == Some(step) {
                    self.wait().await;
                }
                tx.owe(&Room::Files, "files", Counts { created: 1, ..Counts::default() }, [step.to_string()]);
                Ok(())
            };
            ctx.batch(step.to_string(), progress, work).await?;
            if order.wait_after == Some(step) && ctx.cursor().is_none() {
                self.wait().await;
            }
        }
        Ok(Report { with_errors: false, data: json!({"steps": order.steps}) })
    }

    async fn ended(&self, _app: &App, job: &Job) -> Result<(), Error> {
        let refusals = &self.0.refusals;
        if refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            self.0.in_vain.fetch_add(1, Ordering::Relaxed);
            return Err(Error::RateLimited { seconds: 1 });
        }
        self.0.followed.lock().expect("whole").push((job.id, job.state));
        Ok(())
    }
}
