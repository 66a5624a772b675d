//! A running server, as commands reach it: over TCP or a unix socket.

use std::{path::PathBuf, str::FromStr, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpStream, UnixStream},
    time::timeout,
};

use super::{args::Connection, data, failure::Failure};
use crate::{
    config::{Secret, Settings},
    listen::{Listen, Stream},
};

/// How long a server on this or a near machine may take to accept.
const CONNECT: Duration = Duration::from_secs(5);

/// How long it may take to answer. An edit waits for the disk, and at worst for other writers.
const ANSWER: Duration = Duration::from_secs(30);

/// An address to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `host:port`.
    Tcp(String),
    /// The path of a unix socket.
    Unix(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{text}` is no address of a server; give http://host:port, or unix:/path/server.sock (TLS is the proxy's)"
            )
        };
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Target::Unix(path.into()));
        }
        let uri: http::Uri = text.parse().map_err(|_| bad())?;
        let plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
        let host = uri.host().filter(|host| plain && !host.is_empty()).ok_or_else(bad)?;
        Ok(Target::Tcp(format!("{host}:{}", uri.port_u16().unwrap_or(80))))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Tcp(address) => write!(f, "http://{address}"),
            Target::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Target {
    /// Where the server with these settings is reached from its own machine: its first worker.
    pub(super) fn of(settings: &Settings) -> Self {
        match settings.server.listen.for_worker(0) {
            Listen::Unix(path) => Target::Unix(path.into()),
            Listen::Tcp(address) => Target::Tcp(address.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:")),
        }
    }

    /// What a request names as its host.
    pub(super) fn host(&self) -> &str {
        match self {
            Target::Tcp(address) => address,
            Target::Unix(_) => "localhost",
        }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> Result<Stream, Failure> {
        let connecting = async {
            match self {
                Target::Tcp(address) => TcpStream::connect(address).await.map(Stream::Tcp),
                Target::Unix(path) => UnixStream::connect(path).await.map(Stream::Unix),
            }
        };
        let nobody = |why: &str| {
            Failure::Failed(format!(
                "nobody answers at {self}: {why}. Start `lockstep serve`, or give its address with --url"
            ))
        };
        timeout(CONNECT, connecting).await.map_err(|_| nobody("timed out"))?.map_err(|error| nobody(&error.to_string()))
    }
}

impl Connection {
    /// The address given, else the configured one.
    pub(super) fn target(&self, config: Option<PathBuf>) -> Result<Target, Failure> {
        match &self.url {
            Some(target) => Ok(target.clone()),
            None => Ok(Target::of(&data::load(config, Vec::new())?.settings)),
        }
    }

    /// The key given.
    pub(super) fn key(&self) -> Result<&Secret<String>, Failure> {
        self.key.as_ref().ok_or_else(|| {
            Failure::Misuse(
                "an API key is needed: set LOCKSTEP_KEY, or give --key. `lockstep key add NAME --scope publish` makes one".to_owned(),
            )
        })
    }
}

/// Posts JSON and returns the JSON that is answered.
pub(super) async fn post(target: &Target, path: &str, key: &Secret<String>, body: &Value) -> Result<Value, Failure> {
    let request = Request::post(path)
        .header(header::HOST, target.host())
        .header(header::AUTHORIZATION, format!("Bearer {}", key.expose()))
        .header(header::CONTENT_TYPE, "application/json")
        // Everything else the command line says is English, too.
        .header(header::ACCEPT_LANGUAGE, "en")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(|_| Failure::Misuse("the API key holds characters that no key has".to_owned()))?;
    let answer = timeout(ANSWER, exchange(target, request)).await;
    let (status, body) = answer.map_err(|_| Failure::Failed(format!("{target} took longer than {ANSWER:?}")))??;
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    match value {
        Some(value) if status.is_success() => Ok(value),
        value => Err(Failure::Failed(refusal(status, value.as_ref()))),
    }
}

async fn exchange(target: &Target, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Failure> {
    let failed = |error: hyper::Error| Failure::Failed(format!("{target} broke off: {error}"));
    let stream = TokioIo::new(target.connect().await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(failed)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(failed)?.to_bytes();
        Ok((status, body))
    };
    let (answer, _) = tokio::join!(talk, connection);
    answer
}

fn refusal(status: StatusCode, body: Option<&Value>) -> String {
    let error = body.and_then(|body| body.get("error"));
    let field = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    match (field("message"), field("code")) {
        (Some(message), Some(code)) => match error.and_then(|error| error.get("fields")) {
            Some(fields) => format!("{message} ({code}): {fields}"),
            None => format!("{message} ({code})"),
        },
        _ => format!("the server answered {status}, not in Lockstep's words; is it Lockstep that listens there?"),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Json, Router, http::HeaderMap, routing::post as route};
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(text.parse::<Target>().ok().map(|target| target.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_server_is_at_a_url_or_a_socket() {
        check("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"));
        check("http://[::1]:8080/", Some("http://[::1]:8080"));
        check("http://host", Some("http://host:80"));
        check("unix:/run/s.sock", Some("unix:/run/s.sock"));
        for text in ["https://host", "host:80", "http://", "http://host/path", "unix:", "http://:80"] {
            check(text, None);
        }
    }

    /// Answers what it was asked, or refuses.
    async fn echo(headers: HeaderMap, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
        match body.get("refuse") {
            None => {
                (StatusCode::OK, Json(json!({"got": body, "auth": headers["authorization"].to_str().expect("text")})))
            }
            Some(_) => {
                (StatusCode::FORBIDDEN, Json(json!({"error": {"code": "forbidden", "message": "You may not."}})))
            }
        }
    }

    async fn server() -> (Target, TempDir) {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        let listener = tokio::net::UnixListener::bind(&path).expect("binds");
        tokio::spawn(axum::serve(listener, Router::new().route("/x", route(echo))).into_future());
        (Target::Unix(path), directory)
    }

    #[tokio::test]
    async fn json_goes_there_and_comes_back_over_a_unix_socket() {
        let (target, _directory) = server().await;

        let answer = post(&target, "/x", &Secret::new("k".to_owned()), &json!({"a": 1})).await.expect("answered");

        assert_eq!(answer, json!({"got": {"a": 1}, "auth": "Bearer k"}));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_servers_words() {
        let (target, _directory) = server().await;
        let key = Secret::new("k".to_owned());

        let refused = post(&target, "/x", &key, &json!({"refuse": true})).await.expect_err("refused");
        let foreign = post(&target, "/elsewhere", &key, &json!({})).await.expect_err("not found");

        assert_eq!(refused.to_string(), "You may not. (forbidden)");
        assert!(foreign.to_string().contains("404"), "{foreign}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_said_so_with_the_cure() {
        let target = Target::Unix("/nowhere/s.sock".into());

        let error = post(&target, "/x", &Secret::new("k".to_owned()), &json!({})).await.expect_err("nobody");

        assert!(error.to_string().contains("Start `lockstep serve`"), "{error}");
        assert_eq!(error.code(), 1);
    }
}
