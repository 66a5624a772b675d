//! Lines are gathered for a moment and go out together: to all workers, and to the backlog of the store.

use std::{mem::take, sync::Arc};

use lockstep_protocol::log::{Batch, Line};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{BATCH, GATHER, backlog::Backlog};
use crate::Wire;

/// Until `stopping`, and then what still waits.
pub(super) async fn run(
    from: String,
    mut queue: mpsc::Receiver<Arc<Line>>,
    wire: Arc<dyn Wire>,
    backlog: Arc<Backlog>,
    stopping: CancellationToken,
) {
    let mut lines = Vec::with_capacity(BATCH);
    loop {
        gather(&mut queue, &mut lines, &stopping).await;
        if lines.is_empty() {
            return backlog.end();
        }
        let lines = take(&mut lines);
        wire.log(Batch { from: from.clone(), lines: lines.clone() });
        backlog.add(lines);
    }
}

/// Waits for a line, and a moment for others. Nothing comes when the queue has ended.
async fn gather(queue: &mut mpsc::Receiver<Arc<Line>>, lines: &mut Vec<Arc<Line>>, stopping: &CancellationToken) {
    tokio::select! {
        biased;
        () = stopping.cancelled() => queue.close(),
        _ = queue.recv_many(lines, BATCH) => {}
    }
    let until = Instant::now() + GATHER;
    while lines.len() < BATCH {
        let more = BATCH - lines.len();
        let received = tokio::select! {
            biased;
            received = timeout_at(until, queue.recv_many(lines, more)) => received,
            () = stopping.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
        };
        // Zero: the queue has ended.
        if !matches!(received, Ok(1..)) {
            return;
        }
    }
}
