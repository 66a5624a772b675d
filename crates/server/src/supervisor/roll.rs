//! Restarting the workers one after the other, each ready before the next one goes.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, timeout},
};
use tracing::{error, info};

use super::Plan;

/// A wish for a new process in the place of the one that runs. Both are dropped when the supervisor stops.
pub(super) struct Restart {
    /// The process that ran is gone.
    pub(super) gone: oneshot::Sender<()>,
    /// The new one is ready, after so long.
    pub(super) ready: oneshot::Sender<Duration>,
}

/// Why the rest is left as it is.
enum Halt {
    /// The supervisor stops.
    Stopping,
    /// The new worker had its time.
    NotReady,
}

pub(super) struct Roll {
    pub(super) plan: Arc<Plan>,
    /// The places of the workers, by number.
    pub(super) slots: Vec<mpsc::Sender<Restart>>,
}

impl Roll {
    /// Restarts all workers whenever `wishes` says so, for ever. Wishes that come meanwhile are one wish, fulfilled afterwards.
    pub(super) async fn serve(&self, wishes: &Notify) {
        loop {
            wishes.notified().await;
            self.roll().await;
        }
    }

    async fn roll(&self) {
        let Plan { program, check, pace, .. } = &*self.plan;
        if let Err(why) = check.pass(program, pace.check).await {
            return error!("the settings are wrong, nothing is restarted: {why}");
        }
        let (began, all) = (Instant::now(), self.slots.len());
        info!("restarting {all} workers, one after the other");
        for (number, slot) in self.slots.iter().enumerate() {
            let place = number + 1;
            info!(
                worker = number,
                "restarting worker {number} ({place} of {all}); its pages are asked to go elsewhere"
            );
            match self.renew(slot).await {
                Ok(took) => {
                    info!(worker = number, "worker {number} restarted, ready after {took:.1?} ({place} of {all})");
                }
                Err(Halt::Stopping) => return,
                Err(Halt::NotReady) => {
                    return error!(
                        worker = number,
                        "restarting halted: worker {number} ({place} of {all}) was not ready within {:?}, its messages above say \
                         why. It goes on being started; the workers after it run as before. Mend what is wrong and send SIGHUP \
                         again",
                        pace.ready
                    );
                }
            }
        }
        info!("all {all} workers restarted within {:.1?}", began.elapsed());
    }

    async fn renew(&self, slot: &mpsc::Sender<Restart>) -> Result<Duration, Halt> {
        let ((gone, is_gone), (ready, is_ready)) = (oneshot::channel(), oneshot::channel());
        slot.send(Restart { gone, ready }).await.map_err(|_| Halt::Stopping)?;
        // The slot itself sees to it that this takes no longer than it may.
        is_gone.await.map_err(|_| Halt::Stopping)?;
        match timeout(self.plan.pace.ready, is_ready).await {
            Ok(took) => took.map_err(|_| Halt::Stopping),
            Err(_) => Err(Halt::NotReady),
        }
    }
}
