//! A page without a browser: a Socket.IO client that keeps what it hears.

use std::{collections::VecDeque, fmt, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lockstep_protocol::packet::Packet;
use serde_json::{Value, json};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use crate::{Address, Api, LIMIT, Stream, within};

/// The path of a WebSocket-only connection.
const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// Packets kept for a later look. A test that lets more pile up has lost its way.
const KEPT: usize = 100_000;

/// Between two questions how far a worker has come; a page may ask ten things a second.
const BETWEEN_ASKS: Duration = Duration::from_millis(100);

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Its name.
    pub name: String,
    /// Its first argument.
    pub body: Value,
}

impl Heard {
    /// The number under `field`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn number(&self, field: &str) -> u64 {
        self.body[field].as_u64().unwrap_or_else(|| panic!("no number `{field}` in {self}"))
    }

    /// Its place in the ledger.
    #[must_use]
    #[track_caller]
    pub fn seq(&self) -> u64 {
        self.number("seq")
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.body)
    }
}

/// Why a connection was refused, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The upgrade was answered with this status and body.
    Http(u16, String),
    /// Socket.IO's connect error.
    Connect(String),
    /// The connection broke.
    Broken(String),
}

/// An open connection in namespace `/`.
pub struct Page {
    socket: WebSocketStream<Box<dyn Stream>>,
    next_ack: u64,
    heard: VecDeque<Heard>,
    /// The server's `hello`.
    pub hello: Value,
}

impl Page {
    /// Connects with the session's cookie and waits for `hello`.
    ///
    /// # Panics
    /// When the server does not let it in.
    pub async fn open(address: &Address, person: &Api) -> Page {
        let origin = format!("http://{}", address.host());
        let headers = [("cookie", person.cookie.as_str()), ("origin", origin.as_str())];
        Page::connect(address, &headers, Value::Null)
            .await
            .unwrap_or_else(|why| panic!("no connection to {address}: {why:?}"))
    }

    /// Connects with any headers and any CONNECT payload.
    ///
    /// # Errors
    /// [`Refused`], when the server does not let it in.
    pub async fn connect(address: &Address, headers: &[(&str, &str)], payload: Value) -> Result<Page, Refused> {
        within("connecting a page", LIMIT, async {
            let socket = upgrade(address, PATH, headers).await?;
            let mut page = Page { socket, next_ack: 0, heard: VecDeque::new(), hello: Value::Null };
            page.welcome(payload).await?;
            Ok(page)
        })
        .await
    }

    /// Joins a room without a position; gives the ack.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn join(&mut self, room: &str) -> Value {
        let ack = self.ask("sync:join", json!({"room": room})).await;
        assert_eq!(ack["ok"], true, "join {room}: {ack}");
        ack
    }

    /// Joins a room from a position on; gives the ack.
    pub async fn join_from(&mut self, room: &str, epoch: &Value, seq: &Value) -> Value {
        self.ask("sync:join", json!({"room": room, "epoch": epoch, "seq": seq})).await
    }

    /// Sends an event and waits for its ack. What else arrives meanwhile is kept.
    ///
    /// # Panics
    /// When no ack comes, or the connection ends.
    pub async fn ask(&mut self, name: &str, argument: Value) -> Value {
        self.try_ask(name, argument).await.unwrap_or_else(|why| panic!("waiting for the ack of {name}: {why:?}"))
    }

    /// The same, where the server may rather end the connection.
    ///
    /// # Errors
    /// How it ended.
    ///
    /// # Panics
    /// When no ack comes within [`LIMIT`].
    pub async fn try_ask(&mut self, name: &str, argument: Value) -> Result<Value, Refused> {
        let number = self.next_ack;
        self.next_ack += 1;
        self.send(&Packet::event(Some(number), name, argument)).await;
        within(&format!("the ack of {name}"), LIMIT, async {
            loop {
                match self.packet().await? {
                    Packet::Ack { id, mut args } if id == number && !args.is_empty() => return Ok(args.remove(0)),
                    _ => {}
                }
            }
        })
        .await
    }

    /// Sends an event that wants no ack.
    pub async fn tell(&mut self, name: &str, argument: Value) {
        self.send(&Packet::event(None, name, argument)).await;
    }

    /// The next event of this name; others stay for later.
    ///
    /// # Panics
    /// When none comes within [`LIMIT`].
    pub async fn event(&mut self, name: &str) -> Heard {
        self.event_where(name, |_| true).await
    }

    /// The next event of this name that `wanted` takes; others stay for later.
    ///
    /// # Panics
    /// When none comes within [`LIMIT`].
    pub async fn event_where(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Heard {
        let fits = |heard: &Heard| heard.name == name && wanted(&heard.body);
        let what = format!("event {name}");
        within(&what, LIMIT, async {
            loop {
                if let Some(place) = self.heard.iter().position(fits) {
                    return self.heard.remove(place).expect("it was found there");
                }
                self.packet().await.unwrap_or_else(|why| panic!("waiting for {name}: {why:?}"));
            }
        })
        .await
    }

    /// The next event, whatever its name.
    ///
    /// # Errors
    /// How the connection ended, where it did.
    pub async fn next(&mut self) -> Result<Heard, Refused> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            self.packet().await?;
        }
    }

    /// Waits until this page's worker has come as far as `seq`. What it had to tell of until then is here: answers leave after it.
    ///
    /// # Panics
    /// When it does not come so far within [`LIMIT`].
    pub async fn reaches(&mut self, seq: u64) {
        within(&format!("a worker that has come to {seq}"), LIMIT, async {
            while self.ask("sync:pos", json!({"room": "index"})).await["seq"].as_u64() < Some(seq) {
                tokio::time::sleep(BETWEEN_ASKS).await;
            }
        })
        .await;
    }

    /// Lets go of everything heard so far.
    pub fn forget(&mut self) {
        self.heard.clear();
    }

    /// Everything heard so far under this name, in order, taken away. To be sure that all of it has come, wait for its place first
    /// ([`Page::reaches`]).
    pub fn heard(&mut self, name: &str) -> Vec<Heard> {
        let (taken, left) = std::mem::take(&mut self.heard).into_iter().partition(|heard| heard.name == name);
        self.heard = left;
        Vec::from(taken)
    }

    /// Reads until the connection ends; gives how it did.
    ///
    /// # Panics
    /// When it is still open after `limit`.
    pub async fn end(&mut self, limit: Duration) -> Refused {
        within("the end of the connection", limit, async {
            loop {
                if let Err(why) = self.packet().await {
                    return why;
                }
            }
        })
        .await
    }

    async fn welcome(&mut self, payload: Value) -> Result<(), Refused> {
        loop {
            match self.packet().await? {
                Packet::Open(_) => self.send(&Packet::Connect(payload.clone())).await,
                Packet::ConnectError(error) => {
                    return Err(Refused::Connect(error["message"].as_str().unwrap_or_default().to_owned()));
                }
                _ => {}
            }
            if let Some(hello) = self.heard("hello").pop() {
                self.hello = hello.body;
                return Ok(());
            }
        }
    }

    /// The next packet. Pings are answered, events kept.
    async fn packet(&mut self) -> Result<Packet, Refused> {
        let text = match self.socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => return Err(Refused::Broken(format!("closed: {frame:?}"))),
            Some(Ok(_)) => return Ok(Packet::Noop),
            Some(Err(error)) => return Err(Refused::Broken(error.to_string())),
            None => return Err(Refused::Broken("ended".to_owned())),
        };
        let packet = Packet::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        match &packet {
            Packet::Ping => self.send(&Packet::Pong).await,
            Packet::Disconnect => return Err(Refused::Broken("disconnected by the server".to_owned())),
            Packet::Event { name, args, .. } => {
                let body = args.first().cloned().unwrap_or_default();
                self.heard.push_back(Heard { name: name.clone(), body });
                assert!(self.heard.len() < KEPT, "nobody looks at what this page hears");
            }
            _ => {}
        }
        Ok(packet)
    }

    /// A broken connection shows at the next read, with the reason.
    async fn send(&mut self, packet: &Packet) {
        let _ = self.socket.send(Message::text(packet.to_string())).await;
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Page").field("hello", &self.hello).field("heard", &self.heard).finish_non_exhaustive()
    }
}

/// Opens a WebSocket at `path`.
///
/// # Errors
/// [`Refused`], with the status where the server answered with one.
pub async fn upgrade(
    address: &Address,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<WebSocketStream<Box<dyn Stream>>, Refused> {
    let stream = address.connect().await.map_err(|error| Refused::Broken(error.to_string()))?;
    let url = format!("ws://{}{path}", address.host());
    let mut request = url.into_client_request().expect("the tests write sane URLs");
    for (name, value) in headers {
        let name = ::http::HeaderName::try_from(*name).expect("the tests write sane headers");
        request.headers_mut().insert(name, value.parse().expect("the tests write sane headers"));
    }
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => {
            let body = answer.body().as_deref().unwrap_or_default();
            Err(Refused::Http(answer.status().as_u16(), String::from_utf8_lossy(body).into_owned()))
        }
        Err(error) => Err(Refused::Broken(error.to_string())),
    }
}
