//! What the road asks of the place where lines are kept.

use std::{future::Future, pin::Pin};

use super::{Filter, Line};

/// Lines that are being read.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Vec<Line>> + Send + 'a>>;

/// Kept lines. Whatever cannot be read is missing from the answer; the reader is told that it is.
pub trait Archive: Send + Sync + 'static {
    /// The lines `first..=last` of the worker named `from`, as far as they are kept, in rising order. The caller asks for a few thousand
    /// at most, and gives up after two seconds.
    fn between<'a>(&'a self, from: &'a str, first: u64, last: u64) -> Reading<'a>;

    /// The newest lines that match, at most `limit`, the oldest of them first.
    fn newest<'a>(&'a self, filter: &'a Filter, limit: usize) -> Reading<'a>;
}
