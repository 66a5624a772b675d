//! The systems that are compared: two workers of each behind one Redis, all on the servers' core.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use lockstep_e2e::{Address, Api, LIMIT, Launch, Process, Redis, eventually, free_port, repository};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    SERVERS_CORE,
    crowd::Greeting,
    floor,
    publisher::{Door, post},
};

/// Workers of each system.
const WORKERS: u16 = 2;

/// The event everybody publishes, and its room.
const EVENT: &str = "files:changed";
const ROOM: &str = "files";

/// What the event carries, so that a delivery has about 256 bytes, the size of a small row, in every system.
const TEXT: &str = "sixty-four bytes of text, which is what a short row might carry.";

/// Which system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    /// This project.
    Lockstep,
    /// Socket.IO on Node with its Redis adapter.
    Node,
    /// A bare WebSocket writer.
    Floor,
}

/// A running system.
pub(crate) struct System {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) greeting: Greeting,
    pub(crate) door: Door,
    workers: Vec<u32>,
    // Dropped in this order: servers first, their directory last.
    _processes: Vec<Process>,
    redis: Redis,
    _directory: TempDir,
}

impl System {
    pub(crate) async fn start(kind: Kind) -> System {
        let directory = tempfile::tempdir().expect("room for a directory");
        let redis = Redis::start_on_core(directory.path(), SERVERS_CORE).await;
        match kind {
            Kind::Lockstep => lockstep(directory, redis).await,
            Kind::Node => node(directory, redis).await,
            Kind::Floor => bare(directory, redis).await,
        }
    }

    /// The processes that carry the events: the workers and Redis.
    pub(crate) fn carriers(&self) -> Vec<u32> {
        [self.workers.as_slice(), &[self.redis.pid()]].concat()
    }

    pub(crate) fn workers(&self) -> &[u32] {
        &self.workers
    }
}

async fn lockstep(directory: TempDir, redis: Redis) -> System {
    let (base, addresses) = neighbouring_ports();
    let settings = |launch: Launch| {
        launch
            .env("LOCKSTEP__SERVER__DATA_DIR", directory.path().join("data").display().to_string())
            .env("LOCKSTEP__REDIS__SOCKET", redis.socket().display().to_string())
            .env("LOCKSTEP__LOG__LEVEL", "warn")
            .on_core(SERVERS_CORE)
    };
    let command = |name: &str| settings(Launch::new(name, lockstep_e2e::lockstep(), directory.path()));
    let (login, password) = lockstep_e2e::api::ADMIN;
    let added = command("user").args(["user", "add", login, "--admin", "--password-stdin"]).run(password);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let key = command("key").args(["key", "add", "bench", "--scope", "publish"]).run("");
    assert!(key.status.success(), "{}", String::from_utf8_lossy(&key.stderr));
    let key = String::from_utf8_lossy(&key.stdout).trim().to_owned();

    let listen = format!("127.0.0.1:{}{{n}}", base / 10);
    let supervisor = command("serve")
        .args(["serve", "--workers", &WORKERS.to_string(), "--listen", &listen])
        .env("LOCKSTEP__LIMITS__CONNECTIONS", "20000")
        .env("LOCKSTEP__LIMITS__KEY_REQUESTS_PER_S", "1000000")
        .env("LOCKSTEP__LIMITS__KEY_REQUESTS_BURST", "1000000")
        .env("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1000000")
        .env("LOCKSTEP__LIMITS__REQUESTS_BURST", "1000000")
        .start();
    for address in &addresses {
        ready(*address, "/readyz").await;
    }
    let session = Api::sign_in_admin(&Address::Tcp(addresses[0])).await;
    let body = json!({"event": EVENT, "reason": "updated", "id": "7", "data": {"id": "7", "name": TEXT}}).to_string();
    let request = post(addresses[0], "/api/publish", &format!("Authorization: Bearer {key}\r\n"), &body);
    System {
        greeting: greeting(session.cookie, &format!("420[\"sync:join\",{{\"room\":\"{ROOM}\"}}]")),
        door: Door::Http { address: addresses[0], request },
        workers: lockstep_e2e::process::children(supervisor.pid()),
        addresses,
        redis,
        _processes: vec![supervisor],
        _directory: directory,
    }
}

async fn node(directory: TempDir, redis: Redis) -> System {
    let (_, addresses) = neighbouring_ports();
    let script = repository().join("crates/e2e/peers/node/server.mjs");
    let processes: Vec<Process> = addresses
        .iter()
        .map(|address| {
            Launch::new(&format!("node-{}", address.port()), "node", directory.path())
                .arg(&script)
                .arg(address.port().to_string())
                .arg(redis.socket())
                .env("NODE_ENV", "production")
                .on_core(SERVERS_CORE)
                .start()
        })
        .collect();
    for process in &processes {
        process.says("ready").await;
    }
    let body = json!({"event": EVENT, "room": ROOM, "data": event()}).to_string();
    System {
        greeting: greeting(String::new(), &format!("420[\"join\",\"{ROOM}\"]")),
        door: Door::Http { address: addresses[0], request: post(addresses[0], "/publish", "", &body) },
        workers: processes.iter().map(Process::pid).collect(),
        addresses,
        redis,
        _processes: processes,
        _directory: directory,
    }
}

async fn bare(directory: TempDir, redis: Redis) -> System {
    let (_, addresses) = neighbouring_ports();
    let own = std::env::current_exe().expect("a running program knows its file");
    let processes: Vec<Process> = addresses
        .iter()
        .map(|address| {
            Launch::new(&format!("floor-{}", address.port()), &own, directory.path())
                .args(["floor", &address.port().to_string()])
                .arg(redis.socket())
                .on_core(SERVERS_CORE)
                .start()
        })
        .collect();
    for address in &addresses {
        let address = Address::Tcp(*address);
        eventually("the floor listens", LIMIT, || async { address.connect().await.ok() }).await;
    }
    let packet = format!("42[\"{EVENT}\",{}]", event());
    System {
        greeting: Greeting { path: "/", cookie: String::new(), steps: Vec::new(), event: "42[".to_owned() },
        door: Door::Redis {
            socket: redis.socket(),
            command: lockstep_e2e::redis::encode(&["PUBLISH", floor::CHANNEL, &packet]),
        },
        workers: processes.iter().map(Process::pid).collect(),
        addresses,
        redis,
        _processes: processes,
        _directory: directory,
    }
}

/// How a Socket.IO client gets into the room.
fn greeting(cookie: String, join: &str) -> Greeting {
    let steps = vec![("0{", "40".to_owned()), ("40", join.to_owned()), ("430[{\"ok\":true", String::new())];
    Greeting { path: "/socket.io/?EIO=4&transport=websocket", cookie, steps, event: format!("42[\"{EVENT}\"") }
}

/// An event as Lockstep stamps it, for the systems that do not stamp.
fn event() -> serde_json::Value {
    json!({
        "reason": "updated", "seq": 1_763_760_000_123_u64, "worker": 12345, "scope": "room:files", "id": "7",
        "data": {"id": "7", "name": TEXT}, "prev": 1_763_759_990_001_u64, "epoch": "k3f9x2m7", "actor": {"id": "key:1", "name": "bench"},
    })
}

/// Two free ports that differ in the last digit only, 0 and 1: what a listen template `…{n}` makes.
fn neighbouring_ports() -> (u16, Vec<SocketAddr>) {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let free = |port| std::net::TcpListener::bind(local(port)).is_ok();
    let mut bases = std::iter::repeat_with(free_port);
    let base =
        bases.find(|base| (0..WORKERS).all(|number| free(base + number))).expect("ports do not run out for ever");
    (base, (0..WORKERS).map(|number| local(base + number)).collect())
}

async fn ready(address: SocketAddr, path: &str) {
    let address = Address::Tcp(address);
    let answer =
        || async { lockstep_e2e::http::get(&address, path).await.ok().filter(|reply| reply.status.is_success()) };
    eventually("the worker is ready", LIMIT, answer).await;
}

/// Where the peers' packages must have been installed.
pub(crate) fn node_packages() -> &'static Path {
    static PATH: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    PATH.get_or_init(|| repository().join("crates/e2e/peers/node/node_modules"))
}
