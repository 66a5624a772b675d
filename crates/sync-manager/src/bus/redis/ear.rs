//! The listening half: one task that owns the subscription.
//!
//! fred loses its subscriptions when it reconnects and does not notice a subscriber that hangs. So all of them are made again after
//! each reconnect, and a probe to ourselves every few seconds is the only proof that we hear.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use fred::{
    clients::{Client, SubscriberClient, WithOptions},
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{Message, config::Server},
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{COMMAND_LIMIT, PUBLISH_LIMIT, RedisOptions};
use crate::bus::{Channel, MAX_MESSAGE_BYTES, Signal};

/// Between two probes while all is well, and while it is not.
const PROBE_EVERY: Duration = Duration::from_secs(5);
const PROBE_WHEN_DOWN: Duration = Duration::from_millis(200);

/// After so many probes in vain the subscriber itself is made anew: it may hang in a state that reconnecting does not leave.
const PROBES_BEFORE_REBUILD: u32 = 3;

/// A question to ourselves over the whole way.
struct Probe {
    channel: String,
    number: u64,
    due: Instant,
    /// The answer is awaited until then.
    deadline: Option<Instant>,
    unanswered: u32,
}

impl Probe {
    fn new(options: &RedisOptions) -> Self {
        /// Tells the probes of several buses in one process apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let own = NEXT.fetch_add(1, Ordering::Relaxed);
        let channel = format!("{}probe:{}-{own}-{:x}", options.prefix, std::process::id(), rand::random::<u32>());
        Self { channel, number: 0, due: Instant::now(), deadline: None, unanswered: 0 }
    }

    fn wake(&self) -> Instant {
        self.deadline.unwrap_or(self.due)
    }
}

/// What the task holds.
pub(super) struct Ear {
    options: RedisOptions,
    sender: WithOptions<Client>,
    signals: mpsc::Sender<Signal>,
    stop: CancellationToken,
    probe: Probe,
    up: bool,
    /// Whether the log has heard of the present trouble.
    complained: bool,
}

/// Why a subscriber is given up.
enum End {
    Stopped,
    Rebuild,
}

impl Ear {
    pub(super) fn new(
        options: RedisOptions,
        sender: WithOptions<Client>,
        signals: mpsc::Sender<Signal>,
        stop: CancellationToken,
    ) -> Self {
        let probe = Probe::new(&options);
        Self { options, sender, signals, stop, probe, up: false, complained: false }
    }

    /// Listens until it is stopped or nobody takes the signals any more.
    pub(super) async fn run(mut self) {
        loop {
            let built = self.options.builder().and_then(|builder| builder.build_subscriber_client());
            let subscriber = built.expect("the same settings were good when the bus was connected");
            let connection = subscriber.connect();
            let end = self.listen(&subscriber).await;
            connection.abort();
            let _ = timeout(Duration::from_millis(500), subscriber.quit()).await;
            if matches!(end, End::Stopped) {
                return;
            }
            warn!(redis.addr = %self.options.address, "no longer hearing redis at {}, making a new subscriber", self.options.address);
        }
    }

    async fn listen(&mut self, subscriber: &SubscriberClient) -> End {
        let mut messages = subscriber.message_rx();
        let mut reconnects = subscriber.reconnect_rx();
        let mut errors = subscriber.error_rx();
        self.probe.unanswered = 0;
        loop {
            let stop = self.stop.clone();
            let alive = tokio::select! {
                () = stop.cancelled() => return End::Stopped,
                message = messages.recv() => self.hear(message).await,
                connected = reconnects.recv() => self.connected(subscriber, connected).await,
                Ok((error, _)) = errors.recv() => self.disconnected(&error).await,
                () = sleep_until(self.probe.wake()) => self.ask(subscriber).await,
            };
            if !alive {
                return End::Rebuild;
            }
            if self.signals.is_closed() {
                return End::Stopped;
            }
        }
    }

    async fn hear(&mut self, message: Result<Message, broadcast::error::RecvError>) -> bool {
        match message {
            Err(broadcast::error::RecvError::Closed) => return false,
            Err(broadcast::error::RecvError::Lagged(missed)) => self.tell(Signal::Missed(missed)).await,
            Ok(message) if *message.channel == *self.probe.channel => self.answered(&message).await,
            Ok(message) => self.pass_on(message).await,
        }
        true
    }

    async fn pass_on(&mut self, message: Message) {
        let Some(channel) = Channel::ALL.into_iter().find(|channel| self.options.channel(*channel) == *message.channel)
        else {
            return;
        };
        match message.value.as_bytes() {
            Some(bytes) if bytes.len() > MAX_MESSAGE_BYTES => self.tell(Signal::Missed(1)).await,
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => self.tell(Signal::Message(channel, text.into())).await,
                Err(_) => self.tell(Signal::Missed(1)).await,
            },
            None => self.tell(Signal::Missed(1)).await,
        }
    }

    async fn connected(
        &mut self,
        subscriber: &SubscriberClient,
        connected: Result<Server, broadcast::error::RecvError>,
    ) -> bool {
        if matches!(connected, Err(broadcast::error::RecvError::Closed)) {
            return false;
        }
        if self.up {
            self.note_down("the connection broke").await;
        }
        self.subscribe(subscriber).await;
        true
    }

    /// A broken connection takes the subscriptions with it.
    async fn disconnected(&mut self, error: &fred::error::Error) -> bool {
        self.note_down(error.details()).await;
        self.probe.deadline = None;
        self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        true
    }

    /// Says once why Redis is not heard, and that nothing is lost by it.
    async fn note_down(&mut self, reason: &str) {
        let was_up = std::mem::take(&mut self.up);
        if !std::mem::replace(&mut self.complained, true) {
            let address = &self.options.address;
            warn!(redis.addr = %address, reason, "redis at {address} is out of reach ({reason}); edits go on and pages follow through the ledger, a little later");
        }
        if was_up {
            self.tell(Signal::Down).await;
        }
    }

    /// Subscriptions do not survive a reconnect, so all of them are made again; then the probe proves them.
    /// False when Redis would not.
    async fn subscribe(&mut self, subscriber: &SubscriberClient) -> bool {
        let channels: Vec<String> = Channel::ALL
            .iter()
            .map(|channel| self.options.channel(*channel))
            .chain([self.probe.channel.clone()])
            .collect();
        let subscribed = matches!(timeout(COMMAND_LIMIT, subscriber.subscribe(channels)).await, Ok(Ok(())));
        if subscribed {
            self.send_probe().await;
        }
        subscribed
    }

    async fn send_probe(&mut self) {
        self.probe.number += 1;
        let sent = self.sender.publish::<i64, _, _>(self.probe.channel.as_str(), self.probe.number.to_string());
        if matches!(timeout(PUBLISH_LIMIT, sent).await, Ok(Ok(_))) {
            self.probe.deadline = Some(Instant::now() + COMMAND_LIMIT);
        } else {
            if self.up {
                self.note_down("cannot send").await;
            }
            self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        }
    }

    async fn answered(&mut self, message: &Message) {
        if message.value.as_str().as_deref() != Some(self.probe.number.to_string().as_str()) {
            return;
        }
        self.probe.deadline = None;
        self.probe.unanswered = 0;
        self.probe.due = Instant::now() + PROBE_EVERY;
        if !self.up {
            self.up = true;
            self.complained = false;
            info!(redis.addr = %self.options.address, "hearing redis at {}", self.options.address);
            self.tell(Signal::Up).await;
        }
    }

    /// The time of a probe, or of giving one up.
    async fn ask(&mut self, subscriber: &SubscriberClient) -> bool {
        if self.probe.deadline.take().is_none() {
            if self.up {
                self.send_probe().await;
                return true;
            }
            return self.knock(subscriber).await;
        }
        self.probe.unanswered += 1;
        self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        if self.up {
            self.note_down("a probe was not answered").await;
            let _ = timeout(COMMAND_LIMIT, subscriber.force_reconnection()).await;
        }
        self.probe.unanswered < PROBES_BEFORE_REBUILD
    }

    /// While down: subscribe if there is a connection, else wait for one.
    async fn knock(&mut self, subscriber: &SubscriberClient) -> bool {
        self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        if subscriber.is_connected() && !self.subscribe(subscriber).await {
            self.probe.unanswered += 1;
        }
        self.probe.unanswered < PROBES_BEFORE_REBUILD
    }

    /// The listener may be slow; then fred's own queue fills, and it tells how much was lost.
    async fn tell(&self, signal: Signal) {
        let _ = self.signals.send(signal).await;
    }
}
