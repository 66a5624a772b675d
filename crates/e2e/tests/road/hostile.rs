//! Strangers who mean harm, against the real server: it neither ends nor grows, and everybody else is served as before.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::Method;
use lockstep_e2e::{
    Address, Api, Cluster, LIMIT, Page, Reply, Shape, Stream, eventually, http as client, page::upgrade, within,
};
use lockstep_protocol::packet::Packet;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{
    nasty::{JOINS, PACKETS, texts},
    story::category,
};

const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// What a server may have grown by after all that a test did to it: buffers and arenas that the allocator keeps, in a debug build. A
/// leak of what the tests send would be a multiple.
const GROWTH: u64 = 96 << 20;

/// A server under attack, and a page on the same worker that must not notice.
struct Siege {
    cluster: Cluster,
    admin: Api,
    witness: Page,
    process: u32,
    resident: u64,
}

impl Siege {
    async fn of(shape: Shape) -> Siege {
        // The witness reads between the attacks alone, and must not be taken for dead meanwhile.
        let shape = shape.set("socketio", "ping_interval_ms", "120000").set("socketio", "ping_timeout_ms", "120000");
        let mut cluster = shape.start().await;
        let admin = cluster.admin().await;
        let mut witness = Page::open(&cluster.worker(0), &admin).await;
        witness.join("categories").await;
        let process = cluster.server().pid();
        Siege { resident: resident(process), cluster, admin, witness, process }
    }

    fn address(&self) -> Address {
        self.cluster.worker(0)
    }

    /// An edit, and the witness hears of it.
    async fn an_edit_is_heard(&mut self, name: &str) {
        category(&self.admin, name).await;
        let heard = self.witness.event_where("categories:changed", |event| event["data"]["name"] == name).await;
        assert_eq!(heard.body["reason"], "added");
    }

    /// The line of `/metrics` that begins so, as a number.
    async fn metric(&self, name: &str) -> u64 {
        let metrics = self.admin.get("/metrics").await.expect(200).text();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        line.unwrap_or_else(|| panic!("no {name} in {metrics}")) as u64
    }

    /// Waits until `name` says `number`.
    async fn metric_is(&self, name: &str, number: u64) {
        eventually(&format!("{name} {number}"), LIMIT, || async { (self.metric(name).await == number).then_some(()) })
            .await;
    }

    async fn holds(mut self) {
        self.an_edit_is_heard("after the siege").await;
        let grown = resident(self.process).saturating_sub(self.resident);
        assert!(grown < GROWTH, "{} MiB more", grown >> 20);
        let server = self.cluster.server();
        assert!(server.exited().is_none() && server.pid() == self.process);
        let log = server.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// The resident memory of a process, in bytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

fn cookie(person: &Api) -> [(&str, &str); 1] {
    [("cookie", person.cookie.as_str())]
}

/// Opens a WebSocket, signs in if there is somebody to sign in as, sends `messages`, and reads until the end.
async fn say(address: &Address, headers: &[(&str, &str)], messages: &[Message]) {
    let mut socket = upgrade(address, WEBSOCKET, headers).await.expect("101");
    if !headers.is_empty() {
        socket.send(Message::text("40")).await.expect("takes it");
        greeted(&mut socket).await;
    }
    for message in messages {
        // Whoever is cut in the middle has had his answer.
        if socket.send(message.clone()).await.is_err() {
            break;
        }
    }
    let _ = socket.close(None).await;
    within("the end of a WebSocket", LIMIT, async { while let Some(Ok(_)) = socket.next().await {} }).await;
}

/// Reads as far as the greeting.
async fn greeted(socket: &mut WebSocketStream<Box<dyn Stream>>) {
    within("a greeting", LIMIT, async {
        while !matches!(socket.next().await.expect("still open"), Ok(Message::Text(text)) if text.contains("\"hello\""))
        {
        }
    })
    .await;
}

#[tokio::test]
async fn no_message_of_a_strangers_or_a_persons_harms_anybody() {
    let mut siege = Siege::of(Shape::embedded().set("log", "level", "trace")).await;
    let (address, admin) = (siege.address(), siege.admin.clone());
    let joins: Vec<String> = JOINS.iter().map(|join| format!("421[\"sync:join\",{join}]")).collect();
    let seeds: Vec<&str> = PACKETS.iter().copied().chain(joins.iter().map(String::as_str)).collect();

    for (number, text) in texts(&seeds, 500).enumerate() {
        let strangers: &[(&str, &str)] = if number % 4 == 0 { &[] } else { &cookie(&admin) };
        say(&address, strangers, &[Message::text(text.clone())]).await;
        if number % 5 == 0 {
            post_to_a_session(&address, &cookie(&admin), text).await;
        }
        if number % 100 == 0 {
            siege.an_edit_is_heard(&format!("after {number}")).await;
        }
    }
    siege.metric_is("lockstep_clients ", 1).await;
    siege.holds().await;
}

/// The same by long polling: a session of its own, and its end.
async fn post_to_a_session(address: &Address, headers: &[(&str, &str)], text: String) {
    let get = async |path: &str| client::send(address, Method::GET, path, headers, Bytes::new()).await;
    let opened = get(POLLING).await.expect("an answer").text();
    let open: Value = serde_json::from_str(&opened[1..]).expect("an open packet");
    let path = format!("{POLLING}&sid={}", open["sid"].as_str().expect("an id"));
    for body in ["40".to_owned(), text, "1".to_owned()] {
        let reply = client::send(address, Method::POST, &path, headers, body.into()).await.expect("an answer");
        assert!(!reply.status.is_server_error(), "{} {}", reply.status, reply.text());
    }
}

#[tokio::test]
async fn large_binary_and_malformed_messages_end_their_session_alone() {
    let siege = Siege::of(Shape::embedded()).await;
    let (address, admin) = (siege.address(), siege.admin.clone());
    let large = Message::text(format!("42[\"sync:join\",\"{}\"]", "x".repeat(100_000)));
    let announced = Message::text("451-[\"sync:join\",{\"_placeholder\":true,\"num\":0}]");

    for message in [large, announced, Message::binary(vec![7; 60_000]), Message::binary(vec![7; 20 << 20])] {
        for _ in 0..20 {
            say(&address, &cookie(&admin), &[message.clone(), Message::binary(vec![0; 9])]).await;
        }
    }
    let posted = format!("4{}", "x".repeat(100_000));
    for _ in 0..20 {
        let reply = client::send(&address, Method::GET, POLLING, &[], Bytes::new()).await.expect("an answer").text();
        let open: Value = serde_json::from_str(&reply[1..]).expect("an open packet");
        let path = format!("{POLLING}&sid={}", open["sid"].as_str().expect("an id"));
        // Refused before all of it has come; whether the client sees the answer or the end is the network's choice.
        if let Ok(reply) = client::send(&address, Method::POST, &path, &[], posted.clone().into()).await {
            assert!(reply.status.is_client_error(), "{}", reply.status);
        }
    }
    siege.holds().await;
}

#[tokio::test]
async fn floods_of_events_connects_and_joins_do_not_drown_a_page() {
    let limits = [("socket_events_per_s", "10"), ("socket_events_burst", "30")];
    let shape = limits.iter().fold(Shape::embedded(), |shape, (key, value)| shape.set("limits", key, value));
    let mut siege = Siege::of(shape).await;
    let (address, admin) = (siege.address(), siege.admin.clone());

    let flood = async |kind: usize| {
        let headers = cookie(&admin);
        for round in 0..3 {
            let event = |n: usize| match kind {
                0 => format!("42{n}[\"sync:pos\",{{\"room\":\"categories\"}}]"),
                1 => format!("42{n}[\"sync:join\",{{\"room\":\"flies{round}{n}\"}}]"),
                _ => "40".to_owned(),
            };
            let messages: Vec<Message> = (0..1_000).map(|n| Message::text(event(n))).collect();
            say(&address, if kind == 3 { &[] } else { &headers }, &messages).await;
        }
    };
    let floods = async { tokio::join!(flood(0), flood(1), flood(2), flood(3), flood(0), flood(1)) };
    let edits = async {
        for number in 0..5 {
            siege.an_edit_is_heard(&format!("in the flood {number}")).await;
        }
    };
    tokio::join!(floods, edits);

    assert!(siege.metric("lockstep_rate_limited_total{kind=\"socket\"}").await > 0);
    siege.metric_is("lockstep_clients ", 1).await;
    siege.holds().await;
}

/// Goes on for as long as the server lets it.
#[tokio::test]
async fn who_goes_on_flooding_is_cut() {
    let shape = Shape::embedded().set("limits", "socket_events_per_s", "10").set("limits", "socket_events_burst", "30");
    let siege = Siege::of(shape).await;
    let mut flooder = Page::open(&siege.address(), &siege.admin).await;

    within("the end of the flood", LIMIT, async {
        while flooder.try_ask("sync:pos", json!({"room": "categories"})).await.is_ok() {}
    })
    .await;

    assert_eq!(siege.metric("lockstep_kills_total{why=\"flood\"}").await, 1);
    siege.holds().await;
}

/// Opens a connection, sends `beginning`, and then a byte now and then until the server has enough; what it said.
async fn drip(address: &Address, beginning: String) -> String {
    let stream = address.connect().await.expect("connects");
    let (mut from, mut to) = tokio::io::split(stream);
    to.write_all(beginning.as_bytes()).await.expect("takes it");
    let dripping = async {
        while to.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    within("the end of a slow connection", LIMIT, async {
        tokio::select! {
            _ = from.read_to_end(&mut said) => {}
            () = dripping => {}
        }
    })
    .await;
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn heads_and_bodies_that_drip_are_given_up() {
    let siege = Siege::of(Shape::embedded().set("limits", "header_s", "1").set("limits", "body_s", "1")).await;
    let address = siege.address();
    let open = client::get(&address, POLLING).await.expect("an answer").text();
    let open: Value = serde_json::from_str(&open[1..]).expect("an open packet");
    let session = open["sid"].as_str().expect("an id");
    let post = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{")
    };

    let heads = (0..20).map(|_| drip(&address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()));
    let heads = futures_util::future::join_all(heads).await;
    let body = drip(&address, post("/api/login")).await;
    let posted = drip(&address, post(&format!("{POLLING}&sid={session}"))).await;

    assert!(heads.iter().all(String::is_empty), "{heads:?}");
    assert_eq!(siege.metric("lockstep_kills_total{why=\"header_timeout\"}").await, 20);
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(posted.starts_with("HTTP/1.1 408"), "{posted}");
    siege.holds().await;
}

#[tokio::test]
async fn an_address_that_a_client_makes_up_gains_him_nothing() {
    let shape = Shape::embedded().set("limits", "login_attempts", "3").set("limits", "requests_per_s", "1").set(
        "limits",
        "requests_burst",
        "100",
    );
    let siege = Siege::of(shape).await;
    let address = siege.address();
    let ask = async |number: usize, method: Method, path: &str, body: &str| -> Reply {
        let (claimed, login) = (format!("203.0.113.{number}"), ("content-type", "application/json"));
        let headers = [("x-forwarded-for", claimed.as_str()), ("x-real-ip", &claimed), ("forwarded", &claimed), login];
        client::send(&address, method, path, &headers, body.to_owned().into()).await.expect("an answer")
    };

    let guess = json!({"login": "admin", "password": "a guess"}).to_string();
    let mut statuses = Vec::new();
    for number in 0..4 {
        statuses.push(ask(number, Method::POST, "/api/login", &guess).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
    let mut asked = 0;
    while ask(asked % 250, Method::GET, "/api/me", "").await.status != 429 {
        asked += 1;
        assert!(asked < 10_000, "each made-up address has a budget of its own");
    }
    let refused = ask(1, Method::POST, "/api/login", &guess).await.expect(429);
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{:?}", refused.headers);
}

/// All places of a worker are taken by strangers who say nothing; within the time for a sign-in they are free again.
#[tokio::test]
async fn strangers_who_hold_every_place_hold_them_for_seconds() {
    let siege = Siege::of(Shape::embedded().set("limits", "connections", "12")).await;
    let address = siege.address();
    let mut held = Vec::new();
    for _ in 0..11 {
        held.push(upgrade(&address, WEBSOCKET, &[]).await.expect("101"));
    }

    let mut late = Page::open(&address, &siege.admin).await;

    late.join("categories").await;
    for mut socket in held {
        within("the end of a stranger", LIMIT, async { while let Some(Ok(_)) = socket.next().await {} }).await;
    }
    siege.holds().await;
}

/// A machine that was switched off says no goodbye: its pages are gone after ping interval and timeout, by the lane and by the engine.
#[tokio::test]
async fn pages_that_vanish_are_gone_after_two_heartbeats() {
    let shape = Shape::embedded()
        .set("socketio", "ping_interval_ms", "700")
        .set("socketio", "ping_timeout_ms", "700")
        .set("limits", "write_stall_s", "1");
    let cluster = shape.start().await;
    let admin = cluster.admin().await;
    let clients = async || {
        let metrics = admin.get("/metrics").await.expect(200).text();
        metrics.lines().find_map(|line| line.strip_prefix("lockstep_clients ")?.parse::<u64>().ok()).expect("a number")
    };
    let mut vanished = Vec::new();
    for _ in 0..5 {
        let mut socket = upgrade(&cluster.worker(0), WEBSOCKET, &cookie(&admin)).await.expect("101");
        socket.send(Message::text(Packet::Connect(Value::Null).to_string())).await.expect("takes it");
        greeted(&mut socket).await;
        // From here on nobody reads or answers any more.
        vanished.push(socket);
    }

    eventually("the end of all of them", LIMIT, || async { (clients().await == 0).then_some(()) }).await;

    let metrics = admin.get("/metrics").await.expect(200).text();
    assert!(metrics.contains("lockstep_disconnects_total{kind=\"heartbeat_timeout\"} 5"), "{metrics}");
    drop(vanished);
}
