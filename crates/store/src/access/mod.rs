//! Who comes in: sessions of people, keys of programs.
//!
//! Tokens are kept as a digest that the caller makes; whoever reads the database cannot sign in with what he finds.

mod keys;
mod sessions;

use crate::error::Error;

pub use keys::Program;
pub use sessions::{Credentials, NewSession, Person};

/// The names of rights or scopes, as they are kept.
fn list(json: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(error.to_string()))
}
