//! The listening half: one task that owns the subscription.
//!
//! fred loses its subscriptions when it reconnects and does not notice a subscriber that hangs. So all of them are made again after
//! each reconnect, and a probe to ourselves every few seconds is the only proof that we hear.
//! What is not sealed by our installation is counted and has no other effect.

use std::{sync::Arc, time::Duration};

use fred::{
    clients::SubscriberClient,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{Message, config::Server},
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    COMMAND_LIMIT, Line, RedisOptions,
    listener::{BACKLOG_BYTES, Listener},
    probe::{Echo, Probe, RoundTrip},
    seal::SEAL_BYTES,
    voice::Voice,
};
use crate::bus::{MAX_MESSAGE_BYTES, Signal};

/// A connection is not waited for much longer than one takes at most: the sentinels that fred has learned of, or the one node of a cluster
/// that it knows, may be gone for good while others of the settings answer.
const DOWN_BEFORE_REBUILD: Duration = Duration::from_secs(5);

/// What the task holds.
pub(super) struct Ear {
    options: RedisOptions,
    voice: Arc<Voice>,
    /// Which connection this is, of ours and of the voice: see [`RedisOptions::builder`].
    turn: usize,
    voice_turn: usize,
    lines: Vec<Line>,
    listener: Listener,
    stop: CancellationToken,
    probe: Probe,
    up: bool,
    /// Since when not, unless it is.
    down_since: Instant,
    /// Whether the last probe could not be sent, the last subscription not be made.
    mute: bool,
    deaf: bool,
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
        voice: Arc<Voice>,
        voice_turn: usize,
        signals: mpsc::Sender<Signal>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            probe: Probe::new(&options),
            lines: options.lines(),
            options,
            voice,
            turn: voice_turn + 1,
            voice_turn,
            listener: Listener::new(signals),
            stop,
            up: false,
            down_since: Instant::now(),
            mute: false,
            deaf: false,
            complained: false,
        }
    }

    /// The same, and it tells of its round trips there.
    pub(super) fn measuring(mut self, round_trip: RoundTrip) -> Self {
        self.probe.round_trip = round_trip;
        self
    }

    /// Listens until it is stopped or nobody takes the signals any more.
    pub(super) async fn run(mut self) {
        loop {
            let built = self.options.builder(self.turn).and_then(|builder| builder.build_subscriber_client());
            let subscriber = built.expect("the same settings were good when the bus was connected");
            let connection = subscriber.connect();
            let end = self.listen(&subscriber).await;
            if matches!(end, End::Rebuild) {
                self.go_elsewhere(subscriber.is_connected());
            }
            connection.abort();
            let _ = timeout(Duration::from_millis(500), subscriber.quit()).await;
            if matches!(end, End::Stopped) {
                return;
            }
        }
    }

    /// Takes the next turn with whichever half does not work; with both, where each seems to and yet nothing is heard.
    fn go_elsewhere(&mut self, connected: bool) {
        let (speaks, hears) = (self.voice.is_connected() && !self.mute, connected && !self.deaf);
        debug!(speaks, hears, "connecting to redis at {} anew", self.options.address);
        if !speaks || hears {
            self.voice_turn += 1;
            self.voice.renew(self.voice_turn);
        }
        if !hears || speaks {
            self.turn += 1;
        }
    }

    async fn listen(&mut self, subscriber: &SubscriberClient) -> End {
        let mut messages = subscriber.message_rx();
        let mut reconnects = subscriber.reconnect_rx();
        let mut errors = subscriber.error_rx();
        self.probe.begin();
        self.down_since = Instant::now();
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
        self.probe.give_up();
        self.probe.retry();
        true
    }

    /// Says once why Redis is not heard, and that nothing is lost by it.
    fn note_down(&mut self, reason: &str) {
        let was_up = std::mem::take(&mut self.up);
        if !std::mem::replace(&mut self.complained, true) {
            let address = &self.options.address;
            warn!(redis.addr = %address, reason, "redis at {address} is out of reach ({reason}); edits go on and pages follow through the ledger, a little later");
        }
        self.probe.round_trip.forget();
        if was_up {
            self.down_since = Instant::now();
            self.listener.turn(Signal::Down);
        }
    }

    /// Subscriptions do not survive a reconnect, so all of them are made again; then the probe proves them.
    /// False when Redis would not.
    async fn subscribe(&mut self, subscriber: &SubscriberClient) -> bool {
        let names = self.lines.iter().map(|line| line.name.clone());
        let channels: Vec<String> = names.chain([self.probe.channel.clone()]).collect();
        self.deaf = !matches!(timeout(COMMAND_LIMIT, subscriber.subscribe(channels)).await, Ok(Ok(())));
        if !self.deaf {
            self.send_probe().await;
        }
        !self.deaf
    }

    async fn send_probe(&mut self) {
        let question = self.probe.question();
        self.mute = self.voice.say(&self.probe.channel, question).await.is_err();
        if !self.mute {
            self.probe.asked();
            return;
        }
        if self.up {
            self.note_down("cannot send");
        }
        self.probe.retry();
    }

    fn answered(&mut self, message: &[u8]) {
        match self.probe.hear(message) {
            Echo::Forged => return self.listener.forgery(),
            Echo::Late => return,
            Echo::Answer => {}
        }
        if !self.up {
            self.up = true;
            self.complained = false;
            info!(redis.addr = %self.options.address, "hearing redis at {}", self.options.address);
            self.listener.turn(Signal::Up);
        }
    }

    /// The time of a probe, or of giving one up.
    async fn ask(&mut self, subscriber: &SubscriberClient) -> bool {
        if !self.up && self.down_since.elapsed() > DOWN_BEFORE_REBUILD {
            return false;
        }
        if !self.probe.give_up() {
            if self.up {
                self.send_probe().await;
                return true;
            }
            return self.knock(subscriber).await;
        }
        self.probe.in_vain();
        self.probe.retry();
        if self.up {
            self.note_down("a probe was not answered");
            let _ = timeout(COMMAND_LIMIT, subscriber.force_reconnection()).await;
        }
        !self.probe.is_hopeless()
    }

    /// While down: subscribe if there is a connection, else wait for one.
    async fn knock(&mut self, subscriber: &SubscriberClient) -> bool {
        self.probe.retry();
        if subscriber.is_connected() && !self.subscribe(subscriber).await {
            self.probe.in_vain();
        }
        !self.probe.is_hopeless()
    }
}

#[cfg(test)]
mod tests {
    use fred::types::MessageKind;
    use lockstep_protocol::SharedSecret;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::bus::{RedisAddress, SIGNALS};

    fn ear() -> (Ear, mpsc::Receiver<Signal>) {
        let (address, secret) = (RedisAddress::Unix("/nowhere".into()), SharedSecret::new([1; 32]));
        let options = RedisOptions { address, username: None, password: None, db: None, prefix: "p:".into(), secret };
        let voice = Arc::new(Voice::new(options.clone(), 0, TaskTracker::new()).expect("settings are right"));
        let (signals, heard) = mpsc::channel(SIGNALS);
        (Ear::new(options, voice, 0, signals, CancellationToken::new()), heard)
    }

    /// fred counts what waits, whatever it weighs: 4,096 messages of 64 KiB were a quarter of a gigabyte.
    #[tokio::test]
    async fn large_messages_that_come_faster_than_they_are_judged_are_not_kept() {
        let (mut ear, mut heard) = ear();
        let (wire, mut behind) = broadcast::channel(4_096);
        let value = vec![b'x'; MAX_MESSAGE_BYTES].as_slice().into();
        let server = Server::new("nowhere", 1);
        let message = Message { channel: "p:events".into(), value, kind: MessageKind::Message, server };
        (0..1_000).for_each(|_| drop(wire.send(message.clone())));

        let first = behind.recv().await;
        ear.hear(first, &mut behind);

        assert_eq!((wire.len(), behind.len()), (0, 0));
        assert_eq!(heard.recv().await, Some(Signal::Missed(999)));
        ear.listener.until_due().await;
        ear.report();
        assert_eq!(heard.recv().await, Some(Signal::Forged(1)));
    }
}
