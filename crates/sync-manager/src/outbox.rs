//! What this worker has to say on the bus, in order and without making anybody wait.

use std::sync::Arc;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::{Bus, BusError, Channel},
    counters::Counters,
    logs::Ear,
};

/// Messages that wait for the bus, and bytes of them. When it is full the message is left to the ledger.
const QUEUE: usize = 8192;
const QUEUE_BYTES: usize = 16 << 20;

/// The same for log lines, which must not take the place of events, nor stand before them. What does not fit is missing where it is
/// heard, and thereby known.
const LOG_QUEUE: usize = 1024;
const LOG_QUEUE_BYTES: usize = 8 << 20;

/// Messages of log lines on their way at once, of those in flight.
const LOGS_IN_FLIGHT: usize = 8;

/// Messages on their way at once: enough to fill a connection, few enough that a dead one is noticed.
const IN_FLIGHT: usize = 64;

/// What is to be said where, and the room that it takes up until then.
type Message = (Channel, Arc<str>, OwnedSemaphorePermit);

/// What waits for the bus.
#[derive(Clone)]
struct Queue {
    messages: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
}

impl Queue {
    fn new(messages: usize, bytes: usize) -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(messages);
        (Self { messages: sender, room: Arc::new(Semaphore::new(bytes)) }, receiver)
    }

    /// False when there is no place.
    fn put(&self, channel: Channel, message: Arc<str>) -> bool {
        let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(bytes);
        room.is_ok_and(|room| self.messages.try_send((channel, message, room)).is_ok())
    }
}

/// The way to the bus.
#[derive(Clone)]
pub(crate) struct Outbox {
    queue: Queue,
    logs: Queue,
    ear: Ear,
    counters: Arc<Counters>,
    nudge: Arc<Notify>,
}

impl Outbox {
    /// The outbox and the task that empties it. Whenever an event could not be sent the actor is nudged to read the ledger; log lines
    /// are then at least heard here, by `ear`.
    pub(crate) fn new(
        bus: Arc<dyn Bus>,
        counters: Arc<Counters>,
        nudge: Arc<Notify>,
        ear: Ear,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()>) {
        let (queue, messages) = Queue::new(QUEUE, QUEUE_BYTES);
        let (logs, lines) = Queue::new(LOG_QUEUE, LOG_QUEUE_BYTES);
        let outbox = Self { queue, logs, ear, counters, nudge };
        let pump = outbox.clone().pump(bus, messages, lines, stop);
        (outbox, pump)
    }

    pub(crate) fn send(&self, channel: Channel, message: Arc<str>) {
        let queue = if channel == Channel::Logs { &self.logs } else { &self.queue };
        if !queue.put(channel, message.clone()) {
            self.failed(channel, message);
        }
    }

    fn failed(&self, channel: Channel, message: Arc<str>) {
        match channel {
            Channel::Events => {
                self.counters.publish_errors.add(1);
                self.nudge.notify_one();
            }
            Channel::Logs => self.ear.hear(message),
            Channel::Workers | Channel::Presence | Channel::Transient => {}
        }
    }

    async fn pump(
        self,
        bus: Arc<dyn Bus>,
        mut messages: mpsc::Receiver<Message>,
        mut lines: mpsc::Receiver<Message>,
        stop: CancellationToken,
    ) {
        let (mut sending, mut logging) = (FuturesUnordered::new(), FuturesUnordered::new());
        let say = |(channel, message, room): Message| {
            let bus = bus.clone();
            async move {
                let sent = bus.publish(channel, message.clone()).await;
                drop(room);
                (channel, message, sent)
            }
        };
        loop {
            let idle = sending.is_empty() && messages.is_empty() && logging.is_empty() && lines.is_empty();
            tokio::select! {
                biased;
                () = stop.cancelled(), if idle => {
                    // A last word may have come while it was waited for.
                    if messages.is_empty() && lines.is_empty() {
                        return;
                    }
                }
                Some(sent) = sending.next() => self.note(sent),
                Some(sent) = logging.next() => self.note(sent),
                Some(message) = messages.recv(), if sending.len() < IN_FLIGHT => sending.push(say(message)),
                Some(message) = lines.recv(), if logging.len() < LOGS_IN_FLIGHT => logging.push(say(message)),
                else => return,
            }
        }
    }

    fn note(&self, (channel, message, sent): (Channel, Arc<str>, Result<(), BusError>)) {
        if let Err(error) = sent {
            tracing::debug!(%error, "not sent over the bus: {error}");
            self.failed(channel, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bus::{MAX_MESSAGE_BYTES, Memory},
        logs::LogHub,
    };

    #[test]
    fn what_waits_for_a_bus_that_hangs_is_bounded_in_bytes() {
        let (counters, nudge) = (Arc::<Counters>::default(), Arc::<Notify>::default());
        let bus = Arc::new(Memory::new());
        let (_, ear, _) = LogHub::new(0, counters.clone());
        let (outbox, _nobody_empties_it) = Outbox::new(bus, counters.clone(), nudge, ear, CancellationToken::new());
        let longest: Arc<str> = "x".repeat(MAX_MESSAGE_BYTES).into();

        (0..1_000).for_each(|_| outbox.send(Channel::Events, longest.clone()));

        assert_eq!(counters.publish_errors.get(), 1_000 - (QUEUE_BYTES / MAX_MESSAGE_BYTES) as u64);
    }
}
