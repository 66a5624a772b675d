//! Coming in: who is it, and may he.

use std::{future::Future, pin::Pin, sync::Arc};

use ::http::{HeaderMap, header, request::Parts};
use axum::extract::ConnectInfo;
use cookie::Cookie;
use lockstep_app::{App, Caller, Error};
use lockstep_protocol::Room;
use serde_json::{Value, json};
use socketioxide::{
    extract::{SocketRef, TryData},
    socket::DisconnectReason,
};
use tracing::debug;

use super::{Door, seat::Seat, talk};
use crate::{
    clock, http,
    listen::{Conn, ConnCtl},
    metrics::{Connect, Label},
    state::SESSION_COOKIE,
};

/// What a page shows to be let in.
enum Credential {
    /// The cookie of a signed-in person.
    Session(String),
    /// A program's API key.
    Key(String),
    /// A session's ticket, good once: for pages on another host, which have no cookie.
    Ticket(String),
}

impl Credential {
    /// From the CONNECT payload, else from the request: the page's own cookie, or a bearer key.
    fn find(payload: &Value, headers: &HeaderMap) -> Option<Self> {
        let given = |name| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(found) = given("ticket").map(Self::Ticket).or_else(|| given("token").map(Self::Key)) {
            return Some(found);
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(key) = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
            return Some(Self::Key(key.to_owned()));
        }
        let mut cookies = Cookie::split_parse(text(header::COOKIE)?.to_owned()).filter_map(Result::ok);
        cookies.find(|cookie| cookie.name() == SESSION_COOKIE).map(|cookie| Self::Session(cookie.value().to_owned()))
    }

    /// Whose it is.
    async fn caller(&self, app: &App) -> Result<Option<Caller>, Error> {
        match self {
            Credential::Session(token) => app.session(token).await,
            Credential::Key(key) => app.api_key(key).await,
            Credential::Ticket(ticket) => app.redeem(ticket).await,
        }
    }
}

type Admitted = Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>>;

/// The check before a socket is connected. Handlers are registered here, since the page may speak before the welcome has run.
pub(super) fn admit(door: Door) -> impl Fn(SocketRef, TryData<Value>) -> Admitted + Clone + Send + Sync + 'static {
    move |socket, TryData(payload)| {
        let door = door.clone();
        Box::pin(async move {
            let outcome = door.admit(&socket, &payload.unwrap_or_default()).await;
            let transport = transport(&socket);
            let result = outcome.err().unwrap_or("accepted");
            door.state().metrics.connects.get_or_create(&Connect { transport, result }).inc();
            outcome
        })
    }
}

fn transport(socket: &SocketRef) -> &'static str {
    match socket.transport_type() {
        socketioxide::TransportType::Websocket => "websocket",
        socketioxide::TransportType::Polling => "polling",
    }
}

impl Door {
    async fn admit(&self, socket: &SocketRef, payload: &Value) -> Result<(), &'static str> {
        let parts = socket.req_parts();
        let credential = Credential::find(payload, &parts.headers).ok_or("unauthorized")?;
        let caller = match credential.caller(&self.state().app).await {
            Ok(caller) => caller.ok_or("unauthorized")?,
            Err(error) => {
                debug!(%error, "nobody can be let in just now: {error}");
                return Err("unavailable");
            }
        };
        let connection = self.connection(socket, parts);
        let seat = Seat::new(caller, connection, &self.state().settings.limits);
        socket.extensions.insert(Arc::new(seat));
        talk::listen(self, socket);
        let door = self.clone();
        socket.on_disconnect(async move |socket: SocketRef, reason: DisconnectReason| door.gone(&socket, reason).await);
        Ok(())
    }

    /// The connection the session is on now: that of its upgrade, if it began with polling.
    fn connection(&self, socket: &SocketRef, parts: &Parts) -> Option<Arc<ConnCtl>> {
        let first = || parts.extensions.get::<ConnectInfo<Conn>>().map(|info| info.0.ctl.clone());
        let upgraded = self.0.upgrades.remove(&socket.id.to_string());
        let direct = || (transport(socket) == "websocket").then(first).flatten();
        upgraded.or_else(direct)
    }

    /// The page is connected: it is told who it is and where it is, and hears what concerns its person.
    pub(super) async fn welcome(&self, socket: SocketRef) {
        let Some(seat) = socket.extensions.get::<Arc<Seat>>() else { return };
        self.lock().insert(socket.id, seat.clone());
        let member = seat.member(&socket, self.sync()).await;
        let _ = socket.emit("hello", &self.hello(&seat.caller()));
        if let Some(user) = seat.caller().user() {
            let _ = self.sync().join(member, vec![(Room::User(user.id.as_str().into()), None)]).await;
        }
    }

    fn hello(&self, caller: &Caller) -> Value {
        let state = self.state();
        let position = state.sync.status().borrow().position.clone();
        json!({
            "worker": std::process::id(),
            "epoch": position.map(|position| position.epoch),
            "build": http::build(),
            "serverTime": clock::now_ms(),
            "syncIdleSeconds": state.settings.sync.sync_idle_seconds,
            "user": caller.user(),
        })
    }

    async fn gone(&self, socket: &SocketRef, reason: DisconnectReason) {
        self.lock().remove(&socket.id);
        if let Some(seat) = socket.extensions.get::<Arc<Seat>>() {
            seat.leave(socket, self.sync()).await;
        }
        self.state().metrics.disconnects.get_or_create(&Label { kind: name(&reason) }).inc();
    }
}

fn name(reason: &DisconnectReason) -> &'static str {
    match reason {
        DisconnectReason::TransportClose => "transport_close",
        DisconnectReason::TransportError => "transport_error",
        DisconnectReason::HeartbeatTimeout => "heartbeat_timeout",
        DisconnectReason::ClientNSDisconnect => "client_left",
        DisconnectReason::ServerNSDisconnect => "dismissed",
        DisconnectReason::ClosingServer => "server_closing",
        _ => "protocol_error",
    }
}
