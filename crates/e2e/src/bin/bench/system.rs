//! The systems that are compared: two workers of each behind one Redis, all on the servers' core.

mod foreign;
pub(crate) mod lockstep;

use std::net::{Ipv4Addr, SocketAddr};

use lockstep_e2e::{Process, Redis, free_port};
use tempfile::TempDir;

use crate::{SERVERS_CORE, cost, figures::Kind, member::Greeting, publisher::Door, system::lockstep::Lockstep};

/// Workers of each system.
pub(crate) const WORKERS: u16 = 2;

/// The event everybody publishes, and its room.
pub(crate) const EVENT: &str = "files:changed";
pub(crate) const ROOM: &str = "files";

/// What the event carries, so that a delivery has about 256 bytes, the size of a small row, in every system.
pub(crate) const TEXT: &str = "sixty-four bytes of text, which is what a short row might carry.";

/// A running system.
pub(crate) struct System {
    pub(crate) kind: Kind,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) greeting: Greeting,
    pub(crate) door: Door,
    pub(crate) workers: Vec<u32>,
    parts: Parts,
}

/// Dropped in this order: servers first, their directory last.
struct Parts {
    _servers: Vec<Process>,
    redis: Redis,
    _directory: TempDir,
}

impl System {
    pub(crate) async fn start(kind: Kind) -> System {
        match kind {
            Kind::Lockstep => Lockstep::start().await.into_system(),
            foreign => foreign::start(foreign).await,
        }
    }

    /// The processes that carry the events: the workers, Redis, and the kernel's thread for the network's work on their core.
    pub(crate) fn carriers(&self) -> Vec<u32> {
        carriers(&self.workers, &self.parts.redis)
    }
}

fn carriers(workers: &[u32], redis: &Redis) -> Vec<u32> {
    workers.iter().copied().chain([redis.pid()]).chain(cost::network_thread(SERVERS_CORE)).collect()
}

/// A directory of its own, and Redis in it.
async fn foundation() -> (TempDir, Redis) {
    let directory = tempfile::tempdir().expect("room for a directory");
    let redis = Redis::start_on_core(directory.path(), SERVERS_CORE).await;
    (directory, redis)
}

/// How a Socket.IO client gets into the room: `join` is the event that asks for it.
fn greeting(cookie: String, join: &str, event: &str) -> Greeting {
    let steps = vec![("0{", "40".to_owned()), ("40", format!("420{join}")), ("430[{\"ok\":true", String::new())];
    Greeting { path: "/socket.io/?EIO=4&transport=websocket", cookie, steps, event: format!("42[\"{event}\"") }
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
