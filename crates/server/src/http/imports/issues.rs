//! What was wrong with rows of a session: page by page, and whole as a file.

use std::collections::VecDeque;

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Uri, header};
use lockstep_app::{App, Caller, Error, Issue, IssuePage, IssueQuery, issue_query};
use serde_json::{Map, Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use crate::http::{
    Face,
    admin::Words,
    entities::Id,
    exports::{BYTE_ORDER_MARK, place},
    identity::Signed,
    language::Language,
    problem::Problem,
    sheet,
};

/// Problems that are read at once for a file.
const PART: u32 = 1_000;

/// Columns of a file: what the API calls them.
const COLUMNS: [&str; 10] = ["n", "severity", "code", "file", "line", "column", "kind", "extId", "field", "value"];

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/imports/{id}/issues", get(page))
        .route("/api/imports/{id}/issues.csv", get(move |a, b, c, d, e, f| file(Form::Csv, a, b, c, d, e, f)))
        .route("/api/imports/{id}/issues.jsonl", get(move |a, b, c, d, e, f| file(Form::Jsonl, a, b, c, d, e, f)))
}

/// `?severity=&code=&file=&after=&limit=` → problems in the order in which they were found.
async fn page(
    State(face): State<Face>,
    signed: Signed,
    Id(id): Id,
    uri: Uri,
    headers: HeaderMap,
    Words(words): Words,
) -> Result<Response, Problem> {
    let language = Language::of(&uri, &headers);
    let query = issue_query(words)?;
    let IssuePage { items, next, total } = face.worker.app.import_issues(&signed.caller, &id, &query).await?;
    let items: Vec<Value> = items.iter().map(|issue| shown(issue, language)).collect();
    let body = Json(json!({"items": items, "next": next, "total": total}));
    Ok(([(header::CONTENT_LANGUAGE, language.tag())], body).into_response())
}

fn shown(issue: &Issue, language: Language) -> Value {
    let row = &issue.row;
    json!({"n": issue.n, "severity": row.severity.name(), "code": row.code, "file": row.file, "line": row.line,
        "column": row.col, "kind": row.kind, "extId": row.ext_id, "field": row.field, "value": row.value,
        "message": said(issue, language)})
}

/// The sentence of a code with its values; of a code that has none its name.
fn said(issue: &Issue, language: Language) -> String {
    let row = &issue.row;
    let value = |value: &Option<String>| Value::from(value.as_deref().unwrap_or("—"));
    let params = Map::from_iter([
        ("extId".to_owned(), value(&row.ext_id)),
        ("field".to_owned(), value(&row.field)),
        ("value".to_owned(), value(&row.value)),
        ("file".to_owned(), value(&row.file)),
    ]);
    let key = format!("issue.{}", row.code);
    let text = language.message(&key, &params);
    if text == key { language.message(&format!("issuecode.{}", row.code), &params) } else { text }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// For spreadsheets, in the words of the reader's language.
    Csv,
    /// For programs: one object a line, as the API gives it.
    Jsonl,
}

async fn file(
    form: Form,
    State(face): State<Face>,
    signed: Signed,
    Id(id): Id,
    uri: Uri,
    headers: HeaderMap,
    Words(words): Words,
) -> Result<Response, Problem> {
    let mut query = issue_query(words)?;
    query.limit = PART;
    let (language, place) = (Language::of(&uri, &headers), place(&face)?);
    let app = face.worker.app.clone();
    // The first part is read before the answer begins, so that what is refused is refused in words.
    let first = app.import_issues(&signed.caller, &id, &query).await?;
    let headers = headers_of(form, &id, language);
    let file = File {
        app,
        caller: signed.caller,
        id,
        query,
        form,
        language,
        ready: VecDeque::new(),
        next: None,
        _place: place,
    };
    let parts = stream::try_unfold(file.begun(&first), async |mut file| {
        Ok::<_, Error>(file.next().await?.map(|part| (part, file)))
    });
    Ok((headers, Body::from_stream(parts)).into_response())
}

fn headers_of(form: Form, id: &str, language: Language) -> HeaderMap {
    let (kind, ending) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Jsonl => ("application/x-ndjson; charset=utf-8", "jsonl"),
    };
    let name = HeaderValue::from_str(&format!("attachment; filename=\"import-{id}-issues.{ending}\""));
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (header::CONTENT_DISPOSITION, name.expect("a number that was found")),
    ])
}

/// A file under way.
struct File {
    app: App,
    caller: Caller,
    id: String,
    query: IssueQuery,
    form: Form,
    language: Language,
    /// What is to be sent next.
    ready: VecDeque<Bytes>,
    /// From where to read on.
    next: Option<i64>,
    _place: OwnedSemaphorePermit,
}

impl File {
    fn begun(mut self, first: &IssuePage) -> Self {
        if self.form == Form::Csv {
            self.ready.push_back(format!("{BYTE_ORDER_MARK}{}", self.head()).into());
        }
        self.take(first);
        self
    }

    fn take(&mut self, page: &IssuePage) {
        self.next = page.next;
        self.ready.push_back(self.lines(&page.items).into());
    }

    /// The next bytes of it.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let (true, Some(after)) = (self.ready.is_empty(), self.next) {
            self.query.after = after;
            let page = self.app.import_issues(&self.caller, &self.id, &self.query).await.inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                warn!(error, "a file of problems breaks off, its client is told by a broken connection");
            })?;
            self.take(&page);
        }
        Ok(self.ready.pop_front())
    }

    fn head(&self) -> String {
        let heading = |name: &str| self.language.message(&format!("col.issue.{name}"), &Map::new());
        sheet::line(COLUMNS.iter().chain(&["message"]).map(|name| heading(name)))
    }

    fn lines(&self, issues: &[Issue]) -> String {
        issues.iter().map(|issue| self.line(&shown(issue, self.language))).collect()
    }

    fn line(&self, issue: &Value) -> String {
        let text = |name: &&str| match &issue[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match self.form {
            Form::Csv => sheet::line(COLUMNS.iter().chain(&["message"]).map(text)),
            Form::Jsonl => format!("{issue}\n"),
        }
    }
}
