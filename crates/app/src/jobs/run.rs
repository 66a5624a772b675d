//! One run of a job, from its claim to its end, its being given back, or its loss.

use std::{sync::Arc, time::Duration};

use lockstep_store::{
    Error as StoreError,
    jobs::{Ending, Failure, Job, JobState, NotHeld},
};
use tokio::{
    task::{JoinError, JoinHandle},
    time::{Instant, sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, warn};

use super::{JobCtx, JobError, LogType, Report, board::JobCounts, handler::AnyHandler, stop::Why};

/// How often it is looked whether the lease, the news or the progress of a run are due.
const TICK: Duration = Duration::from_millis(500);

/// Between two renewals of a lease of fifteen seconds: two may fail.
const RENEWAL: Duration = Duration::from_secs(5);

/// Between two tellings of what rooms are owed while no batch does it.
const NEWS: Duration = Duration::from_secs(1);

/// How long a handler that is to end may take to do so by itself.
const GRACE: Duration = Duration::from_millis(500);

/// How long the batch under way may take when the worker goes.
const LAST_BATCH: Duration = Duration::from_secs(5);

/// How long the outcome of a run is tried to be written down. After that the lease decides.
const OUTCOME_LIMIT: Duration = Duration::from_secs(10);

/// Between two such tries.
const OUTCOME_PAUSE: Duration = Duration::from_millis(250);

/// The first pause before a failed job is tried again, which doubles each time, and the longest.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(300);

/// How a run came to its end.
enum End {
    /// By itself.
    Done(Result<Report, JobError>),
    /// By a sign to stop.
    Stopped(Why),
}

/// Does a job that was claimed.
pub(super) async fn drive(handler: Arc<dyn AnyHandler>, ctx: JobCtx) {
    let end = work(handler, &ctx).await;
    ctx.running().stop.give(Why::Over);
    write_down(&ctx, end).await;
    let board = &ctx.app().0.board;
    board.remove(&ctx);
    board.bell.notify_one();
}

/// The handler in a task of its own, beside it what keeps the job ours.
async fn work(handler: Arc<dyn AnyHandler>, ctx: &JobCtx) -> End {
    let mut task = AbortOnDropHandle::new(tokio::spawn(handler.run(ctx.clone())));
    let why = tokio::select! {
        done = &mut task => return End::Done(outcome(done)),
        why = tend(ctx) => why,
    };
    match why {
        Why::Leaving => {
            // No batch begins while the gate is held; the run ends with it.
            let _gate = timeout(LAST_BATCH, ctx.between_batches()).await;
            stop(task).await;
        }
        Why::Cancelled | Why::TimedOut => {
            match timeout(GRACE, &mut task).await {
                Ok(done @ Ok(Ok(_))) => return End::Done(outcome(done)),
                // It has ended by itself, and a task that has may not be waited for again.
                Ok(_) => {}
                Err(_) => stop(task).await,
            }
        }
        Why::Fenced | Why::Over => stop(task).await,
    }
    End::Stopped(why)
}

/// Ends a task and waits until it is gone: it must not write a line beside whoever comes after it.
async fn stop(task: AbortOnDropHandle<Result<Report, JobError>>) {
    let task: JoinHandle<_> = task.detach();
    task.abort();
    let _ = task.await;
}

fn outcome(done: Result<Result<Report, JobError>, JoinError>) -> Result<Report, JobError> {
    done.unwrap_or_else(|error| {
        error!(%error, "a job's handler ended badly: {error}");
        Err(JobError::retry("the handler ended badly; its place is in the service's own log"))
    })
}

/// Keeps the lease, tells what is owed and how far it is. Returns when the run is to stop.
async fn tend(ctx: &JobCtx) -> Why {
    let running = ctx.running();
    let mut renewed = Instant::now();
    loop {
        tokio::select! {
            why = running.stop.given() => return why,
            () = running.look.notified() => check(ctx).await,
            () = sleep(TICK) => {}
        }
        ctx.tell_progress(false);
        let age = renewed.elapsed();
        if age >= RENEWAL || (age >= NEWS && ctx.is_owing()) {
            renew(ctx).await;
            renewed = Instant::now();
        }
    }
}

/// A batch under way is a renewal itself.
async fn renew(ctx: &JobCtx) {
    let Some(_gate) = ctx.unless_in_batch() else { return };
    if let Err(why) = ctx.renew().await {
        told(ctx, why);
    }
}

/// Something has happened to the job: perhaps somebody wants it to end.
async fn check(ctx: &JobCtx) {
    let running = ctx.running();
    if let Err(why) = running.app.0.store.check_job(running.held).await {
        told(ctx, why);
    }
}

fn told(ctx: &JobCtx, why: NotHeld) {
    if let JobError::Store(error) = ctx.lost(why) {
        warn!(%error, job = ctx.id(), "cannot keep job {} just now: {error}", ctx.id());
    }
}

/// How the run is to stand in the row.
enum Verdict {
    Finish(Ending),
    Later(Failure, Duration),
    Release,
    Nothing,
}

async fn write_down(ctx: &JobCtx, end: End) {
    ctx.tell_progress(true);
    let verdict = judge(ctx, end);
    let counts = &ctx.app().0.board.counts;
    let since = Instant::now();
    loop {
        match try_to_write(ctx, &verdict).await {
            Ok(Some(job)) => {
                count(counts, &job);
                return say(ctx, &job);
            }
            Ok(None) | Err(NotHeld::Fenced) => {
                counts.fenced.one();
                return ctx
                    .log(LogType::Info, "another worker has the job now; nothing of this run is kept after that");
            }
            Err(why) if since.elapsed() >= OUTCOME_LIMIT => {
                return warn!(%why, job = ctx.id(), "the outcome of job {} is not written down: {why}", ctx.id());
            }
            Err(_) => sleep(OUTCOME_PAUSE).await,
        }
    }
}

async fn try_to_write(ctx: &JobCtx, verdict: &Verdict) -> Result<Option<Job>, NotHeld> {
    let running = ctx.running();
    let (store, held) = (&running.app.0.store, running.held);
    let pending = match verdict {
        Verdict::Finish(ending) => store.finish_job(held, ending.clone()).await?,
        Verdict::Later(why, pause) => {
            let run_at = store.clock().now_ms() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
            store.retry_job_later(held, why.clone(), run_at).await?
        }
        Verdict::Release => store.release_job(held).await?,
        Verdict::Nothing => return Ok(None),
    };
    Ok(Some(running.app.0.road.take_step(pending).await?))
}

fn judge(ctx: &JobCtx, end: End) -> Verdict {
    match end {
        End::Done(Ok(report)) => {
            let state = if report.with_errors { JobState::CompletedWithErrors } else { JobState::Completed };
            Verdict::Finish(Ending { state, error: None, report: Some(report.data), progress: ctx.shown() })
        }
        End::Stopped(Why::Leaving) => Verdict::Release,
        End::Stopped(Why::Cancelled) | End::Done(Err(JobError::Cancelled)) => ended(ctx, JobState::Cancelled, None),
        End::Stopped(Why::TimedOut) | End::Done(Err(JobError::TimedOut)) => {
            let why = Failure::new("timed_out", "it took longer than [jobs] max_runtime_s allows");
            ended(ctx, JobState::Failed, Some(why))
        }
        End::Stopped(Why::Fenced | Why::Over) | End::Done(Err(JobError::Fenced)) => match ctx.running().stop.why() {
            Some(Why::Leaving) => Verdict::Release,
            _ => Verdict::Nothing,
        },
        End::Done(Err(JobError::Fatal { code, message })) => {
            ended(ctx, JobState::Failed, Some(Failure::new(code, message)))
        }
        End::Done(Err(JobError::Retry { why, after })) => later(ctx, Failure::new("retry", why), after),
        End::Done(Err(JobError::Store(error))) => match error {
            StoreError::Unavailable(_) | StoreError::InDoubt(_) => {
                later(ctx, Failure::new("unavailable", "the database did not do it"), None)
            }
            other => {
                error!(error = &other as &dyn std::error::Error, "job {} failed by our own fault: {other}", ctx.id());
                ended(ctx, JobState::Failed, Some(Failure::new("internal", other.to_string())))
            }
        },
    }
}

fn ended(ctx: &JobCtx, state: JobState, error: Option<Failure>) -> Verdict {
    Verdict::Finish(Ending { state, error, report: None, progress: ctx.shown() })
}

/// Each time twice as long, and not all at the same moment.
fn later(ctx: &JobCtx, why: Failure, after: Option<Duration>) -> Verdict {
    let doublings = u32::try_from(ctx.attempt() - 1).unwrap_or_default().min(10);
    let pause = (RETRY_PAUSE * 2_u32.pow(doublings)).min(MAX_RETRY_PAUSE).mul_f64(rand::random_range(0.8..=1.2));
    Verdict::Later(why, after.unwrap_or(pause))
}

fn count(counts: &JobCounts, job: &Job) {
    match job.state {
        JobState::Completed | JobState::CompletedWithErrors => counts.completed.one(),
        JobState::Failed => counts.failed.one(),
        JobState::Cancelled => counts.cancelled.one(),
        JobState::RetryWait => counts.retried.one(),
        JobState::Queued | JobState::Running => counts.released.one(),
    }
}

fn say(ctx: &JobCtx, job: &Job) {
    let why = job.error.as_ref().map(|error| error.message.as_str());
    match (job.state, why) {
        (JobState::Failed, why) => ctx.log(LogType::Error, &format!("failed: {}", why.unwrap_or("no reason given"))),
        (JobState::RetryWait, why) => {
            ctx.log(LogType::Info, &format!("put off, to be tried again: {}", why.unwrap_or_default()));
        }
        (JobState::Queued, _) => ctx.log(LogType::Info, "given back: this worker goes"),
        (state, _) => ctx.log(LogType::Info, state.name()),
    }
}
