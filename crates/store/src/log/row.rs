//! A line as a row, and back.

use std::sync::Arc;

use lockstep_protocol::log::{Level, Line};
use serde_json::value::RawValue;

use crate::{
    clock::{self, rfc3339},
    engine::{Statement, Tuple, Value, sql},
    error::Error,
    fold::fold,
};

/// The columns of a line, its place first.
pub(super) const COLUMNS: &str =
    "SELECT at, key, id, n, level, kind, source, environment, worker, message, metadata FROM log_lines";

/// Grave lines, error and critical, in the words of their index.
pub(super) const GRAVE: &str = " AND level >= 3";

/// A level's number in the database.
pub(super) fn number(level: Level) -> i64 {
    Level::ALL.iter().position(|known| *known == level).map_or(0, |n| n as i64)
}

/// The statement that writes these lines down.
pub(super) fn insert(from: &str, lines: &[Arc<Line>]) -> Result<Statement, Error> {
    let mut insert = sql("INSERT INTO log_lines \
                          (writer, at, n, id, level, kind, source, environment, worker, message, search, metadata) VALUES ");
    for (place, line) in lines.iter().enumerate() {
        insert.push(if place == 0 { "(" } else { ", (" }).push_bind(from);
        for value in values(line)? {
            insert.push(", ").push_bind(value);
        }
        insert.push(")");
    }
    insert.push(" ON CONFLICT (writer, n) DO NOTHING");
    Ok(insert)
}

fn values(line: &Line) -> Result<[Value; 11], Error> {
    let at = clock::parse(&line.timestamp).ok_or_else(|| corrupt("a line without time"))?;
    Ok([
        at.into(),
        i64::try_from(line.n).map_err(corrupt)?.into(),
        kept(&line.id).into(),
        number(line.level).into(),
        line.kind.word().into(),
        kept(&line.source).into(),
        kept(&line.environment).into(),
        i64::from(line.worker).into(),
        kept(&line.message).into(),
        fold(&kept(&format!("{}\n{}", line.source, line.message))).into(),
        line.metadata.as_ref().map(|metadata| metadata.get().to_owned()).into(),
    ])
}

/// Text without letters of value zero, of which PostgreSQL has none.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Reads a row of [`COLUMNS`].
pub(super) fn read(row: &Tuple) -> Result<Line, Error> {
    let level = usize::try_from(row.some_int(4)?).ok().and_then(|n| Level::ALL.get(n)).copied();
    Ok(Line {
        id: row.some_text(2)?,
        n: u64::try_from(row.some_int(3)?).map_err(corrupt)?,
        timestamp: rfc3339(row.some_int(0)?),
        level: level.ok_or_else(|| corrupt("a level that is none"))?,
        kind: row.some_text(5)?.parse().map_err(corrupt)?,
        message: row.some_text(9)?,
        source: row.some_text(6)?,
        environment: row.some_text(7)?,
        worker: u32::try_from(row.some_int(8)?).map_err(corrupt)?,
        metadata: row.text(10)?.map(RawValue::from_string).transpose().map_err(corrupt)?,
    })
}

pub(super) fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
