//! What the types cannot say: ranges, values that exclude each other, secrets that others could read.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use lockstep_app::{OpenError, StoreOptions};
use lockstep_protocol::{FanOut, log::MAX_SOURCE};
use lockstep_sync_manager::bus::RedisAddress;

use super::{
    problem::{Origin, Problems},
    secret::Secret,
    settings::{Redis, Settings},
    table::Table,
};
use crate::listen::{Listen, group_id};

/// The password in the example that users copied from for years; anybody knows it.
const PUBLIC_PASSWORD: &str = "znf25!";

/// The longest key of Redis that an operator still reads.
const MAX_KEY: usize = 255;

/// Keys whose values are secrets.
const SECRETS: [&str; 2] = ["redis.password", "redis.sentinel_password"];

/// Whether the value at `section.key` must not be shown. A URL is one only where it carries a password.
pub(super) fn is_secret(dotted: &str, value: &str) -> bool {
    let has_password = || passwords_in(value).next().is_some();
    match dotted {
        // Also where only a slip of the pen keeps it from having one.
        "redis.url" => value.contains('@') || value.to_ascii_lowercase().contains("pass") || has_password(),
        "database.url" => has_password(),
        _ => SECRETS.contains(&dotted) && !value.is_empty(),
    }
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
    check.imports(settings);
    check.environment(&settings.logs.environment);
    check.addresses(settings);
    check.redis(settings);
    check.database(settings);
    check.dependencies(settings);
    check.readers();
}

/// Reads `password_file` into `password`, and that of the sentinels into theirs.
pub(super) fn read_passwords(settings: &mut Settings, table: &Table, problems: &mut Problems) {
    let mut check = Check { table, problems };
    let redis = &mut settings.redis;
    for (password, file, key) in [
        (&mut redis.password, &redis.password_file, "redis.password"),
        (&mut redis.sentinel_password, &redis.sentinel_password_file, "redis.sentinel_password"),
    ] {
        if let Some(path) = file {
            check.read_password(password, path, key);
        }
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
        let Settings { server, redis, sync, auth, locks, notifications, jobs, socketio, limits, logs, .. } = settings;
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
        self.range("locks.lease_s", locks.lease_s.try_into().unwrap_or_default(), 2, 3_600);
        self.range("notifications.keep_days", notifications.keep_days.into(), 1, 3_650);
        self.range("jobs.concurrency", jobs.concurrency as u64, 0, 64);
        self.range("jobs.max_runtime_s", jobs.max_runtime_s, 1, 604_800);
        self.range("socketio.ping_interval_ms", socketio.ping_interval_ms, 200, 120_000);
        self.range("socketio.ping_timeout_ms", socketio.ping_timeout_ms, 200, 120_000);
        self.range("socketio.max_payload", socketio.max_payload, 1_024, 16 << 20);
        self.range("limits.connections", limits.connections as u64, 1, 1_000_000);
        self.range("limits.socket_queue_packets", limits.socket_queue_packets as u64, 16, 65_536);
        self.range("limits.socket_queue_bytes", limits.socket_queue_bytes as u64, 65_536, 1 << 30);
        self.range("limits.ws_per_user", limits.ws_per_user as u64, 1, 1_000_000);
        self.range("limits.ws_per_address", limits.ws_per_address as u64, 1, 1_000_000);
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
        self.range("logs.retention_days", logs.retention_days.into(), 0, 3_650);
        self.range("logs.ring_lines", logs.ring_lines as u64, 100, 1_000_000);
        self.range("limits.body_bytes", limits.body_bytes as u64, 1_024, 64 << 20);
        self.range("limits.upload_bytes", limits.upload_bytes, 1_024, 1 << 40);
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

    fn imports(&mut self, Settings { jobs, imports, .. }: &Settings) {
        self.range("imports.max_file_bytes", imports.max_file_bytes, 1_024, 1 << 40);
        self.range("imports.max_unpacked_bytes", imports.max_unpacked_bytes, 1_024, 1 << 40);
        self.range("imports.max_entries", imports.max_entries as u64, 1, 1_000_000);
        self.range("imports.max_ratio", imports.max_ratio, 1, 100_000);
        self.range("imports.max_rows", imports.max_rows, 1, 1_000_000_000);
        self.range("imports.exchange_file_limit", imports.exchange_file_limit, 1_024, 1 << 30);
        let key = jobs.redis_lock_key.as_deref().unwrap_or_default();
        if key.len() > MAX_KEY || key.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            let text =
                format!("give a name without blanks of at most {MAX_KEY} bytes, such as lockstep:import_catalog_lock");
            self.wrong("jobs.redis_lock_key", &text);
        }
    }

    fn environment(&mut self, environment: &str) {
        let wrong = environment.is_empty() || environment.len() > MAX_SOURCE || environment.contains(char::is_control);
        if wrong {
            self.wrong("logs.environment", &format!("give a name of 1 to {MAX_SOURCE} bytes, such as production"));
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
        let ways = redis.ways();
        if let [first, .., last] = ways[..] {
            self.wrong(&format!("redis.{last}"), &format!("give `{first}` or `{last}`, not both; there is one wire"));
        }
        if let Some(url) = &redis.url {
            self.redis_url(url.expose());
        }
        if ways.is_empty() {
            self.nobody_to_sign_in_to(redis);
        }
        let url_has_password = redis.url.as_ref().is_some_and(|url| passwords_in(url.expose()).next().is_some());
        let has_password = redis.password.is_some() || redis.password_file.is_some() || url_has_password;
        if redis.username.is_some() && !has_password {
            self.wrong("redis.username", "a user needs a password; give `password_file` or `password`, too");
        }
        for (key, password) in
            [("redis.password", &redis.password), ("redis.sentinel_password", &redis.sentinel_password)]
        {
            password.iter().for_each(|password| self.not_public(key, password.expose()));
        }
        self.sentinels(redis);
        if redis.db != 0 && ways.contains(&"cluster") {
            self.wrong("redis.db", "a cluster has the database 0 alone; `prefix` keeps two installations apart");
        }
        if redis.prefix.is_empty() || redis.prefix.starts_with("socket.io") {
            self.wrong("redis.prefix", "must be a name of its own, such as lockstep: (never empty, never socket.io)");
        }
        if settings.server.workers > 1 && ways.is_empty() {
            self.wrong("server.workers", NO_WIRE);
        }
    }

    fn nobody_to_sign_in_to(&mut self, redis: &Redis) {
        if redis.password.is_some() || redis.password_file.is_some() {
            self.wrong("redis.password", &format!("there is a password but no server; {SET_ONE}"));
        }
        if redis.username.is_some() {
            self.wrong("redis.username", &format!("there is a user but no server; {SET_ONE}"));
        }
    }

    fn sentinels(&mut self, redis: &Redis) {
        let Redis { sentinels, service, sentinel_username, sentinel_password, sentinel_password_file, .. } = redis;
        let has_password = sentinel_password.is_some() || sentinel_password_file.is_some();
        if sentinels.is_empty() && (has_password || sentinel_username.is_some()) {
            let key = if has_password { "redis.sentinel_password" } else { "redis.sentinel_username" };
            self.wrong(key, "there are no sentinels to show it to; set `sentinels`, or put it into the `url`");
        } else if sentinel_username.is_some() && !has_password {
            let cure = "a user needs a password; give `sentinel_password_file` or `sentinel_password`, too";
            self.wrong("redis.sentinel_username", cure);
        }
        if !sentinels.is_empty() && service.is_empty() {
            self.wrong("redis.service", "is empty; give the name in the sentinels' `sentinel monitor NAME …`");
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

    fn read_password(&mut self, password: &mut Option<Secret<String>>, path: &Path, key: &str) {
        let file_key = format!("{key}_file");
        if password.is_some() {
            let name = key.trim_start_matches("redis.");
            return self.wrong(&file_key, &format!("give `{name}` or `{name}_file`, not both"));
        }
        match fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                self.wrong(&file_key, &format!("`{}` is empty; write the password into it", path.display()));
            }
            Ok(text) => {
                self.not_public(&file_key, text.trim_end());
                self.not_readable_by_all(path, &file_key);
                *password = Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()));
            }
            Err(error) => self.wrong(&file_key, &format!("cannot read `{}`: {error}", path.display())),
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

/// The cure for a wire that is configured without saying where.
const SET_ONE: &str = "set `socket`, `url`, `sentinels` or `cluster`";

/// Why several workers do not start without Redis.
pub const NO_WIRE: &str =
    "several workers need Redis to hear of each other; set [redis] socket or url, or run one worker";
