//! Raw WebSockets: what programs and the first pages' scripts see of lines and notices, through nginx and on every worker.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lockstep_e2e::{
    Address, Api, Cluster, LIMIT, Launch, Process, Shape, Stream, eventually, page::upgrade, repository, within,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::story::person;

const NOTIFICATIONS: &str = "/ws/notifications/";
const STREAM: &str = "/ws/logs/stream/";

/// How long a client may stay after the answer that took its right away. Promised is a second on a healthy machine; this is for a loaded
/// one.
const GONE: Duration = Duration::from_secs(5);

/// A client that keeps nothing but which worker it is at.
struct Client {
    socket: WebSocketStream<Box<dyn Stream>>,
    worker: u64,
}

impl Client {
    /// Greeted.
    async fn open(address: &Address, path: &str, person: &Api) -> Client {
        let socket = upgrade(address, path, &[("cookie", &person.cookie)]).await.expect("101");
        let mut client = Client { socket, worker: 0 };
        let greeting = client.next().await;
        assert_eq!(greeting["type"], "connection_established");
        client.worker = greeting["worker"].as_u64().expect("a process id");
        client
    }

    async fn next(&mut self) -> Value {
        let next = within("a message", LIMIT, self.socket.next()).await.expect("open").expect("a frame");
        match next {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            Message::Close(close) => panic!("closed: {close:?}"),
            _ => Box::pin(self.next()).await,
        }
    }

    /// The first message for which `is` holds.
    async fn first(&mut self, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let next = self.next().await;
            if is(&next) {
                return next;
            }
        }
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("takes it");
    }

    /// Waits for the end; its code.
    async fn ends(&mut self, limit: Duration) -> Option<u16> {
        let ended = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        };
        within("the end", limit, ended).await
    }
}

fn says(message: &str) -> impl Fn(&Value) -> bool {
    move |heard| heard["type"] == "log_entry" && heard["data"]["message"] == message
}

/// The script of the first pages, with a ticket in its URL as its only addition.
fn script(cluster: &Cluster, address: &Address, path: &str, arguments: &[&str]) -> Process {
    let python = repository().join("target/venv/bin/python");
    assert!(python.exists(), "the Python client is not installed; run `scripts/install.sh test` first");
    let url = format!("{}{path}", address.url().replacen("http", "ws", 1));
    let launch = Launch::new("script", python, cluster.directory());
    launch.arg(repository().join("crates/e2e/peers/python/raw.py")).arg(url).args(arguments.iter().copied()).start()
}

async fn ticket(person: &Api) -> String {
    let ticket = person.post("/api/ws-ticket", &json!({})).await.expect(200).json();
    ticket["ticket"].as_str().expect("a ticket").to_owned()
}

async fn write(author: &Api, line: Value) {
    let _ = author.post("/api/logs", &line).await.expect(202);
}

#[tokio::test]
async fn a_python_script_follows_filtered_lines_through_nginx() {
    let cluster = Cluster::workers(3).await;
    let admin = cluster.admin().await;
    let path = format!("{STREAM}?ticket={}", ticket(&admin).await);

    let mut running = script(&cluster, &cluster.nginx().address(), &path, &["two of them", r#"{"type":"error"}"#]);
    running.says("pong {").await;
    for (number, (kind, message)) in [("scan", "one of many"), ("error", "two of them")].into_iter().enumerate() {
        write(&admin.at(&cluster.worker(number)), json!({"type": kind, "message": message, "source": "scan-1"})).await;
    }

    assert_eq!(running.ended().await.code(), Some(0));
    let log = running.log();
    assert!(log.contains("connected {") && log.contains(r#""type":"connection_established""#), "{log}");
    assert!(log.contains(r#""type":"filters_set""#) && log.contains(r#""message":"two of them""#), "{log}");
}

#[tokio::test]
async fn a_python_script_is_told_what_its_person_is_told_on_another_worker() {
    let cluster = Cluster::workers(3).await;
    let admin = cluster.admin().await;
    let path = format!("{NOTIFICATIONS}?ticket={}", ticket(&admin).await);

    let mut running = script(&cluster, &cluster.nginx().address(), &path, &["disk 3 is full"]);
    running.says("pong {").await;
    for (number, worker) in cluster.all().iter().enumerate() {
        let data = json!({"message": format!("disk {} is full", number + 1)});
        let notice = json!({"to": {"all": true}, "type": "alert", "data": data});
        let _ = admin.at(worker).post("/api/notifications", &notice).await.expect(201);
    }

    assert_eq!(running.ended().await.code(), Some(0));
    let log = running.log();
    assert_eq!(log.matches(r#""type":"alert""#).count(), 3, "{log}");
}

#[tokio::test]
async fn a_client_of_a_worker_that_goes_comes_back_to_another_and_misses_nothing() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await.at(&cluster.nginx().address());
    let mut client = Client::open(&cluster.worker(0), NOTIFICATIONS, &admin).await;
    notify(&admin.at(&cluster.worker(1)), 1).await;
    let last = client.first(|heard| heard["data"]["number"] == 1).await;

    terminate(client.worker);
    assert_eq!(client.ends(LIMIT).await, Some(1012));
    notify(&admin.at(&cluster.worker(1)), 2).await;

    let mut back = Client::open(&admin.address, NOTIFICATIONS, &admin).await;
    back.say(json!({"type": "resume", "epoch": last["epoch"], "seq": last["seq"]})).await;
    back.first(|heard| heard["data"]["number"] == 2).await;
    let resumed = back.first(|heard| heard["type"] == "resumed").await;
    assert_eq!(resumed["mode"], "recovered", "{resumed}");
}

fn terminate(process: u64) {
    let process = Pid::from_raw(process.try_into().expect("a process id")).expect("a process");
    kill_process(process, Signal::TERM).expect("a process of ours");
}

async fn notify(admin: &Api, number: u64) {
    let notice = json!({"to": {"all": true}, "type": "alert", "data": {"number": number}});
    let _ = admin.post("/api/notifications", &notice).await.expect(201);
}

#[tokio::test]
async fn a_python_script_that_is_nobody_reads_why_it_is_refused() {
    let cluster = Cluster::workers(2).await;
    let front = cluster.nginx().address();

    let mut stranger = script(&cluster, &front, NOTIFICATIONS, &["nothing"]);
    let mut with_token = script(&cluster, &front, &format!("{STREAM}?token=hush-hush"), &["nothing"]);

    assert_eq!((stranger.ended().await.code(), with_token.ended().await.code()), (Some(0), Some(0)));
    assert!(stranger.log().contains("closed 4401 sign in again"), "{}", stranger.log());
    let why = with_token.log();
    assert!(why.contains("closed 4401") && why.contains("allow_query_token"), "{why}");
}

#[tokio::test]
async fn lines_of_every_worker_reach_readers_on_every_worker_in_both_dialects() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let mut readers = Vec::new();
    for worker in cluster.all() {
        let mut stream = Client::open(worker, STREAM, &admin).await;
        stream.first(|heard| heard["type"] == "backfill_end").await;
        readers.push((stream, Client::open(worker, "/ws/logs/", &admin).await));
    }
    // Who has been answered is a reader already.
    for (_, older) in &mut readers {
        older.say(json!({"type": "ping"})).await;
        older.first(|heard| heard["type"] == "pong").await;
    }

    for (number, message) in ["from the first", "from the second"].into_iter().enumerate() {
        write(&admin.at(&cluster.worker(number)), json!({"type": "scan", "message": message})).await;

        for (stream, older) in &mut readers {
            let line = stream.first(says(message)).await;
            assert_eq!((&line["data"]["type"], &line["backfill"]), (&"scan".into(), &Value::Null));
            let line = older.first(|heard| heard["content"] == message).await;
            assert_eq!((&line["type"], &line["logger"]), (&"log".into(), &"scan".into()));
        }
    }
}

#[tokio::test]
async fn who_signs_out_or_loses_a_right_on_one_worker_is_out_on_the_other() {
    let cluster = Cluster::workers(2).await;
    let admin = cluster.admin().await;
    let (leaves, loses) =
        (person(&admin, "leaves", &["logs.view"]).await, person(&admin, "loses", &["logs.view"]).await);
    let other = cluster.worker(1);
    let mut out = Client::open(&other, NOTIFICATIONS, &leaves).await;
    let mut blind = Client::open(&other, STREAM, &loses).await;

    let _ = leaves.post("/api/logout", &json!({})).await.expect(204);
    let user = admin.get(&format!("/api/users/{}", loses.user["id"].as_str().expect("an id"))).await.expect(200).json();
    let at = format!("/api/groups/{}", user["group_id"].as_str().expect("a group"));
    let group = admin.get(&at).await.expect(200).json();
    let rev = group["rev"].as_u64().expect("a revision");
    let _ = admin.patch(&at, rev, &json!({"permissions": ["files.view"]})).await.expect(200);

    assert_eq!(out.ends(GONE).await, Some(4401));
    assert_eq!(blind.ends(GONE).await, Some(4403));
}

#[tokio::test]
async fn no_ticket_and_no_token_of_a_raw_socket_reaches_a_log() {
    let mut cluster = Shape::workers(2).behind_nginx("lockstep.conf").set("log", "level", "trace").start().await;
    let admin = cluster.admin().await;
    let front = cluster.nginx().address();
    let secret = ticket(&admin).await;

    for path in [format!("{STREAM}?ticket={secret}"), format!("{STREAM}?token={secret}")] {
        let _ = upgrade(&front, &path, &[("sec-websocket-protocol", &format!("lockstep, bearer.{secret}"))]).await;
    }
    let log = eventually("a line in the access log", LIMIT, || async {
        Some(cluster.nginx().access_log()).filter(|log| log.matches(STREAM).count() == 2)
    });

    let log = log.await + &cluster.server().log();
    assert!(log.contains("TRACE") && !log.contains(&secret), "{log}");
}
