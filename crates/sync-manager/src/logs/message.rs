//! Lines as they travel between workers: `{"from", "upto", "age", "lines"}`.
//!
//! `upto` is the newest number that the worker had given away when it spoke; a message without lines is only that, said after a silence,
//! so that a loss at the very end is noticed too. `age` is how long the worker had lived then, in milliseconds: whoever has lived longer
//! knows that its first lines were never there to be missed.

use std::{sync::Arc, time::Duration};

use lockstep_protocol::log::{Batch, Line};
use serde::{Deserialize, Serialize};

/// Bytes after which a message ends. A line is never divided, and with every character escaped still fits into what the bus takes.
const MESSAGE_BYTES: usize = 48 * 1024;

/// The longest name of a worker, in bytes.
const MAX_FROM: usize = 256;

/// Numbers are exact in every reader's language up to here.
const MAX_N: u64 = 1 << 53;

/// What a worker says.
#[derive(Debug, Deserialize)]
pub(super) struct Heard {
    pub(super) from: String,
    #[serde(default)]
    pub(super) upto: u64,
    /// Milliseconds.
    #[serde(default)]
    pub(super) age: Option<u64>,
    pub(super) lines: Vec<Arc<Line>>,
}

/// The messages that carry a batch, in order.
pub(super) fn write(batch: &Batch, age: Duration) -> Vec<String> {
    let (mut messages, mut waiting, mut upto) = (Vec::new(), String::new(), 0);
    for line in &batch.lines {
        let text = serde_json::to_string(line).expect("a line has string keys");
        if !waiting.is_empty() {
            if waiting.len() + text.len() >= MESSAGE_BYTES {
                messages.push(message(&batch.from, upto, age, &std::mem::take(&mut waiting)));
            } else {
                waiting.push(',');
            }
        }
        waiting.push_str(&text);
        upto = line.n;
    }
    if !waiting.is_empty() {
        messages.push(message(&batch.from, upto, age, &waiting));
    }
    messages
}

/// The worker `from` has given away the numbers up to `upto`, and has nothing new.
pub(super) fn mark(from: &str, upto: u64, age: Duration) -> String {
    message(from, upto, age, "")
}

fn message(from: &str, upto: u64, age: Duration, lines: &str) -> String {
    #[derive(Serialize)]
    struct Head<'a> {
        from: &'a str,
        upto: u64,
        age: u128,
    }
    let head = serde_json::to_string(&Head { from, upto, age: age.as_millis() }).expect("string keys");
    format!(r#"{},"lines":[{lines}]}}"#, head.trim_end_matches('}'))
}

/// What a message says; nothing when it is none of ours.
pub(super) fn read(message: &str) -> Option<Heard> {
    let heard: Heard = serde_json::from_str(message).ok()?;
    let numbers = heard.lines.iter().map(|line| line.n);
    let sane = heard.from.len() <= MAX_FROM && heard.upto < MAX_N && numbers.clone().all(|n| (1..MAX_N).contains(&n));
    (sane && numbers.is_sorted_by(|a, b| a < b)).then_some(heard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bus::MAX_MESSAGE_BYTES, logs::tests::line};

    const AGE: Duration = Duration::from_millis(1_500);

    fn check(lines: &[Line], messages: usize) {
        let batch = Batch { from: "a/0/1}".into(), lines: lines.iter().cloned().map(Arc::new).collect() };

        let written = write(&batch, AGE);

        assert_eq!(written.len(), messages);
        assert!(written.iter().all(|message| message.len() <= MAX_MESSAGE_BYTES));
        let read: Vec<Heard> = written.iter().map(|message| read(message).expect("ours")).collect();
        assert!(read.iter().all(|heard| heard.from == batch.from));
        assert!(read.iter().all(|heard| heard.lines.last().is_some_and(|line| line.n == heard.upto)));
        let numbers = read.iter().flat_map(|heard| heard.lines.iter().map(|line| line.n));
        assert!(numbers.eq(lines.iter().map(|line| line.n)));
    }

    #[test]
    fn lines_travel_together_as_far_as_a_message_takes_them() {
        let lines = |count, message: &str| -> Vec<Line> {
            (1..=count).map(|n| Line { message: message.into(), ..line("a", n) }).collect()
        };
        check(&lines(0, ""), 0);
        check(&lines(1, ""), 1);
        check(&lines(100, "short"), 1);
        check(&lines(10, &"x".repeat(8 * 1024)), 2);
        check(&lines(2, &"\u{1}".repeat(8 * 1024)), 2);
    }

    #[test]
    fn a_mark_says_how_far_a_worker_has_come() {
        let heard = read(&mark("a", 7, AGE)).expect("ours");

        assert_eq!((heard.from.as_str(), heard.upto, heard.lines.len()), ("a", 7, 0));
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        let twice =
            format!(r#"{{"from":"a","lines":[{0},{0}]}}"#, serde_json::to_string(&line("a", 1)).expect("a line"));
        let zero = format!(r#"{{"from":"a","lines":[{}]}}"#, serde_json::to_string(&line("a", 0)).expect("a line"));
        for garbage in
            ["", "{}", "[]", "null", r#"{"from":"a"}"#, r#"{"from":"a","upto":-1,"lines":[]}"#, &twice, &zero]
        {
            assert!(read(garbage).is_none(), "{garbage}");
        }
    }

    /// The wire is semi-trusted: whoever may publish on it may say anything.
    #[test]
    fn a_message_of_a_strangers_is_read_whole_or_not_at_all() {
        let real = message("a/0/1", 9, AGE, &serde_json::to_string(&line("a", 9)).expect("a line"));
        let (mut taken, mark) = (0, mark("b", 1, AGE));
        for text in crate::nasty::texts(&[&real, &mark], 20_000) {
            let Some(heard) = read(&text) else { continue };
            taken += 1;
            assert!(heard.lines.iter().all(|line| (1..MAX_N).contains(&line.n)), "{text}");
        }
        assert!(taken > 100, "{taken}: nearly nothing was a message");
    }
}
