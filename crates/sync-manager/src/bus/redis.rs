//! The wire over Redis pub/sub: one connection sends, one listens; both reconnect for ever.
//!
//! Each message is sealed with the installation's secret, so that whoever else reaches Redis can disturb, but not speak.

mod address;
mod ear;
mod listener;
mod probe;
mod seal;
mod voice;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fred::types::{
    Builder, RespVersion,
    config::{Config, ReconnectPolicy, UnresponsiveConfig},
};
use lockstep_protocol::SharedSecret;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Answer, Bus, BusError, Channel, SIGNALS, Signal, fits};
pub use address::{BadUrl, RedisAddress, RedisHost, Sentinels};
use ear::Ear;
use probe::RoundTrip;
use seal::Seal;
use voice::Voice;

/// How long a publish may take. Longer would only delay the ones behind it; the ledger brings the event within a second anyway.
const PUBLISH_LIMIT: Duration = Duration::from_millis(300);

/// How long any other command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(2);

/// Messages fred keeps for us. Its default of 32 loses a burst whole; 4096 cost 1.7 MB.
const BROADCAST: usize = 4096;

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
    /// What the workers of the installation share. Others' messages are counted and dropped.
    pub secret: SharedSecret,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, username, password, db, prefix, secret } = self;
        f.debug_struct("RedisOptions")
            .field("address", address)
            .field("username", username)
            .field("password", &password.as_ref().map(|_| "***"))
            .field("db", db)
            .field("prefix", prefix)
            .field("secret", secret)
            .finish()
    }
}

impl RedisOptions {
    /// `turn` counts how often a connection was given up: where there are several places to go to, the next one is another.
    fn builder(&self, turn: usize) -> Result<Builder, fred::error::Error> {
        Ok(self.with(self.address.config(turn)?))
    }

    /// For keys, which in a cluster lie on one node each.
    pub(crate) fn key_builder(&self) -> Result<Builder, fred::error::Error> {
        Ok(self.with(self.address.whole()?))
    }

    fn with(&self, mut config: Config) -> Builder {
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
        builder
    }

    fn lines(&self) -> Vec<Line> {
        Channel::ALL.into_iter().map(|channel| Line::new(self, channel)).collect()
    }
}

/// A channel as it is on the wire.
struct Line {
    channel: Channel,
    name: String,
    seal: Seal,
}

impl Line {
    fn new(options: &RedisOptions, channel: Channel) -> Self {
        let name = format!("{}{}", options.prefix, channel.name());
        let seal = Seal::new(&options.secret, &name);
        Self { channel, name, seal }
    }
}

/// The wire over Redis: one server, the master that sentinels name, or any node of a cluster.
pub struct Redis {
    options: RedisOptions,
    lines: Vec<Line>,
    voice: Arc<Voice>,
    /// Where the voice and the ear begin.
    turn: usize,
    listening: AtomicBool,
    round_trip: RoundTrip,
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
        // Workers begin at different nodes of a cluster, each with its ear beside its voice: so the probe crosses from node to node.
        let (turn, tasks) = (rand::random_range(0..1_000), TaskTracker::new());
        let voice = Arc::new(Voice::new(options.clone(), turn, tasks.clone()).map_err(refused)?);
        let (lines, listening) = (options.lines(), AtomicBool::new(false));
        let (round_trip, stop) = (RoundTrip::default(), CancellationToken::new());
        Ok(Self { options, lines, voice, turn, listening, round_trip, stop, tasks })
    }
}

impl Bus for Redis {
    fn publish(&self, channel: Channel, message: Arc<str>) -> Answer<'_, Result<(), BusError>> {
        Box::pin(async move {
            fits(&message)?;
            let line = self.lines.iter().find(|line| line.channel == channel).expect("there is one for each channel");
            self.voice.say(&line.name, line.seal.close(&message)).await
        })
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        let (signals, heard) = mpsc::channel(SIGNALS);
        if !self.listening.swap(true, Ordering::Relaxed) {
            let ear = Ear::new(self.options.clone(), self.voice.clone(), self.turn, signals, self.stop.clone());
            let ear = ear.measuring(self.round_trip.clone());
            self.tasks.spawn(ear.run());
        }
        heard
    }

    fn kind(&self) -> &'static str {
        "redis"
    }

    fn round_trip(&self) -> Option<Duration> {
        self.round_trip.get()
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.stop.cancel();
            self.voice.close().await;
            self.tasks.close();
            let _ = timeout(Duration::from_millis(500), self.tasks.wait()).await;
        })
    }
}
