//! Coming in: who is it, and may he.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Weak, atomic::Ordering},
};

use ::http::{HeaderMap, request::Parts};
use axum::extract::ConnectInfo;
use lockstep_app::Caller;
use lockstep_protocol::Room;
use lockstep_sync_manager::{Outlet, Run, Unavailable};
use serde_json::{Value, json};
use socketioxide::{
    extract::{SocketRef, TryData},
    socket::{DisconnectReason, Sid},
};
use tokio::time::sleep;
use tracing::debug;

use super::{CONNECT_LIMIT, Door, gate::parameter, seat::Seat, talk};
use crate::{
    client::Client,
    clock,
    credential::Credential,
    http,
    listen::{Conn, Connection, KillReason},
    metrics::{Connect, Label},
    watch,
};

/// So many refused sign-ins end a session. An honest client tries once, or once more with another ticket.
const MAX_REFUSALS: u32 = 10;

type Admitted = Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>>;

/// The check before a socket is connected. Handlers are registered here, since the page may speak before the welcome has run; what it
/// says then waits for that.
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
        let as_of = self.state().changes.count();
        self.may_try(socket)?;
        let caller = self.identify(payload, parts).await.inspect_err(|_| self.note_refusal(socket))?;
        // Sessions on long polling hold no connection, so the listener does not count them.
        if self.pages() >= self.state().settings.limits.connections {
            return Err("unavailable");
        }
        let seat = Seat::new(caller, as_of, direct(parts), &self.state().settings);
        self.state().metrics.ways.get_or_create(&Label { kind: seat.way(&self.state().settings) }).inc();
        socket.extensions.insert(Arc::new(seat));
        talk::listen(self, socket);
        let door = self.clone();
        socket.on_disconnect(async move |socket: SocketRef, reason: DisconnectReason| door.gone(&socket, reason).await);
        Ok(())
    }

    /// Each try costs a look into the database, and a message of 64 KiB holds thousands of them: so after a few the connection ends.
    fn may_try(&self, socket: &SocketRef) -> Result<(), &'static str> {
        let refused = self.0.refused.get(&socket.id).map_or(0, |refused| refused.load(Ordering::Relaxed));
        if refused < MAX_REFUSALS {
            return Ok(());
        }
        direct(socket.req_parts()).map(|connection| connection.kill(KillReason::Flood));
        Err("rate_limited")
    }

    fn note_refusal(&self, socket: &SocketRef) {
        self.0.refused.get_with(socket.id, Arc::default).fetch_add(1, Ordering::Relaxed);
    }

    /// Who it is, by the CONNECT payload or else by the head of the first request. Strangers are counted as at the other doors.
    async fn identify(&self, payload: &Value, parts: &Parts) -> Result<Caller, &'static str> {
        let state = self.state();
        if let Some(credential) = credential(payload, &parts.headers) {
            match credential.caller(&state.app).await {
                Ok(Some(caller)) => return Ok(caller),
                Ok(None) => {}
                Err(error) => {
                    debug!(%error, "nobody can be let in just now: {error}");
                    return Err("unavailable");
                }
            }
        }
        let counted = state.limits.address(&Client::of(parts, &state.settings).counted());
        Err(if counted.is_ok() { "unauthorized" } else { "rate_limited" })
    }

    /// The page is connected: it is told who it is and where it is, and hears what concerns its person.
    pub(super) async fn welcome(&self, socket: SocketRef) {
        let Some(seat) = socket.extensions.get::<Arc<Seat>>() else { return };
        if !self.seat(&socket, &seat) {
            return;
        }
        seat.send(&self.hello(&seat.caller()));
        seat.welcomed();
        if self.enter_own_room(&seat).await.is_err() {
            seat.cut(KillReason::Unavailable);
        }
        if !watch::check_newcomer(self.state(), &*seat).await {
            seat.cut(KillReason::Unavailable);
        }
    }

    /// From here on the seat is found by whoever looks for it. False when the page has gone already.
    pub(super) fn seat(&self, socket: &SocketRef, seat: &Arc<Seat>) -> bool {
        let mut seats = self.lock();
        if !seat.sit(socket) {
            return false;
        }
        seats.insert(socket.id, seat.clone());
        if let Some(upgraded) = self.upgraded(&socket.id.to_string()) {
            seat.moved_to(upgraded);
        }
        true
    }

    async fn enter_own_room(&self, seat: &Arc<Seat>) -> Result<(), Unavailable> {
        let member = seat.member(self.sync()).await?;
        let Some(user) = seat.caller().user().map(|user| Room::User(user.id.as_str().into())) else { return Ok(()) };
        self.sync().join(member, vec![(user, None)]).await.map(drop)
    }

    fn hello(&self, caller: &Caller) -> Run {
        let state = self.state();
        let position = state.sync.status().borrow().position.clone();
        let hello = json!({
            "worker": std::process::id(),
            "epoch": position.map(|position| position.epoch),
            "build": http::build(),
            "serverTime": clock::now_ms(),
            "syncIdleSeconds": state.settings.sync.sync_idle_seconds,
            "user": caller.user(),
        });
        Run::of("hello", &hello)
    }

    async fn gone(&self, socket: &SocketRef, reason: DisconnectReason) {
        let seat = socket.extensions.get::<Arc<Seat>>();
        // Closed before it is taken out: a welcome that comes later must not put it back.
        seat.iter().for_each(|seat| seat.close());
        let seated = self.lock().remove(&socket.id);
        if let Some(seat) = seat.or(seated) {
            seat.leave(self.sync()).await;
            if matches!(reason, DisconnectReason::ClientNSDisconnect | DisconnectReason::ServerNSDisconnect) {
                self.see_off(socket.id, seat.connection());
            }
        }
        self.state().metrics.disconnects.get_or_create(&Label { kind: name(&reason) }).inc();
    }

    /// To the engine, a session whose page has left or was dismissed is as good as any: it goes on as long as it shows signs of life.
    /// So it ends here unless somebody signs in on it again, in the time that every stranger has.
    fn see_off(&self, session: Sid, connection: Option<Weak<Connection>>) {
        let door = self.clone();
        // Ends by itself; at the end of the worker there is nothing left for it to do.
        tokio::spawn(async move {
            sleep(CONNECT_LIMIT).await;
            if door.lock().contains_key(&session) {
                return;
            }
            match connection {
                Some(connection) => drop(connection.upgrade().map(|open| open.kill(KillReason::NotSignedIn))),
                None => door.0.left.insert(session.to_string(), ()),
            }
        });
    }
}

/// The CONNECT payload counts before the head: a page of another site has no cookie, and a program may not be able to set headers.
fn credential(payload: &Value, headers: &HeaderMap) -> Option<Credential> {
    let given = |name| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let given = given("ticket").map(Credential::Ticket).or_else(|| given("token").map(Credential::Key));
    given.or_else(|| Credential::of(headers))
}

/// The connection of a session that began with a WebSocket: always its first. One that began with polling has none until its upgrade.
fn direct(parts: &Parts) -> Option<Arc<Connection>> {
    let websocket = parameter(&parts.uri, "transport") == Some("websocket");
    parts.extensions.get::<ConnectInfo<Conn>>().filter(|_| websocket)?.0.connection()
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
