//! One process that keeps N equal worker processes alive.
//!
//! Guarantees: a worker that dies is started again, after 0.1 to 10 s; SIGTERM and SIGINT end all workers, each given time to let its
//! pages go, then killed; SIGHUP is passed on; workers end by themselves when the supervisor is gone.
//! It gives up only where starting again cannot help: a worker says that it was started wrongly, or none of its first starts held.
//! It never serves a request itself.

mod backoff;
mod signals;
mod slot;

use std::{ffi::OsString, io, path::PathBuf, time::Duration};

use tokio::{sync::watch, task::JoinSet};
use tracing::info;

use self::slot::Slot;
pub use self::{
    backoff::Backoff,
    signals::{Request, Signals, parent_gone},
};
use crate::listen::Listener;

/// What to keep alive.
#[derive(Debug)]
pub struct Plan {
    /// The program; each worker gets `arguments`, then its number.
    pub program: PathBuf,
    /// What comes before the number, such as `worker --parent 17 --number`.
    pub arguments: Vec<OsString>,
    /// How many.
    pub workers: u16,
    /// The one listener of all workers, theirs at standard input; None where each has its own.
    pub listener: Option<Listener>,
    /// How long a worker that was told to stop may take before it is killed.
    pub grace: Duration,
}

/// Why the supervisor gave up.
#[derive(Debug, thiserror::Error)]
pub enum GaveUp {
    /// The worker's own words are in its log.
    #[error(
        "worker {number} ended with status {status}: it was started wrongly, and its message above says what to mend"
    )]
    Misused {
        /// Which.
        number: u16,
        /// Its exit status.
        status: i32,
    },
    /// No start held.
    #[error("worker {number} could not be started: {starts} tries, last with {outcome}; its messages above say why")]
    NeverStarted {
        /// Which.
        number: u16,
        /// How often.
        starts: u32,
        /// How the last one ended.
        outcome: String,
    },
    /// The program itself is missing, or the system has no process left.
    #[error("cannot start worker {number}")]
    Spawn {
        /// Which.
        number: u16,
        /// What the system says.
        source: io::Error,
    },
}

/// What every slot is told: how many reloads were asked for, and whether to stop.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    reloads: u32,
    stop: bool,
}

/// Keeps the workers of `plan` alive until `requests` says stop.
///
/// # Errors
/// [`GaveUp`]; all workers have ended then, too.
pub async fn run(plan: Plan, mut requests: impl AsyncFnMut() -> Request) -> Result<(), GaveUp> {
    let (orders, ordered) = watch::channel(Orders::default());
    let plan = std::sync::Arc::new(plan);
    let mut slots: JoinSet<Result<(), GaveUp>> =
        (0..plan.workers).map(|number| Slot::new(number, plan.clone(), ordered.clone()).keep()).collect();
    let mut outcome = Ok(());
    while !slots.is_empty() {
        tokio::select! {
            request = requests(), if !orders.borrow().stop => follow(request, &orders),
            Some(ended) = slots.join_next() => {
                let ended = ended.expect("a slot does not panic");
                // The first reason is the one to tell; the others follow from it.
                outcome = outcome.and(ended);
                orders.send_modify(|orders| orders.stop = true);
            }
        }
    }
    outcome
}

fn follow(request: Request, orders: &watch::Sender<Orders>) {
    match request {
        Request::Reload => orders.send_modify(|orders| orders.reloads += 1),
        Request::Stop => {
            info!("stopping: workers let their pages go first");
            orders.send_modify(|orders| orders.stop = true);
        }
    }
}

#[cfg(test)]
mod tests;
