//! What this worker has to say on the bus, in order and without making anybody wait.

use std::sync::Arc;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    bus::{Bus, Channel},
    counters::Counters,
};

/// Messages that wait for the bus. When it is full the message is left to the ledger.
const QUEUE: usize = 8192;

/// Messages on their way at once: enough to fill a connection, few enough that a dead one is noticed.
const IN_FLIGHT: usize = 64;

type Message = (Channel, Arc<str>);

/// The way to the bus.
#[derive(Clone)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Message>,
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
        let outbox = Self { queue, counters, nudge };
        let pump = outbox.clone().pump(bus, messages, stop);
        (outbox, pump)
    }

    pub(crate) fn send(&self, channel: Channel, message: Arc<str>) {
        if self.queue.try_send((channel, message)).is_err() {
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
                () = stop.cancelled(), if sending.is_empty() && messages.is_empty() => return,
                Some((channel, sent)) = sending.next() => {
                    if let Err(error) = sent {
                        tracing::debug!(%error, "not sent over the bus: {error}");
                        self.failed(channel);
                    }
                }
                Some((channel, message)) = messages.recv(), if sending.len() < IN_FLIGHT => {
                    let bus = bus.clone();
                    sending.push(async move { (channel, bus.publish(channel, message).await) });
                }
                else => return,
            }
        }
    }
}
