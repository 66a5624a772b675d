//! What happens to worker processes.

use std::{fs, time::Duration};

use lockstep_e2e::eventually;
use rand::RngExt;
use rustix::process::{Pid, Signal, kill_process};

use super::Target;
use crate::stage::{CRASHES, Stage};

/// The steps of an edit, each reached when it is done.
const STEPS: [&str; 6] = ["edit:begin", "edit:row", "edit:seq", "edit:event", "edit:commit", "edit:publish"];

/// How long a worker may take to come back.
const RETURN_LIMIT: Duration = Duration::from_secs(60);

/// Of the workers one dies in the middle of an edit, and comes back before the next one does.
pub(super) async fn kill_at_each_step(stage: &mut Stage) -> Result<(), String> {
    let order = stage.cluster.directory().join(CRASHES);
    for step in STEPS {
        let before = stage.cluster.worker_processes();
        fs::write(order.join(step), "").map_err(|error| error.to_string())?;
        let others = |now: &Vec<u32>| now.len() == before.len() && *now != before;
        eventually(&format!("a worker that died at {step} to come back"), RETURN_LIMIT, || {
            std::future::ready(Some(stage.cluster.worker_processes()).filter(others))
        })
        .await;
        stage.all_ready().await;
    }
    Ok(())
}

pub(super) fn stop_one(target: &mut impl Target) -> Result<(), String> {
    let victim = any(target);
    target.debris().stopped.push(victim);
    signal(victim, Signal::STOP);
    Ok(())
}

pub(super) fn go_on(target: &mut impl Target) {
    target.debris().stopped.drain(..).for_each(|victim| signal(victim, Signal::CONT));
}

/// Somebody must notice and put another in its place.
pub(super) async fn hang_one(stage: &mut Stage) -> Result<(), String> {
    let (victim, count) = (any(stage), stage.workers().len());
    signal(victim, Signal::STOP);
    eventually("another worker in the place of the one that hangs", RETURN_LIMIT, || {
        let workers = stage.cluster.worker_processes();
        std::future::ready((workers.len() == count && !workers.contains(&victim)).then_some(()))
    })
    .await;
    stage.all_ready().await;
    Ok(())
}

pub(super) async fn roll(stage: &mut Stage) -> Result<(), String> {
    let before = stage.cluster.worker_processes();
    stage.cluster.server().signal(Signal::HUP);
    eventually("all workers to be new", RETURN_LIMIT, || {
        let now = stage.cluster.worker_processes();
        std::future::ready((now.len() == before.len() && now.iter().all(|pid| !before.contains(pid))).then_some(()))
    })
    .await;
    stage.all_ready().await;
    Ok(())
}

/// A worker process, by chance.
fn any(target: &mut impl Target) -> u32 {
    let workers = target.workers();
    workers[target.random().random_range(0..workers.len())]
}

fn signal(process: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}
