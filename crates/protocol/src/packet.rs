//! Engine.IO 4 and Socket.IO 5 packets as text, default namespace, without attachments.
//!
//! As much of the two protocols as clients of our own need: `tail`, the tests and the benchmarks.
//! Source: the protocol documents of Socket.IO (revision 5) and Engine.IO (revision 4).

use std::fmt;

use serde_json::{Value, value::RawValue};

/// One WebSocket text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// The handshake: session id and heartbeat settings.
    Open(Value),
    /// The server asks whether we are there.
    Ping,
    /// We are.
    Pong,
    /// The engine's end.
    Close,
    /// Nothing.
    Noop,
    /// A client's sign-in, or the server's welcome with `sid`.
    Connect(Value),
    /// The session was ended by the server.
    Disconnect,
    /// Sign-in refused.
    ConnectError(Value),
    /// An event with its arguments; with an id where an ack is wanted.
    Event {
        /// The ack's number.
        id: Option<u64>,
        /// The event's name.
        name: String,
        /// What comes after the name.
        args: Vec<Value>,
    },
    /// The answer to an event.
    Ack {
        /// The number of the event.
        id: u64,
        /// The answer's arguments.
        args: Vec<Value>,
    },
}

/// A text that is no packet we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no packet")]
pub struct BadPacket(pub String);

impl Packet {
    /// An event with one argument.
    pub fn event(id: Option<u64>, name: impl Into<String>, argument: Value) -> Self {
        Packet::Event { id, name: name.into(), args: vec![argument] }
    }

    /// The text of an event whose argument is finished JSON: `42["name",argument]`.
    pub fn event_text(name: &str, argument: &str) -> String {
        format!(r#"42["{name}",{argument}]"#)
    }

    /// Reads one message.
    ///
    /// # Errors
    /// [`BadPacket`] with the beginning of the text.
    pub fn parse(text: &str) -> Result<Self, BadPacket> {
        Self::read(text).ok_or_else(|| BadPacket(text.chars().take(80).collect()))
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        Some(match kind {
            "0" => Packet::Open(serde_json::from_str(rest).ok()?),
            "1" => Packet::Close,
            "2" => Packet::Ping,
            "3" => Packet::Pong,
            "4" => Self::read_message(rest)?,
            "6" => Packet::Noop,
            _ => return None,
        })
    }

    fn read_message(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, body) = rest.split_at(digits);
        Some(match kind {
            "0" => Packet::Connect(json_or_null(rest)?),
            "1" => Packet::Disconnect,
            "4" => Packet::ConnectError(json_or_null(rest)?),
            "2" => {
                let mut args: Vec<Value> = serde_json::from_str(body).ok()?;
                let name = if args.is_empty() { return None } else { args.remove(0).as_str()?.to_owned() };
                Packet::Event { id: if id.is_empty() { None } else { Some(id.parse().ok()?) }, name, args }
            }
            "3" => Packet::Ack { id: id.parse().ok()?, args: serde_json::from_str(body).ok()? },
            _ => return None,
        })
    }
}

fn json_or_null(text: &str) -> Option<Value> {
    if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(text).ok() }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packet::Open(open) => write!(f, "0{open}"),
            Packet::Close => f.write_str("1"),
            Packet::Ping => f.write_str("2"),
            Packet::Pong => f.write_str("3"),
            Packet::Noop => f.write_str("6"),
            Packet::Connect(Value::Null) => f.write_str("40"),
            Packet::Connect(auth) => write!(f, "40{auth}"),
            Packet::Disconnect => f.write_str("41"),
            Packet::ConnectError(error) => write!(f, "44{error}"),
            Packet::Event { id, name, args } => {
                let id = id.map(|id| id.to_string()).unwrap_or_default();
                let items: Vec<Value> =
                    std::iter::once(Value::from(name.as_str())).chain(args.iter().cloned()).collect();
                write!(f, "42{id}{}", Value::from(items))
            }
            Packet::Ack { id, args } => write!(f, "43{id}{}", Value::from(args.clone())),
        }
    }
}

/// The raw argument of an event without building its tree, for clients that only pass it on.
///
/// # Errors
/// [`BadPacket`] when the text is not an event with exactly one argument.
pub fn raw_event(text: &str) -> Result<(String, Box<RawValue>), BadPacket> {
    let bad = || BadPacket(text.chars().take(80).collect());
    let body = text.strip_prefix("42").ok_or_else(bad)?;
    serde_json::from_str(body.trim_start_matches(|c: char| c.is_ascii_digit())).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, packet: &Packet) {
        assert_eq!(Packet::parse(text).expect(text), *packet);
        assert_eq!(packet.to_string(), text);
    }

    #[test]
    fn packets_are_read_and_written_alike() {
        check("2", &Packet::Ping);
        check("3", &Packet::Pong);
        check("40", &Packet::Connect(Value::Null));
        check(r#"40{"sid":"x"}"#, &Packet::Connect(json!({"sid": "x"})));
        check(r#"44{"message":"unauthorized"}"#, &Packet::ConnectError(json!({"message": "unauthorized"})));
        check(r#"42["hello",{"a":1}]"#, &Packet::event(None, "hello", json!({"a": 1})));
        check(r#"427["sync:join",{"room":"files"}]"#, &Packet::event(Some(7), "sync:join", json!({"room": "files"})));
        check(r#"437[{"ok":true}]"#, &Packet::Ack { id: 7, args: vec![json!({"ok": true})] });
    }

    #[test]
    fn what_is_no_packet_is_said_so() {
        for text in ["", "7", "42", "42{}", "42[]", "42[7]", "43[]", "45", "4", "ж"] {
            assert!(Packet::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_argument_of_an_event_can_be_passed_on_as_it_came() {
        let (name, argument) = raw_event(r#"42["files:changed",{"seq":1}]"#).expect("an event");

        assert_eq!((name.as_str(), argument.get()), ("files:changed", r#"{"seq":1}"#));
    }
}
