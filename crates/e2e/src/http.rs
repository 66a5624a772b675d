//! One HTTP request, one connection: enough for tests, and every request may go to another worker.

use std::io;

use ::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::{Address, LIMIT};

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, unpacked from its transfer encoding.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty where it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The machine's word for the error, `error.code`; empty where there is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Itself, when the status is the expected one.
    ///
    /// # Panics
    /// When it is another; the message shows the body.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

/// Sends one request and reads the whole answer.
///
/// # Errors
/// When nobody answers, or not within [`LIMIT`].
pub async fn send(
    address: &Address,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> io::Result<Reply> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, address.host());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).map_err(io::Error::other)?;
    tokio::time::timeout(LIMIT, exchange(address, request))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// `GET path`, without any headers.
///
/// # Errors
/// As [`send`].
pub async fn get(address: &Address, path: &str) -> io::Result<Reply> {
    send(address, Method::GET, path, &[], Bytes::new()).await
}

async fn exchange(address: &Address, request: Request<Full<Bytes>>) -> io::Result<Reply> {
    let stream = TokioIo::new(address.connect().await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    driver.abort();
    Ok(Reply { status: head.status, headers: head.headers, body })
}
