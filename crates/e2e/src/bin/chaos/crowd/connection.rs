//! One connection of a page: how it is made, and what it says.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lockstep_e2e::{Address, Api, Stream, page::upgrade};
use lockstep_protocol::{Position, Room, packet::Packet};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// A connection that is not open by then is given up.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A join without an answer in this time is sent again.
pub(super) const JOIN_LIMIT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<Box<dyn Stream>>;

/// What holds for one connection.
pub(super) struct Connection {
    pub(super) socket: Socket,
    pub(super) next_ack: u64,
    /// Rooms that wait for an answer, by the number of the question.
    pub(super) asked: BTreeMap<u64, (Vec<Room>, Instant)>,
    /// Without another ping by then the connection is dead.
    pub(super) deadline: Instant,
    pub(super) heartbeat: Duration,
    /// Asked to move: when to.
    pub(super) leave_at: Option<Instant>,
    /// Nothing comes through it any more. The next connection will be sound.
    pub(super) deaf: bool,
}

/// Why a connection is over.
pub(super) struct Over;

impl Connection {
    /// Connects, signs in and is welcomed; nothing when any of it fails.
    pub(super) async fn open(address: &Address, person: &Api) -> Option<Connection> {
        let origin = format!("http://{}", address.host());
        let headers = [("cookie", person.cookie.as_str()), ("origin", origin.as_str())];
        let socket = upgrade(address, "/socket.io/?EIO=4&transport=websocket", &headers).await.ok()?;
        let mut connection = Connection {
            socket,
            next_ack: 0,
            asked: BTreeMap::new(),
            deadline: Instant::now() + CONNECT_LIMIT,
            heartbeat: CONNECT_LIMIT,
            leave_at: None,
            deaf: false,
        };
        loop {
            let Some(Ok(Message::Text(text))) = connection.socket.next().await else { return None };
            match Packet::parse(&text).ok()? {
                Packet::Open(open) => {
                    let ms = open["pingInterval"].as_u64()? + open["pingTimeout"].as_u64()?;
                    connection.heartbeat = Duration::from_millis(ms);
                    connection.deadline = Instant::now() + connection.heartbeat;
                    connection.send(&Packet::Connect(Value::Null)).await.ok()?;
                }
                Packet::Ping => connection.send(&Packet::Pong).await.ok()?,
                Packet::Connect(_) => return Some(connection),
                Packet::ConnectError(_) | Packet::Close => return None,
                _ => {}
            }
        }
    }

    /// Asks to join all these rooms, each from its position.
    pub(super) async fn join(&mut self, wishes: BTreeMap<Room, Option<Position>>) -> Result<(), Over> {
        let named = |(room, position): (&Room, &Option<Position>)| {
            let position = position.as_ref().map(|position| json!([position.epoch, position.seq]));
            (room.to_string(), position.unwrap_or(Value::Null))
        };
        let rooms: serde_json::Map<String, Value> = wishes.iter().map(named).collect();
        let id = self.next_ack;
        self.next_ack += 1;
        self.asked.insert(id, (wishes.into_keys().collect(), Instant::now() + JOIN_LIMIT));
        self.send(&Packet::event(Some(id), "sync:join", json!({"rooms": rooms}))).await
    }

    pub(super) async fn send(&mut self, packet: &Packet) -> Result<(), Over> {
        let sent = timeout(JOIN_LIMIT, self.socket.send(Message::text(packet.to_string()))).await;
        sent.map_err(|_| Over)?.map_err(|_| Over)
    }
}
