//! Why a request was not done, on its way to becoming JSON.
//!
//! A handler returns a [`Problem`]; the outermost layer, which knows the reader's language and the request's id, gives it its words.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use lockstep_app::{Error, FieldErrors};
use serde_json::{Map, Value, json};

use super::{language::Language, locks::shown};
use crate::limits::TooOften;

/// An error with its status, code and particulars. Behind a pointer, since it rides in every result.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Particulars>);

#[derive(Debug, Clone)]
struct Particulars {
    status: StatusCode,
    code: &'static str,
    /// The words, where those of the code say too little.
    words: Option<&'static str>,
    params: Map<String, Value>,
    fields: FieldErrors,
    /// Further members of the error, such as `current` and `usage`.
    extra: Map<String, Value>,
    /// What stands beside the error, such as `session`.
    beside: Map<String, Value>,
    /// Seconds after which it makes sense to try again.
    retry_after: Option<u64>,
    /// The revision of the row as it stands.
    rev: Option<i64>,
    /// Whether the connection ends with it, since the rest of the request will not be read.
    closes: bool,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str) -> Self {
        let (params, extra, beside, fields) = (Map::new(), Map::new(), Map::new(), FieldErrors::new());
        let (words, retry_after, rev, closes) = (None, None, None, false);
        Self(Box::new(Particulars { status, code, words, params, fields, extra, beside, retry_after, rev, closes }))
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
    }

    pub(super) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request")
    }

    pub(super) fn bad_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "bad_origin")
    }

    pub(super) fn precondition_required() -> Self {
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required")
    }

    pub(super) fn invalid(fields: FieldErrors) -> Self {
        Self::from(Error::Invalid { fields })
    }

    pub(super) fn unavailable() -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        problem.0.retry_after = Some(1);
        problem
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.params.insert(name.to_owned(), value.into());
        self
    }

    /// The same in the words under `key`, which say more than the code's own.
    #[must_use]
    pub(super) fn saying(mut self, key: &'static str) -> Self {
        self.0.words = Some(key);
        self
    }

    /// The same with another status.
    #[must_use]
    pub(super) fn at(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The same, and the connection ends with it.
    #[must_use]
    pub(super) fn closing(mut self) -> Self {
        self.0.closes = true;
        self
    }

    /// What a library has answered in its own words, in ours.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            status if status.is_client_error() => "bad_request",
            _ => "internal",
        };
        Self::new(status, code)
    }

    /// The message alone.
    pub(super) fn message(&self, language: Language) -> String {
        let key = self.0.words.map_or_else(|| format!("error.{}", self.0.code), ToOwned::to_owned);
        language.message(&key, &self.0.params)
    }

    /// `{"error":{code, message, params, fields?, requestId, …}}`
    pub(super) fn body(&self, language: Language, request_id: &str) -> Value {
        let Particulars { code, params, fields, extra, beside, .. } = &*self.0;
        let mut error = json!({
            "code": code,
            "message": self.message(language),
            "params": params,
            "requestId": request_id,
        });
        let members = error.as_object_mut().expect("made as one");
        members.extend(extra.clone());
        if !fields.is_empty() {
            let field = |(name, error): (&String, &lockstep_app::FieldError)| {
                let message = language.message(error.code, &error.params);
                (name.clone(), json!({"code": error.code, "params": error.params, "message": message}))
            };
            members.insert("fields".to_owned(), Value::Object(fields.iter().map(field).collect()));
        }
        let mut body = beside.clone();
        body.insert("error".to_owned(), error);
        Value::Object(body)
    }
}

impl From<TooOften> for Problem {
    fn from(TooOften { seconds }: TooOften) -> Self {
        Self::from(Error::RateLimited { seconds })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Unauthorized | Error::BadCredentials => StatusCode::UNAUTHORIZED,
            Error::Forbidden { .. } | Error::PersonsOnly | Error::Csrf => StatusCode::FORBIDDEN,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Invalid { .. }
            | Error::BadEvent { .. }
            | Error::BadRoom { .. }
            | Error::LocksOff
            | Error::ScanDisabled
            | Error::ScanNoRoot { .. }
            | Error::CatalogRequired
            | Error::ImportSource { .. }
            | Error::ImportTooLong { .. }
            | Error::ImportNoErrors => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Locked { .. } => StatusCode::LOCKED,
            Error::Stale { .. } => StatusCode::PRECONDITION_FAILED,
            Error::InUse { .. }
            | Error::Duplicate { .. }
            | Error::LastAdmin
            | Error::KeyReused { .. }
            | Error::JobRunning { .. }
            | Error::ImportMarked { .. }
            | Error::JobFinished { .. } => StatusCode::CONFLICT,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::InDoubt(_) => StatusCode::GATEWAY_TIMEOUT,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut problem = Self::new(status, error.code());
        let particulars = &mut *problem.0;
        (particulars.params, particulars.fields) = (error.params(), error.fields());
        match error {
            Error::Stale { current } => {
                particulars.rev = Some(current.rev);
                particulars.extra.insert("current".to_owned(), current.value);
            }
            Error::Locked { lease } => drop(particulars.extra.insert("lock".to_owned(), shown(&lease, false))),
            Error::JobRunning { job, .. } if job.kind.starts_with("import.") => {
                particulars.beside.insert("session".to_owned(), job.shown());
            }
            Error::JobRunning { job, .. } | Error::JobFinished { job } => {
                particulars.extra.insert("job".to_owned(), job.shown());
            }
            Error::ImportMarked { .. } => particulars.words = Some("error.import.marked"),
            Error::InUse { usage } => drop(particulars.extra.insert("usage".to_owned(), json!(usage))),
            Error::RateLimited { seconds } => particulars.retry_after = Some(seconds),
            Error::Unavailable(cause) => {
                particulars.retry_after = Some(1);
                tracing::warn!(cause = %chain(&*cause), "not possible just now: {}", chain(&*cause));
            }
            Error::InDoubt(cause) => {
                tracing::warn!(cause = %chain(&*cause), "nobody knows whether this was done: {}", chain(&*cause));
            }
            Error::Internal(cause) => {
                tracing::error!(cause = %chain(&*cause), "a request failed by our own fault: {}", chain(&*cause));
            }
            _ => {}
        }
        problem
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Particulars { status, retry_after, rev, closes, .. } = *self.0;
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(rev) = rev {
            headers.insert(header::ETAG, super::conditional::etag_of(rev));
        }
        response.extensions_mut().insert(self);
        response
    }
}
