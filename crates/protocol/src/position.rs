//! How far somebody has come: a page, a worker or a snapshot.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The number of an event in its ledger: milliseconds since 1970 when it was committed, made strictly increasing.
///
/// Only the order carries meaning; two numbers that follow each other need not be adjacent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub i64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of one life of a ledger. It changes when history is lost or restored from a backup, so that nobody compares numbers
/// of two lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// Takes the name as it stands; it must hold no `:`.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in one life of the ledger. Written `epoch:seq` in headers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// Everything up to and including this event is known.
    pub seq: Seq,
}

impl Position {
    /// The place `seq` in `epoch`.
    pub fn new(epoch: Epoch, seq: Seq) -> Self {
        Self { epoch, seq }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

/// A text that is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no position; expected epoch:seq, such as k3f9:1763760000123")]
pub struct BadPosition(pub String);

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let bad = || BadPosition(text.chars().take(64).collect());
        let (epoch, seq) = text.rsplit_once(':').ok_or_else(bad)?;
        let seq = seq.parse().map_err(|_| bad())?;
        Ok(Self::new(Epoch::new(epoch), Seq(seq)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_being_written_and_read() {
        let position = Position::new(Epoch::new("k3f9"), Seq(1_763_760_000_123));

        assert_eq!(position.to_string().parse(), Ok(position));
    }

    #[test]
    fn a_text_without_a_number_is_no_position() {
        assert!("k3f9:".parse::<Position>().is_err());
        assert!("1763760000123".parse::<Position>().is_err());
    }
}
