//! What the types cannot say: ranges, values that exclude each other, secrets that others could read.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use lockstep_app::{OpenError, StoreOptions};
use lockstep_protocol::FanOut;
use lockstep_sync_manager::bus::RedisAddress;

use super::{
    problem::{Origin, Problems},
    secret::Secret,
    settings::Settings,
    table::Table,
};
use crate::listen::{Listen, group_id};

/// The password in the example that users copied from for years; anybody knows it.
const PUBLIC_PASSWORD: &str = "znf25!";

/// Keys whose values are secrets.
const SECRETS: [&str; 1] = ["redis.password"];

/// Keys whose values are URLs that may carry one.
const URLS: [&str; 2] = ["redis.url", "database.url"];

/// Whether the value at `section.key` must not be shown. A URL is one only where it carries a password.
pub(super) fn is_secret(dotted: &str, value: &str) -> bool {
    let has_password = URLS.contains(&dotted) && passwords_in(value).next().is_some();
    has_password || SECRETS.contains(&dotted) && !value.is_empty()
}

/// The passwords of a URL: before the `@`, and in its query (`?sentinelPassword=…`). Rather one too many than one too few, so a URL that
/// is broken by what its password holds is still searched.
fn passwords_in(url: &str) -> impl Iterator<Item = &str> {
    // A file has none, whatever signs its path holds.
    let url = if url.starts_with("sqlite:") { "" } else { url };
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    let user = rest.rsplit_once('@').and_then(|(user, _host)| user.split_once(':'));
    let pairs = rest.split(['?', '&', ';']).skip(1).filter_map(|pair| pair.split_once('='));
    let asked = pairs.filter(|(key, _)| key.to_ascii_lowercase().contains("pass"));
    user.into_iter().chain(asked).map(|(_name, password)| password)
}

/// Adds everything that is wrong with `settings`; `table` knows where each value came from.
pub(super) fn validate(settings: &Settings, table: &Table, problems: &mut Problems) {
    let mut check = Check { table, problems };
    check.ranges(settings);
    check.addresses(settings);
    check.redis(settings);
    check.database(settings);
    check.dependencies(settings);
    check.readers();
}

/// Reads `password_file` into `password`.
pub(super) fn read_password(settings: &mut Settings, table: &Table, problems: &mut Problems) {
    let Some(path) = settings.redis.password_file.clone() else { return };
    let mut check = Check { table, problems };
    if settings.redis.password.is_some() {
        return check.wrong("redis.password_file", "give `password` or `password_file`, not both");
    }
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => {
            check.wrong("redis.password_file", &format!("`{}` is empty; write the password into it", path.display()));
        }
        Ok(text) => {
            check.not_public("redis.password_file", text.trim_end());
            check.not_readable_by_all(&path, "redis.password_file");
            settings.redis.password = Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        Err(error) => check.wrong("redis.password_file", &format!("cannot read `{}`: {error}", path.display())),
    }
}

struct Check<'a> {
    table: &'a Table,
    problems: &'a mut Problems,
}

impl Check<'_> {
    fn wrong(&mut self, dotted: &str, text: &str) {
        let (section, key) = dotted.rsplit_once('.').unwrap_or_default();
        self.problems.add(self.table.origin(dotted), format!("[{section}] {key}: {text}"));
    }

    fn range(&mut self, dotted: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            self.wrong(dotted, &format!("`{value}` is out of range; give {least} to {most}"));
        }
    }

    fn ranges(&mut self, settings: &Settings) {
        let Settings { server, redis, sync, auth, socketio, limits, .. } = settings;
        self.range("server.workers", server.workers.into(), 1, 256);
        self.range("server.drain_s", server.drain_s, 0, 300);
        self.range("redis.db", redis.db.into(), 0, 15);
        self.range("sync.sync_idle_seconds", sync.sync_idle_seconds, 5, 86_400);
        self.range("sync.tick_ms", sync.tick_ms, 50, 60_000);
        self.range("sync.tick_degraded_ms", sync.tick_degraded_ms, 50, 60_000);
        self.range("sync.beat_ms", sync.beat_ms, 500, 300_000);
        self.range("sync.ledger_days", sync.ledger_days, 1, 3_650);
        self.range("sync.ledger_min_events", sync.ledger_min_events, 300, 100_000_000);
        self.range("sync.ring_events", sync.ring_events as u64, 16, 1_000_000);
        self.range("auth.session_hours", auth.session_hours.into(), 1, 8_760);
        self.range("socketio.ping_interval_ms", socketio.ping_interval_ms, 200, 120_000);
        self.range("socketio.ping_timeout_ms", socketio.ping_timeout_ms, 200, 120_000);
        self.range("socketio.max_payload", socketio.max_payload, 1_024, 16 << 20);
        self.range("limits.connections", limits.connections as u64, 1, 1_000_000);
        self.range("limits.socket_queue_packets", limits.socket_queue_packets as u64, 16, 65_536);
        self.range("limits.socket_queue_bytes", limits.socket_queue_bytes as u64, 65_536, 1 << 30);
        for (key, rate) in [
            ("limits.socket_events_per_s", limits.socket_events_per_s),
            ("limits.socket_events_burst", limits.socket_events_burst),
            ("limits.requests_per_s", limits.requests_per_s),
            ("limits.requests_burst", limits.requests_burst),
            ("limits.key_requests_per_s", limits.key_requests_per_s),
            ("limits.key_requests_burst", limits.key_requests_burst),
            ("limits.login_attempts", limits.login_attempts),
            ("limits.login_attempts_per_address", limits.login_attempts_per_address),
        ] {
            self.range(key, rate.into(), 1, 1_000_000);
        }
        self.range("limits.body_bytes", limits.body_bytes as u64, 1_024, 64 << 20);
        self.range("limits.header_s", limits.header_s, 1, 300);
        self.range("limits.body_s", limits.body_s, 1, 3_600);
        self.range("limits.write_stall_s", limits.write_stall_s, 1, 300);
        if limits.write_stall_s * 1_000 >= socketio.ping_interval_ms + socketio.ping_timeout_ms {
            self.wrong(
                "limits.write_stall_s",
                "must be shorter than ping_interval_ms + ping_timeout_ms, or dead connections linger",
            );
        }
    }

    fn addresses(&mut self, settings: &Settings) {
        let server = &settings.server;
        if server.data_dir.as_os_str().is_empty() && settings.database.url.is_none() {
            self.wrong("server.data_dir", "is empty; name a directory on a local disk");
        }
        self.each_worker("server.listen", &server.listen, server.workers);
        if let Some(error) = server.socket_group.as_deref().and_then(|group| group_id(group).err()) {
            self.wrong("server.socket_group", &error.to_string());
        }
        let Some(ops) = &server.ops_listen else { return };
        self.each_worker("server.ops_listen", ops, server.workers);
        if server.workers > 1 && !ops.is_per_worker() {
            self.wrong(
                "server.ops_listen",
                "with several workers each needs its own: put `{n}` into it, as in 127.0.0.1:910{n}",
            );
        }
        if *ops == server.listen {
            self.wrong("server.ops_listen", "is the same as `listen`; give it another address");
        }
    }

    /// What `{n}` makes of an address must be one, too.
    fn each_worker(&mut self, dotted: &str, listen: &Listen, workers: u16) {
        if let Some(bad) = listen.first_bad(workers) {
            self.wrong(dotted, &format!("`{listen}` does not do for {workers} workers: {bad}"));
        }
    }

    fn redis(&mut self, settings: &Settings) {
        let redis = &settings.redis;
        if redis.url.is_some() && redis.socket.is_some() {
            self.wrong("redis.socket", "give `url` or `socket`, not both");
        }
        if let Some(url) = &redis.url {
            self.redis_url(url.expose());
        }
        if let Some(password) = &redis.password {
            self.not_public("redis.password", password.expose());
        }
        if !settings.has_redis() && (redis.password.is_some() || redis.password_file.is_some()) {
            self.wrong("redis.password", "there is a password but no server; set `socket` or `url`");
        }
        let url_has_password = redis.url.as_ref().is_some_and(|url| passwords_in(url.expose()).next().is_some());
        let has_password = redis.password.is_some() || redis.password_file.is_some() || url_has_password;
        if redis.username.is_some() && !has_password {
            self.wrong("redis.username", "a user needs a password; give `password_file` or `password`, too");
        }
        if redis.username.is_some() && !settings.has_redis() {
            self.wrong("redis.username", "there is a user but no server; set `socket` or `url`");
        }
        if redis.prefix.is_empty() || redis.prefix.starts_with("socket.io") {
            self.wrong("redis.prefix", "must be a name of its own, such as lockstep: (never empty, never socket.io)");
        }
        if settings.server.workers > 1 && !settings.has_redis() {
            self.wrong("server.workers", NO_WIRE);
        }
    }

    fn redis_url(&mut self, url: &str) {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.replace("rediss", "redis"));
        if !matches!(scheme.as_deref(), Some("redis" | "redis-cluster" | "redis-sentinel")) {
            self.wrong(
                "redis.url",
                "is no address of Redis; write redis://host:6379, rediss://…, redis-sentinel://… or redis-cluster://…",
            );
        } else if let Err(error) = RedisAddress::Url(url.to_owned()).check() {
            self.wrong(
                "redis.url",
                &format!(
                    "cannot be used: {error}; write redis://user:password@host:6379/0, with %2F for a / in the password"
                ),
            );
        }
        for password in passwords_in(url) {
            self.not_public("redis.url", password);
        }
    }

    fn not_public(&mut self, dotted: &str, password: &str) {
        if password == PUBLIC_PASSWORD {
            self.wrong(dotted, "this password is printed in a public example; choose another one in Redis and here");
        }
    }

    fn database(&mut self, settings: &Settings) {
        let url = settings.database_url();
        for password in passwords_in(url.expose()) {
            self.not_public("database.url", password);
        }
        match StoreOptions::new(url.expose()).check() {
            Ok(()) => {}
            Err(OpenError::Url(_)) => self.wrong(
                "database.url",
                "must be `sqlite:` and the path of a file, as in sqlite:/var/lib/lockstep/lockstep.db, or a database of a \
                 PostgreSQL server, as in postgres://user:password@host/lockstep",
            ),
            Err(OpenError::Reach(cause)) => self.wrong(
                "database.url",
                &format!(
                    "cannot be used: {cause}; write postgres://user:password@host:5432/lockstep, with %2F for a / in the password"
                ),
            ),
            Err(error @ OpenError::Parameter(_)) => self.wrong("database.url", &error.to_string()),
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                self.wrong("database.url", &format!("cannot be used: {cause}"));
            }
        }
    }

    fn dependencies(&mut self, settings: &Settings) {
        if let Err(error) = FanOut::new(settings.sync.rules()) {
            let rule = settings.sync.dependencies.keys().next().map(|room| format!("sync.dependencies.{room}"));
            let set = settings.sync.dependencies.keys().map(|room| format!("sync.dependencies.{room}"));
            let latest = set.max_by_key(|dotted| self.table.origin(dotted)).or(rule);
            self.wrong(&latest.unwrap_or_default(), &error.to_string());
        }
    }

    /// A file with a secret in it is for its owner and his group.
    fn readers(&mut self) {
        let table = self.table;
        for assignment in table.iter() {
            let dotted = format!("{}.{}", assignment.section, assignment.key);
            if let (Origin::File { path, .. }, true) = (&assignment.origin, is_secret(&dotted, &assignment.value)) {
                self.not_readable_by_all(path, &dotted);
            }
        }
    }

    fn not_readable_by_all(&mut self, path: &Path, dotted: &str) {
        const OTHERS_MAY_READ: u32 = 0o004;
        if fs::metadata(path).is_ok_and(|file| file.mode() & OTHERS_MAY_READ != 0) {
            let path = path.display();
            self.wrong(dotted, &format!("everybody on this machine can read it in `{path}`; run: chmod 640 {path}"));
        }
    }
}

/// Why several workers do not start without Redis.
pub const NO_WIRE: &str =
    "several workers need Redis to hear of each other; set [redis] socket or url, or run one worker";
