//! Lockstep as it is delivered: the supervisor, its workers, the ledger on disk.

use std::{net::SocketAddr, path::PathBuf};

use lockstep_e2e::{Address, Api, LIMIT, Launch, Process, Redis, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{EVENT, Parts, ROOM, System, TEXT, WORKERS, carriers, foundation, greeting, neighbouring_ports};
use crate::{
    SERVERS_CORE,
    figures::Kind,
    member::Greeting,
    publisher::{Door, post},
};

/// The limits on requests and connections stand in the way of a generator that is one client; everything else is as it comes.
const LIMITS: [(&str, &str); 5] = [
    ("LOCKSTEP__LIMITS__CONNECTIONS", "20000"),
    ("LOCKSTEP__LIMITS__KEY_REQUESTS_PER_S", "1000000"),
    ("LOCKSTEP__LIMITS__KEY_REQUESTS_BURST", "1000000"),
    ("LOCKSTEP__LIMITS__REQUESTS_PER_S", "1000000"),
    ("LOCKSTEP__LIMITS__REQUESTS_BURST", "1000000"),
];

/// What an installation is asked to be besides [`LIMITS`].
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) workers: u16,
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

/// A running installation.
pub(crate) struct Lockstep {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) cookie: String,
    key: String,
    listen: String,
    setup: Setup,
    // Dropped in this order: the server first, its directory last.
    server: Process,
    redis: Redis,
    directory: TempDir,
}

impl Lockstep {
    /// A new one as it is compared, with an administrator and a key that may publish and log.
    pub(crate) async fn start() -> Lockstep {
        Lockstep::start_as(Setup { workers: WORKERS, settings: &[] }).await
    }

    /// The same with its own settings, of at most [`WORKERS`] workers.
    pub(crate) async fn start_as(setup: Setup) -> Lockstep {
        let (directory, redis) = foundation().await;
        let (base, mut addresses) = neighbouring_ports();
        addresses.truncate(setup.workers.into());
        let (login, password) = lockstep_e2e::api::ADMIN;
        let admin = ["user", "add", login, "--admin", "--password-stdin"];
        run(launch("user", &directory, &redis).args(admin), password);
        let key = ["key", "add", "bench", "--scope", "publish", "--scope", "log"];
        let key = run(launch("key", &directory, &redis).args(key), "");
        let listen = format!("127.0.0.1:{}{{n}}", base / 10);
        let server = serve(&directory, &redis, &listen, setup);
        ready(&addresses).await;
        let session = Api::sign_in_admin(&Address::Tcp(addresses[0])).await;
        Lockstep { addresses, cookie: session.cookie, key, listen, setup, server, redis, directory }
    }

    /// Ends supervisor and workers at once, as a power cut would.
    pub(crate) fn crash(&mut self) {
        self.server.kill();
    }

    /// Starts them again and waits until all workers take requests.
    pub(crate) async fn restart(&mut self) {
        self.server = serve(&self.directory, &self.redis, &self.listen, self.setup);
        ready(&self.addresses).await;
    }

    /// A worker that is alone has no supervisor.
    pub(crate) fn workers(&self) -> Vec<u32> {
        match self.setup.workers {
            1 => vec![self.server.pid()],
            _ => lockstep_e2e::process::children(self.server.pid()),
        }
    }

    /// Where it keeps its data, on this machine.
    pub(crate) fn data(&self) -> PathBuf {
        data(&self.directory)
    }

    /// As [`System::carriers`].
    pub(crate) fn carriers(&self) -> Vec<u32> {
        carriers(&self.workers(), &self.redis)
    }

    /// A page that joins with this wish, `{room, …}`.
    pub(crate) fn greeting(&self, wish: &Value, event: &str) -> Greeting {
        greeting(self.cookie.clone(), &json!(["sync:join", wish]).to_string(), event)
    }

    /// The door for this body, an event or an array of them, at the first worker.
    pub(crate) fn door(&self, body: &Value) -> Door {
        self.door_of("/api/publish", body)
    }

    /// The door for these log lines, at the first worker.
    pub(crate) fn log_door(&self, lines: &Value) -> Door {
        self.door_of("/api/logs", lines)
    }

    fn door_of(&self, path: &str, body: &Value) -> Door {
        let (address, authorization) = (self.addresses[0], format!("Authorization: Bearer {}\r\n", self.key));
        Door::Http { address, request: post(address, path, &authorization, &body.to_string()) }
    }

    /// Publishes once; gives the answer, `{seq, epoch, …}`.
    pub(crate) async fn publish(&self, body: &Value) -> Result<Value, String> {
        let authorization = format!("Bearer {}", self.key);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let (address, body) = (Address::Tcp(self.addresses[0]), bytes::Bytes::from(body.to_string()));
        let reply = lockstep_e2e::http::send(&address, http::Method::POST, "/api/publish", &headers, body);
        Ok(reply.await.map_err(|error| format!("publishing: {error}"))?.expect(200).json())
    }

    /// The counters of all workers, in the text format of Prometheus.
    pub(crate) async fn metrics(&self) -> Result<String, String> {
        let mut all = String::new();
        let headers = [("cookie", self.cookie.as_str())];
        for address in self.addresses.iter().copied().map(Address::Tcp) {
            let none = bytes::Bytes::new();
            let reply = lockstep_e2e::http::send(&address, http::Method::GET, "/metrics", &headers, none).await;
            all += &reply.map_err(|error| format!("/metrics: {error}"))?.text();
        }
        Ok(all)
    }

    /// As one of several that are compared.
    pub(crate) fn into_system(self) -> System {
        System {
            kind: Kind::Lockstep,
            greeting: self.greeting(&json!({"room": ROOM}), EVENT),
            door: self.door(&event(EVENT)),
            workers: self.workers(),
            addresses: self.addresses,
            parts: Parts { _servers: vec![self.server], redis: self.redis, _directory: self.directory },
        }
    }
}

/// What is published: a change of a short row.
pub(crate) fn event(name: &str) -> Value {
    json!({"event": name, "reason": "updated", "id": "7", "data": {"id": "7", "name": TEXT}})
}

fn data(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

fn launch(name: &str, directory: &TempDir, redis: &Redis) -> Launch {
    Launch::new(name, lockstep_e2e::lockstep(), directory.path())
        .env("LOCKSTEP__SERVER__DATA_DIR", data(directory).display().to_string())
        .env("LOCKSTEP__REDIS__SOCKET", redis.socket().display().to_string())
        .env("LOCKSTEP__LOG__LEVEL", "warn")
        .on_core(SERVERS_CORE)
}

/// Runs a command to its end; gives what it said.
fn run(command: Launch, input: &str) -> String {
    let output = command.run(input);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn serve(directory: &TempDir, redis: &Redis, listen: &str, setup: Setup) -> Process {
    let arguments = ["serve", "--workers", &setup.workers.to_string(), "--listen", listen];
    let server = launch("serve", directory, redis).args(arguments);
    LIMITS.iter().chain(setup.settings).fold(server, |server, (name, value)| server.env(name, *value)).start()
}

async fn ready(addresses: &[SocketAddr]) {
    for address in addresses {
        let address = Address::Tcp(*address);
        let ask = || async {
            let reply = lockstep_e2e::http::get(&address, "/readyz").await.ok()?;
            reply.status.is_success().then_some(())
        };
        eventually("the worker is ready", LIMIT, ask).await;
    }
}
