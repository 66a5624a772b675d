//! The Socket.IO door: pages come in, say which rooms they want, and hear them.
//!
//! One way out: [`seat`] alone speaks to a page: what the hub hands it, the greeting and answers. Every other emit of the library, and
//! every other use of a connection's lane, is banned by lint. A page may ask, never tell: change events that a client sends are refused
//! and counted.
//! It guarantees that nobody hears a room without the right to, and that a person whose session or rights are taken away is out.

mod entry;
mod gate;
mod logs;
mod presence;
mod seat;
mod talk;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::AtomicU32},
    time::Duration,
};

use axum::Router;
use lockstep_sync_manager::SyncManager;
use moka::sync::Cache;
use socketioxide::{
    ParserConfig, SocketIo, SocketIoBuilder, TransportType, extract::SocketRef, handler::ConnectHandler,
    layer::SocketIoLayer, socket::Sid,
};
use tokio::time::timeout;
use tower::{ServiceBuilder, util::option_layer};

use crate::{
    http,
    listen::{Connection, KillReason},
    state::State,
    watch::{Hall, Seated},
};
use seat::Seat;

/// How long all sockets together may take to close before the rest is cut. Healthy ones take milliseconds; the supervisor allows ten
/// seconds for all that comes after the drain.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// How long a client may take to sign in after the handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The read buffer of an idle WebSocket; messages from pages are short, and a larger buffer is paid for by every idle page.
const READ_BUFFER: usize = 128;

/// Upgrades remembered until their session has signed in, sessions that were refused, and sessions whose page has left. Strangers may fill it; they only push each other out.
const UPGRADES: u64 = 10_000;

/// The door of one worker. Clones are the same door.
#[derive(Clone)]
pub(crate) struct Door(Arc<Inner>);

struct Inner {
    state: State,
    io: SocketIo,
    seats: Mutex<HashMap<Sid, Arc<Seat>>>,
    /// The connection that carries a session's WebSocket, where it began with polling: the session itself knows only its first. Weak,
    /// since a connection holds its descriptor for as long as somebody holds it.
    upgrades: Cache<String, Weak<Connection>>,
    /// Sessions on long polling whose page has left: they are not served any more, so that their heartbeat ends them.
    left: Cache<String, ()>,
    /// How often a session has been refused the sign-in.
    refused: Cache<Sid, Arc<AtomicU32>>,
}

impl Door {
    /// The door and the whole service behind it: `/socket.io` here, everything else in `inner`.
    pub(crate) fn open(state: State, inner: Router) -> (Self, Router) {
        let (layer, io) = builder(&state).build_layer();
        let upgrades = Cache::builder().max_capacity(UPGRADES).time_to_live(2 * CONNECT_LIMIT).build();
        let left = Cache::builder().max_capacity(UPGRADES).time_to_live(2 * state.settings.socketio.silence()).build();
        let refused = Cache::builder().max_capacity(UPGRADES).time_to_live(2 * CONNECT_LIMIT).build();
        let door = Self(Arc::new(Inner { state, io, seats: Mutex::default(), upgrades, left, refused }));
        let welcome = {
            let door = door.clone();
            async move |socket: SocketRef| door.welcome(socket).await
        };
        door.0.io.ns("/", welcome.with(entry::admit(door.clone())));
        let service = door.around(layer, inner);
        (door, service)
    }

    /// One engine around the whole application: a layer per route would be an engine per route, and polling would lose its sessions.
    fn around(&self, layer: SocketIoLayer, inner: Router) -> Router {
        let outside = ServiceBuilder::new()
            .map_request(gate::head_seen)
            .layer(option_layer(http::cors(&self.state().settings)))
            .layer(axum::middleware::from_fn_with_state(self.clone(), gate::pass));
        Router::new().fallback_service(outside.layer(layer).service(inner))
    }

    /// Ends every session: politely within three seconds, then by cutting connections.
    pub(crate) async fn close(&self) {
        if timeout(CLOSE_LIMIT, self.0.io.close()).await.is_err() {
            for seat in self.seats() {
                seat.cut(KillReason::Drain);
            }
        }
    }

    /// How many pages are in.
    pub(crate) fn pages(&self) -> usize {
        self.lock().len()
    }

    /// The people who are in.
    fn seats(&self) -> Vec<Arc<Seat>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sid, Arc<Seat>>> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> &State {
        &self.0.state
    }

    fn sync(&self) -> &SyncManager {
        &self.0.state.sync
    }
}

impl Hall for Door {
    fn seated(&self) -> Vec<Arc<dyn Seated>> {
        self.lock().values().map(|seat| seat.clone() as Arc<dyn Seated>).collect()
    }
}

fn builder(state: &State) -> SocketIoBuilder {
    let settings = &state.settings;
    let socketio = &settings.socketio;
    let bytes = usize::try_from(socketio.max_payload).unwrap_or(usize::MAX);
    let builder = SocketIo::builder()
        .ping_interval(Duration::from_millis(socketio.ping_interval_ms))
        .ping_timeout(Duration::from_millis(socketio.ping_timeout_ms))
        .connect_timeout(CONNECT_LIMIT)
        .max_payload(socketio.max_payload)
        .ws_max_message_size(bytes)
        .ws_max_frame_size(bytes)
        .ws_read_buffer_size(READ_BUFFER)
        .max_buffer_size(settings.limits.socket_queue_packets)
        .with_parser(ParserConfig::common().max_incoming_binaries(0));
    // Polling needs the same worker twice, which a shared listener cannot promise; the gate says so in words.
    if settings.shares_listener() { builder.transports([TransportType::Websocket]) } else { builder }
}
