//! Our own reports as lines of the page of logs.
//!
//! The place for them is there only once the worker is open, and it may go before the process does, so it is bound late and found anew
//! for each report. Nothing here waits, and nothing that the road of the lines itself has to say becomes a line: it would tell of its own
//! telling. Against loops that nobody has thought of there is a limit by the second.

use std::{
    cell::Cell,
    fmt::Write,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use lockstep_app::{Logs, NewLine};
use lockstep_protocol::log::Level as LineLevel;
use serde_json::{Map, Value, value::to_raw_value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

use crate::config::OwnLevel;

/// Where the lines go.
static PLACE: ArcSwapOption<Logs> = ArcSwapOption::const_empty();

/// What the road of the lines says of itself. The outbox tells of every batch that did not go out.
const ROAD: [&str; 4] =
    ["lockstep_app::log", "lockstep_store::log", "lockstep_sync_manager::log", "lockstep_sync_manager::outbox"];

/// Reports a second that become lines.
const A_SECOND: u32 = 50;

/// The longest text of one field.
const MAX_FIELD: usize = 1024;

thread_local! {
    /// Whether this thread is writing such a line just now.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Reports go to `logs` for as long as this lives.
#[derive(Debug)]
#[must_use]
pub struct Bound(());

/// Has reports of this process go to `logs` from now on.
pub fn bind(logs: Logs) -> Bound {
    PLACE.store(Some(std::sync::Arc::new(logs)));
    Bound(())
}

impl Drop for Bound {
    fn drop(&mut self) {
        PLACE.store(None);
    }
}

/// The layer that makes lines of reports from `level` on.
pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(level: OwnLevel) -> impl Layer<S> {
    let most = match level {
        OwnLevel::Off => LevelFilter::OFF,
        OwnLevel::Error => LevelFilter::ERROR,
        OwnLevel::Warn => LevelFilter::WARN,
        OwnLevel::Info => LevelFilter::INFO,
        OwnLevel::Debug => LevelFilter::DEBUG,
    };
    Own.with_filter(filter_fn(is_ours)).with_filter(most)
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("lockstep") && !ROAD.iter().any(|road| target.starts_with(road))
}

struct Own;

impl<S: Subscriber> Layer<S> for Own {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(logs) = PLACE.load_full() else { return };
        if BUSY.replace(true) {
            return;
        }
        if let Some(line) = line(event)
            && take_turn()
        {
            logs.write(line);
        }
        BUSY.set(false);
    }
}

/// Whether this second has room for one more.
fn take_turn() -> bool {
    static SECOND: LazyLock<Mutex<(Instant, u32)>> = LazyLock::new(|| Mutex::new((Instant::now(), 0)));
    let mut second = SECOND.lock().unwrap_or_else(PoisonError::into_inner);
    if second.0.elapsed() >= Duration::from_secs(1) {
        *second = (Instant::now(), 0);
    }
    second.1 += 1;
    second.1 <= A_SECOND
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
    Some(NewLine { message: said.message, level, source, metadata, ..NewLine::default() })
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
