//! Our own reports as lines of the page of logs.
//!
//! The place for them is there only once the worker is open, and it may go before the process does, so it is bound late; the first reports
//! wait for it. Nothing here waits, and nothing that the road of the lines itself has to say becomes a line: it would tell of its own
//! telling. Against loops that nobody has thought of there is a limit by the second.

use std::{
    cell::Cell,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lockstep_app::{Logs, NewLine};
use lockstep_protocol::log::Level as LineLevel;
use serde_json::{Map, Value, value::to_raw_value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

use crate::{clock, config::OwnLevel};

/// What the road of the lines says of itself. The outbox tells of every batch that did not go out.
const ROAD: [&str; 4] =
    ["lockstep_app::log", "lockstep_store::log", "lockstep_sync_manager::log", "lockstep_sync_manager::outbox"];

/// Reports a second that become lines. The chatty ones, below a warning, may have half of it, so that they crowd out no warning.
const A_SECOND: u32 = 100;

const SECOND: Duration = Duration::from_secs(1);

/// Reports that are kept until there is a place for them; chatty ones may fill half of it.
const EARLY: usize = 64;

/// The longest text of one field.
const MAX_FIELD: usize = 1024;

thread_local! {
    /// Whether this thread is writing such a line just now.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Where the lines of this process go.
static OWN: Place = Place::new();

/// Has reports of this process go to `logs` from now on, those that came too early first.
pub fn bind(logs: &Logs) -> Bound {
    OWN.bind(logs)
}

/// Reports are lines for as long as this lives.
#[derive(Debug)]
#[must_use]
pub struct Bound(&'static Place);

impl Drop for Bound {
    fn drop(&mut self) {
        self.0.inner().stage = Stage::Over;
    }
}

/// A place for lines, which may not be there yet, or not any more.
#[derive(Debug)]
struct Place(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    stage: Stage,
    /// When the second began that runs, and how many lines it has had, chatty and others.
    second: Option<(Instant, [u32; 2])>,
}

#[derive(Debug)]
enum Stage {
    /// What was reported before there was a place, as far as it is kept: why a worker cannot reach Redis, say.
    Early(Vec<NewLine>),
    Open(Logs),
    Over,
}

impl Place {
    const fn new() -> Self {
        Self(Mutex::new(Inner { stage: Stage::Early(Vec::new()), second: None }))
    }

    fn bind(&'static self, logs: &Logs) -> Bound {
        let before = std::mem::replace(&mut self.inner().stage, Stage::Open(logs.clone()));
        if let Stage::Early(lines) = before {
            for line in lines {
                logs.write(line);
            }
        }
        Bound(self)
    }

    fn take(&self, line: NewLine) {
        let mut inner = self.inner();
        let chatty = line.level.is_none_or(|level| level < LineLevel::Warning);
        if !inner.take_turn(chatty) {
            return;
        }
        match &mut inner.stage {
            Stage::Early(lines) if lines.len() < if chatty { EARLY / 2 } else { EARLY } => lines.push(line),
            Stage::Early(_) | Stage::Over => {}
            Stage::Open(logs) => {
                logs.write(line);
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether this second has room for one more.
    fn take_turn(&mut self, chatty: bool) -> bool {
        let (began, mut counts) =
            self.second.filter(|(began, _)| began.elapsed() < SECOND).unwrap_or((Instant::now(), [0; 2]));
        let count = &mut counts[usize::from(chatty)];
        *count = count.saturating_add(1);
        let in_time = *count <= A_SECOND / 2;
        self.second = Some((began, counts));
        in_time
    }
}

/// The layer that makes lines of reports from `level` on.
pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(level: OwnLevel) -> impl Layer<S> {
    layer_to(&OWN, level)
}

fn layer_to<S: Subscriber + for<'a> LookupSpan<'a>>(place: &'static Place, level: OwnLevel) -> impl Layer<S> {
    let most = match level {
        OwnLevel::Off => LevelFilter::OFF,
        OwnLevel::Error => LevelFilter::ERROR,
        OwnLevel::Warn => LevelFilter::WARN,
        OwnLevel::Info => LevelFilter::INFO,
        OwnLevel::Debug => LevelFilter::DEBUG,
    };
    Own(place).with_filter(filter_fn(is_ours)).with_filter(most)
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("lockstep") && !ROAD.iter().any(|road| target.starts_with(road))
}

struct Own(&'static Place);

impl<S: Subscriber> Layer<S> for Own {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if BUSY.replace(true) {
            return;
        }
        if let Some(line) = line(event) {
            self.0.take(line);
        }
        BUSY.set(false);
    }
}

/// Nothing for a request about lines.
fn line(event: &Event<'_>) -> Option<NewLine> {
    let mut said = Said::default();
    event.record(&mut said);
    let about_lines = said.fields.get("path").and_then(Value::as_str).is_some_and(|path| path.starts_with("/api/logs"));
    if about_lines || said.message.is_empty() {
        return None;
    }
    said.fields.insert("target".to_owned(), event.metadata().target().into());
    let metadata = to_raw_value(&said.fields).ok();
    let (level, source) = (Some(level(*event.metadata().level())), Some("lockstep".to_owned()));
    let at = Some(clock::now_ms());
    Some(NewLine { message: said.message, level, source, at, metadata, ..NewLine::default() })
}

fn level(level: Level) -> LineLevel {
    match level {
        Level::ERROR => LineLevel::Error,
        Level::WARN => LineLevel::Warning,
        Level::INFO => LineLevel::Info,
        _ => LineLevel::Debug,
    }
}

/// What a report says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn take(&mut self, field: &Field, mut text: String) {
        if field.name() == "message" {
            self.message = text;
        } else {
            text.truncate(text.floor_char_boundary(MAX_FIELD));
            self.fields.insert(field.name().to_owned(), text.into());
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let mut text = String::new();
        // Writing into memory does not fail.
        write!(text, "{value:?}").ok();
        self.take(field, text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            write!(text, ": {error}").ok();
            cause = error.source();
        }
        self.take(field, text);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests;
