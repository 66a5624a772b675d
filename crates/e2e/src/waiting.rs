//! Waiting for the outside world, always with a limit.
//!
//! A test waits for an event it can see, never for a time it guesses. What cannot announce itself (a process that exits, a socket file
//! that appears) is looked at every few milliseconds.

use std::{future::Future, time::Duration};

/// How long anything may take before a test calls it broken. Far above what a healthy machine needs, so that a loaded one does not
/// fail: the limit ends a hang, it does not measure.
pub const LIMIT: Duration = Duration::from_secs(20);

/// How often [`eventually`] looks again.
const LOOK: Duration = Duration::from_millis(15);

/// The first `Some` that `look` gives.
///
/// # Panics
/// When there was none within `limit`; the message says for `what` it waited.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let search = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    within(what, limit, search).await
}

/// What `work` gives, if it gives it within `limit`.
///
/// # Panics
/// When it takes longer; the message says `what` took too long.
pub async fn within<T>(what: &str, limit: Duration, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => panic!("{what}: not within {limit:?}"),
    }
}
