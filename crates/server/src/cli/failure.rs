//! Why a command did not do what it was asked for.

use std::{error::Error, fmt};

use super::MISUSE;
use crate::config::Problems;

/// The reason as a person reads it, and whose turn it is to change something.
#[derive(Debug)]
pub(super) enum Failure {
    /// Exit code 1.
    Failed(String),
    /// Exit code 2.
    Misuse(String),
}

impl Failure {
    /// Something that went wrong, with all its causes.
    pub(super) fn because(error: &dyn Error) -> Self {
        Failure::Failed(chain(error))
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Misuse(_) => MISUSE,
        }
    }
}

/// `a: b: c`, from the outermost to the first cause.
pub(super) fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(why) | Failure::Misuse(why) => f.write_str(why),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Failure::Misuse(problems.to_string())
    }
}
