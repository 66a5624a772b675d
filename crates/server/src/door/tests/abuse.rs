//! What the protocol does not foresee: messages, frames and handshakes that are none.

use ::http::{Method, Request, StatusCode};
use axum::body::Body;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::*;
use crate::listen::KillReason;

pub(super) const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

impl Site {
    /// A request of a session on long polling, and what came back.
    pub(super) async fn poll(
        &self,
        method: Method,
        path: &str,
        cookie: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path).header("host", "x").header("cookie", cookie);
        let response =
            self.service.clone().oneshot(request.body(body.into()).expect("a request")).await.expect("infallible");
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (head.status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Opens a session on long polling and signs in; its path, and what the sign-in was answered.
    pub(super) async fn poller(&self, cookie: &str) -> (String, String) {
        let (status, open) = self.poll(Method::GET, POLLING, cookie, "").await;
        assert_eq!(status, StatusCode::OK, "{open}");
        let open: Value = serde_json::from_str(&open[1..]).expect("an open packet");
        let path = format!("{POLLING}&sid={}", open["sid"].as_str().expect("an id"));
        self.poll(Method::POST, &path, cookie, "40").await;
        loop {
            let (_, packets) = self.poll(Method::GET, &path, cookie, "").await;
            if let Some(answer) =
                packets.split('\u{1e}').find(|packet| packet.starts_with("40") || packet.starts_with("44"))
            {
                return (path, answer.to_owned());
            }
        }
    }

    /// Sends `text` on a connection of its own, whatever it is, and reads until the end.
    pub(super) async fn raw(&self, text: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        // Who is refused before he has said all gets a broken pipe for the rest.
        let _ = stream.write_all(text).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(super) async fn cookie(&self) -> String {
        format!("lockstep_session={}", self.anna().await)
    }
}

#[tokio::test]
async fn a_second_sign_in_of_a_session_changes_nothing() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;

    for _ in 0..20 {
        page.send(&Packet::Connect(Value::Null)).await;
        page.send(&Packet::Connect(json!({"token": "guess"}))).await;
    }

    assert!(page.join("files").await, "the first one holds");
    assert_eq!((site.door.pages(), site.in_room(Room::Files).await), (1, 1));
    drop(page);
    timeout(PATIENCE, site.empty()).await.expect("the page is out");
    assert_eq!(site.in_room(Room::Files).await, 0);
}

/// Each try was a look into the database, as many as fit into five seconds.
#[tokio::test]
async fn who_guesses_tokens_on_one_session_has_a_few_tries() {
    let site = site(&[]).await;
    let mut page = site.websocket(None, &[]).await.expect("101");
    page.next().await;

    let mut refused = 0;
    while matches!(page.sign_in(json!({"token": "guess"})).await, Packet::ConnectError(_)) {
        refused += 1;
    }

    assert!((10..=11).contains(&refused), "{refused}");
    assert_eq!(site.state.traffic.kills(KillReason::Flood), 1);
}

#[tokio::test]
async fn what_comes_before_the_sign_in_is_not_done() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    let mut page = site.websocket(None, &[("cookie", &cookie)]).await.expect("101");
    page.next().await;

    page.send(&Packet::event(Some(1), "sync:join", json!({"room": "files"}))).await;

    assert!(!page.ends().await, "the engine hangs up");
    assert_eq!((site.door.pages(), site.in_room(Room::Files).await), (0, 0));
}

#[tokio::test]
async fn other_namespaces_do_not_exist_and_cost_nothing() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    let mut page = site.websocket(None, &[("cookie", &cookie)]).await.expect("101");
    page.next().await;

    for number in 0..50 {
        page.0.send(Message::text(format!("40/admin{number},"))).await.expect("takes it");
        let answer = loop {
            match page.0.next().await {
                Some(Ok(Message::Text(text))) if text == "2" => {}
                Some(Ok(Message::Text(text))) => break text,
                other => panic!("{other:?} instead of an answer"),
            }
        };
        assert!(answer.starts_with(&format!("44/admin{number},")) && answer.contains("Invalid namespace"), "{answer}");
    }
    assert!(matches!(page.sign_in(Value::Null).await, Packet::Connect(_)));
}

#[tokio::test]
async fn messages_that_we_do_not_speak_end_the_session_and_no_other() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut witness, _) = site.page(&token).await;
    let large = format!("42[\"sync:join\",\"{}\"]", "x".repeat(70_000));

    for message in [
        Message::text(large),
        Message::text("451-[\"files\",{\"_placeholder\":true,\"num\":0}]"),
        Message::text("451000-[\"files\"]"),
        Message::text("47"),
        Message::binary(vec![0; 10]),
        Message::text(""),
    ] {
        let (mut page, _) = site.page(&token).await;
        // One that is too large is refused while it comes.
        let _ = page.0.send(message.clone()).await;
        assert!(!page.ends().await, "{message:?}");
    }

    assert!(witness.join("files").await);
    assert_eq!(site.door.pages(), 1);
}

/// A WebSocket by hand, and frames that none should send; what is left of the connection.
#[tokio::test]
async fn frames_that_break_the_protocol_end_the_connection() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Cookie: {cookie}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let large = |first: u8| [&[first, 0xfe, 0xff, 0xff, 0, 0, 0, 0][..], &[b'x'; 65_535]].concat();
    let frames: [Vec<u8>; 9] = [
        b"\x81\x84\0\0\0\x0042\xff\xfe".to_vec(),
        b"\x81\x83\0\0\0\x004\xf0\x9f".to_vec(),
        b"\x81\x02400".to_vec(),
        b"\xf1\x82\0\0\0\x0040".to_vec(),
        b"\x83\x82\0\0\0\x0040".to_vec(),
        b"\x80\x82\0\0\0\x0040".to_vec(),
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0".to_vec(),
        [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat(),
        [large(0x01), large(0x00)].concat(),
    ];
    for frame in frames {
        let mut stream = TcpStream::connect(site.address).await.expect("connects");
        stream.write_all(head.as_bytes()).await.expect("takes it");
        let _ = stream.write_all(&frame).await;

        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;

        assert!(ended.is_ok(), "{frame:x?} is put up with");
        assert!(answer.starts_with(b"HTTP/1.1 101"));
    }
    assert_eq!(site.door.pages(), 0);
}

#[tokio::test]
async fn what_is_posted_and_is_no_text_ends_the_session() {
    let site = site(&[]).await;
    let cookie = site.cookie().await;
    for body in [&b"4\xff\xfe"[..], b"42[\"x\",\"\xf0\x9f\"]", b"4\x1e\x1e\x1e", b"b!!!!"] {
        let (path, _) = site.poller(&cookie).await;

        let (status, _) = site.poll(Method::POST, &path, &cookie, body).await;

        assert_eq!(status, StatusCode::BAD_REQUEST, "{body:x?}");
        assert_eq!(site.poll(Method::POST, &path, &cookie, "3").await.0, StatusCode::BAD_REQUEST, "{body:x?}");
    }
    timeout(PATIENCE, site.empty()).await.expect("no page is left");
}

#[tokio::test]
async fn a_wish_that_lies_too_deep_is_refused_and_the_page_stays() {
    let site = site(&[]).await;
    let token = site.anna().await;
    let (mut page, _) = site.page(&token).await;

    let deep = format!("421[\"sync:join\",{}{}]", "[".repeat(30_000), "]".repeat(30_000));
    page.0.send(Message::text(deep)).await.expect("takes it");

    let Packet::Ack { args, .. } = page.next().await else { panic!("no answer") };
    assert_eq!(args[0], json!({"ok": false, "error": "bad_request"}));
    assert!(page.join("files").await);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused_by_its_number() {
    let site = site(&[]).await;

    for (method, query, code) in [
        (Method::GET, "?EIO=3&transport=polling", "5"),
        (Method::GET, "?EIO=4294967300&transport=polling", "5"),
        (Method::GET, "?transport=polling", "5"),
        (Method::GET, "?EIO=4", "0"),
        (Method::GET, "?EIO=4&transport=pigeon", "0"),
        (Method::GET, "", "0"),
        (Method::POST, "?EIO=4&transport=polling", "2"),
        (Method::GET, "?EIO=4&transport=polling&sid=", "1"),
        (Method::GET, "?EIO=4&transport=polling&sid=../../x", "1"),
        (Method::GET, "?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAHs", "1"),
        (Method::POST, "?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAHs", "1"),
    ] {
        let (status, text) = site.poll(method.clone(), &format!("/socket.io/{query}"), "", "").await;

        assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {query}: {text}");
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{method} {query}: {text}");
    }
}
