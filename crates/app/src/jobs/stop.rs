//! Why a job is to stop here, told once to all who do something for it.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::JobError;

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody wants it to end.
    Cancelled,
    /// Another worker has it.
    Fenced,
    /// It has taken as long as it may.
    TimedOut,
    /// This worker goes; the next one goes on.
    Leaving,
    /// It is over.
    Over,
}

/// The sign to stop.
#[derive(Debug, Default)]
pub(super) struct Stop {
    why: OnceLock<Why>,
    token: CancellationToken,
}

impl Stop {
    /// Gives the sign; the first reason counts.
    pub(super) fn give(&self, why: Why) {
        let _ = self.why.set(why);
        self.token.cancel();
    }

    pub(super) fn why(&self) -> Option<Why> {
        self.why.get().copied()
    }

    pub(super) fn is_given(&self) -> bool {
        self.token.is_cancelled()
    }

    pub(super) async fn given(&self) -> Why {
        self.token.cancelled().await;
        self.why().unwrap_or(Why::Over)
    }

    /// Refuses to go on after the sign.
    pub(super) fn check(&self) -> Result<(), JobError> {
        match self.why() {
            None => Ok(()),
            Some(Why::Cancelled) => Err(JobError::Cancelled),
            Some(Why::TimedOut) => Err(JobError::TimedOut),
            // Whoever still asks when it is over, or when the worker goes, has it no longer.
            Some(Why::Fenced | Why::Leaving | Why::Over) => Err(JobError::Fenced),
        }
    }
}
