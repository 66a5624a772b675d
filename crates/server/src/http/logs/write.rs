//! `POST /api/logs`: one line, or up to a thousand in an array; all of them or none.

use std::str::FromStr;

use axum::{Json, extract::State};
use http::StatusCode;
use lockstep_app::{Error, FieldError, FieldErrors, NewLine, Right, clock};
use lockstep_protocol::log::{Level, LogType, MAX_BATCH};
use serde_json::{Value, json, value::RawValue};

use super::super::{
    Face,
    body::{JsonBytes, not_an_object},
    identity::Signed,
    problem::Problem,
    publish::{Members, Reader, members},
};

pub(super) async fn write(
    State(face): State<Face>,
    signed: Signed,
    body: JsonBytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    // Before the body is judged: who may not write is told so first.
    signed.caller.must(Right::Log)?;
    let several = body.0.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let lines = if several { read_all(&body)? } else { vec![read(members(&body)?).map_err(Problem::invalid)?] };
    let written = face.worker.app.write_logs(&signed.caller, lines);
    let ids = written.map_err(|error| if several { error } else { of_one(error) })?;
    Ok((StatusCode::ACCEPTED, Json(json!({"accepted": ids.len(), "ids": ids}))))
}

/// The fields of the only line need no number.
fn of_one(error: Error) -> Error {
    let Error::Invalid { fields } = error else { return error };
    let plain = |(field, error): (String, FieldError)| (field.trim_start_matches("0.").to_owned(), error);
    Error::Invalid { fields: fields.into_iter().map(plain).collect() }
}

/// All that is wrong with all of them, at once.
fn read_all(body: &JsonBytes) -> Result<Vec<NewLine>, Problem> {
    let all: Vec<Box<RawValue>> = body.parse()?;
    if all.len() > MAX_BATCH {
        return Err(Error::TooLarge { max: MAX_BATCH }.into());
    }
    let all = all.iter().map(|raw| serde_json::from_str(raw.get()).map_err(|_| not_an_object()));
    let (mut lines, mut errors) = (Vec::new(), FieldErrors::new());
    for (n, members) in all.collect::<Result<Vec<Members>, Problem>>()?.into_iter().enumerate() {
        match read(members) {
            Ok(line) => lines.push(line),
            Err(wrong) => errors.extend(wrong.into_iter().map(|(field, error)| (format!("{n}.{field}"), error))),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(Problem::invalid(errors)) }
}

fn read(members: Members) -> Result<NewLine, FieldErrors> {
    let mut reader = Reader { members, errors: FieldErrors::new() };
    let at = time(&mut reader);
    let kind = word::<LogType>(&mut reader, "type", &LogType::ALL.map(LogType::word));
    let level = word::<Level>(&mut reader, "level", &Level::ALL.map(Level::word));
    let (source, environment, id) = (reader.perhaps("source"), reader.perhaps("environment"), reader.perhaps("id"));
    let (message, metadata) = (reader.text("message"), reader.take("metadata"));
    let Reader { members, mut errors } = reader;
    errors.extend(members.into_keys().map(|name| (name, FieldError::new("field.unknown"))));
    match message {
        Some(message) if errors.is_empty() => {
            Ok(NewLine { message, kind, level, source, environment, at, id, metadata })
        }
        _ => Err(errors),
    }
}

/// A word of a closed list. What is no word of it is wrong, and the list is told.
fn word<T: FromStr>(reader: &mut Reader, name: &str, allowed: &[&str]) -> Option<T> {
    let said = reader.perhaps(name)?;
    let word = said.parse().ok();
    if word.is_none() {
        reader.errors.insert(name.to_owned(), FieldError::new("field.not_allowed").with("allowed", allowed));
    }
    word
}

/// A time as text, or as milliseconds since 1970.
fn time(reader: &mut Reader) -> Option<i64> {
    let raw = reader.take("timestamp")?;
    let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    let time = clock::parse(&text).filter(|_| !text.is_empty());
    if time.is_none() {
        reader.errors.insert("timestamp".to_owned(), FieldError::new("field.format"));
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(body: &str) -> Result<NewLine, Vec<(String, &'static str)>> {
        let line = read(serde_json::from_str(body).expect("an object"));
        line.map_err(|errors| errors.into_iter().map(|(field, error)| (field, error.code)).collect())
    }

    #[test]
    fn a_line_is_read_whole() {
        let body = r#"{"message":"m","type":"scan","level":"FATAL","source":"s","environment":"e","id":"i","timestamp":"2025-11-22T12:00:00Z","metadata":{"b": 1.10}}"#;

        let line = read_text(body).expect("right");

        assert_eq!((line.kind, line.level), (Some(LogType::Scan), Some(Level::Critical)));
        assert_eq!((line.message.as_str(), line.at), ("m", Some(1_763_812_800_000)));
        assert_eq!([line.source, line.environment, line.id].map(Option::unwrap), ["s", "e", "i"]);
        assert_eq!(line.metadata.expect("some").get(), r#"{"b": 1.10}"#);
        assert_eq!(read_text(r#"{"message":"m","timestamp":1763812800000,"level":null}"#).expect("right").at, line.at);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let body = r#"{"message":7,"type":"all","level":"loud","source":[],"timestamp":"noon","colour":"red"}"#;

        let expected = [
            ("colour", "field.unknown"),
            ("level", "field.not_allowed"),
            ("message", "field.not_a_string"),
            ("source", "field.not_a_string"),
            ("timestamp", "field.format"),
            ("type", "field.not_allowed"),
        ];
        assert_eq!(read_text(body).expect_err("wrong"), expected.map(|(field, code)| (field.to_owned(), code)));
        assert_eq!(read_text("{}").expect_err("wrong"), [("message".to_owned(), "field.required")]);
    }
}
