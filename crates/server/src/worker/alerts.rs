//! Telling administrators what a worker notices of the others, of the wire and of the disk.

use std::{io, path::Path, time::Duration};

use lockstep_app::{Alert, DiskWatch, Hearing};
use rustix::fs::statvfs;
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::state::State;

/// How often it is looked whether the wire is up.
const LISTEN: Duration = Duration::from_secs(1);

/// How often it is looked how full the disk is.
const LOOK: Duration = Duration::from_secs(60);

/// How often it is tried to tell somebody, once in [`AGAIN`].
const TRIES: u32 = 10;
const AGAIN: Duration = Duration::from_secs(3);

/// Watches until `stop`.
pub(super) async fn watch(state: State, host: String, stop: CancellationToken) {
    let all = async { tokio::join!(workers(&state), wire(&state), disk(&state, &host)) };
    stop.run_until_cancelled(all).await;
}

async fn workers(state: &State) {
    let mut lost = state.sync.lost();
    loop {
        match lost.recv().await {
            Ok(heartbeat) => {
                let (worker, name, host) = (heartbeat.worker, heartbeat.name, heartbeat.host);
                tell(state, Alert::WorkerLost { worker, name, host }).await;
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn wire(state: &State) {
    if !state.settings.has_redis() {
        return;
    }
    let (mut hearing, began, status) = (Hearing::default(), Instant::now(), state.sync.status());
    let mut looks = interval(LISTEN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let up = status.borrow().bus;
        if let Some(alert) = hearing.look(up, began.elapsed()) {
            tell(state, alert).await;
        }
    }
}

async fn disk(state: &State, host: &str) {
    let directory = state.settings.server.data_dir.clone();
    let (mut watch, mut looks, shown) = (DiskWatch::default(), interval(LOOK), directory.display().to_string());
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let looked = directory.clone();
        // What cannot be looked at is reported by whoever writes there.
        let Ok(Ok((free, total))) = tokio::task::spawn_blocking(move || room(&looked)).await else { continue };
        if let Some(alert) = watch.look(host, &shown, free, total) {
            tell(state, alert).await;
        }
    }
}

/// Free bytes, for us, and all bytes of the disk with this directory.
fn room(directory: &Path) -> io::Result<(u64, u64)> {
    let disk = statvfs(directory)?;
    Ok((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

async fn tell(state: &State, alert: Alert) {
    for _ in 0..TRIES {
        match state.app.alert(&alert).await {
            Ok(_) => return,
            Err(error) => warn!(error = &error as &dyn std::error::Error, "cannot tell administrators: {alert:?}"),
        }
        sleep(AGAIN).await;
    }
}
