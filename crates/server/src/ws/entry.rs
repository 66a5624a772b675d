//! Coming in by a raw door: is it a WebSocket, from where, who is it, and may he.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lockstep_app::Caller;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::server::create_response_with_body,
        protocol::{Role, WebSocketConfig},
    },
};
use tracing::debug;

use super::{
    CLOSE_LIMIT, Doorway, Raw,
    close::{Close, RETRY_SECONDS},
    logs::Wish,
    places::Place,
    seat::Seat,
    shown::{SUBPROTOCOL, Shown},
    talk::{self, Complaint},
};
use crate::{
    client::Client,
    limits::TooOften,
    listen::{Conn, Connection},
    metrics::Label,
    origin,
};

/// The largest message, and frame, of a client.
const LARGEST: usize = 64 * 1024;

/// The read buffer of an idle connection; messages of clients are short, and a larger one is paid for by every idle client.
const READ_BUFFER: usize = 128;

/// Who has been let in: who it is, as of when, and the places that are his.
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) as_of: u64,
    wish: Result<Wish, Complaint>,
    places: [Place; 2],
}

impl Raw {
    /// Makes the connection a WebSocket and goes on with it beside this answer. Who may not come in learns why on the WebSocket.
    pub(super) async fn enter(self, doorway: Doorway, mut request: Request) -> Response {
        let handshake = create_response_with_body(&request, Body::empty);
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let connection = parts.extensions.get::<ConnectInfo<Conn>>().and_then(|info| info.0.connection());
        connection.iter().for_each(|connection| connection.head_seen());
        if let Some(refusal) = self.refusal(&parts) {
            return refusal;
        }
        let (Ok(mut response), Some(connection)) = (handshake, connection) else { return self.no_websocket(&parts) };
        let shown = Shown::of(&parts.uri, &parts.headers, self.state().settings.auth.allow_query_token);
        if shown.subprotocol {
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        let admitted = self.admit(doorway, &parts, &shown).await;
        connection.switching_to_raw();
        self.0.tasks.spawn(self.clone().carry(doorway, upgrade, connection, admitted));
        response
    }

    /// What is answered without a WebSocket.
    fn refusal(&self, request: &Parts) -> Option<Response> {
        if !origin::names_one_host(request) {
            return Some(refuse(StatusCode::BAD_REQUEST, "bad_request", "give exactly one Host"));
        }
        if !origin::is_allowed(&request.headers, &self.state().settings) {
            let why = "this site is not listed in [server] allowed_origins";
            return Some(refuse(StatusCode::FORBIDDEN, "bad_origin", why));
        }
        let goes = self.state().is_draining();
        goes.then(|| refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "this worker goes, ask another"))
    }

    fn no_websocket(&self, request: &Parts) -> Response {
        if request.headers.contains_key(header::SEC_WEBSOCKET_KEY) && !request.headers.contains_key(header::UPGRADE) {
            self.state().metrics.note_missing_upgrade();
        }
        let why = "this is a WebSocket: ask with GET, `Upgrade: websocket` and version 13 (RFC 6455, section 4)";
        let upgrade = [(header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")];
        (upgrade, refuse(StatusCode::UPGRADE_REQUIRED, "upgrade_required", why)).into_response()
    }

    async fn admit(&self, doorway: Doorway, parts: &Parts, shown: &Shown) -> Result<Admitted, Close> {
        let as_of = self.state().changes.count();
        let address = Client::of(parts, &self.state().settings).counted();
        let too_many = |whose| move || Close::too_much(RETRY_SECONDS, whose);
        let of_address = self.0.places.of_address(address.clone()).ok_or_else(too_many("sockets of one address"))?;
        let caller = self.identify(&address, shown).await?;
        doorway.admits(&caller)?;
        let of_caller = self.0.places.of_caller(&caller).ok_or_else(too_many("sockets of one person"))?;
        Ok(Admitted { caller, as_of, wish: Wish::of_url(&parts.uri), places: [of_address, of_caller] })
    }

    /// Who it is. Strangers are counted as at the other doors.
    async fn identify(&self, address: &str, shown: &Shown) -> Result<Caller, Close> {
        if let Some(credential) = &shown.credential {
            match credential.caller(&self.state().app).await {
                Ok(Some(caller)) => return Ok(caller),
                Ok(None) => {}
                Err(error) => {
                    debug!(%error, "nobody can be let in just now: {error}");
                    return Err(Close::unavailable());
                }
            }
        }
        if let Err(TooOften { seconds }) = self.state().limits.address(address) {
            return Err(Close::too_much(seconds, "attempts"));
        }
        let setting = "a token in the URL takes [auth] allow_query_token; use a ticket or a header";
        Err(Close::sign_in(if shown.forbidden_token { setting } else { "sign in again" }))
    }

    /// From the answer to the end of the connection.
    async fn carry(
        self,
        doorway: Doorway,
        upgrade: OnUpgrade,
        connection: Arc<Connection>,
        admitted: Result<Admitted, Close>,
    ) {
        let Ok(Ok(upgraded)) = timeout(CLOSE_LIMIT, upgrade).await else { return };
        // Nobody else's frames are between ours: without the lane there is no way to say anything.
        if !connection.is_websocket() {
            return;
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        match admitted {
            Ok(admitted) => self.serve(doorway, connection, socket, admitted).await,
            Err(close) => self.say_goodbye(&connection, socket, Some(close)).await,
        }
    }

    async fn serve(&self, doorway: Doorway, connection: Arc<Connection>, mut socket: talk::Socket, admitted: Admitted) {
        let Admitted { caller, as_of, wish, places } = admitted;
        let label = Label { kind: doorway.name() };
        let open = &self.state().metrics.ws_connections;
        open.get_or_create(&label).inc();
        let seat = Arc::new(Seat::new(doorway, caller, as_of, connection, wish, &self.state().settings));
        let taken = self.seat(&seat);
        let close = tokio::select! {
            biased;
            close = seat.ordered() => Some(close),
            close = self.talk(&seat, &mut socket) => close,
        };
        seat.leave(&self.state().sync).await;
        self.say_goodbye(seat.connection(), socket, close).await;
        drop((taken, places));
        open.get_or_create(&label).dec();
    }
}

/// An error as programs read it everywhere.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}
