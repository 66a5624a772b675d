//! The place of one worker: a process in it, or a wait for the next one.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

use super::{Backoff, GaveUp, Orders, Plan};
use crate::cli::MISUSE;

/// glibc gives each thread a pool of memory of its own, and what one connection leaves behind in one of them others do not find. With
/// two pools an idle connection costs a fifth less. Whoever sets the variable himself is obeyed.
const ARENAS: &str = "2";
const ARENAS_VARIABLE: &str = "MALLOC_ARENA_MAX";

/// Starts of a worker that never lived well before the supervisor says that something is wrong with the installation. They take
/// about five seconds.
const FIRST_STARTS: u32 = 5;

/// A worker that has lived this long has come up.
const CAME_UP: Duration = Duration::from_secs(5);

pub(super) struct Slot {
    number: u16,
    plan: Arc<Plan>,
    orders: watch::Receiver<Orders>,
    backoff: Backoff,
    came_up: bool,
}

/// How a time of waiting ended.
enum Turn {
    Ended(ExitStatus, Duration),
    Stopped,
}

impl Slot {
    pub(super) fn new(number: u16, plan: Arc<Plan>, orders: watch::Receiver<Orders>) -> Self {
        Self { number, plan, orders, backoff: Backoff::default(), came_up: false }
    }

    /// Keeps a worker in this place until the order to stop.
    pub(super) async fn keep(mut self) -> Result<(), GaveUp> {
        while !self.orders.borrow().stop {
            let child = self.spawn().map_err(|source| GaveUp::Spawn { number: self.number, source })?;
            let Turn::Ended(status, lived) = self.watch(child).await else { break };
            self.judge(status, lived)?;
            let pause = self.backoff.after(lived, rand::random());
            warn!(
                worker = self.number,
                pause_ms = pause.as_millis(),
                "worker {} ended with {status}, starting it again in {} ms",
                self.number,
                pause.as_millis()
            );
            self.pause(pause).await;
        }
        Ok(())
    }

    fn spawn(&self) -> io::Result<Child> {
        let stdin = match &self.plan.listener {
            Some(listener) => Stdio::from(listener.descriptor()?),
            None => Stdio::null(),
        };
        let arenas = std::env::var(ARENAS_VARIABLE).unwrap_or_else(|_| ARENAS.to_owned());
        let child = Command::new(&self.plan.program)
            .args(&self.plan.arguments)
            .arg(self.number.to_string())
            .env(ARENAS_VARIABLE, arenas)
            .stdin(stdin)
            // A group of its own: Ctrl+C in a terminal is for the supervisor, which tells the workers in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        info!(worker = self.number, pid = child.id(), "worker {} started", self.number);
        Ok(child)
    }

    /// Stays with `child` until it ends or is to stop.
    async fn watch(&mut self, mut child: Child) -> Turn {
        let started = Instant::now();
        let mut reloads = self.orders.borrow().reloads;
        loop {
            tokio::select! {
                status = child.wait() => return Turn::Ended(status.expect("a child can be waited for"), started.elapsed()),
                changed = self.orders.changed() => {
                    let orders = *self.orders.borrow();
                    if orders.stop || changed.is_err() {
                        self.stop(&mut child).await;
                        return Turn::Stopped;
                    }
                    if orders.reloads > reloads {
                        reloads = orders.reloads;
                        send(&child, Signal::HUP);
                    }
                }
            }
        }
    }

    async fn stop(&self, child: &mut Child) {
        send(child, Signal::TERM);
        if timeout(self.plan.grace, child.wait()).await.is_err() {
            warn!(worker = self.number, "worker {} did not stop within {:?}, killing it", self.number, self.plan.grace);
            child.kill().await.expect("a child can be killed");
        }
    }

    /// Whether starting again can help.
    fn judge(&mut self, status: ExitStatus, lived: Duration) -> Result<(), GaveUp> {
        let number = self.number;
        if status.code() == Some(MISUSE.into()) {
            return Err(GaveUp::Misused { number, status: MISUSE.into() });
        }
        self.came_up |= lived >= CAME_UP;
        let starts = self.backoff.failures() + 1;
        if !self.came_up && starts >= FIRST_STARTS {
            return Err(GaveUp::NeverStarted { number, starts, outcome: status.to_string() });
        }
        Ok(())
    }

    /// Waits for the next start, but not beyond the order to stop.
    async fn pause(&mut self, pause: Duration) {
        let stop = self.orders.wait_for(|orders| orders.stop);
        tokio::select! {
            () = sleep(pause) => {}
            _ = stop => {}
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
