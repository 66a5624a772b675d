//! Heads of requests as no client should send them, over TCP.

use super::*;
use crate::nasty::bytes;

#[tokio::test]
async fn a_request_that_means_two_things_is_one_request_at_most() {
    let site = site(&[]).await;
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let post = |headers: &str, body: &str| format!("POST /api/logout HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}");

    for (head, expected) in [
        (post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n"), "401"),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n"), "401"),
        (post("Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "12345"), "400"),
        (post("Content-Length: 5, 6\r\n\r\n", "12345"), "400"),
        (post("Content-Length: -1\r\n\r\n", ""), "400"),
        (post("Content-Length: +5\r\n\r\n", "12345"), "400"),
        (post("Transfer-Encoding: chunked, identity\r\n\r\n", "0\r\n\r\n"), "400"),
        (post("Transfer-Encoding : chunked\r\n\r\n", "0\r\n\r\n"), "400"),
        (post("Transfer-Encoding: xchunked\r\n\r\n", "0\r\n\r\n"), "400"),
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), "400"),
        ("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(), "400"),
    ] {
        let head = head.replace("\r\n\r\n\r\n", "\r\n\r\n");
        let answers = site.raw(format!("{head}{smuggled}").as_bytes()).await;

        assert!(answers.starts_with(&format!("HTTP/1.1 {expected}")), "{head:?}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answers}");
    }
    assert!(site.raw(b"GET /healthz HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 200"), "older clients name no host");
}

#[tokio::test]
async fn whatever_head_comes_the_next_one_is_answered() {
    const HEADS: [&[u8]; 14] = [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40",
        b"GET /socket.io/?EIO=4&transport=websocket&sid=x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0\x34\x30",
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0\x34\x30\x88\x80\0\0\0\0",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    ];
    let site = site(&[]).await;

    for head in bytes(&HEADS, 500) {
        let answer = site.raw(&head).await;
        let fine = answer.is_empty() || answer.starts_with("HTTP/1.") && !answer.contains(" 500 Internal");
        assert!(fine, "{:?}: {answer}", String::from_utf8_lossy(&head));
    }

    assert!(site.raw(HEADS[0]).await.starts_with("HTTP/1.1 200"));
    let token = site.anna().await;
    assert!(site.page(&token).await.0.join("files").await);
}
