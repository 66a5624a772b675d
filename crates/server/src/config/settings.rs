//! Every setting, by section and type. The defaults are not here: they are `config.ini.example`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use lockstep_app::Entity;
use lockstep_protocol::{FanOut, Room};
use lockstep_sync_manager::bus::RedisHost;
use serde::Deserialize;

use super::{
    imports::Imports,
    locked::Locked,
    secret::Secret,
    text::{List, Mode, Network, WebOrigin, one, optional, words},
};
use crate::listen::{Bounds, Listen};

/// The whole configuration, checked: whoever holds one may rely on the ranges that `config.ini.example` gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the sections are documented at their types")]
pub struct Settings {
    pub server: Server,
    pub redis: Redis,
    pub database: Database,
    pub sync: Sync,
    pub auth: Auth,
    pub locks: Locks,
    pub notifications: Notifications,
    pub jobs: Jobs,
    pub imports: Imports,
    pub socketio: SocketIo,
    pub limits: Limits,
    pub log: Log,
    pub logs: Logs,
}

/// `[server]`: addresses and processes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where the service listens, perhaps with `{n}`.
    #[serde(deserialize_with = "one")]
    pub listen: Listen,
    /// Worker processes.
    pub workers: u16,
    /// What must last.
    pub data_dir: PathBuf,
    /// Metrics and health without sign-in.
    #[serde(deserialize_with = "optional")]
    pub ops_listen: Option<Listen>,
    /// Foreign sites whose pages may come.
    pub allowed_origins: List<WebOrigin>,
    /// Whose `X-Forwarded-…` is believed.
    pub trusted_proxies: List<Network>,
    /// Mode of a unix socket.
    #[serde(deserialize_with = "one")]
    pub socket_mode: Mode,
    /// Group of a unix socket, by name or number.
    #[serde(deserialize_with = "optional")]
    pub socket_group: Option<String>,
    /// Seconds to leave pages for moving elsewhere.
    pub drain_s: u64,
}

/// `[redis]`: the fast wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// `redis://…`; a secret since it may hold a password.
    #[serde(deserialize_with = "optional")]
    pub url: Option<Secret<String>>,
    /// Path of a unix socket.
    #[serde(deserialize_with = "optional")]
    pub socket: Option<PathBuf>,
    /// Sentinels, which know the master.
    pub sentinels: List<RedisHost>,
    /// The name under which they watch it.
    pub service: String,
    /// Their ACL user; the default one where not given.
    #[serde(deserialize_with = "optional")]
    pub sentinel_username: Option<String>,
    /// From here, or read from `sentinel_password_file`.
    #[serde(deserialize_with = "optional")]
    pub sentinel_password: Option<Secret<String>>,
    /// A file that holds nothing but that password.
    #[serde(deserialize_with = "optional")]
    pub sentinel_password_file: Option<PathBuf>,
    /// Nodes of a cluster.
    pub cluster: List<RedisHost>,
    /// The ACL user; the default one where not given.
    #[serde(deserialize_with = "optional")]
    pub username: Option<String>,
    /// From here, or read from `password_file`.
    #[serde(deserialize_with = "optional")]
    pub password: Option<Secret<String>>,
    /// A file that holds nothing but the password.
    #[serde(deserialize_with = "optional")]
    pub password_file: Option<PathBuf>,
    /// Number of the database.
    pub db: u8,
    /// What keys and channels begin with.
    pub prefix: String,
}

impl Redis {
    /// Which of the keys that say where Redis is are set; no more than one.
    pub(super) fn ways(&self) -> Vec<&'static str> {
        let Self { url, socket, sentinels, cluster, .. } = self;
        let ways = [
            ("url", url.is_some()),
            ("socket", socket.is_some()),
            ("sentinels", !sentinels.is_empty()),
            ("cluster", !cluster.is_empty()),
        ];
        ways.into_iter().filter(|(_, set)| *set).map(|(way, _)| way).collect()
    }
}

/// `[database]`: rows and the ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:…` or `postgres://…`; a secret since it may hold a password. See [`Settings::database_url`].
    #[serde(deserialize_with = "optional")]
    pub url: Option<Secret<String>>,
    /// What a commit survives.
    #[serde(deserialize_with = "one")]
    pub synchronous: Synchronous,
}

/// What an answered edit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Loss of power where the database is.
    Full,
    /// The end of our process; with PostgreSQL not that of the server.
    Normal,
}
words!(Synchronous { "full" => Full, "normal" => Normal });

/// `[sync]`: the road.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Seconds of silence after which a page looks for itself.
    pub sync_idle_seconds: u64,
    /// Milliseconds between looks at the ledger while the bus is up.
    pub tick_ms: u64,
    /// The same while it is down.
    pub tick_degraded_ms: u64,
    /// Milliseconds between the beats a page gets.
    pub beat_ms: u64,
    /// Days for which events are kept.
    pub ledger_days: u64,
    /// Events kept whatever their age.
    pub ledger_min_events: u64,
    /// Newest events in memory.
    pub ring_events: usize,
    /// Whether events go to a WebSocket as finished frames.
    pub fast_lane: bool,
    /// Which rooms look again when the room on the left changes.
    pub dependencies: BTreeMap<Room, List<Room>>,
}

impl Sync {
    /// The dependencies as `(room, room that depends on it)`.
    pub(super) fn rules(&self) -> impl Iterator<Item = (Room, Room)> {
        self.dependencies.iter().flat_map(|(room, to)| to.iter().map(|dependent| (room.clone(), dependent.clone())))
    }

    /// The table of fan-out.
    pub fn fanout(&self) -> FanOut {
        FanOut::new(self.rules()).expect("cycles were refused when the settings were checked")
    }
}

/// `[auth]`: people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// How long a sign-in lasts.
    pub session_hours: u32,
    /// Whether a raw WebSocket may be opened with an API key in its URL.
    pub allow_query_token: bool,
}

/// `[locks]`: rows that one page edits alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locks {
    /// Whose rows; see [`Locks::entities`].
    pub entities: List<Locked>,
    /// Seconds for which a row is held after its page was last heard of.
    pub lease_s: i64,
}

impl Locks {
    /// The entities whose rows are taken before they are edited, each once.
    pub fn entities(&self) -> Vec<Entity> {
        let named = |entity: &Entity| self.entities.iter().any(|Locked(named)| named == entity);
        Entity::ALL.into_iter().filter(named).collect()
    }
}

/// `[notifications]`: what persons are told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    /// Days for which a notice is kept after it was told last.
    pub keep_days: u32,
}

/// `[jobs]`: long work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// How many a worker does at once.
    pub concurrency: usize,
    /// Seconds that one may take in all.
    pub max_runtime_s: u64,
    /// Where folders of registrators lie; see [`Settings::scan_roots`].
    pub scan_roots: List<PathBuf>,
    /// Where sources of imports lie; see [`Settings::import_root`].
    #[serde(deserialize_with = "optional")]
    pub import_root: Option<PathBuf>,
    /// The key of Redis that shows a running import of goods.
    #[serde(deserialize_with = "optional")]
    pub redis_lock_key: Option<String>,
}

impl Jobs {
    /// How long one may take in all.
    pub fn max_runtime(&self) -> Duration {
        Duration::from_secs(self.max_runtime_s)
    }
}

/// `[socketio]`: the wire to the pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketIo {
    /// Milliseconds between pings.
    pub ping_interval_ms: u64,
    /// Milliseconds for the answer.
    pub ping_timeout_ms: u64,
    /// Bytes of the largest message from a page.
    pub max_payload: u64,
}

impl SocketIo {
    /// After so long without a sign of life a session is dead.
    pub fn silence(&self) -> Duration {
        Duration::from_millis(self.ping_interval_ms + self.ping_timeout_ms)
    }
}

/// `[limits]`: what one client, and all together, may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Connections a worker holds.
    pub connections: usize,
    /// Packets that wait for a slow page.
    pub socket_queue_packets: usize,
    /// Bytes that wait for a slow page.
    pub socket_queue_bytes: usize,
    /// Events from a page: rate.
    pub socket_events_per_s: u32,
    /// Events from a page: burst.
    pub socket_events_burst: u32,
    /// Raw WebSockets of one person or program, on one worker.
    pub ws_per_user: usize,
    /// Raw WebSockets of one address, on one worker.
    pub ws_per_address: usize,
    /// Requests of a person or address: rate.
    pub requests_per_s: u32,
    /// Requests of a person or address: burst.
    pub requests_burst: u32,
    /// Requests of an API key: rate.
    pub key_requests_per_s: u32,
    /// Requests of an API key: burst.
    pub key_requests_burst: u32,
    /// Attempts a minute to sign in, for one name from one address.
    pub login_attempts: u32,
    /// The same from one address, whatever the name.
    pub login_attempts_per_address: u32,
    /// Bytes of a JSON body.
    pub body_bytes: usize,
    /// Bytes of an upload in all.
    pub upload_bytes: u64,
    /// Seconds for the head of a request.
    pub header_s: u64,
    /// Seconds for its body; of an upload, for the next piece of it.
    pub body_s: u64,
    /// Seconds for which a connection may take nothing.
    pub write_stall_s: u64,
}

impl Limits {
    /// How long a client may take for the head of a request.
    pub fn header(&self) -> Duration {
        Duration::from_secs(self.header_s)
    }

    /// How long it may take for the body.
    pub fn body(&self) -> Duration {
        Duration::from_secs(self.body_s)
    }

    /// What a connection may cost.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            write_stall: Duration::from_secs(self.write_stall_s),
            packets: self.socket_queue_packets,
            bytes: self.socket_queue_bytes,
        }
    }
}

/// `[log]`: what the operator reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// From which severity on.
    #[serde(deserialize_with = "one")]
    pub level: Level,
    /// For people or machines.
    #[serde(deserialize_with = "one")]
    pub format: Format,
}

/// Severity, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the usual five")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}
words!(Level { "error" => Error, "warn" => Warn, "info" => Info, "debug" => Debug, "trace" => Trace });

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}
words!(Format { "text" => Text, "json" => Json });

/// `[logs]`: lines for people who look at the page of logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// Days for which lines are kept in the database; 0 keeps none there.
    pub retention_days: u32,
    /// Lines in memory, and lines that may wait for the database.
    pub ring_lines: usize,
    /// From which severity on our own reports are lines.
    #[serde(deserialize_with = "one")]
    pub own_level: OwnLevel,
    /// The environment of lines that name none.
    pub environment: String,
}

/// Severity of our own reports that become lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the usual four")]
pub enum OwnLevel {
    /// None of them.
    Off,
    Error,
    Warn,
    Info,
    Debug,
}
words!(OwnLevel { "off" => Off, "error" => Error, "warn" => Warn, "info" => Info, "debug" => Debug });

impl Settings {
    /// Where the database is: as set, or `lockstep.db` in the data directory.
    pub fn database_url(&self) -> Secret<String> {
        let own = || Secret::new(format!("sqlite:{}", self.server.data_dir.join("lockstep.db").display()));
        self.database.url.clone().unwrap_or_else(own)
    }

    /// The directories below which folders are scanned: as set, or `files` in the data directory.
    pub fn scan_roots(&self) -> Vec<PathBuf> {
        if self.jobs.scan_roots.is_empty() { vec![self.own_scan_root()] } else { self.jobs.scan_roots.to_vec() }
    }

    /// The directory below which folders are scanned where none is set.
    pub fn own_scan_root(&self) -> PathBuf {
        self.server.data_dir.join("files")
    }

    /// The directory below which sources of imports lie: as set, or `imports` in the data directory.
    pub fn import_root(&self) -> PathBuf {
        self.jobs.import_root.clone().unwrap_or_else(|| self.server.data_dir.join("imports"))
    }

    /// Where the bytes of uploaded files lie.
    pub fn uploads(&self) -> PathBuf {
        self.server.data_dir.join("uploads")
    }

    /// Whether there is a wire between workers.
    pub fn has_redis(&self) -> bool {
        !self.redis.ways().is_empty()
    }

    /// Whether several workers take connections from one listener, so that two requests of a client may meet two workers.
    pub fn shares_listener(&self) -> bool {
        self.server.workers > 1 && !self.server.listen.is_per_worker()
    }
}
