//! What keeps a walk from looking at something.

use std::{fmt, io};

use super::{MAX_DEPTH, MAX_PLACE};

/// Why something was not looked at, or not to its end.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// A link, which may lead anywhere.
    Link,
    /// A pipe, a socket or a device.
    Special,
    /// It was there a moment ago.
    Vanished,
    /// It was written while we read.
    Changed,
    /// Too many directories within one another.
    TooDeep,
    /// Its name with all directories is too long.
    TooLong,
    /// The system would not let us.
    Unreadable(io::Error),
}

impl Trouble {
    pub(super) fn of(error: io::Error) -> Self {
        use io::ErrorKind::{InvalidInput, NotADirectory, NotFound};
        let link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        match error.kind() {
            _ if link => Trouble::Link,
            NotFound | NotADirectory | InvalidInput => Trouble::Vanished,
            _ => Trouble::Unreadable(error),
        }
    }

    /// Whether somebody should see to it.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Trouble::TooDeep | Trouble::TooLong | Trouble::Unreadable(_))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Link => f.write_str("a link, not followed"),
            Trouble::Special => f.write_str("neither a file nor a directory, left out"),
            Trouble::Vanished => f.write_str("gone while we looked"),
            Trouble::Changed => f.write_str("written while it was read, the next scan looks again"),
            Trouble::TooDeep => write!(f, "more than {MAX_DEPTH} directories deep, not entered"),
            Trouble::TooLong => write!(f, "the path is longer than {MAX_PLACE} bytes, left out"),
            Trouble::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

/// Something to tell of a place.
#[derive(Debug)]
pub(crate) struct Note {
    /// Where, from the folder that was opened first.
    pub(crate) place: String,
    /// What.
    pub(crate) trouble: Trouble,
}
