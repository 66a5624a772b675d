//! Socket.IO packets, and other texts, as finished WebSocket frames: what a server writes when it writes them itself.
//!
//! One unmasked text frame a packet, whole, as RFC 6455 section 5.2 has it. Never reads any; see [`crate::packet`] for that.

/// Final frame of a text message.
const TEXT: u8 = 0x81;

/// Appends the event `name` with `argument`, finished JSON, to `frames`. The name needs no escapes, as [`crate::EventName`] never does.
pub fn event(frames: &mut Vec<u8>, name: &str, argument: &str) {
    write(frames, &[r#"42[""#, name, r#"","#, argument, "]"]);
}

/// Appends the answer to the event with the number `id` to `frames`; `argument` is finished JSON.
pub fn ack(frames: &mut Vec<u8>, id: i64, argument: &str) {
    write(frames, &["43", &id.to_string(), "[", argument, "]"]);
}

/// Appends any other text message to `frames`.
pub fn text(frames: &mut Vec<u8>, message: &str) {
    write(frames, &[message]);
}

/// The longest head of a frame, in bytes.
pub const MAX_HEAD: usize = 10;

/// How many bytes the frame of an event is at most.
pub fn event_bytes(name: &str, argument: &str) -> usize {
    const PACKET: usize = 7;
    MAX_HEAD + PACKET + name.len() + argument.len()
}

fn write(frames: &mut Vec<u8>, parts: &[&str]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    frames.push(TEXT);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => frames.push(short),
        (_, Ok(medium)) => {
            frames.push(126);
            frames.extend(medium.to_be_bytes());
        }
        _ => {
            frames.push(127);
            frames.extend((length as u64).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| frames.extend(part.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Packet;

    fn framed(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut frames = Vec::new();
        write(&mut frames);
        frames
    }

    #[test]
    fn an_event_and_an_answer_are_packets_that_clients_read() {
        let event = framed(|frames| event(frames, "files:changed", r#"{"seq":1}"#));
        let ack = framed(|frames| ack(frames, 7, r#"{"ok":true}"#));

        let parse = |frame: &[u8]| Packet::parse(std::str::from_utf8(&frame[2..]).expect("text")).expect("a packet");
        assert_eq!(parse(&event), Packet::event(None, "files:changed", serde_json::json!({"seq": 1})));
        assert_eq!(parse(&ack), Packet::Ack { id: 7, args: vec![serde_json::json!({"ok": true})] });
    }

    #[test]
    fn the_head_tells_the_length_in_the_shortest_form() {
        let heads = [(125, vec![TEXT, 125]), (126, vec![TEXT, 126, 0, 126]), (65_535, vec![TEXT, 126, 255, 255])];
        for (length, head) in heads {
            let body = "x".repeat(length);
            assert_eq!(framed(|frames| text(frames, &body)), [head.as_slice(), body.as_bytes()].concat());
        }
        let frame = framed(|frames| text(frames, &"x".repeat(65_536)));
        assert_eq!(frame[..10], [TEXT, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn no_frame_is_longer_than_it_was_said_to_be() {
        for length in [0, 100, 1_000, 100_000] {
            let argument = format!("\"{}\"", "x".repeat(length));
            assert!(framed(|frames| event(frames, "a:b", &argument)).len() <= event_bytes("a:b", &argument));
        }
    }
}
