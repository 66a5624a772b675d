//! What the system asks of a process.

use std::{io, time::Duration};

use rustix::process::{Pid, getppid};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

/// How often a worker looks whether the process that started it still lives. Longer than this no orphan serves pages.
const PARENT_LOOK: Duration = Duration::from_millis(500);

/// A request from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Stop in an orderly way (SIGTERM, SIGINT).
    Stop,
    /// Put new settings and a new program in force (SIGHUP).
    Reload,
}

/// The requests to this process, from the moment this was made.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Begins to listen; the system's own reaction is switched off.
    ///
    /// # Errors
    /// When the system refuses to register handlers.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next request.
    pub async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.terminate.recv() => Request::Stop,
            _ = self.interrupt.recv() => Request::Stop,
            _ = self.hangup.recv() => Request::Reload,
        }
    }

    /// Waits until somebody wants this process to stop. A request to reload is answered with what it takes.
    pub async fn stop(mut self) {
        while self.next().await == Request::Reload {
            tracing::warn!(
                "SIGHUP changes nothing here, since a process reads its settings at its start: restart the service, or where it has \
                 several workers send SIGHUP to their supervisor"
            );
        }
    }
}

/// Waits until the process `parent`, which started this one, is gone.
pub async fn parent_gone(parent: u32) {
    let is_ours = || getppid().map(Pid::as_raw_nonzero).is_some_and(|pid| u32::try_from(pid.get()) == Ok(parent));
    while is_ours() {
        sleep(PARENT_LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stranger_is_no_parent() {
        parent_gone(u32::MAX).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_living_parent_is_waited_for() {
        let parent = getppid().expect("a parent").as_raw_nonzero().get();
        let waiting = parent_gone(u32::try_from(parent).expect("positive"));

        assert!(tokio::time::timeout(PARENT_LOOK * 20, waiting).await.is_err());
    }
}
