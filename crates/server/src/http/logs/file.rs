//! Lines as a file, for people (`.txt`) and for programs (`.jsonl`): the newest 100,000 that fit, the oldest of them first.

use std::fmt::Write;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use lockstep_app::{App, Error, LogExport, clock};
use lockstep_protocol::log::Line;
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use super::{
    super::{Face, entities::Words, exports, identity::Signed, problem::Problem},
    ring, wanted,
};

/// How a line is written.
#[derive(Clone, Copy)]
struct Form {
    ending: &'static str,
    kind: &'static str,
    write: fn(&mut String, &Line),
}

impl Form {
    fn written<'a>(self, lines: impl IntoIterator<Item = &'a Line>) -> String {
        let mut text = String::new();
        lines.into_iter().for_each(|line| (self.write)(&mut text, line));
        text
    }
}

const TEXT: Form = Form { ending: "txt", kind: "text/plain; charset=utf-8", write: as_text };

const JSON_LINES: Form = Form { ending: "jsonl", kind: "application/jsonl; charset=utf-8", write: as_json };

pub(super) async fn text(face: State<Face>, signed: Signed, words: Words) -> Result<Response, Problem> {
    file(TEXT, face, signed, words).await
}

pub(super) async fn json_lines(face: State<Face>, signed: Signed, words: Words) -> Result<Response, Problem> {
    file(JSON_LINES, face, signed, words).await
}

async fn file(form: Form, State(face): State<Face>, signed: Signed, words: Words) -> Result<Response, Problem> {
    let words = wanted(words)?;
    let place = exports::place(&face)?;
    let app = face.worker.app.clone();
    let export = app.export_logs(&signed.caller, &words).await?;
    let headers = headers_of(form, &app);
    if app.log_days() == 0 {
        let lines = ring::all(&face, &words);
        return Ok((headers, form.written(lines.iter().map(|line| &**line))).into_response());
    }
    let file = File { app, export, form, _place: place };
    let parts = stream::try_unfold(file, async |mut file| Ok::<_, Error>(file.next().await?.map(|part| (part, file))));
    Ok((headers, Body::from_stream(parts)).into_response())
}

fn headers_of(form: Form, app: &App) -> HeaderMap {
    let now = clock::rfc3339(app.clock().now_ms());
    let day = now.split('T').next().unwrap_or_default();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"logs-{day}.{}\"", form.ending));
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(form.kind)),
        (header::CONTENT_DISPOSITION, name.expect("a day and an ending")),
    ])
}

/// A file under way.
struct File {
    app: App,
    export: LogExport,
    form: Form,
    _place: OwnedSemaphorePermit,
}

impl File {
    /// The next bytes of it.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let lines = self.app.next_lines(&mut self.export).await.inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            warn!(error, "a file of log lines breaks off, its client is told by a broken connection");
        })?;
        Ok(lines.map(|lines| self.form.written(&lines).into()))
    }
}

fn as_json(text: &mut String, line: &Line) {
    text.push_str(&serde_json::to_string(line).expect("a line has string keys"));
    text.push('\n');
}

/// `2026-11-26T09:30:00.123Z WARNING  production scan-7: what it says {"more": 1}`. Further lines of a message are set in, so that whoever
/// reads the file sees where the next one begins; signs that a terminal would obey are shown as unreadable.
fn as_text(text: &mut String, line: &Line) {
    let Line { timestamp, level, environment, source, message, metadata, .. } = line;
    let level = level.word().to_ascii_uppercase();
    let begins = text.len();
    write!(text, "{timestamp} {level:<8} {environment} {source}: {}", message.trim_end().replace('\n', "\n    "))
        .expect("memory takes everything");
    if let Some(metadata) = metadata {
        write!(text, " {}", metadata.get().replace(['\n', '\r'], " ")).expect("memory takes everything");
    }
    let harmless = |letter: char| if letter.is_control() && !"\n\t".contains(letter) { '\u{fffd}' } else { letter };
    let written: String = text.drain(begins..).map(harmless).collect();
    text.push_str(&written);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_text_is_told_from_the_next_and_harms_no_terminal() {
        let line = r#"{"id":"a","n":7,"timestamp":"2026-01-01T00:00:00.000Z","level":"warning","type":"scan","message":"one\r\ntwo \u001b[2J\n","source":"scan-1","environment":"production","worker":42,"metadata":{"a":
1.50}}"#;
        let line: Line = serde_json::from_str(line).expect("a line");
        let mut text = String::new();

        as_text(&mut text, &line);

        let expected =
            "2026-01-01T00:00:00.000Z WARNING  production scan-1: one\u{fffd}\n    two \u{fffd}[2J {\"a\": 1.50}\n";
        assert_eq!(text, expected);
    }
}
