//! Lines from outside: who may write them, and what they may hold.

use lockstep_protocol::{
    MAX_DATA_DEPTH, depth,
    log::{MAX_BATCH, MAX_MESSAGE, MAX_METADATA, MAX_SOURCE},
};

use super::NewLine;
use crate::{
    App, Caller, Error,
    error::{FieldError, FieldErrors},
    rights::Right,
};

/// The longest id, in bytes.
const MAX_ID: usize = 128;

/// How far a clock elsewhere may be ahead of ours. A line from the year 2099 would be the newest one until then.
const AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// Seconds after which a queue that was full has room again.
const FULL_S: u64 = 1;

impl App {
    /// Takes lines, all of them or none; their ids, in their order. They are queued, not yet stored: readers have them in a moment.
    /// Without a source a line is the caller's.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::TooLarge`], [`Error::Invalid`] with the number of the line before the field, as in `3.message`;
    /// [`Error::RateLimited`] when the queue is full.
    pub fn write_logs(&self, caller: &Caller, mut lines: Vec<NewLine>) -> Result<Vec<String>, Error> {
        caller.must(Right::Log)?;
        if lines.len() > MAX_BATCH {
            return Err(Error::TooLarge { max: MAX_BATCH });
        }
        let latest = self.clock().now_ms() + AHEAD_MS;
        let wrong = lines
            .iter()
            .enumerate()
            .flat_map(|(n, line)| wrong(line, latest).map(move |(field, error)| (format!("{n}.{field}"), error)));
        let fields: FieldErrors = wrong.collect();
        if !fields.is_empty() {
            return Err(Error::Invalid { fields });
        }
        let name = caller.actor().map_or_else(|| "operator".to_owned(), |actor| actor.name);
        for line in lines.iter_mut().filter(|line| line.source.is_none()) {
            line.source = Some(name.clone());
        }
        self.0.logs.0.take_or_refuse(lines).ok_or(Error::RateLimited { seconds: FULL_S })
    }
}

/// All that is wrong with a line.
fn wrong(line: &NewLine, latest: i64) -> impl Iterator<Item = (&'static str, FieldError)> {
    let name = |text: &Option<String>, max| text.as_deref().and_then(|text| bad_name(text, max));
    [
        ("message", bad_text(&line.message, MAX_MESSAGE)),
        ("source", name(&line.source, MAX_SOURCE)),
        ("environment", name(&line.environment, MAX_SOURCE)),
        ("id", name(&line.id, MAX_ID)),
        ("timestamp", line.at.filter(|at| !(0..=latest).contains(at)).map(|_| FieldError::new("field.not_allowed"))),
        (
            "metadata",
            line.metadata.as_ref().and_then(|metadata| match () {
                () if metadata.get().len() > MAX_METADATA => Some(too_long(MAX_METADATA)),
                () if depth(metadata) > MAX_DATA_DEPTH => {
                    Some(FieldError::new("field.too_deep").with("max", MAX_DATA_DEPTH))
                }
                () => None,
            }),
        ),
    ]
    .into_iter()
    .filter_map(|(field, error)| Some((field, error?)))
}

fn bad_text(text: &str, max: usize) -> Option<FieldError> {
    match text.len() {
        0 => Some(FieldError::new("field.required")),
        bytes if bytes > max => Some(too_long(max)),
        _ => None,
    }
}

fn bad_name(name: &str, max: usize) -> Option<FieldError> {
    bad_text(name, max).or_else(|| name.chars().any(char::is_control).then(|| FieldError::new("field.format")))
}

fn too_long(max: usize) -> FieldError {
    FieldError::new("field.too_long").with("max", max)
}
