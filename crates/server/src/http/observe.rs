//! What happens to every request and answer: a name, a limit of time, words for errors, headers, counts, a line in the log.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::time::{Instant, timeout};
use tracing::{debug, error};
use uuid::Uuid;

use super::{Face, REQUEST_ID, language::Language, pages, problem::Problem, uploads};
use crate::{listen::Conn, metrics, origin};

/// No request but an upload takes longer. The slowest is an edit that waits for other writers, and those are given up after seconds; reading a slow
/// body has its own, shorter limit.
const LONGEST: Duration = Duration::from_secs(60);

/// What a page of ours may load and do; see the handbook of the front end for what breaks under it and what to do instead.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types lit-html lockstep";

/// For everything that a browser may show.
const FOR_PAGES: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY)),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// For answers to scripts: nothing in them is to be shown as a page.
const FOR_SCRIPTS: [(HeaderName, HeaderValue); 1] =
    [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))];

/// What must be known of a request when it is over.
struct Asked {
    id: String,
    method: Method,
    /// Without the query: it may hold what is nobody's business.
    path: String,
    language: Language,
    wants_html: bool,
    began: Instant,
}

pub(super) async fn pass(State(face): State<Face>, request: Request, next: Next) -> Response {
    let conn = request.extensions().get::<ConnectInfo<Conn>>();
    if let Some(connection) = conn.and_then(|info| info.0.connection()) {
        connection.head_seen();
    }
    let asked = Asked::of(&request);
    let response = answer(request, next).await;
    let mut response = asked.worded(response);
    asked.dress(response.headers_mut());
    asked.note(&face, response.status());
    response
}

async fn answer(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if !origin::names_one_host(&parts) {
        return Problem::bad_request().saying("error.bad_host").closing().into_response();
    }
    let request = Request::from_parts(parts, body);
    let longest = if uploads::is_one(&request) { uploads::LONGEST } else { LONGEST };
    match timeout(longest, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::internal().into_response(),
        Err(_) => Problem::unavailable().into_response(),
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let path = request.uri().path().to_owned();
        Self {
            id: Uuid::now_v7().simple().to_string(),
            method: request.method().clone(),
            wants_html: !is_api(&path) && accepted.contains("text/html"),
            path,
            language: Language::of(request.uri(), request.headers()),
            began: Instant::now(),
        }
    }

    /// Gives a problem its words, and a library's refusal ours.
    fn worded(&self, mut response: Response) -> Response {
        let status = response.status();
        let problem = response.extensions_mut().remove::<Problem>();
        let foreign = status.is_client_error() || status.is_server_error();
        let problem = problem.or_else(|| (foreign && !is_json(response.headers())).then(|| Problem::of_status(status)));
        let Some(problem) = problem else { return response };
        let worded = if self.wants_html {
            pages::simple(self.language, status.as_str(), &problem.message(self.language))
        } else {
            Json(problem.body(self.language, &self.id)).into_response()
        };
        let (head, body) = worded.into_parts();
        for (name, value) in &head.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        *response.body_mut() = body;
        response
    }

    fn dress(&self, headers: &mut HeaderMap) {
        let (pages, scripts) = (FOR_PAGES.into_iter(), FOR_SCRIPTS.into_iter());
        for (name, value) in pages.filter(|_| !is_api(&self.path)).chain(scripts.filter(|_| is_api(&self.path))) {
            headers.entry(name).or_insert(value);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        headers.insert(REQUEST_ID, HeaderValue::from_str(&self.id).expect("hexadecimal"));
    }

    fn note(&self, face: &Face, status: StatusCode) {
        let took = self.began.elapsed();
        let counted = metrics::Request { method: method_name(&self.method), status: class_of(status) };
        face.worker.metrics.requests.get_or_create(&counted).inc();
        face.worker.metrics.request_seconds.observe(took.as_secs_f64());
        let (method, path, status, ms) = (&self.method, &self.path, status.as_u16(), took.as_millis());
        if status == StatusCode::INTERNAL_SERVER_ERROR.as_u16() {
            error!(request_id = %self.id, %method, path, status, ms, "{method} {path} failed: request {}", self.id);
        } else {
            debug!(request_id = %self.id, %method, path, status, ms, "{method} {path} {status} in {ms} ms");
        }
    }
}

fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// From a closed list: strangers must not make labels.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
