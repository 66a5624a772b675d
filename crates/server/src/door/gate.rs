//! What every request passes before anything else looks at it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{ConnectInfo, OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use tracing::warn;

use super::Door;
use crate::{
    listen::{Conn, ConnCtl},
    origin,
};

/// Connection bookkeeping for all requests; for Socket.IO also the checks that the engine lacks.
pub(super) async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let ctl = request.extensions().get::<ConnectInfo<Conn>>().map(|info| info.0.ctl.clone());
    if let Some(ctl) = &ctl {
        ctl.head_seen();
    }
    if !request.uri().path().starts_with("/socket.io") {
        return next.run(request).await;
    }
    if let Some(refusal) = door.refusal(&request) {
        return refusal;
    }
    door.remember_upgrade(request.uri(), ctl);
    next.run(lean(request)).await
}

impl Door {
    fn refusal(&self, request: &Request) -> Option<Response> {
        let settings = &self.state().settings;
        if !origin::is_allowed(request.headers(), settings) {
            return Some(refuse(
                StatusCode::FORBIDDEN,
                4,
                "Forbidden: this site is not listed in [server] allowed_origins",
            ));
        }
        match parameter(request.uri(), "transport") {
            Some("polling") if settings.shares_listener() => Some(refuse(
                StatusCode::BAD_REQUEST,
                0,
                "Transport unknown: workers share one listener here, so long polling would lose its session; use WebSocket, \
                 or give each worker its own socket with {n} in [server] listen",
            )),
            Some("websocket") if !asks_for_websocket(request.headers()) => {
                self.note_missing_upgrade();
                Some(refuse(StatusCode::BAD_REQUEST, 3, "Bad request"))
            }
            _ => None,
        }
    }

    /// The engine would answer 101 and the browser would hang for twenty seconds; told plainly, it falls back to polling at once.
    fn note_missing_upgrade(&self) {
        if self.state().metrics.missing_upgrades.inc() == 0 {
            warn!(
                "a WebSocket request came without its Upgrade header: the proxy in front does not pass it on. For nginx: \
                 proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"
            );
        }
    }

    fn remember_upgrade(&self, uri: &Uri, ctl: Option<Arc<ConnCtl>>) {
        let (Some("websocket"), Some(sid), Some(ctl)) = (parameter(uri, "transport"), parameter(uri, "sid"), ctl)
        else {
            return;
        };
        let seat = sid.parse().ok().and_then(|sid| self.lock().get(&sid).cloned());
        match seat {
            Some(seat) => seat.moved_to(ctl),
            None => self.0.upgrades.insert(sid.to_owned(), ctl),
        }
    }
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
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
        headers.append(name.clone(), copy);
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
}
