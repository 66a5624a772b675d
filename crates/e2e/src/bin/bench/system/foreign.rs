//! Everybody else: the peers and the floor, two processes of each.

use std::{ffi::OsString, net::SocketAddr};

use lockstep_e2e::{Address, LIMIT, Launch, Process, Redis, eventually, peers::oxide_binary};
use serde_json::json;

use super::{EVENT, Parts, ROOM, System, TEXT, foundation, greeting, neighbouring_ports};
use crate::{
    SERVERS_CORE,
    figures::Kind,
    floor,
    member::Greeting,
    peers,
    publisher::{Door, post},
};

pub(super) async fn start(kind: Kind) -> System {
    let (directory, redis) = foundation().await;
    let (_, addresses) = neighbouring_ports();
    let launch = |address: &SocketAddr| {
        let (program, arguments) = command(kind, *address, &redis);
        Launch::new(&format!("{}-{}", kind.word(), address.port()), program, directory.path())
            .args(arguments)
            .env("NODE_ENV", "production")
            .on_core(SERVERS_CORE)
            .start()
    };
    let servers: Vec<Process> = addresses.iter().map(launch).collect();
    for address in &addresses {
        let address = Address::Tcp(*address);
        eventually("the peer listens", LIMIT, || async { address.connect().await.ok() }).await;
    }
    let (greeting, door) = manners(kind, addresses[0], &redis);
    let workers = servers.iter().map(Process::pid).collect();
    System {
        kind,
        addresses,
        greeting,
        door,
        workers,
        parts: Parts { _servers: servers, redis, _directory: directory },
    }
}

/// Program and arguments of one process.
fn command(kind: Kind, address: SocketAddr, redis: &Redis) -> (OsString, Vec<OsString>) {
    let (port, socket) = (OsString::from(address.port().to_string()), redis.socket().into_os_string());
    match kind {
        Kind::Node => ("node".into(), vec![peers::node_script().into_os_string(), port, socket]),
        Kind::Adapter | Kind::Reemit => (oxide_binary().into_os_string(), vec![kind.word().into(), port, socket]),
        floor => {
            let own = std::env::current_exe().expect("a running program knows its file");
            let bursts = (floor == Kind::Bursts).then(|| "--bursts".into());
            (own.into_os_string(), ["floor".into(), port, socket].into_iter().chain(bursts).collect())
        }
    }
}

/// How pages get in, and how events do.
fn manners(kind: Kind, address: SocketAddr, redis: &Redis) -> (Greeting, Door) {
    if matches!(kind, Kind::Floor | Kind::Bursts) {
        let greeting = Greeting { path: "/", cookie: String::new(), steps: Vec::new(), event: "42[".to_owned() };
        let packet = format!("42[\"{EVENT}\",{}]", event());
        let command = lockstep_e2e::redis::encode(&["PUBLISH", floor::CHANNEL, &packet]);
        return (greeting, Door::Redis { socket: redis.socket(), command });
    }
    let body = json!({"event": EVENT, "room": ROOM, "data": event()}).to_string();
    let greeting = greeting(String::new(), &json!(["join", ROOM]).to_string(), EVENT);
    (greeting, Door::Http { address, request: post(address, "/publish", "", &body) })
}

/// An event as Lockstep stamps it, for the systems that do not stamp.
fn event() -> serde_json::Value {
    json!({
        "reason": "updated", "seq": 1_763_760_000_123_u64, "worker": 12345, "scope": "room:files", "id": "7",
        "data": {"id": "7", "name": TEXT}, "prev": 1_763_759_990_001_u64, "epoch": "k3f9x2m7", "actor": {"id": "key:1", "name": "bench"},
    })
}
