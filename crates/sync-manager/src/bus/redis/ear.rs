//! The listening half: one task that owns the subscription.
//!
//! fred loses its subscriptions when it reconnects and does not notice a subscriber that hangs. So all of them are made again after
//! each reconnect, and a probe to ourselves every few seconds is the only proof that we hear.
//! What is not sealed by our installation is counted and has no other effect.

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

use super::{
    COMMAND_LIMIT, Line, PUBLISH_LIMIT, RedisOptions,
    listener::{BACKLOG_BYTES, Listener},
    seal::{SEAL_BYTES, Seal},
};
use crate::bus::{MAX_MESSAGE_BYTES, Signal};

/// Between two probes while all is well, and while it is not.
const PROBE_EVERY: Duration = Duration::from_secs(5);
const PROBE_WHEN_DOWN: Duration = Duration::from_millis(200);

/// After so many probes in vain the subscriber itself is made anew: it may hang in a state that reconnecting does not leave.
const PROBES_BEFORE_REBUILD: u32 = 3;

/// A question to ourselves over the whole way.
struct Probe {
    channel: String,
    seal: Seal,
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
        let seal = Seal::new(&options.secret, &channel);
        Self { channel, seal, number: 0, due: Instant::now(), deadline: None, unanswered: 0 }
    }

    fn wake(&self) -> Instant {
        self.deadline.unwrap_or(self.due)
    }
}

/// What the task holds.
pub(super) struct Ear {
    options: RedisOptions,
    sender: WithOptions<Client>,
    lines: Vec<Line>,
    listener: Listener,
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
        let (probe, lines, listener) = (Probe::new(&options), options.lines(), Listener::new(signals));
        Self { options, sender, lines, listener, stop, probe, up: false, complained: false }
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
                message = messages.recv() => self.hear(message, &mut messages),
                connected = reconnects.recv() => self.connected(subscriber, connected).await,
                Ok((error, _)) = errors.recv() => self.disconnected(&error),
                () = sleep_until(self.probe.wake()) => self.ask(subscriber).await,
                () = self.listener.until_due(), if self.listener.owes() => self.report(),
            };
            if !alive {
                return End::Rebuild;
            }
            if self.listener.is_gone() {
                return End::Stopped;
            }
        }
    }

    fn hear(
        &mut self,
        message: Result<Message, broadcast::error::RecvError>,
        behind: &mut broadcast::Receiver<Message>,
    ) -> bool {
        match message {
            Err(broadcast::error::RecvError::Closed) => return false,
            Err(broadcast::error::RecvError::Lagged(missed)) => self.listener.miss(missed),
            Ok(message) => self.judge(&message, behind),
        }
        true
    }

    fn judge(&mut self, message: &Message, behind: &mut broadcast::Receiver<Message>) {
        let bytes = message.value.as_bytes().unwrap_or_default();
        if bytes.len().saturating_mul(behind.len()) > BACKLOG_BYTES {
            // fred bounds what waits by number alone. Strangers' messages may be large, and come faster than they are judged.
            self.listener.miss(behind.len() as u64);
            *behind = behind.resubscribe();
        }
        if *message.channel == *self.probe.channel {
            return self.answered(bytes);
        }
        let Some(line) = self.lines.iter().find(|line| *line.name == *message.channel) else { return };
        let payload = if bytes.len() <= MAX_MESSAGE_BYTES + SEAL_BYTES { line.seal.open(bytes) } else { None };
        match payload {
            Some(payload) => self.listener.hear(line.channel, payload),
            None => self.listener.forgery(),
        }
    }

    fn report(&mut self) -> bool {
        self.listener.report();
        true
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
            self.note_down("the connection broke");
        }
        self.subscribe(subscriber).await;
        true
    }

    /// A broken connection takes the subscriptions with it.
    fn disconnected(&mut self, error: &fred::error::Error) -> bool {
        self.note_down(error.details());
        self.probe.deadline = None;
        self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        true
    }

    /// Says once why Redis is not heard, and that nothing is lost by it.
    fn note_down(&mut self, reason: &str) {
        let was_up = std::mem::take(&mut self.up);
        if !std::mem::replace(&mut self.complained, true) {
            let address = &self.options.address;
            warn!(redis.addr = %address, reason, "redis at {address} is out of reach ({reason}); edits go on and pages follow through the ledger, a little later");
        }
        if was_up {
            self.listener.turn(Signal::Down);
        }
    }

    /// Subscriptions do not survive a reconnect, so all of them are made again; then the probe proves them.
    /// False when Redis would not.
    async fn subscribe(&mut self, subscriber: &SubscriberClient) -> bool {
        let names = self.lines.iter().map(|line| line.name.clone());
        let channels: Vec<String> = names.chain([self.probe.channel.clone()]).collect();
        let subscribed = matches!(timeout(COMMAND_LIMIT, subscriber.subscribe(channels)).await, Ok(Ok(())));
        if subscribed {
            self.send_probe().await;
        }
        subscribed
    }

    async fn send_probe(&mut self) {
        self.probe.number += 1;
        let question = self.probe.seal.close(&self.probe.number.to_string());
        let sent = self.sender.publish::<i64, _, _>(self.probe.channel.as_str(), question);
        if matches!(timeout(PUBLISH_LIMIT, sent).await, Ok(Ok(_))) {
            self.probe.deadline = Some(Instant::now() + COMMAND_LIMIT);
        } else {
            if self.up {
                self.note_down("cannot send");
            }
            self.probe.due = Instant::now() + PROBE_WHEN_DOWN;
        }
    }

    fn answered(&mut self, message: &[u8]) {
        let Some(number) = self.probe.seal.open(message) else { return self.listener.forgery() };
        if number != self.probe.number.to_string() {
            return;
        }
        self.probe.deadline = None;
        self.probe.unanswered = 0;
        self.probe.due = Instant::now() + PROBE_EVERY;
        if !self.up {
            self.up = true;
            self.complained = false;
            info!(redis.addr = %self.options.address, "hearing redis at {}", self.options.address);
            self.listener.turn(Signal::Up);
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
            self.note_down("a probe was not answered");
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
}
