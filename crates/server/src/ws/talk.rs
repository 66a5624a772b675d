//! What is said at a raw door: the greeting, what a client asks for, signs of life, and the goodbye.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, sink},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    CLOSE_LIMIT, Doorway, Raw,
    close::{Close, RETRY_SECONDS},
    heartbeat::{Beat, Heartbeat},
    logs::{complain_of_url, with_filters},
    seat::Seat,
};
use crate::{
    allowance::Said,
    clock,
    listen::{Connection, KillReason},
    metrics::Label,
    watch,
};

/// A connection that speaks WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What is still read after the goodbye, in bytes. A connection that is closed with something unread takes the goodbye with it.
const LAST_WORDS: u64 = 1 << 20;

/// Why a message was not done.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) code: &'static str,
    /// What it is about, where it is about one thing.
    pub(super) field: Option<&'static str>,
    pub(super) message: Cow<'static, str>,
}

impl Complaint {
    pub(super) fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field: None, message: message.into() }
    }

    /// Something is wrong with this field of a filter.
    pub(super) fn about(field: &'static str, why: String) -> Self {
        Self { field: Some(field), ..Self::new("bad_filter", why) }
    }

    /// The worker cannot answer just now.
    pub(super) fn unavailable() -> Self {
        Self::new("unavailable", "not possible just now, ask again")
    }
}

/// What happens next on a connection.
enum Next {
    Message(Message),
    /// The client goes, or what it sent is no WebSocket's.
    End(Option<Close>),
    /// It has not answered in time.
    Silence,
}

/// The next message; meanwhile it is asked for signs of life.
async fn next(socket: &mut Socket, heartbeat: &mut Heartbeat) -> Next {
    loop {
        let beat = tokio::select! {
            message = socket.next() => {
                heartbeat.heard();
                return match message {
                    None | Some(Ok(Message::Close(_))) => Next::End(None),
                    Some(Ok(message)) => Next::Message(message),
                    Some(Err(error)) => Next::End(Close::of(&error)),
                };
            }
            beat = heartbeat.next() => beat,
        };
        match beat {
            Beat::Dead => return Next::Silence,
            Beat::Ask if socket.send(Message::Ping(Bytes::new())).await.is_err() => return Next::End(None),
            Beat::Ask => {}
        }
    }
}

impl Raw {
    /// Until the client goes (nothing), or is to go.
    pub(super) async fn talk(&self, seat: &Arc<Seat>, socket: &mut Socket) -> Option<Close> {
        if let Err(close) = self.let_in(seat).await {
            return Some(close);
        }
        let mut heartbeat = Heartbeat::new(&self.state().settings.socketio);
        let mut scolded = false;
        loop {
            let message = match next(socket, &mut heartbeat).await {
                Next::Message(message) => message,
                Next::End(close) => return close,
                Next::Silence => {
                    seat.cut(KillReason::Idle);
                    return None;
                }
            };
            match seat.may_speak() {
                Said::Allowed => {
                    scolded = false;
                    self.hear(seat, &message).await;
                }
                Said::TooMuch => self.scold(seat, &mut scolded),
                Said::Flood => return Some(Close::too_much(RETRY_SECONDS, "messages")),
            }
        }
    }

    /// The greeting, and the second look at what may have changed since the first.
    async fn let_in(&self, seat: &Arc<Seat>) -> Result<(), Close> {
        self.greet(seat).await?;
        if !watch::check_newcomer(self.state(), &**seat).await {
            return Err(Close::unavailable());
        }
        if self.state().is_draining() { Err(Close::restarting()) } else { Ok(()) }
    }

    /// Says once that it is too much, until something passes again: a complaint for each would be a flood of our own.
    fn scold(&self, seat: &Seat, scolded: &mut bool) {
        self.state().metrics.rate_limited.get_or_create(&Label { kind: "socket" }).inc();
        if !std::mem::replace(scolded, true) {
            complain(seat, &Complaint::new("rate_limited", "too many messages: this one is not done; wait a second"));
        }
    }

    async fn hear(&self, seat: &Arc<Seat>, message: &Message) {
        let text = match message {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => return complain(seat, &Complaint::new("bad_message", "messages are text")),
            // The library answers pings.
            _ => return,
        };
        if let Err(complaint) = self.answer(seat, text).await {
            complain(seat, &complaint);
        }
    }

    async fn answer(&self, seat: &Arc<Seat>, text: &str) -> Result<(), Complaint> {
        let message: Value = serde_json::from_str(text)
            .map_err(|_| Complaint::new("bad_message", "a message is a JSON object with a `type`"))?;
        match (message["type"].as_str(), seat.doorway()) {
            (Some("ping"), _) => seat.say(&json!({"type": "pong", "serverTime": clock::now()})),
            (Some(kind), Doorway::Notifications) => return self.answer_about_notices(seat, kind, &message).await,
            (Some(kind), Doorway::LogStream) => return Self::answer_about_logs(seat, kind, &message),
            (Some(kind), Doorway::Logs) => return Err(unknown_type(kind, "ping")),
            (None, _) => return Err(Complaint::new("bad_message", "a message is a JSON object with a `type`")),
        }
        Ok(())
    }

    /// Tells the client that it is in, before anything else.
    async fn greet(&self, seat: &Arc<Seat>) -> Result<(), Close> {
        if seat.doorway().has_notices() && seat.caller().user().is_some() {
            self.greet_with_notices(seat).await?;
        } else {
            let unread = if seat.caller().user().is_some() { Some(self.unread(seat).await?) } else { None };
            let (unread, counted) = unread.unzip();
            let position = counted.or_else(|| self.state().sync.status().borrow().position.clone());
            seat.say(&with_filters(seat, greeting(seat, position.as_ref(), unread)));
            complain_of_url(seat);
        }
        self.open_logs(seat);
        Ok(())
    }

    /// Closes for `close`, or answers the client's own close; what the client still says is read and heard no more.
    pub(super) async fn say_goodbye(&self, connection: &Connection, mut socket: Socket, close: Option<Close>) {
        if let Some(close) = &close {
            self.state().metrics.ws_closes.get_or_create(&Label { kind: close.label() }).inc();
        }
        let enough = connection.bytes_in() + LAST_WORDS;
        let goodbye = async {
            if let Some(close) = close {
                socket.close(Some(close.frame())).await.ok()?;
            }
            while let Some(Ok(_)) = socket.next().await {
                if connection.bytes_in() > enough {
                    return None;
                }
            }
            // After a message that the library gave up on it reads nothing more, and there may be much more.
            let stream = socket.get_mut();
            stream.shutdown().await.ok()?;
            tokio::io::copy(&mut stream.take(LAST_WORDS), &mut sink()).await.ok()
        };
        let _ = timeout(CLOSE_LIMIT, goodbye).await;
    }
}

pub(super) fn complain(seat: &Seat, complaint: &Complaint) {
    let Complaint { code, field, message } = complaint;
    let mut error = json!({"type": "error", "code": code, "message": message});
    if let Some(field) = field {
        error["field"] = (*field).into();
    }
    seat.say(&error);
}

/// Of a stranger's word only the beginning is said back.
pub(super) fn unknown_type(kind: &str, known: &str) -> Complaint {
    let kind = lockstep_protocol::short_name(kind);
    Complaint::new("unknown_type", format!("`{kind}`: no such message here; there are {known}"))
}

/// `connection_established`, to be completed by the doors that say more. A program has no notices.
pub(super) fn greeting(seat: &Seat, position: Option<&lockstep_protocol::Position>, unread: Option<i64>) -> Value {
    let caller = seat.caller();
    let user = caller.user().map(|user| json!({"id": user.id, "login": user.login, "name": user.name}));
    json!({
        "type": "connection_established",
        "unread": unread,
        "user": user,
        "epoch": position.map(|position| &position.epoch),
        "seq": position.map(|position| position.seq),
        "worker": std::process::id(),
        "serverTime": clock::now(),
    })
}
