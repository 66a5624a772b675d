//! A JSON body: of the right type, not too large, not too slow.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Request},
};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lockstep_app::{FieldError, FieldErrors};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{Face, problem::Problem};

/// Of a body that is refused so much is read and thrown away beside the answer: a client that is still sending when the connection is
/// closed sees a broken connection, not our answer.
const DRAIN: usize = 16 << 20;

/// How long that may take in all.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// How long nothing may come meanwhile: whoever sends no more has seen the answer, or waits for the end of the connection.
const DRAIN_PAUSE: Duration = Duration::from_millis(500);

/// The bytes of a body that says it is JSON.
pub(super) struct JsonBytes(pub(super) Bytes);

impl FromRequest<Face> for JsonBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let limits = &face.worker.settings.limits;
        let (head, body) = request.into_parts();
        if !says_json(&head.headers) {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media");
            return Err(refuse(problem, &head.headers, body));
        }
        let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").with("max", limits.body_bytes);
        if announced(&head.headers).is_some_and(|length| length > limits.body_bytes as u64) {
            return Err(refuse(too_large(), &head.headers, body));
        }
        let mut body = body;
        let read = timeout(limits.body(), Limited::new(&mut body, limits.body_bytes).collect()).await;
        match read {
            Ok(Ok(collected)) => Ok(Self(collected.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(refuse(too_large(), &head.headers, body)),
            // The client broke off; the answer reaches nobody.
            Ok(Err(_)) => Err(Problem::bad_request()),
            Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout")),
        }
    }
}

/// A body that may be missing.
pub(super) struct MaybeJson(pub(super) Option<JsonBytes>);

impl FromRequest<Face> for MaybeJson {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(None));
        }
        JsonBytes::from_request(request, face).await.map(|body| Self(Some(body)))
    }
}

impl JsonBytes {
    /// The value, whatever it is.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| bad_json(&error))
    }

    /// The members of an object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Problem> {
        match self.parse()? {
            Value::Object(members) => Ok(members),
            _ => Err(not_an_object()),
        }
    }
}

/// JSON, but not what it should be.
pub(super) fn not_an_object() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_json").with("expected", "object").saying("error.not_an_object")
}

fn bad_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_json")
        .with("line", error.line())
        .with("column", error.column())
        .with("detail", error.to_string())
}

/// Takes texts out of an object and notes what is wrong with it.
pub(super) struct Fields {
    members: Map<String, Value>,
    errors: FieldErrors,
}

impl Fields {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self { members, errors: FieldErrors::new() }
    }

    /// A text that must be there; empty after an error.
    pub(super) fn text(&mut self, name: &str) -> String {
        match self.members.remove(name) {
            Some(Value::String(text)) => return text,
            Some(Value::Null) | None => self.wrong(name, "field.required"),
            Some(_) => self.wrong(name, "field.not_a_string"),
        }
        String::new()
    }

    /// A list of texts that must be there; empty after an error.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        match self.members.remove(name) {
            Some(Value::Array(members)) => {
                let texts: Option<Vec<String>> =
                    members.into_iter().map(|member| member.as_str().map(ToOwned::to_owned)).collect();
                return texts.unwrap_or_else(|| {
                    self.wrong(name, "field.not_a_string");
                    Vec::new()
                });
            }
            Some(Value::Null) | None => self.wrong(name, "field.required"),
            Some(_) => self.wrong(name, "field.format"),
        }
        Vec::new()
    }

    /// A switch that may be there.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.members.remove(name) {
            Some(Value::Bool(flag)) => return Some(flag),
            Some(Value::Null) | None => {}
            Some(_) => self.wrong(name, "field.not_a_bool"),
        }
        None
    }

    /// A list of texts that may be there.
    pub(super) fn maybe_texts(&mut self, name: &str) -> Vec<String> {
        match self.members.get(name) {
            Some(Value::Null) | None => drop(self.members.remove(name)),
            Some(_) => return self.texts(name),
        }
        Vec::new()
    }

    fn wrong(&mut self, name: &str, code: &'static str) {
        self.refuse(name, FieldError::new(code));
    }

    /// Notes what is wrong with one, unless something is already.
    pub(super) fn refuse(&mut self, name: &str, error: FieldError) {
        self.errors.entry(name.to_owned()).or_insert(error);
    }

    /// Refuses what was wrong, and what is left over.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        for name in self.members.keys() {
            self.errors.entry(name.clone()).or_insert_with(|| FieldError::new("field.unknown"));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Answers before the rest of the body is there, and takes that beside the answer. A client that asks before it sends
/// (`Expect: 100-continue`) has nothing under way yet.
pub(super) fn refuse(problem: Problem, headers: &HeaderMap, body: Body) -> Problem {
    if body.is_end_stream() {
        return problem;
    }
    if !headers.contains_key(header::EXPECT) {
        forget(body);
    }
    problem.closing()
}

/// Reads a body to its end beside the answer, within bounds. Its owner is the connection, with which the body ends.
pub(super) fn forget(body: Body) {
    // The limits of `drain` hold where the connection lives on.
    tokio::spawn(timeout(DRAIN_TIME, drain(body)));
}

/// Reads a body to its end, within bounds, and forgets it.
async fn drain(mut body: Body) {
    let mut left = DRAIN;
    while let Ok(Some(Ok(frame))) = timeout(DRAIN_PAUSE, body.frame()).await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().expect("a value"));
        assert_eq!(says_json(&headers), expected, "{kind}");
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/merge-patch+json", true);
        check("text/plain", false);
        check("application/x-www-form-urlencoded", false);
        check("text/json+json", false);
        assert!(!says_json(&HeaderMap::new()));
    }
}
