//! What happens to Redis itself.

use std::time::{Duration, Instant};

use lockstep_e2e::Redis;
use tokio::time::sleep;

use super::Target;

/// Between two times of hanging up.
const HANG_UP_EVERY: Duration = Duration::from_millis(500);

pub(super) async fn flush(target: &mut impl Target) -> Result<(), String> {
    command(target, &["FLUSHALL"]).await
}

pub(super) async fn hang_up(target: &mut impl Target, lasting: Duration) -> Result<(), String> {
    let started = Instant::now();
    while started.elapsed() < lasting {
        command(target, &["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        sleep(HANG_UP_EVERY).await;
    }
    Ok(())
}

/// Whoever connects from now on finds the new one; who is connected stays with the old one, which nobody publishes to any more.
pub(super) async fn fail_over(target: &mut impl Target) -> Result<(), String> {
    let count = target.debris().redises.len();
    let directory = target.directory().join(format!("redis-{count}"));
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let successor = Redis::start(&directory).await;
    target.relay().lead_to(successor.socket());
    target.debris().redises.push(successor);
    // Those who publish are sent away; their next connection leads to the new one.
    command(target, &["CLIENT", "KILL", "TYPE", "normal"]).await
}

/// The old one is gone for good; a new one in its old place is where things lead from now on.
pub(super) fn bury_the_old(target: &mut impl Target) -> Result<(), String> {
    let Some(successor) = target.debris().redises.last().map(Redis::socket) else { return Ok(()) };
    target.redis().crash();
    std::os::unix::fs::symlink(successor, target.redis().socket()).map_err(|error| error.to_string())
}

async fn command(target: &mut impl Target, words: &[&str]) -> Result<(), String> {
    let answer = target.redis().command(words).await.map_err(|error| format!("redis: {error}"))?;
    if answer.starts_with('-') { Err(format!("redis: {answer}")) } else { Ok(()) }
}
