//! WebSocket frames by hand: a library between the clock and the wire would be measured along with the server.

/// The request that turns a connection into a WebSocket. The key may be any: a server that answers 101 has accepted it.
pub(crate) fn upgrade(host: &str, path: &str, cookie: &str) -> String {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: bG9ja3N0ZXAtYmVuY2gtMQ==\r\nOrigin: http://{host}\r\n{cookie}\r\n"
    )
}

/// First bytes of frames: whole ones of this kind.
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A client's text frame.
pub(crate) fn masked_text(text: &str) -> Vec<u8> {
    masked(TEXT, text.as_bytes())
}

/// A client's answer to a WebSocket's ping, which has its payload.
pub(crate) fn masked_pong(payload: &[u8]) -> Vec<u8> {
    masked(PONG, payload)
}

/// Whether a frame that begins with this byte is a WebSocket's ping. Those of Socket.IO are texts.
pub(crate) fn is_ping(first: u8) -> bool {
    first == PING
}

/// The mask is zero, which RFC 6455 allows and which leaves the payload as it is.
fn masked(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(kind, payload.len(), 0x80);
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// A server's text frame.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut frame = head(TEXT, text.len(), 0);
    frame.extend_from_slice(text.as_bytes());
    frame
}

fn head(kind: u8, length: usize, mask: u8) -> Vec<u8> {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => vec![kind, mask | short],
        (_, Ok(medium)) => [&[kind, mask | 126][..], &medium.to_be_bytes()].concat(),
        _ => [&[kind, mask | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

/// The first whole frame of `bytes`: its payload and how many bytes it took. `None` while it is incomplete.
pub(crate) fn first_frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (head, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((bytes.get(head..head + length)?, head + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(length: usize) {
        let body = "x".repeat(length);
        let frame = text(&body);

        assert_eq!(first_frame(&frame), Some((body.as_bytes(), frame.len())));
        assert_eq!(first_frame(&frame[..frame.len() - 1]), None);
    }

    #[test]
    fn a_ping_of_the_websocket_is_told_from_a_text() {
        assert!(is_ping(0x89) && !is_ping(text("2")[0]));
        assert_eq!(masked_pong(b"x"), [0x8a, 0x81, 0, 0, 0, 0, b'x']);
    }

    #[test]
    fn a_frame_of_each_header_size_reads_back() {
        for length in [0, 125, 126, 65_535, 65_536] {
            check(length);
        }
    }
}
