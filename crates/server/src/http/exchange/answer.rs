//! What 1C is told: lines of plain text, the first of which is a word it knows.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use lockstep_app::{ExchangeError, Step, jobs::Job};
use serde_json::{Map, Value};

use crate::http::{language::Language, problem::Problem};

/// What is said while there are no orders to fetch.
const NO_ORDERS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<КоммерческаяИнформация ВерсияСхемы=\"3.1\"/>\n";

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    kind: &'static str,
    text: String,
}

impl Answer {
    pub(super) fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let text = lines.into_iter().map(|line| format!("{}\n", one_line(line.as_ref()))).collect();
        Self { kind: "text/plain; charset=utf-8", text }
    }

    pub(super) fn success<'a>(more: impl IntoIterator<Item = &'a str>) -> Self {
        Self::lines(["success"].into_iter().chain(more))
    }

    pub(super) fn no_orders() -> Self {
        Self { kind: "application/xml; charset=utf-8", text: NO_ORDERS.to_owned() }
    }

    pub(super) fn is_success(&self) -> bool {
        self.text.starts_with("success\n")
    }

    /// How far an import is.
    pub(super) fn of(step: Step, language: Language) -> Self {
        let say = |key: &str, job: &Job| language.message(key, &about(job));
        match step {
            Step::Done(None) => Self::success([]),
            Step::Done(Some(job)) => Self::success([say("exchange.done", &job).as_str()]),
            Step::Wait { job, own: true } => Self::lines(["progress", &say("exchange.under_way", &job)]),
            Step::Wait { job, own: false } => Self::lines(["progress", &say("exchange.waits", &job)]),
            Step::Failed(job) => {
                let why = job.error.as_ref().map(|error| error.message.as_str());
                let why = why.map_or_else(|| say("exchange.cancelled", &job), ToOwned::to_owned);
                Self::lines(["failure", &why, &say("exchange.session", &job)])
            }
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (StatusCode::OK, [(header::CONTENT_TYPE, self.kind)], self.text).into_response()
    }
}

/// The session, how far it is, and how much of it had to be left out.
fn about(job: &Job) -> Map<String, Value> {
    let progress = job.progress.clone().unwrap_or_default();
    let issues = job.report.as_ref().map_or(&Value::Null, |report| &report["issuesTotal"]);
    Map::from_iter([
        ("job".to_owned(), job.id.to_string().into()),
        ("percent".to_owned(), progress["percent"].as_u64().unwrap_or_default().into()),
        ("count".to_owned(), issues.as_u64().unwrap_or_default().into()),
    ])
}

/// Why 1C is refused.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// As everybody would be.
    Problem(Problem),
    /// In words of this protocol.
    Word { key: &'static str, params: Map<String, Value> },
}

impl Failure {
    pub(super) fn word(key: &'static str) -> Self {
        Self::Word { key, params: Map::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Word { params, .. } = &mut self {
            params.insert(name.to_owned(), value.into());
        }
        self
    }

    pub(super) fn answer(&self, language: Language) -> Answer {
        let why = match self {
            Self::Problem(problem) => problem.message(language),
            Self::Word { key, params } => language.message(key, params),
        };
        Answer::lines(["failure", &why])
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::App(error) => Self::Problem(error.into()),
            ExchangeError::Name { name } => Self::word("exchange.bad_name").with("name", name),
            ExchangeError::InTheWay { name } => Self::word("exchange.in_the_way").with("name", name),
            ExchangeError::FileTooLarge { name, max } => {
                Self::word("exchange.file_too_large").with("name", name).with("max", max)
            }
            ExchangeError::SetTooLarge { max } => Self::word("exchange.set_too_large").with("max", max),
            ExchangeError::TooMany { max } => Self::word("exchange.too_many").with("max", max),
            ExchangeError::NotSent { name } => Self::word("exchange.not_sent").with("name", name),
            ExchangeError::Importing { job } => Self::word("exchange.importing").with("job", job.to_string()),
            ExchangeError::Busy => Self::word("exchange.busy"),
        }
    }
}

/// A reason may quote what others wrote; the protocol is one of lines.
fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_forges_a_line_of_the_protocol() {
        let failure = Failure::word("exchange.bad_name").with("name", "a\nsuccess\r\n");

        let answer = failure.answer(Language::English);

        assert_eq!(answer.text.lines().count(), 2, "{}", answer.text);
        assert!(answer.text.starts_with("failure\n") && !answer.is_success());
    }
}
