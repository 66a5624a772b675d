//! The one place that writes to the standard streams.

use std::io::{self, Write};

use serde::Serialize;

use super::failure::Failure;

/// Writes one line of data. Whoever read it may have had enough (`lockstep tail | head`): that is an error of kind
/// `BrokenPipe`.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Writes data that is the whole answer of a command.
pub(super) fn answer(text: &str) -> Result<(), Failure> {
    line(text).or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::Failed(format!("cannot write to standard output: {error}"))),
    })
}

/// The same as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    answer(&serde_json::to_string(value).expect("our own types have string keys"))
}

/// Tells a person something that is not data.
pub(super) fn note(text: &str) {
    // Without a standard error there is nobody to tell.
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// Shows a person a line in the place of the one before it.
pub(super) fn over(text: &str) {
    let mut stderr = io::stderr().lock();
    // To the beginning of the line, and what is left of it goes.
    write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush()).ok();
}

/// Tells a person why it did not work.
pub(super) fn complain(text: &str) {
    note(&format!("lockstep: {}", text.replace('\n', "\nlockstep: ")));
}
