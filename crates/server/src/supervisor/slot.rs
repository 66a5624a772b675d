//! The place of one worker: a process in it, or a wait for the next one.

use std::{io, os::fd::AsFd, process::ExitStatus, sync::Arc, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Backoff, GaveUp, Plan, Word, line::Line, roll::Restart, watchdog::Watchdog};
use crate::cli::MISUSE;

/// Starts of a worker that never lived well before the supervisor says that something is wrong with the installation. They take
/// about five seconds.
const FIRST_STARTS: u32 = 5;

/// A worker that has lived this long has come up.
const CAME_UP: Duration = Duration::from_secs(5);

pub(super) struct Slot {
    number: u16,
    plan: Arc<Plan>,
    stop: CancellationToken,
    restarts: mpsc::Receiver<Restart>,
    backoff: Backoff,
    came_up: bool,
    /// Who waits for the worker to be ready, and since when.
    awaited: Option<(oneshot::Sender<Duration>, Instant)>,
}

/// A process in its place.
struct Tenant {
    child: Child,
    line: Line,
    watchdog: Watchdog,
    since: Instant,
}

/// How a time of waiting ended.
enum Turn {
    Failed(Failure),
    Renew,
    Stopped,
}

/// How a start came to nothing, or a worker to its end.
struct Failure {
    why: Why,
    lived: Duration,
}

enum Why {
    Spawn(io::Error),
    Ended(ExitStatus),
}

impl Slot {
    pub(super) fn new(
        number: u16,
        plan: Arc<Plan>,
        stop: CancellationToken,
        restarts: mpsc::Receiver<Restart>,
    ) -> Self {
        Self { number, plan, stop, restarts, backoff: Backoff::default(), came_up: false, awaited: None }
    }

    /// Keeps a worker in this place until the order to stop.
    pub(super) async fn keep(mut self) -> Result<(), GaveUp> {
        while !self.stop.is_cancelled() {
            let turn = match self.spawn() {
                Ok(mut tenant) => self.watch(&mut tenant).await,
                Err(error) => Turn::Failed(Failure { why: Why::Spawn(error), lived: Duration::ZERO }),
            };
            match turn {
                Turn::Failed(failure) => self.recover(failure).await?,
                Turn::Renew => {}
                Turn::Stopped => break,
            }
        }
        Ok(())
    }

    fn spawn(&self) -> io::Result<Tenant> {
        let listener = self.plan.listener.as_ref().map(AsFd::as_fd);
        let (line, stdin) = Line::open(listener)?;
        let child = Command::new(&self.plan.program)
            .args(&self.plan.arguments)
            .arg(self.number.to_string())
            .stdin(stdin)
            // A group of its own: Ctrl+C in a terminal is for the supervisor, which tells the workers in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        info!(worker = self.number, pid = child.id(), "worker {} started", self.number);
        Ok(Tenant { child, line, watchdog: Watchdog::asleep(self.plan.pace.sign), since: Instant::now() })
    }

    /// Stays with `tenant` until it ends or is to stop.
    async fn watch(&mut self, tenant: &mut Tenant) -> Turn {
        loop {
            tokio::select! {
                // In this order: what the worker has said counts before its silence does.
                biased;
                () = self.stop.cancelled() => {
                    self.stop(&mut tenant.child).await;
                    return Turn::Stopped;
                }
                status = tenant.child.wait() => {
                    let why = Why::Ended(status.expect("a child can be waited for"));
                    return Turn::Failed(Failure { why, lived: tenant.since.elapsed() });
                }
                word = tenant.line.next() => self.hear(word, tenant),
                Some(restart) = self.restarts.recv() => {
                    self.stop(&mut tenant.child).await;
                    self.renew(restart);
                    return Turn::Renew;
                }
                () = tenant.watchdog.barks() => self.put_down(tenant),
            }
        }
    }

    fn hear(&mut self, word: Word, tenant: &mut Tenant) {
        match word {
            Word::Alive => tenant.watchdog.heard(),
            Word::Ready => {
                tenant.watchdog.arm();
                self.came_up = true;
                if let Some((ready, since)) = self.awaited.take() {
                    // A restart that was given up waits no longer.
                    let _ = ready.send(since.elapsed());
                }
            }
        }
    }

    /// The old process is gone, or there is none.
    fn renew(&mut self, restart: Restart) {
        let _ = restart.gone.send(());
        self.awaited = Some((restart.ready, Instant::now()));
    }

    /// Its connections break in this moment, and its pages go elsewhere. It cannot be asked to let them go.
    fn put_down(&self, tenant: &mut Tenant) {
        let number = self.number;
        error!(
            worker = number,
            pid = tenant.child.id(),
            "worker {number} hangs: it has done nothing for {:?}. Killing it; its pages go elsewhere, and it is started again",
            tenant.watchdog.patience()
        );
        tenant.watchdog.sleep();
        // Fails only where it has ended in this moment.
        let _ = tenant.child.start_kill();
    }

    async fn stop(&self, child: &mut Child) {
        send(child, Signal::TERM);
        if timeout(self.plan.grace, child.wait()).await.is_err() {
            warn!(worker = self.number, "worker {} did not stop within {:?}, killing it", self.number, self.plan.grace);
            child.kill().await.expect("a child can be killed");
        }
    }

    /// Waits for the next start, if that can help.
    async fn recover(&mut self, failure: Failure) -> Result<(), GaveUp> {
        let number = self.number;
        let Failure { why, lived } = self.judge(failure)?;
        let pause = self.backoff.after(lived, rand::random());
        let pause_ms = pause.as_millis();
        match why {
            Why::Ended(status) => {
                warn!(
                    worker = number,
                    pause_ms, "worker {number} ended with {status}, starting it again in {pause_ms} ms"
                );
            }
            Why::Spawn(error) => {
                error!(
                    worker = number,
                    pause_ms, "cannot start worker {number}, trying again in {pause_ms} ms: {error}"
                );
            }
        }
        self.pause(pause).await;
        Ok(())
    }

    /// Whether starting again can help. A worker that once was well needs no more than the right settings or the right program.
    fn judge(&mut self, failure: Failure) -> Result<Failure, GaveUp> {
        let number = self.number;
        self.came_up |= failure.lived >= CAME_UP;
        if self.came_up {
            return Ok(failure);
        }
        let starts = self.backoff.failures() + 1;
        match failure.why {
            Why::Spawn(source) => Err(GaveUp::Spawn { number, source }),
            Why::Ended(status) if status.code() == Some(MISUSE.into()) => {
                Err(GaveUp::Misused { number, status: MISUSE.into() })
            }
            Why::Ended(status) if starts >= FIRST_STARTS => {
                Err(GaveUp::NeverStarted { number, starts, outcome: status.to_string() })
            }
            Why::Ended(_) => Ok(failure),
        }
    }

    /// Waits for the next start, but not beyond the order to stop, nor where somebody wants it at once.
    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.stop.cancelled() => {}
            Some(restart) = self.restarts.recv() => self.renew(restart),
        }
    }
}

/// The child may have ended in this moment; then there is nobody to tell.
fn send(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(pid) = pid {
        kill_process(pid, signal).ok();
    }
}
