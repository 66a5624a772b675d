//! The wire over Redis pub/sub.
//!
//! One connection sends, one listens; both reconnect for ever.
//! fred loses its subscriptions when it reconnects and does not notice a subscriber that hangs, so one task owns the subscription:
//! it subscribes again after each reconnect, and a probe to ourselves every few seconds is the only proof that we hear.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fred::{
    clients::{Client, SubscriberClient, WithOptions},
    error::ErrorKind,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{
        Builder, Message, RespVersion,
        config::{Config, Options, ReconnectPolicy, Server, ServerConfig, UnresponsiveConfig},
    },
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{Answer, Bus, BusError, Channel, MAX_MESSAGE_BYTES, SIGNALS, Signal};

/// How long a publish may take. Longer would only delay the ones behind it; the ledger brings the event within a second anyway.
const PUBLISH_LIMIT: Duration = Duration::from_millis(300);

/// How long any other command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(2);

/// Between two probes while all is well, and while it is not.
const PROBE_EVERY: Duration = Duration::from_secs(5);
const PROBE_WHEN_DOWN: Duration = Duration::from_millis(200);

/// After so many probes in vain the subscriber itself is made anew: it may hang in a state that reconnecting does not leave.
const PROBES_BEFORE_REBUILD: u32 = 3;

/// Messages fred keeps for us. Its default of 32 loses a burst whole; 4096 cost 1.7 MB.
const BROADCAST: usize = 4096;

/// Where Redis is. Shows itself without the password that a URL may hold.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisAddress {
    /// A unix socket.
    Unix(PathBuf),
    /// `redis://[user:password@]host:port/db`, or `rediss://` for TLS.
    Url(String),
}

/// A URL that leads to no Redis, in words that hold no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(String);

impl RedisAddress {
    /// Refuses a URL that [`Redis::connect`] could not use; the server itself may be away.
    ///
    /// # Errors
    /// [`BadUrl`] says which part is wrong.
    pub fn check(&self) -> Result<(), BadUrl> {
        let RedisAddress::Url(url) = self else { return Ok(()) };
        let config = Config::from_url(url).map_err(|error| BadUrl(what_is_wrong(&error)))?;
        match config.server.hosts().iter().find(|server| server.port == 0 || server.host.is_empty()) {
            Some(_) => Err(BadUrl(HOST_AND_PORT.to_owned())),
            None => Ok(()),
        }
    }
}

/// What an address needs in any case.
const HOST_AND_PORT: &str = "it needs a host, and its port is a number from 1 to 65535";

/// fred names some mistakes by words of its own code; for those, ours.
fn what_is_wrong(error: &fred::error::Error) -> String {
    match error.kind() {
        ErrorKind::Url => HOST_AND_PORT.to_owned(),
        ErrorKind::Parse => "a port or the database is no number in its range".to_owned(),
        _ => error.details().trim_end_matches('.').to_lowercase(),
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedisAddress::Unix(path) => write!(f, "unix:{}", path.display()),
            RedisAddress::Url(url) => f.write_str(without_secrets(url).as_str()),
        }
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The URL without user, password and parameters, which may hold another password.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisOptions {
    /// Where.
    pub address: RedisAddress,
    /// The ACL user, if not the default one.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The database number; that of a URL, or 0, where not given. Pub/sub ignores it, keys do not.
    pub db: Option<u8>,
    /// What every channel begins with, such as `lockstep:`: pub/sub is shared by all of a server's databases and users.
    pub prefix: String,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, username, password, db, prefix } = self;
        f.debug_struct("RedisOptions")
            .field("address", address)
            .field("username", username)
            .field("password", &password.as_ref().map(|_| "***"))
            .field("db", db)
            .field("prefix", prefix)
            .finish()
    }
}

impl RedisOptions {
    fn builder(&self) -> Result<Builder, fred::error::Error> {
        let mut config = match &self.address {
            RedisAddress::Unix(path) => Config { server: ServerConfig::new_unix_socket(path), ..Config::default() },
            RedisAddress::Url(url) => Config::from_url(url)?,
        };
        config.username = self.username.clone().or(config.username);
        config.password = self.password.clone().or(config.password);
        config.database = self.db.or(config.database);
        config.version = RespVersion::RESP3;
        config.fail_fast = false;
        let mut builder = Builder::from_config(config);
        builder
            .with_connection_config(|connection| {
                connection.connection_timeout = COMMAND_LIMIT;
                connection.internal_command_timeout = COMMAND_LIMIT;
                connection.max_command_attempts = 1;
                connection.max_command_buffer_len = 10_000;
                connection.reconnect_on_auth_error = true;
                connection.auto_client_setname = true;
                connection.unresponsive =
                    UnresponsiveConfig { max_timeout: Some(Duration::from_secs(5)), interval: Duration::from_secs(1) };
            })
            .with_performance_config(|performance| {
                performance.default_command_timeout = COMMAND_LIMIT;
                performance.broadcast_channel_capacity = BROADCAST;
            })
            .set_policy(ReconnectPolicy::new_exponential(0, 100, 2_000, 2));
        Ok(builder)
    }

    fn channel(&self, channel: Channel) -> String {
        format!("{}{}", self.prefix, channel.name())
    }
}

/// The wire over one Redis server.
pub struct Redis {
    options: RedisOptions,
    sender: Client,
    quick: WithOptions<Client>,
    listening: AtomicBool,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Redis {
    /// Begins to connect and returns at once; Redis may be away.
    ///
    /// # Errors
    /// Settings that fred cannot work with.
    pub fn connect(options: RedisOptions) -> Result<Self, BusError> {
        let refused = |error: fred::error::Error| BusError::Refused(error.to_string());
        let sender = options.builder().and_then(|builder| builder.build()).map_err(refused)?;
        let quick = sender.with_options(&Options {
            fail_fast: true,
            timeout: Some(PUBLISH_LIMIT),
            max_attempts: Some(1),
            ..Options::default()
        });
        let tasks = TaskTracker::new();
        tasks.spawn(sender.connect());
        Ok(Self { options, sender, quick, listening: AtomicBool::new(false), stop: CancellationToken::new(), tasks })
    }
}

impl Bus for Redis {
    fn publish(&self, channel: Channel, message: Arc<str>) -> Answer<'_, Result<(), BusError>> {
        Box::pin(async move {
            let name = self.options.channel(channel);
            let sent = self.quick.publish::<i64, _, _>(name, &*message);
            // The limit of fred itself does not cover the time before a connection exists.
            match timeout(PUBLISH_LIMIT, sent).await {
                Err(_) => Err(BusError::Timeout),
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(judge(&error)),
            }
        })
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        let (signals, heard) = mpsc::channel(SIGNALS);
        if !self.listening.swap(true, Ordering::Relaxed) {
            let ear = Ear {
                options: self.options.clone(),
                sender: self.quick.clone(),
                signals,
                stop: self.stop.clone(),
                probe: Probe::new(&self.options),
                up: false,
                complained: false,
            };
            self.tasks.spawn(ear.run());
        }
        heard
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.stop.cancel();
            let _ = timeout(Duration::from_millis(500), self.sender.quit()).await;
            self.tasks.close();
            let _ = timeout(Duration::from_millis(500), self.tasks.wait()).await;
        })
    }
}

fn judge(error: &fred::error::Error) -> BusError {
    match error.kind() {
        ErrorKind::Timeout => BusError::Timeout,
        ErrorKind::Auth | ErrorKind::Config | ErrorKind::InvalidArgument => BusError::Refused(error.to_string()),
        _ => BusError::Down,
    }
}

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

/// The listening half.
struct Ear {
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
    async fn run(mut self) {
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
