//! What this worker has to say on the bus, in order and without making anybody wait.

use std::sync::Arc;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::{Bus, Channel},
    counters::Counters,
};

/// Messages that wait for the bus, and bytes of them. When it is full the message is left to the ledger.
const QUEUE: usize = 8192;
const QUEUE_BYTES: usize = 16 << 20;

/// Messages on their way at once: enough to fill a connection, few enough that a dead one is noticed.
const IN_FLIGHT: usize = 64;

/// What is to be said where, and the room that it takes up until then.
type Message = (Channel, Arc<str>, OwnedSemaphorePermit);

/// The way to the bus.
#[derive(Clone)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
    counters: Arc<Counters>,
    nudge: Arc<Notify>,
}

impl Outbox {
    /// The outbox and the task that empties it. Whenever an event could not be sent the actor is nudged to read the ledger.
    pub(crate) fn new(
        bus: Arc<dyn Bus>,
        counters: Arc<Counters>,
        nudge: Arc<Notify>,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()>) {
        let (queue, messages) = mpsc::channel(QUEUE);
        let outbox = Self { queue, room: Arc::new(Semaphore::new(QUEUE_BYTES)), counters, nudge };
        let pump = outbox.clone().pump(bus, messages, stop);
        (outbox, pump)
    }

    pub(crate) fn send(&self, channel: Channel, message: Arc<str>) {
        let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(bytes);
        if !room.is_ok_and(|room| self.queue.try_send((channel, message, room)).is_ok()) {
            self.failed(channel);
        }
    }

    fn failed(&self, channel: Channel) {
        if channel == Channel::Events {
            self.counters.publish_errors.add(1);
            self.nudge.notify_one();
        }
    }

    async fn pump(self, bus: Arc<dyn Bus>, mut messages: mpsc::Receiver<Message>, stop: CancellationToken) {
        let mut sending = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled(), if sending.is_empty() && messages.is_empty() => {
                    // A last word may have come while it was waited for.
                    if messages.is_empty() {
                        return;
                    }
                }
                Some((channel, sent)) = sending.next() => {
                    if let Err(error) = sent {
                        tracing::debug!(%error, "not sent over the bus: {error}");
                        self.failed(channel);
                    }
                }
                Some((channel, message, room)) = messages.recv(), if sending.len() < IN_FLIGHT => {
                    let bus = bus.clone();
                    sending.push(async move {
                        let sent = bus.publish(channel, message).await;
                        drop(room);
                        (channel, sent)
                    });
                }
                else => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{MAX_MESSAGE_BYTES, Memory};

    #[test]
    fn what_waits_for_a_bus_that_hangs_is_bounded_in_bytes() {
        let (counters, nudge) = (Arc::<Counters>::default(), Arc::<Notify>::default());
        let bus = Arc::new(Memory::new());
        let (outbox, _nobody_empties_it) = Outbox::new(bus, counters.clone(), nudge, CancellationToken::new());
        let longest: Arc<str> = "x".repeat(MAX_MESSAGE_BYTES).into();

        (0..1_000).for_each(|_| outbox.send(Channel::Events, longest.clone()));

        assert_eq!(counters.publish_errors.get(), 1_000 - (QUEUE_BYTES / MAX_MESSAGE_BYTES) as u64);
    }
}
