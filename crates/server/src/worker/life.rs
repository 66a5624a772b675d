//! What a worker tells its supervisor of itself.

use lockstep_sync_manager::{Status, SyncManager};
use tokio::time::sleep;

use crate::supervisor::{Reporter, SIGN, Word};

/// Says when the worker is ready, and from then on, as long as the road is travelled, that it lives. Ends when nobody listens.
///
/// The signs are not this task's own: they are the steps of the one actor through whom every page hears. If that hangs, or no task at
/// all gets to run, there is silence.
pub(super) async fn report(mut reporter: Reporter, sync: SyncManager) {
    if sync.status().wait_for(is_ready_enough).await.is_err() || reporter.say(Word::Ready).await.is_err() {
        return;
    }
    let mut before = sync.steps();
    loop {
        sleep(SIGN).await;
        let now = sync.steps();
        if now != before && reporter.say(Word::Alive).await.is_err() {
            return;
        }
        before = now;
    }
}

/// In step with the ledger. Redis may be away for hours, in which pages follow all the same.
fn is_ready_enough(status: &Status) -> bool {
    status.position.is_some() && status.ledger
}
