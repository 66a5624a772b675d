//! The closed lists of words: what a line is about, and how bad it is.

use std::{fmt, str::FromStr};

use crate::room::as_text;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogType {
    /// A scan of files.
    Scan,
    /// For whoever looks for a fault.
    Debug,
    /// Something failed.
    Error,
    /// Anything else.
    Info,
}

impl LogType {
    /// All of them, in the order in which people are told about them.
    pub const ALL: [LogType; 4] = [LogType::Scan, LogType::Debug, LogType::Error, LogType::Info];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            LogType::Scan => "scan",
            LogType::Debug => "debug",
            LogType::Error => "error",
            LogType::Info => "info",
        }
    }
}

/// How bad it is; a worse one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Of use to whoever looks for a fault.
    Debug,
    /// All is well.
    Info,
    /// Somebody should look at it some time.
    Warning,
    /// Something failed.
    Error,
    /// Somebody should look at it now.
    Critical,
}

impl Level {
    /// All of them, the harmless first.
    pub const ALL: [Level; 5] = [Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Critical];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
            Level::Critical => "critical",
        }
    }
}

/// A word that is none of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {allowed}")]
pub struct UnknownWord {
    /// The beginning of what was said.
    pub word: String,
    /// What may be said.
    pub allowed: &'static str,
}

impl UnknownWord {
    fn of(word: &str, allowed: &'static str) -> Self {
        Self { word: word.chars().take(64).collect(), allowed }
    }
}

impl fmt::Display for LogType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for LogType {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let known = LogType::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word));
        known.ok_or_else(|| UnknownWord::of(word, "scan, debug, error, info"))
    }
}

impl FromStr for Level {
    type Err = UnknownWord;

    /// Reads the words of other systems too, such as `warn` and `fatal`, in any case.
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "debug" | "trace" => Level::Debug,
            "info" | "notice" => Level::Info,
            "warning" | "warn" => Level::Warning,
            "error" | "err" => Level::Error,
            "critical" | "fatal" => Level::Critical,
            _ => return Err(UnknownWord::of(word, "debug, info, warning, error, critical")),
        })
    }
}
as_text!(LogType, Level);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_and_written_alike() {
        LogType::ALL.into_iter().for_each(|kind| assert_eq!(kind.to_string().parse(), Ok(kind)));
        Level::ALL.into_iter().for_each(|level| assert_eq!(level.to_string().parse(), Ok(level)));
    }

    #[test]
    fn the_words_of_other_systems_are_levels_too() {
        let read = |word: &str| word.parse::<Level>().map(Level::word);
        for (word, level) in [
            ("WARN", "warning"),
            ("Err", "error"),
            ("FATAL", "critical"),
            ("notice", "info"),
            ("TRACE", "debug"),
            ("Critical", "critical"),
        ] {
            assert_eq!(read(word), Ok(level), "{word}");
        }
    }

    #[test]
    fn an_unknown_word_is_refused_and_the_known_ones_are_named() {
        let error = "loud".parse::<Level>().expect_err("no level");

        assert_eq!(error.to_string(), "`loud` is none of debug, info, warning, error, critical");
        assert!("all".parse::<LogType>().is_err());
    }

    #[test]
    fn what_is_worse_is_greater() {
        assert!(Level::ALL.is_sorted());
    }
}
