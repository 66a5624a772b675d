//! Where the hub hears: what the bus brings is put here without waiting.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::desk::Desk;
use crate::counters::Counters;

/// Messages that wait for the hub. At some 200 lines each that is a storm of 100,000; what does not fit is missed like any other message.
const QUEUE: usize = 512;

/// The hub's ear. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ear {
    queue: mpsc::Sender<Arc<str>>,
    desk: Arc<Desk>,
    counters: Arc<Counters>,
}

impl Ear {
    pub(super) fn new(desk: Arc<Desk>, counters: Arc<Counters>) -> (Self, mpsc::Receiver<Arc<str>>) {
        let (queue, heard) = mpsc::channel(QUEUE);
        (Self { queue, desk, counters }, heard)
    }

    /// A message of lines.
    pub(crate) fn hear(&self, message: Arc<str>) {
        if self.queue.try_send(message).is_err() {
            self.counters.logs.missed.add(1);
        }
    }

    /// What was said before may not have been heard by the others.
    pub(crate) fn is_doubtful(&self) {
        self.desk.say_again();
    }
}
