//! What pages hear is the same by the lane and by the engine; and by the lane it stays whole whatever the connection does.

use std::{collections::BTreeSet, io};

use lockstep_protocol::{Emission, EventName, Seq};
use lockstep_sync_manager::{Outlet, Run, Sent};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::yield_now,
    time::sleep,
};

use super::*;
use crate::listen::KillReason;

const BOTH_WAYS: [&str; 2] = ["true", "false"];

/// The way that sessions of this worker take, as it counts them.
fn ways(site: &Site, way: &'static str) -> u64 {
    site.state.metrics.ways.get_or_create(&crate::metrics::Label { kind: way }).get()
}

#[tokio::test]
async fn a_session_that_begins_with_a_websocket_has_a_lane_unless_it_is_switched_off() {
    for (fast_lane, way) in [("true", "lane"), ("false", "engine")] {
        let site = site(&[("LOCKSTEP__SYNC__FAST_LANE", fast_lane)]).await;
        let token = site.anna().await;

        let _page = site.page(&token).await;

        assert_eq!((ways(&site, way), ways(&site, "unopened")), (1, 0), "{fast_lane}");
    }
}

/// The next request of a connection that proxies keep open may be the one that makes it a WebSocket.
#[tokio::test]
async fn a_connection_that_carried_requests_before_has_a_lane_too() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let mut stream = TcpStream::connect(site.address).await.expect("connects");
    for path in ["/healthz", "/api/me"] {
        site.ask_on(&mut stream, &format!("GET {path}"), "", "").await;
    }

    let _page = site.page_on(stream, &token).await;

    assert_eq!((ways(&site, "lane"), ways(&site, "unopened")), (1, 0));
}

/// The engine keeps what it knows of a session's first request. That was once the connection itself, with its descriptor.
#[tokio::test]
async fn a_session_on_long_polling_does_not_hold_the_connection_of_its_first_request() {
    let patient = ("LOCKSTEP__SOCKETIO__PING_TIMEOUT_MS", "120000");
    let site = site(&[("LOCKSTEP__LIMITS__CONNECTIONS", "1"), patient]).await;
    let path = "/socket.io/?EIO=4&transport=polling";
    let cookie = format!("Cookie: lockstep_session={}\r\n", site.anna().await);
    let mut first = TcpStream::connect(site.address).await.expect("connects");
    let handshake = site.ask_on(&mut first, &format!("GET {path}"), &cookie, "").await;
    let sid = handshake.split("\"sid\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    site.ask_on(&mut first, &format!("POST {path}&sid={sid}"), &cookie, "40").await;
    while site.door.pages() == 0 {
        yield_now().await;
    }

    drop(first);

    let mut second = TcpStream::connect(site.address).await.expect("connects");
    timeout(PATIENCE, site.ask_on(&mut second, "GET /healthz", "", "")).await.expect("there is a place again");
    assert_eq!((site.door.pages(), ways(&site, "engine")), (1, 1), "the session lives");
}

impl Site {
    /// A request on a connection that stays open; the answer.
    async fn ask_on(&self, stream: &mut TcpStream, target: &str, headers: &str, body: &str) -> String {
        let (address, length) = (self.address, body.len());
        let request =
            format!("{target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        stream.write_all(request.as_bytes()).await.expect("takes it");
        String::from_utf8(answer(stream).await.expect("answers")).expect("text")
    }
}

/// Reads one answer of known length.
async fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await?;
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(bytes);
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_join_comes_before_the_events_that_follow_it() {
    for fast_lane in BOTH_WAYS {
        let patient = ("LOCKSTEP__LIMITS__SOCKET_EVENTS_BURST", "100");
        let site = site(&[patient, ("LOCKSTEP__SYNC__FAST_LANE", fast_lane)]).await;
        let token = site.anna().await;
        let (mut page, _) = site.page(&token).await;
        let busy = {
            let state = site.state.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let row = json!({"name": format!("category {number}")});
                    state.app.create(&Caller::operator(), Entity::Categories, &row, None).await.expect("added");
                }
            })
        };

        for id in 0..50 {
            page.send(&Packet::event(Some(id), "sync:join", json!({"room": "categories"}))).await;
            let joined = loop {
                match page.next().await {
                    Packet::Ack { args, .. } => break args[0]["seq"].as_i64().expect("a position"),
                    Packet::Event { .. } if id > 0 => {}
                    early => panic!("{early} before the answer to the first join"),
                }
            };
            let next = page.event("categories:changed").await;
            assert!(next["seq"].as_i64() > Some(joined), "{next} was part of {joined}, fast_lane = {fast_lane}");
        }
        busy.abort();
    }
}

#[tokio::test]
async fn a_page_that_reads_too_slowly_is_told_and_follows_again() {
    for fast_lane in BOTH_WAYS {
        let queue = [("LOCKSTEP__LIMITS__SOCKET_QUEUE_PACKETS", "16"), ("LOCKSTEP__SYNC__FAST_LANE", fast_lane)];
        let site = site(&queue).await;
        let token = site.anna().await;
        let (mut page, _) = site.page(&token).await;
        assert!(page.join("files").await);
        let large =
            json!({"event": "files:changed", "reason": "updated", "id": "7", "data": {"note": "x".repeat(30_000)}});
        while site.state.sync.counters().dropped.get() == 0 {
            let publication = serde_json::from_value(large.clone()).expect("an event");
            site.state.app.publish(&Caller::operator(), vec![publication], None).await.expect("published");
        }

        let last = timeout(PATIENCE, page.position("files")).await.expect("a beat comes");

        let position = site.state.sync.status().borrow().position.clone().expect("known");
        assert_eq!(last, position.seq.0, "it learns how far its room has come, fast_lane = {fast_lane}");
        assert_eq!(site.state.traffic.kills(KillReason::SlowConsumer), 0);
    }
}

impl Page {
    /// Reads until a beat tells how far `room` has come.
    async fn position(&mut self, room: &str) -> i64 {
        loop {
            let Message::Text(text) = self.0.next().await.expect("is open").expect("is open") else { continue };
            match Packet::parse(&text).expect("a packet") {
                Packet::Ping => self.send(&Packet::Pong).await,
                Packet::Event { name, args, .. } if name == "sync:pos" => {
                    return args[0]["rooms"][room].as_i64().expect("a position");
                }
                _ => {}
            }
        }
    }
}

/// What the kernel holds of a connection in the storm below: less than many an event is long.
const SEND_BUFFER: usize = 4_608;

/// Events that each page of the storm is sent.
const EVENTS: i64 = 400;

/// How a page of the storm reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reader {
    Fast,
    /// Pauses for some milliseconds now and then.
    Jerky,
    /// Is cut in the middle.
    Killed,
    /// Stops for good.
    Stalled,
}

/// A run of events from `first` on, of all sizes that a frame's head knows.
fn run(random: &mut StdRng, first: i64) -> (Run, std::ops::Range<i64>) {
    let last = (first + random.random_range(1..6)).min(EVENTS);
    let mut emission = |number: i64| {
        let size = if random.random_bool(0.02) { 66_000 } else { random.random_range(0..400) };
        let payload = format!(r#"{{"number":{number},"text":"{}"}}"#, "x".repeat(size));
        let event = EventName::changed(&Room::Files);
        std::sync::Arc::new(Emission {
            room: Room::Files,
            event,
            seq: Seq(number),
            prev: Seq(number - 1),
            payload: payload.into(),
        })
    };
    ((first..last).map(&mut emission).collect(), first..last)
}

/// Sends a page its events; which of them its lane took.
async fn feed(seat: Arc<Seat>, mut random: StdRng, reader: Reader) -> Vec<i64> {
    let (mut accepted, mut number) = (Vec::new(), 0);
    while number < EVENTS {
        let (run, numbers) = run(&mut random, number);
        if reader == Reader::Killed && number > EVENTS / 2 {
            seat.cut(KillReason::Unavailable);
        }
        // Who reads nothing is sent something until he is cut.
        number = if reader == Reader::Stalled { 0 } else { numbers.end };
        match seat.send(&run) {
            Sent::Queued => accepted.extend(numbers),
            // The last must arrive, or the page would wait for it for ever.
            Sent::Full(_) if numbers.end == EVENTS => number = numbers.start,
            Sent::Full(lost) => assert_eq!(lost, run.len()),
            Sent::Gone => break,
        }
        for _ in 0..random.random_range(0..20) {
            yield_now().await;
        }
    }
    accepted
}

/// What a page of the storm got.
#[derive(Default)]
struct Got {
    events: Vec<i64>,
    asked: BTreeSet<u64>,
    answered: BTreeSet<u64>,
    pings: usize,
    pongs: usize,
}

/// Reads to the last event, asks for positions and pings meanwhile. Every frame must be whole, or the client reports an error.
async fn listen(mut page: Page, mut random: StdRng, reader: Reader) -> Got {
    let mut got = Got::default();
    loop {
        if random.random_bool(0.1) && got.asked.len() < 60 {
            let id = got.asked.len() as u64;
            let asked = Packet::event(Some(id), "sync:pos", json!({"room": "files"})).to_string();
            if page.0.send(Message::text(asked)).await.is_err()
                || page.0.send(Message::Ping(vec![1].into())).await.is_err()
            {
                return got;
            }
            got.asked.insert(id);
            got.pings += 1;
        }
        match reader {
            Reader::Jerky if random.random_bool(0.05) => sleep(Duration::from_millis(random.random_range(1..30))).await,
            Reader::Stalled if got.events.len() > 50 => pending().await,
            _ => {}
        }
        let all = got.events.last() == Some(&(EVENTS - 1)) && got.answered == got.asked && got.pongs == got.pings;
        if all || !got.take(&mut page, reader).await {
            return got;
        }
    }
}

impl Got {
    /// One message; false when the connection has ended.
    async fn take(&mut self, page: &mut Page, reader: Reader) -> bool {
        match timeout(PATIENCE, page.0.next()).await.expect("something comes") {
            Some(Ok(Message::Text(text))) => match Packet::parse(&text).expect("a packet") {
                Packet::Event { name, args, .. } if name == "files:changed" => {
                    self.events.push(args[0]["number"].as_i64().expect("a number"));
                }
                Packet::Ack { id, .. } => assert!(self.answered.insert(id), "answered twice"),
                Packet::Ping => page.0.send(Message::text("3")).await.unwrap_or_default(),
                _ => {}
            },
            Some(Ok(Message::Pong(_))) => self.pongs += 1,
            Some(Ok(_)) => {}
            Some(Err(error)) if reader == Reader::Fast || reader == Reader::Jerky => panic!("{reader:?}: {error}"),
            Some(Err(_)) | None => return false,
        }
        true
    }
}

/// Thirty pages over real TCP with hardly any buffer, each with its engine and its lane talking at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_a_storm_every_page_gets_exactly_what_its_lane_took() {
    let limits = [
        ("LOCKSTEP__LIMITS__SOCKET_QUEUE_PACKETS", "64"),
        ("LOCKSTEP__LIMITS__SOCKET_QUEUE_BYTES", "131072"),
        ("LOCKSTEP__LIMITS__SOCKET_EVENTS_PER_S", "100000"),
        ("LOCKSTEP__LIMITS__SOCKET_EVENTS_BURST", "100000"),
        ("LOCKSTEP__LIMITS__WRITE_STALL_S", "1"),
    ];
    let small = |socket| set_socket_send_buffer_size(socket, SEND_BUFFER).expect("Linux lets us");
    let site = with_socket(&limits, small).await;
    let token = site.anna().await;
    let readers = [Reader::Fast, Reader::Jerky, Reader::Jerky, Reader::Killed, Reader::Fast];
    let readers = readers.into_iter().cycle().take(29).chain([Reader::Stalled]);
    let mut pages = Vec::new();
    for (number, reader) in readers.enumerate() {
        let (page, sid) = site.page(&token).await;
        let seat = site.door.lock().get(&sid.parse().expect("an id")).expect("seated").clone();
        let random = |salt: u64| StdRng::seed_from_u64(2 * number as u64 + salt);
        let feeding = tokio::spawn(feed(seat, random(0), reader));
        pages.push((reader, feeding, tokio::spawn(listen(page, random(1), reader))));
    }

    let (mut gaps, mut answers) = (0, 0);
    for (number, (reader, feeding, listening)) in pages.into_iter().enumerate() {
        if reader == Reader::Stalled {
            let stalled = async {
                while site.state.traffic.kills(KillReason::WriteStall) == 0 {
                    yield_now().await;
                }
            };
            timeout(PATIENCE, stalled).await.expect("it is cut");
            listening.abort();
            continue;
        }
        let (accepted, got) = (feeding.await.expect("fed"), listening.await.expect("listened"));
        if reader == Reader::Killed {
            assert_eq!(got.events, accepted[..got.events.len()], "page {number}: a beginning");
            continue;
        }
        assert_eq!(got.events, accepted, "page {number}, {reader:?}");
        gaps += EVENTS as usize - accepted.len();
        answers += got.answered.len();
    }
    assert!(gaps > 0 && answers > 0, "no queue was ever full, or nobody asked: {gaps} lost, {answers} answers");
    assert_eq!((ways(&site, "lane"), ways(&site, "unopened")), (30, 0));
}
