//! What must be done now and then, whoever asks for it: old events and log lines are forgotten, and the machine says that it is still there.
//!
//! Every worker does it; done twice it does no harm.

use std::{future::Future, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::{App, Error};

/// How often. A note of the host holds for two minutes, so three may fail in a row.
const EVERY: Duration = Duration::from_secs(30);

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Days that a job is kept after its end.
const JOB_DAYS: i64 = 90;

/// How much is kept of the ledger and of what persons were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days that an event is kept.
    pub days: u32,
    /// Events that are kept however old they are.
    pub events: u32,
    /// Days that a notice is kept after it was told last.
    pub notice_days: u32,
}

impl App {
    /// Looks after the store until `shutdown`, and in the middle of its work not longer: a step that is broken off is undone whole and
    /// left to the next worker. A failure is logged and tried again; edits never wait for it longer than a moment.
    pub async fn upkeep(&self, keep: Keep, shutdown: impl Future<Output = ()>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                () = &mut shutdown => return,
                () = self.tend(keep) => {}
            }
        }
    }

    async fn tend(&self, keep: Keep) {
        if let Err(error) = self.0.store.touch_host().await.map_err(Error::from) {
            warn!(
                error = &error as &dyn std::error::Error,
                "cannot note that this host is alive, trying again in 30 s"
            );
        }
        if let Err(error) = self.forget_jobs().await {
            warn!(error = &error as &dyn std::error::Error, "cannot forget old jobs, trying again in 30 s");
        }
        if let Err(error) = self.trim(keep).await {
            warn!(error = &error as &dyn std::error::Error, "cannot trim the ledger, trying again in 30 s");
        }
        if let Err(error) = self.trim_logs().await {
            warn!(error = &error as &dyn std::error::Error, "cannot forget old log lines, trying again in 30 s");
        }
        if let Err(error) = self.sweep_uploads().await {
            warn!(error = &error as &dyn std::error::Error, "cannot sweep up after uploads, trying again in 30 s");
        }
        if let Err(error) = self.sweep_import_sets().await {
            warn!(error = &error as &dyn std::error::Error, "cannot remove old sets of imports, trying again in 30 s");
        }
        if let Err(error) = self.forget_notices(keep.notice_days).await {
            warn!(error = &error as &dyn std::error::Error, "cannot forget old notices, trying again in 30 s");
        }
    }

    /// Forgets jobs that ended long ago, some thousand a transaction.
    async fn forget_jobs(&self) -> Result<(), Error> {
        let before = self.clock().now_ms() - JOB_DAYS * DAY_MS;
        while self.0.store.forget_jobs(before).await? > 0 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Forgets events that need not be kept, some thousand a transaction. Returns how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim(&self, keep: Keep) -> Result<u64, Error> {
        let before = self.clock().now_ms() - i64::from(keep.days) * DAY_MS;
        let mut gone = 0;
        loop {
            match self.0.store.trim(before, keep.events).await? {
                0 => return Ok(gone),
                some => gone += some,
            }
            tokio::task::yield_now().await;
        }
    }

    /// Forgets what was told so many days ago, some hundred notices a transaction.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_notices(&self, days: u32) -> Result<(), Error> {
        let before = self.clock().now_ms() - i64::from(days) * DAY_MS;
        while let Some(pending) = self.0.store.forget_notices(before).await? {
            self.0.road.see_through(pending).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}
