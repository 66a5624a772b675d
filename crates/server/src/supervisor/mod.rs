//! One process that keeps N equal worker processes alive.
//!
//! Guarantees: a worker that dies is started again, after 0.1 to 10 s; one that hangs is killed within nine seconds and counts as dead;
//! SIGHUP restarts the workers one after the other, each ready before the next one goes, unless the settings are wrong; SIGTERM and
//! SIGINT end all workers, each given time to let its pages go, then killed; workers end by themselves when the supervisor is gone.
//! It gives up only at the start, where starting again cannot help: a worker says that it was started wrongly, or none of its first
//! starts held. A worker that once was well is started again for ever.
//! It never serves a request itself.

mod backoff;
mod check;
mod line;
mod roll;
mod signals;
mod slot;
mod watchdog;

use std::{ffi::OsString, io, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use self::{
    backoff::Backoff,
    check::Check,
    line::{Reporter, Word},
    signals::{Request, Signals, parent_gone},
    watchdog::SIGN,
};
use self::{roll::Roll, slot::Slot};
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
    /// The one listener of all workers, handed to them by their [`Reporter`]; None where each has its own.
    pub listener: Option<Listener>,
    /// How long a worker that was told to stop may take before it is killed.
    pub grace: Duration,
    /// What is asked before the workers are restarted.
    pub check: Check,
    /// How long things may take.
    pub pace: Pace,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two signs of life.
    pub sign: Duration,
    /// From the start of a restarted worker until it is ready. A large database may want some seconds to be opened.
    pub ready: Duration,
    /// For the program to check its settings.
    pub check: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { sign: SIGN, ready: Duration::from_secs(30), check: Duration::from_secs(10) }
    }
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

/// Keeps the workers of `plan` alive until `requests` says stop.
///
/// # Errors
/// [`GaveUp`]; all workers have ended then, too.
pub async fn run(plan: Plan, mut requests: impl AsyncFnMut() -> Request) -> Result<(), GaveUp> {
    let (plan, wishes, stop) = (Arc::new(plan), Notify::new(), CancellationToken::new());
    let (mut slots, mut restarts) = (JoinSet::new(), Vec::new());
    for number in 0..plan.workers {
        let (wish, wished) = mpsc::channel(1);
        restarts.push(wish);
        slots.spawn(Slot::new(number, plan.clone(), stop.clone(), wished).keep());
    }
    let roll = Roll { plan, slots: restarts };
    let mut rolling = pin!(roll.serve(&wishes));
    let mut outcome = Ok(());
    while !slots.is_empty() {
        tokio::select! {
            request = requests(), if !stop.is_cancelled() => match request {
                Request::Reload => wishes.notify_one(),
                Request::Stop => {
                    info!("stopping: workers let their pages go first");
                    stop.cancel();
                }
            },
            () = &mut rolling, if !stop.is_cancelled() => {}
            Some(ended) = slots.join_next() => {
                let ended = ended.expect("a slot does not panic");
                // The first reason is the one to tell; the others follow from it.
                outcome = outcome.and(ended);
                stop.cancel();
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests;
