//! What the operator reads: lines on standard output, text or JSON.
//!
//! Several workers share one standard output; each line then says which of them speaks, and is written in one piece.

mod own;

use std::io::{self, IsTerminal, Stdout, Write};

use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub use self::own::{Bound, bind};
use crate::config::{Format, Level, Log, Settings};

/// Libraries that speak about every packet below this level: what they know there is ours to say in our own words.
const QUIET: [&str; 6] = ["socketioxide", "engineioxide", "hyper", "h2", "fred", "sqlx"];

/// Begins to write log lines as `[log]` says; `process` is the worker's number where there are several. What is worth a place among the
/// lines of the page of logs goes there, too, as soon as there is such a place ([`bind`]). Only the first call in a process has an effect.
pub fn start(settings: &Settings, process: Option<u16>) {
    let lines = lines(&settings.log, process).with_filter(EnvFilter::new(directives(settings.log.level)));
    let started = tracing_subscriber::registry().with(lines).with(own::layer(settings.logs.own_level)).try_init();
    // The one failure is that somebody has begun already, as in tests; then his lines are as good.
    started.ok();
}

fn lines(log: &Log, process: Option<u16>) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = fmt::layer().with_target(log.level > Level::Info);
    match log.format {
        Format::Json => {
            let prefix = process.map(|number| format!("{{\"process\":{number},")).unwrap_or_default();
            lines.json().flatten_event(true).with_writer(Lines { prefix, replaces: "{" }).boxed()
        }
        Format::Text => {
            let prefix = process.map(|number| format!("[{number}] ")).unwrap_or_default();
            lines.with_ansi(io::stdout().is_terminal()).with_writer(Lines { prefix, replaces: "" }).boxed()
        }
    }
}

/// Puts `prefix` in the place of what each line begins with.
#[derive(Debug, Clone)]
struct Lines {
    prefix: String,
    replaces: &'static str,
}

impl Lines {
    fn prefixed(&self, line: &[u8]) -> Vec<u8> {
        let rest = line.strip_prefix(self.replaces.as_bytes()).unwrap_or(line);
        [self.prefix.as_bytes(), rest].concat()
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter { lines: self, stdout: io::stdout() }
    }
}

/// Takes one whole line at a time, which is how the subscriber writes.
struct LineWriter<'a> {
    lines: &'a Lines,
    stdout: Stdout,
}

impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.lines.prefix.is_empty() {
            true => self.stdout.write_all(line)?,
            false => self.stdout.write_all(&self.lines.prefixed(line))?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

fn directives(level: Level) -> String {
    let quiet = level.min(Level::Info);
    let quiet = QUIET.iter().map(|library| format!(",{library}={}", quiet.word()));
    std::iter::once(level.word().to_owned()).chain(quiet).collect()
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_stay_quiet_however_loud_we_are() {
        assert!(directives(Level::Trace).starts_with("trace,socketioxide=info,engineioxide=info"));
        assert!(directives(Level::Error).starts_with("error,socketioxide=error"));
        EnvFilter::try_new(directives(Level::Debug)).expect("a filter");
    }

    #[test]
    fn each_line_says_which_worker_speaks_and_json_stays_json() {
        let text = Lines { prefix: "[3] ".into(), replaces: "" };
        let json = Lines { prefix: "{\"process\":3,".into(), replaces: "{" };

        assert_eq!(text.prefixed(b"stopped\n"), b"[3] stopped\n");
        assert_eq!(json.prefixed(b"{\"level\":\"INFO\"}\n"), b"{\"process\":3,\"level\":\"INFO\"}\n");
    }
}
