//! The engine: looks for work, sees that it goes on, and takes leave of it.
//!
//! One in each worker. It looks when the bell rings, when a run ends, and every two seconds whatever happens; rings that come while it
//! looks are not lost. It takes no more than it can do at once, and gives back what it has when the worker goes.

use std::{future::Future, path::PathBuf, time::Duration};

use lockstep_store::jobs::{Claimant, Claimed, Job};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

use super::{
    Handlers, JobCtx, JobKind, LogType, Loss,
    boot::{Boot, Grave},
    run,
    stop::Why,
};
use crate::{App, Error, clock::rfc3339};

/// Between two looks that nothing has caused.
const POLL: Duration = Duration::from_secs(2);

/// Between two looks for workers that are lost.
const SWEEP: Duration = Duration::from_secs(5);

/// How long what follows the end of a job may take before it is left to another try.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);

/// How a worker does jobs.
#[derive(Debug, Clone)]
pub struct JobOptions {
    /// How many at once; with 0 none are done, and those of others are looked after all the same.
    pub concurrency: usize,
    /// How long a job may take in all, over all its workers.
    pub max_runtime: Duration,
    /// A directory of this machine, in which its workers show each other that they live.
    pub locks: Option<PathBuf>,
    /// The name of this machine, for jobs that only one can do.
    pub host: Option<String>,
    /// Whether this is the only worker, which need leave a file to others less.
    pub alone: bool,
}

impl Default for JobOptions {
    /// Two at once, an hour each.
    fn default() -> Self {
        Self { concurrency: 2, max_runtime: Duration::from_secs(3600), locks: None, host: None, alone: false }
    }
}

impl App {
    /// Does jobs until `shutdown`, and then lets the batches under way come to their end and gives the jobs back: the next worker goes
    /// on with them at once.
    pub async fn run_jobs(&self, handlers: Handlers, options: JobOptions, shutdown: impl Future<Output = ()>) {
        let mut engine = Engine::new(self.clone(), handlers, options);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            // Never left in the middle: a job that was claimed and not begun would wait for the end of its lease.
            engine.look().await;
            tokio::select! {
                () = &mut shutdown => break,
                () = self.0.board.bell.notified() => {}
                Some(_) = engine.tasks.join_next(), if !engine.tasks.is_empty() => {}
                () = sleep(POLL) => {}
            }
        }
        engine.leave().await;
    }
}

struct Engine {
    app: App,
    handlers: Handlers,
    claimant: Claimant,
    concurrency: usize,
    alone: bool,
    boot: Boot,
    swept: Option<Instant>,
    /// The database did not answer last time, which was said.
    failing: bool,
    tasks: JoinSet<()>,
}

impl Engine {
    fn new(app: App, handlers: Handlers, options: JobOptions) -> Self {
        let boot = Boot::begin(app.0.store.worker(), options.locks.as_deref());
        let claimant = Claimant {
            kinds: handlers.kinds(),
            host: options.host,
            boot: boot.name().to_owned(),
            max_runtime_ms: i64::try_from(options.max_runtime.as_millis()).unwrap_or(i64::MAX / 2),
        };
        let (concurrency, alone, tasks) = (options.concurrency, options.alone, JoinSet::new());
        Self { app, handlers, claimant, concurrency, alone, boot, swept: None, failing: false, tasks }
    }

    /// Everything that may be due. A failure is said once and tried again with the next look.
    async fn look(&mut self) {
        let outcome = async {
            self.sweep().await?;
            self.settle().await?;
            self.claim().await
        };
        let error = outcome.await.err();
        if let Some(error) = error.as_ref().filter(|_| !self.failing) {
            warn!(error = error as &dyn std::error::Error, "cannot look for jobs, trying again: {error}");
        }
        self.failing = error.is_some();
    }

    /// Ends what lost workers had and nobody may take over, and frees what the dead of this machine had.
    async fn sweep(&mut self) -> Result<(), Error> {
        if self.swept.is_some_and(|swept| swept.elapsed() < SWEEP) {
            return Ok(());
        }
        for grave in self.boot.graves() {
            self.app.0.store.bury_boot(grave.name()).await?;
            Grave::close(grave);
        }
        while let Some(pending) = self.app.0.store.sweep_jobs().await? {
            for job in self.app.0.road.take_step(pending).await? {
                warn!(job = job.id, kind = job.kind, "job {} of a lost worker is over: {}", job.id, job.state);
            }
        }
        self.swept = Some(Instant::now());
        Ok(())
    }

    /// Begins what follows the end of jobs.
    async fn settle(&mut self) -> Result<(), Error> {
        for job in self.app.0.store.ended_jobs(&self.claimant.kinds).await? {
            let Some(handler) = self.handlers.of(&job.kind) else { continue };
            let app = self.app.clone();
            self.tasks.spawn(async move {
                let followed = async {
                    handler.ended(&app, &job).await?;
                    Ok::<_, Error>(app.0.store.settle_job(job.id).await?)
                };
                match timeout(SETTLE_LIMIT, followed).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => not_settled(&job, &error),
                    Err(late) => not_settled(&job, &late),
                }
            });
        }
        Ok(())
    }

    /// Takes what waits, as much as can be done at once.
    async fn claim(&mut self) -> Result<(), Error> {
        while self.app.0.board.len() < self.concurrency {
            let Some(pending) = self.app.0.store.claim_job(&self.claimant).await? else { return Ok(()) };
            let claimed = self.app.0.road.take_step(pending).await?;
            self.begin(claimed);
        }
        Ok(())
    }

    fn begin(&mut self, claimed: Claimed) {
        let Claimed { job, lost } = claimed;
        let (Some(handler), Some(kind)) = (self.handlers.of(&job.kind), JobKind::of(&job.kind)) else { return };
        let board = &self.app.0.board;
        board.counts.claimed.one();
        let loss = lost.map(|lost| loss(&lost, self.app.clock().now_ms()));
        let ctx = JobCtx::new(self.app.clone(), job, kind, loss, self.alone);
        if let Some(loss) = ctx.loss() {
            board.counts.taken_over.one();
            let place = ctx.cursor().filter(|cursor| !cursor.is_empty()).map(|cursor| handler.place(cursor));
            ctx.log(LogType::Info, &resumed(loss, ctx.job(), place.as_deref()));
        }
        board.add(&ctx);
        self.tasks.spawn(run::drive(handler, ctx));
    }

    /// Gives everything back and waits for it.
    async fn leave(mut self) {
        for ctx in self.app.0.board.all() {
            ctx.running().stop.give(Why::Leaving);
        }
        let jobs = self.app.0.board.len();
        if jobs > 0 {
            info!(jobs, "stopping; {jobs} jobs go on elsewhere");
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

fn not_settled(job: &Job, error: &(dyn std::error::Error + 'static)) {
    warn!(error, job = job.id, "what follows the end of job {} is not done, trying again: {error}", job.id);
}

fn loss(lost: &Job, now: i64) -> Loss {
    let at = if lost.lease_until > 0 { lost.lease_until - lockstep_store::jobs::LEASE_MS } else { now };
    Loss { worker: lost.worker, at }
}

/// `worker 12345 lost at 14:41:07, resumed by 12399 at goods_1_3 #1500`
fn resumed(loss: &Loss, job: &Job, place: Option<&str>) -> String {
    let time = rfc3339(loss.at);
    let number = |worker: Option<u32>| worker.map_or_else(|| "?".to_owned(), |worker| worker.to_string());
    let place = place.unwrap_or("the beginning");
    let clock = time.get(11..19).unwrap_or(&time);
    format!("worker {} lost at {clock}, resumed by {} at {place}", number(loss.worker), number(job.worker))
}
