//! XML in constant memory: elements as they open and close, with their text, in any accepted encoding.
//!
//! What `quick-xml` leaves open is closed here: a document ends only with its one root, nothing is unbounded, references are resolved in
//! the text they stand in, and everything has a place by line and column. It knows nothing of goods and prices.

mod encoding;
mod input;
mod refuse;
mod seen;
mod tag;
mod text;
mod walker;

pub(crate) use seen::Seen;
pub(crate) use tag::Tag;
pub(crate) use walker::{Step, Walker};
