//! How a worker begins and ends.

use lockstep_protocol::Record;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::*;
use crate::testing;

/// Longer than anything here takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running worker.
struct Running {
    address: std::net::SocketAddr,
    key: String,
    settings: Arc<Settings>,
    shutdown: Option<oneshot::Sender<()>>,
    outcome: JoinHandle<Result<(), Error>>,
    _directory: tempfile::TempDir,
}

async fn start(workers: u16) -> Running {
    let (mut settings, directory) = testing::settings(&[]);
    settings.server.workers = workers;
    let settings = Arc::new(settings);
    let app = database::open(&settings, |_: &[Record]| {}).await.expect("opens");
    let (_, key) =
        app.add_key(&lockstep_app::Caller::operator(), "shop", &["publish".to_owned()]).await.expect("added");
    app.close().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound");
    let (shutdown, told) = oneshot::channel();
    let told = async { drop(told.await) };
    let outcome = tokio::spawn(run(settings.clone(), 0, Some(Listener::Tcp(listener)), None, told));
    Running { address, key, settings, shutdown: Some(shutdown), outcome, _directory: directory }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    /// Tells it to end.
    fn stop(&mut self) {
        drop(self.shutdown.take());
    }

    /// How it ended.
    async fn ended(&mut self) -> Result<(), Error> {
        timeout(PATIENCE, &mut self.outcome).await.expect("it ends").expect("without a panic")
    }

    /// Returns once nobody gets in any more.
    async fn refuses(&self) {
        let refused = async {
            while TcpStream::connect(self.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, refused).await.expect("no new connections");
    }
}

/// Reads until `part` has come.
async fn expect(stream: &mut TcpStream, part: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while !text.contains(part) {
            let byte = stream.read_u8().await.unwrap_or_else(|error| panic!("{error} after {text}"));
            text.push(char::from(byte));
        }
    };
    timeout(PATIENCE, reading).await.expect("it comes");
    text
}

/// A WebSocket by hand, as far as the server's first packet.
async fn page(running: &Running) -> TcpStream {
    let mut stream = running.connect().await;
    let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let head = format!("{head}Authorization: Bearer {}\r\n\r\n", running.key);
    stream.write_all(head.as_bytes()).await.expect("takes it");
    expect(&mut stream, "\"sid\"").await;
    say(&mut stream, "40").await;
    expect(&mut stream, "\"hello\"").await;
    stream
}

/// A GET on a connection that is kept; the head of the answer.
async fn ask(stream: &mut TcpStream, path: &str, headers: &str) -> String {
    let connection = if headers.is_empty() { "keep-alive" } else { "Upgrade" };
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.expect("takes it");
    let head = expect(stream, "\r\n\r\n").await;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    timeout(PATIENCE, stream.read_exact(&mut body)).await.expect("in time").expect("a body");
    head
}

/// A short text frame of a client, masked with zeros.
async fn say(stream: &mut TcpStream, text: &str) {
    let length = u8::try_from(text.len()).expect("short") | 0x80;
    let frame = [&[0x81, length, 0, 0, 0, 0], text.as_bytes()].concat();
    stream.write_all(&frame).await.expect("takes it");
}

/// While a worker waits for its pages to go, others must not come.
#[tokio::test]
async fn during_the_drain_nobody_gets_in_and_pages_go_on() {
    let mut running = start(2).await;
    let mut page = page(&running).await;

    running.stop();
    running.refuses().await;

    expect(&mut page, "\"sync:bye\"").await;
    say(&mut page, "421[\"sync:leave\",{\"room\":\"files\"}]").await;
    expect(&mut page, "431[{\"ok\":true}]").await;
    drop(page);
    assert!(running.ended().await.is_ok());
}

/// A proxy keeps connections; what it sends on one while the worker goes must be answered, and asked of another worker next time.
#[tokio::test]
async fn during_the_drain_a_kept_connection_gets_its_last_answer_and_no_page_begins() {
    let mut running = start(2).await;
    let page = page(&running).await;
    let (mut kept, mut other) = (running.connect().await, running.connect().await);
    for stream in [&mut kept, &mut other] {
        let answer = ask(stream, "/healthz", "").await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }

    running.stop();
    running.refuses().await;

    let answer = ask(&mut kept, "/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let answer = ask(&mut other, "/socket.io/?EIO=4&transport=websocket", upgrade).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(page);
    assert!(running.ended().await.is_ok());
}

/// A request that was let in is answered, and its commit is in the ledger, before the database is closed.
#[tokio::test]
async fn what_is_under_way_at_the_end_is_still_done() {
    let mut running = start(1).await;
    let mut stream = running.connect().await;
    let body = r#"{"event":"files:changed","reason":"updated","id":"7"}"#;
    let head = format!(
        "POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        running.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("takes it");
    expect(&mut stream, "100 Continue\r\n\r\n").await;

    running.stop();
    running.refuses().await;
    // However slow the machine: a worker that waits for its requests is not done before this one is.
    assert!(timeout(Duration::from_millis(300), &mut running.outcome).await.is_err(), "it waits for the request");
    stream.write_all(body.as_bytes()).await.expect("takes it");

    let answer = expect(&mut stream, "\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(running.ended().await.is_ok());
    let app = database::open(&running.settings, |_: &[Record]| {}).await.expect("opens");
    let changes = app.changes(&lockstep_app::Caller::operator(), 10).await.expect("read");
    assert!(changes.iter().any(|change| change.event.as_str() == "files:changed"), "{changes:?}");
}

#[tokio::test]
async fn a_worker_without_its_address_opens_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = taken.local_addr().expect("bound").to_string();
    for name in ["LOCKSTEP__SERVER__LISTEN", "LOCKSTEP__SERVER__OPS_LISTEN"] {
        let (settings, directory) = testing::settings(&[("LOCKSTEP__SERVER__LISTEN", "127.0.0.1:0"), (name, &address)]);

        let outcome = run(Arc::new(settings), 0, None, None, std::future::pending()).await;

        assert!(matches!(outcome, Err(Error::Bind(BindError::InUse(_)))), "{name}: {outcome:?}");
        assert_eq!(std::fs::read_dir(directory.path()).expect("there").count(), 0, "{name}");
    }
}

/// Where Redis is by these settings, and the number of its database.
fn redis(settings: &[(&str, &str)]) -> Option<(String, Option<u8>)> {
    let (settings, _directory) = testing::settings(settings);
    let options = settings.bus(&SharedSecret::new([0; 32]))?;
    assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
    Some((options.address.to_string(), options.db))
}

#[test]
fn redis_is_looked_for_where_the_settings_say() {
    assert_eq!(redis(&[]), None);
    let socket = redis(&[("LOCKSTEP__REDIS__SOCKET", "/r"), ("LOCKSTEP__REDIS__DB", "3")]);
    assert_eq!(socket, Some(("unix:/r".into(), Some(3))));
    let url = redis(&[("LOCKSTEP__REDIS__URL", "redis://x:hunter2@host/4")]);
    assert_eq!(url, Some(("redis://host/4".into(), None)));
    let sentinels =
        redis(&[("LOCKSTEP__REDIS__SENTINELS", "a:1,b:2"), ("LOCKSTEP__REDIS__SENTINEL_PASSWORD", "hunter2")]);
    assert_eq!(sentinels, Some(("the master `mymaster` of the sentinels a:1, b:2".into(), Some(0))));
    let cluster = redis(&[("LOCKSTEP__REDIS__CLUSTER", "a:1, b:2")]);
    assert_eq!(cluster, Some(("the cluster a:1, b:2".into(), None)));
}
