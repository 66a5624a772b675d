//! What was wrong with one row of a file that is otherwise read.

use std::{fmt, sync::Arc};

use crate::{Kind, Place, error::excerpt};

/// One thing that was wrong, and where. The file is read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// The file within the exchange.
    pub file: Arc<str>,
    /// Where the element begins that it is about.
    pub place: Place,
    /// The kind of row, if it was in one.
    pub kind: Option<Kind>,
    /// 1C's `Ид` of that row, as far as it was known there.
    pub id: Option<String>,
    /// The element or attribute, as 1C names it.
    pub field: Option<&'static str>,
    /// What stood there, cut when long.
    pub value: Option<String>,
}

impl Problem {
    pub(crate) fn shown(value: &str) -> Option<String> {
        (!value.is_empty()).then(|| excerpt(value))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.place, self.code)?;
        if let Some(field) = self.field {
            write!(formatter, " in `{field}`")?;
        }
        if let Some(value) = &self.value {
            write!(formatter, ": `{value}`")?;
        }
        match &self.id {
            Some(id) => write!(formatter, " (Ид {id})"),
            None => Ok(()),
        }
    }
}

/// Whether anything was lost by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing was skipped.
    Warning,
    /// The row, or the price or quantity it is about, was skipped.
    Error,
}

/// The kinds of problems that a file alone can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// A row, a price or a choice without the `Ид` by which it would be known. Skipped.
    NoId,
    /// An `Ид` longer than 255 bytes. Skipped.
    BadId,
    /// A price or quantity that is not a decimal number of at most 28 digits. That price or quantity is skipped.
    BadNumber,
    /// A row that takes more memory than is allowed. Skipped.
    RowSize,
    /// A reference like `&nbsp;` that XML does not know; kept as it stands.
    UnknownReference,
    /// Characters that no text may hold, such as NUL; left out.
    ControlCharacter,
}

impl Code {
    /// A short word that stays the same, for reports and translations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoId => "no_id",
            Self::BadId => "bad_id",
            Self::BadNumber => "bad_number",
            Self::RowSize => "row_size",
            Self::UnknownReference => "unknown_reference",
            Self::ControlCharacter => "control_character",
        }
    }

    /// Whether something was skipped for it.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::NoId | Self::BadId | Self::BadNumber | Self::RowSize => Severity::Error,
            Self::UnknownReference | Self::ControlCharacter => Severity::Warning,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoId => "no `Ид`, skipped",
            Self::BadId => "too long an `Ид`, skipped",
            Self::BadNumber => "not a number, skipped",
            Self::RowSize => "too large a row, skipped",
            Self::UnknownReference => "an unknown reference, kept as it stands",
            Self::ControlCharacter => "control characters, left out",
        })
    }
}
