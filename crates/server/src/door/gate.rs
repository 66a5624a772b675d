//! What every Socket.IO request passes before the engine looks at it: the checks that the engine lacks, and which connection carries
//! which session.

use std::sync::Arc;

use axum::{
    Json,
    extract::{ConnectInfo, OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use serde_json::json;
use tokio::time::timeout;

use super::Door;
use crate::{
    client::Client,
    limits::TooOften,
    listen::{Conn, Connection},
    origin,
};

/// Says of the request's connection that a whole head has come. Outermost: whoever answers, the deadline for the head is met.
pub(super) fn head_seen(request: Request) -> Request {
    if let Some(connection) = connection_of(&request) {
        connection.head_seen();
    }
    request
}

pub(super) async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let mut response = if request.uri().path().starts_with("/socket.io") {
        dressed(door.pass(request, next).await)
    } else {
        next.run(request).await
    };
    // A worker that goes gives its last answer on each connection: a proxy is to ask the next worker next time.
    if door.state().is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What the engine says is for scripts: nobody is to keep it, or to take what pages hear for a page.
fn dressed(mut response: Response) -> Response {
    const FOR_SCRIPTS: [(HeaderName, &str); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        for (name, value) in FOR_SCRIPTS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

fn connection_of(request: &Request) -> Option<Arc<Connection>> {
    request.extensions().get::<ConnectInfo<Conn>>()?.0.connection()
}

/// The session that asks to go on by a WebSocket.
fn upgraded_session(request: &Request) -> Option<String> {
    let websocket = parameter(request.uri(), "transport") == Some("websocket");
    parameter(request.uri(), "sid").filter(|_| websocket).map(str::to_owned)
}

impl Door {
    async fn pass(&self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        if let Some(refusal) = self.refusal(&parts) {
            return refusal;
        }
        let request = Request::from_parts(parts, body);
        let (connection, session) = (connection_of(&request), upgraded_session(&request));
        let response = self.in_time(request, next).await;
        if let Some(connection) = connection.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
            connection.switching();
            if let Some(session) = session {
                self.remember(session, &connection);
            }
        }
        response
    }

    /// What a client posts has to come within the time that any body has: the engine would wait for it for ever.
    async fn in_time(&self, request: Request, next: Next) -> Response {
        let posted = request.method() == Method::POST;
        let answer = next.run(lean(request));
        if !posted {
            return answer.await;
        }
        timeout(self.state().settings.limits.body(), answer).await.unwrap_or_else(|_| {
            let late = refuse(StatusCode::REQUEST_TIMEOUT, 3, "Bad request: the body did not come in time");
            ([(header::CONNECTION, "close")], late).into_response()
        })
    }

    fn refusal(&self, request: &Parts) -> Option<Response> {
        let settings = &self.state().settings;
        if !origin::names_one_host(request) {
            let refusal = refuse(StatusCode::BAD_REQUEST, 3, "Bad request: give exactly one Host");
            return Some(([(header::CONNECTION, "close")], refusal).into_response());
        }
        if !origin::is_allowed(&request.headers, settings) {
            return Some(refuse(
                StatusCode::FORBIDDEN,
                4,
                "Forbidden: this site is not listed in [server] allowed_origins",
            ));
        }
        let session = parameter(&request.uri, "sid");
        if session.is_some_and(|session| self.0.left.contains_key(session)) {
            return Some(refuse(StatusCode::BAD_REQUEST, 1, "Session ID unknown"));
        }
        if self.state().is_draining() && session.is_none() {
            return Some(refuse(StatusCode::SERVICE_UNAVAILABLE, 3, "Bad request: this worker goes, ask another"));
        }
        match parameter(&request.uri, "transport") {
            Some("polling") if settings.shares_listener() => Some(refuse(
                StatusCode::BAD_REQUEST,
                0,
                "Transport unknown: workers share one listener here, so long polling would lose its session; use WebSocket, \
                 or give each worker its own socket with {n} in [server] listen",
            )),
            // A session on long polling costs memory before it is signed in, and no connection that would be counted.
            Some("polling") if session.is_none() => self.counted(request),
            Some("websocket") if !asks_for_websocket(&request.headers) => {
                // The engine would answer 101 and the browser would hang for twenty seconds; told plainly, it falls back at once.
                self.state().metrics.note_missing_upgrade();
                Some(refuse(StatusCode::BAD_REQUEST, 3, "Bad request"))
            }
            _ => None,
        }
    }

    fn counted(&self, request: &Parts) -> Option<Response> {
        let client = Client::of(request, &self.state().settings).counted();
        let TooOften { seconds } = self.state().limits.address(&client).err()?;
        let refusal = refuse(StatusCode::TOO_MANY_REQUESTS, 4, "Forbidden: too many sessions from this address");
        Some(([(header::RETRY_AFTER, seconds.to_string())], refusal).into_response())
    }

    /// Notes the connection of an upgrade. The engine answers 101 before it judges, and hangs up on a second WebSocket of a session; so
    /// the first living one counts, and nobody can put a connection of his choice in its place.
    fn remember(&self, session: String, connection: &Arc<Connection>) {
        let seats = self.lock();
        match session.parse().ok().and_then(|sid| seats.get(&sid)) {
            Some(seat) => seat.moved_to(connection.clone()),
            None if self.upgraded(&session).is_some_and(|first| !first.is_dead()) => {}
            None => self.0.upgrades.insert(session, Arc::downgrade(connection)),
        }
    }

    /// The connection that carries a session which began with polling, if it was seen and still is.
    pub(super) fn upgraded(&self, session: &str) -> Option<Arc<Connection>> {
        self.0.upgrades.get(session)?.upgrade()
    }
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub(super) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    uri.query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// An error as Engine.IO clients understand it.
fn refuse(status: StatusCode, code: u8, message: &str) -> Response {
    (status, Json(json!({"code": code, "message": message}))).into_response()
}

/// The engine keeps the head of a session's first request for as long as the session lives, and with it the buffer the head was read
/// into. Copied into fresh memory it costs a few hundred bytes instead of sixteen thousand.
fn lean(mut request: Request) -> Request {
    request.extensions_mut().remove::<OriginalUri>();
    let mut headers = HeaderMap::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("copied from a header");
        copy.set_sensitive(value.is_sensitive());
        // A name that is no standard one is itself a piece of that buffer, and browsers send several.
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).expect("copied from a header");
        headers.append(name, copy);
    }
    *request.headers_mut() = headers;
    if let Ok(uri) = request.uri().to_string().parse() {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        let uri: Uri = "/socket.io/?EIO=4&transport=websocket&sid=x".parse().expect("a URI");

        assert_eq!(parameter(&uri, "transport"), Some("websocket"));
        assert_eq!(parameter(&uri, "sid"), Some("x"));
        assert_eq!(parameter(&uri, "t"), None);
    }

    #[test]
    fn nothing_of_a_lean_request_lies_in_the_buffer_it_was_read_into() {
        let name = HeaderName::from_bytes(b"sec-ch-ua").expect("a name");
        let value = HeaderValue::from_bytes(b"Chromium").expect("a value");
        let read_at = (name.as_str().as_ptr(), value.as_bytes().as_ptr());
        let mut request = Request::new(axum::body::Body::empty());
        request.headers_mut().insert(name, value);

        let request = lean(request);

        let (name, value) = request.headers().iter().next().expect("one header");
        assert_ne!(name.as_str().as_ptr(), read_at.0);
        assert_ne!(value.as_bytes().as_ptr(), read_at.1);
    }
}
