//! What a handler has of its job while it runs.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use lockstep_store::{
    crash,
    jobs::{BatchTx, Held, Job, NotHeld},
};
use serde_json::{Value as Json, json, value::RawValue};
use tokio::{
    sync::{MutexGuard, Notify},
    time::Instant,
};

use super::{
    JobError, JobKind, LogType, Progress,
    lines::Lines,
    progress::Pace,
    rest::Rest,
    stop::{Stop, Why},
};
use crate::App;

/// Where a batch leaves off.
#[derive(Debug, Clone)]
pub struct Mark {
    /// From where another worker goes on.
    pub cursor: String,
    /// How far it is.
    pub progress: Progress,
}

/// A worker that had the job before and is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Its number.
    pub worker: Option<u32>,
    /// When it was last heard of, in milliseconds since 1970.
    pub at: i64,
}

/// A running job, as its handler has it. Clones are the same one.
#[derive(Clone)]
pub struct JobCtx(Arc<Running>);

pub(super) struct Running {
    pub(super) app: App,
    pub(super) job: Job,
    pub(super) kind: JobKind,
    pub(super) held: Held,
    pub(super) loss: Option<Loss>,
    pub(super) stop: Stop,
    /// Rung when something has happened to the job.
    pub(super) look: Notify,
    /// Held during a batch, so that whoever ends the run lets it come to its end.
    gate: tokio::sync::Mutex<()>,
    rest: Rest,
    pace: Mutex<Pace>,
    lines: Lines,
    owing: AtomicBool,
}

impl JobCtx {
    /// `loss`: who was lost over it. `alone`: no other worker writes to the same file.
    pub(super) fn new(app: App, job: Job, kind: JobKind, loss: Option<Loss>, alone: bool) -> Self {
        let held = Held { id: job.id, fence: job.fence };
        let (pace, lines) =
            (Mutex::new(Pace::from(job.progress.as_ref())), Lines::new(app.logs().clone(), kind, job.id));
        let (stop, look, owing) = (Stop::default(), Notify::new(), AtomicBool::new(false));
        let (gate, rest) = (tokio::sync::Mutex::default(), Rest::new(app.0.store.is_file(), alone));
        Self(Arc::new(Running { app, job, kind, held, loss, stop, look, gate, rest, pace, lines, owing }))
    }

    /// The job's number.
    pub fn id(&self) -> i64 {
        self.0.job.id
    }

    /// The job as it stood when this worker got it.
    pub fn job(&self) -> &Job {
        &self.0.job
    }

    /// How often somebody has been given the job.
    pub fn fence(&self) -> i64 {
        self.0.held.fence
    }

    /// Which try this is since the last batch that was committed.
    pub fn attempt(&self) -> i64 {
        self.0.job.attempt
    }

    /// From whom it was taken over, if this run began so.
    pub fn loss(&self) -> Option<&Loss> {
        self.0.loss.as_ref()
    }

    /// Where the last batch stood that was committed before this run; nothing at the very beginning.
    pub fn cursor(&self) -> Option<&str> {
        self.0.job.cursor.as_deref()
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    pub(super) fn payload(&self) -> &Json {
        &self.0.job.payload
    }

    /// Whether the run is to end: somebody wants it to, another worker has the job, or this one goes. Ask it where work blocks.
    pub fn is_cancelled(&self) -> bool {
        self.0.stop.is_given()
    }

    /// The same as an error to go out with.
    ///
    /// # Errors
    /// [`JobError::Cancelled`], [`JobError::Fenced`], [`JobError::TimedOut`].
    pub fn check(&self) -> Result<(), JobError> {
        self.0.stop.check()
    }

    /// Says something of the job in the log, under its own source. At most two hundred lines a second; how many were left out is said.
    pub fn log(&self, kind: LogType, message: &str) {
        self.0.lines.say(kind, message);
    }

    /// Tells pages how far it is, twice a second at most. It is kept with the next batch.
    pub fn progress(&self, progress: Progress) {
        self.pace().note(Instant::now(), progress);
        self.tell_progress(false);
    }

    /// Changes something: all that `work` does, what rooms are owed for it, and `cursor`, from where another worker goes on, in one
    /// transaction. It begins by asking whether the job is still ours, so what is committed was. `work` may not wait for anything but
    /// the database: it keeps others from writing.
    ///
    /// # Errors
    /// [`JobError::Cancelled`], [`JobError::Fenced`], [`JobError::TimedOut`], [`JobError::Store`], and whatever `work` says. Nothing was
    /// changed then, but for an [`lockstep_store::Error::InDoubt`].
    pub async fn batch<T>(
        &self,
        cursor: impl Into<String>,
        progress: Progress,
        work: impl AsyncFnOnce(&mut BatchTx) -> Result<T, JobError>,
    ) -> Result<T, JobError> {
        let mark = Mark { cursor: cursor.into(), progress };
        self.commit(Some(mark), async |tx| Ok((work(tx).await?, None))).await
    }

    /// The same where the work alone shows how far it comes: it says so at its end.
    ///
    /// # Errors
    /// As [`JobCtx::batch`].
    pub async fn step<T>(
        &self,
        work: impl AsyncFnOnce(&mut BatchTx) -> Result<(T, Mark), JobError>,
    ) -> Result<T, JobError> {
        self.commit(None, async |tx| work(tx).await.map(|(outcome, mark)| (outcome, Some(mark)))).await
    }

    async fn commit<T>(
        &self,
        before: Option<Mark>,
        work: impl AsyncFnOnce(&mut BatchTx) -> Result<(T, Option<Mark>), JobError>,
    ) -> Result<T, JobError> {
        self.0.rest.end().await;
        let gate = self.0.gate.lock().await;
        self.0.stop.check()?;
        let mut tx = self.begin(before).await?;
        let began = Instant::now();
        let (outcome, after) = work(&mut tx).await?;
        if let Some(Mark { cursor, progress }) = after {
            let shown = self.note(progress);
            tx.keep(&cursor, shown.as_deref()).await?;
        }
        let pending = tx.finish().await?;
        let owing = self.0.app.0.road.take_step(pending).await?;
        crash::point("job:publish");
        self.0.app.0.board.counts.batches.one();
        self.0.owing.store(owing, Ordering::Relaxed);
        self.0.rest.begin(began.elapsed());
        drop(gate);
        self.tell_progress(false);
        Ok(outcome)
    }

    async fn begin(&self, mark: Option<Mark>) -> Result<BatchTx, JobError> {
        let (store, held) = (&self.0.app.0.store, self.0.held);
        let begun = match mark {
            Some(Mark { cursor, progress }) => {
                let shown = self.note(progress);
                store.begin_batch(held, &cursor, shown.as_deref()).await
            }
            None => store.begin_open_batch(held).await,
        };
        begun.map_err(|why| self.lost(why))
    }

    /// Notes how far it is, and returns what the row is to say of that.
    fn note(&self, progress: Progress) -> Option<String> {
        let (mut pace, now) = (self.pace(), Instant::now());
        pace.note(now, progress);
        pace.shown(now).map(|shown| shown.to_string())
    }

    /// Keeps the job, and tells what is due of what rooms are owed.
    pub(super) async fn renew(&self) -> Result<(), NotHeld> {
        let shown = self.shown().map(|shown| shown.to_string());
        let pending = self.0.app.0.store.renew_job(self.0.held, shown.as_deref()).await?;
        let owing = self.0.app.0.road.take_step(pending).await?;
        self.0.owing.store(owing, Ordering::Relaxed);
        Ok(())
    }

    /// Whether some room has not been told all that was changed.
    pub(super) fn is_owing(&self) -> bool {
        self.0.owing.load(Ordering::Relaxed)
    }

    /// Writes down how far it is, apart from any batch: tries without progress still count.
    ///
    /// # Errors
    /// As [`JobCtx::batch`].
    pub async fn keep_progress(&self) -> Result<(), JobError> {
        let _gate = self.between_batches().await;
        self.0.stop.check()?;
        self.renew().await.map_err(|why| self.lost(why))
    }

    /// Waits for the batch that is under way, and keeps the next one from beginning.
    pub(super) async fn between_batches(&self) -> MutexGuard<'_, ()> {
        self.0.gate.lock().await
    }

    /// The same, if none is under way.
    pub(super) fn unless_in_batch(&self) -> Option<MutexGuard<'_, ()>> {
        self.0.gate.try_lock().ok()
    }

    pub(super) fn running(&self) -> &Running {
        &self.0
    }

    /// What the row is to say of how far it came; nothing when the handler has said nothing in this run.
    pub(super) fn shown(&self) -> Option<Json> {
        self.pace().shown(Instant::now())
    }

    /// Tells the room how far it is, when it is time for that.
    pub(super) fn tell_progress(&self, at_once: bool) {
        let now = Instant::now();
        let (number, mut shown) = {
            let mut pace = self.pace();
            let Some(number) = pace.turn(now, at_once) else { return };
            let Some(shown) = pace.shown(now) else { return };
            (number, shown)
        };
        let Running { app, job, kind, held, .. } = &*self.0;
        let (what, which) = kind.about(job);
        let about = json!({"id": held.id.to_string(), what: which, "fence": held.fence, "n": number,
            "state": job.state.name(), "attempt": job.attempt, "worker": job.worker});
        if let (Some(shown), Json::Object(about)) = (shown.as_object_mut(), about) {
            shown.extend(about);
        }
        let payload = RawValue::from_string(shown.to_string()).expect("JSON that was just written");
        for room in kind.rooms(job) {
            app.0.road.wire.tell(&room, kind.progress_event(), payload.clone());
        }
    }

    /// Notes why the job is not ours any more, for all who do something for it.
    pub(super) fn lost(&self, why: NotHeld) -> JobError {
        match why {
            NotHeld::Fenced => self.0.stop.give(Why::Fenced),
            NotHeld::Cancelled => self.0.stop.give(Why::Cancelled),
            NotHeld::TimedOut => self.0.stop.give(Why::TimedOut),
            NotHeld::Store(_) => {}
        }
        why.into()
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for JobCtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JobCtx({} under fence {})", self.0.held.id, self.0.held.fence)
    }
}
