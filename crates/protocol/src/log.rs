//! Log lines: what one is, and which of them a reader wants.
//!
//! A line belongs to the process that took it in, and has a number there that counts up by one: with the name of the process it makes a
//! missing line known. Lines are never part of the ledger. Whoever misses some is told how many.
//!
//! ```
//! # use lockstep_protocol::log::Filter;
//! let filter = Filter::parse(&serde_json::json!({"level": "error,critical", "source": "import-*"})).expect("known words");
//! assert_eq!(filter.to_string(), r#"{"type":null,"level":["error","critical"],"source":["import-*"],"environment":null,"text":null,"regex":null}"#);
//! ```

mod archive;
mod filter;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use archive::{Archive, Reading};
pub use filter::{BadFilter, Filter, MAX_NAMES, MAX_TEXT};
pub use words::{Level, LogType, UnknownWord};

/// The longest message, in bytes. With every character escaped, a line still fits into one message between workers.
pub const MAX_MESSAGE: usize = 8 * 1024;

/// The longest metadata, in bytes of JSON.
pub const MAX_METADATA: usize = 4 * 1024;

/// The longest source or environment, in bytes.
pub const MAX_SOURCE: usize = 128;

/// The most lines in one request and in one answer.
pub const MAX_BATCH: usize = 1000;

/// One line, as it is kept and as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// Unique.
    pub id: String,
    /// Which line of its process, from 1.
    pub n: u64,
    /// When, ISO 8601 in UTC with milliseconds and `Z`.
    pub timestamp: String,
    /// How bad.
    pub level: Level,
    /// What about.
    #[serde(rename = "type")]
    pub kind: LogType,
    /// At most [`MAX_MESSAGE`] bytes of any text.
    pub message: String,
    /// Who says so, such as `scan-12`.
    pub source: String,
    /// Where, such as `production`.
    pub environment: String,
    /// The process that took it in.
    pub worker: u32,
    /// Anything besides, at most [`MAX_METADATA`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
}

/// Lines of one worker that travel together, in the order of their numbers; those that its door dropped are missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Batch {
    /// The worker's name, unique among all machines and restarts.
    pub from: String,
    /// The lines.
    pub lines: Vec<Arc<Line>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"a1","n":7,"timestamp":"2026-01-01T00:00:00.000Z","level":"warning","type":"scan","message":"<b>","source":"scan-1","environment":"production","worker":42,"metadata":{"a":1.50}}"#;

    #[test]
    fn a_line_is_read_and_written_alike_to_the_last_digit() {
        let line: Line = serde_json::from_str(LINE).expect("a line");

        assert_eq!((line.kind, line.level), (LogType::Scan, Level::Warning));
        assert_eq!(serde_json::to_string(&line).expect("string keys"), LINE);
    }

    #[test]
    fn a_line_without_metadata_does_not_mention_any() {
        let line = Line { metadata: None, ..serde_json::from_str(LINE).expect("a line") };

        let text = serde_json::to_string(&line).expect("string keys");

        assert!(text.ends_with(r#""worker":42}"#), "{text}");
    }
}
