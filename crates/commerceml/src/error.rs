//! What ends the reading of a file or of a whole exchange.

use std::{fmt, io};

use crate::Place;

/// Why an exchange, or a file of it, cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk said no: the same may go well another time.
    #[error("cannot read `{name}`")]
    Io {
        /// The file or folder.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is broken or not allowed, and stays so until somebody mends it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Error {
    pub(crate) fn io(name: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Io { name: name.into(), source: source.into() }
    }

    pub(crate) fn refused(name: impl Into<String>, why: Why) -> Self {
        Self::Refused(Refusal { name: name.into(), place: None, why })
    }
}

/// What was refused, where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The file within the exchange, or the exchange itself.
    pub name: String,
    /// Where in the file, if it is about what stands in it.
    pub place: Option<Place>,
    /// The reason.
    pub why: Why,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(formatter, "{}:{place}: {}", self.name, self.why),
            None => write!(formatter, "{}: {}", self.name, self.why),
        }
    }
}

/// The reasons for which a file or an exchange is refused. [`Why::code`] is for programs, the text for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// Nothing is in it.
    #[error("is empty")]
    Empty,
    /// It ends before its last element does.
    #[error("ends too early: it was cut off, or a piece of it did not arrive")]
    Truncated,
    /// It is not XML.
    #[error("is not well-formed XML: {0}")]
    Malformed(String),
    /// It has a document type, which 1C never writes.
    #[error("has a DOCTYPE, which is not accepted")]
    Doctype,
    /// It says that it is in an encoding that is not accepted, or not in the one it was begun with.
    #[error("is in the encoding `{0}`, which is not accepted here")]
    Encoding(String),
    /// Bytes that mean nothing in its encoding.
    #[error("has bytes that are not {0}: is the encoding in its first line wrong?")]
    BadBytes(&'static str),
    /// Another kind of XML, or an encoding that is not the declared one.
    #[error("is not CommerceML: its first element is `{0}`")]
    Foreign(String),
    /// Elements too deep in one another.
    #[error("has more than {0} elements inside one another")]
    Depth(usize),
    /// Too much text in one element, or too long a tag.
    #[error("has a text or a tag of more than {0} bytes")]
    TextSize(usize),
    /// Too many attributes.
    #[error("has an element with more than {0} attributes")]
    Attributes(usize),
    /// Too large a file.
    #[error("has more than {0} bytes")]
    FileSize(u64),
    /// Too many rows.
    #[error("has more than {0} rows")]
    Rows(u64),
    /// Too many files or entries.
    #[error("has more than {0} files")]
    Entries(usize),
    /// An archive that grows too much.
    #[error("would unpack to more than {0} bytes")]
    Unpacked(u64),
    /// An entry that grows too much for its packed size.
    #[error("unpacks to more than {0} times its size")]
    Ratio(u64),
    /// A name that leads elsewhere, or is too long.
    #[error("has a name that is not accepted: `{0}`")]
    Path(String),
    /// A link, a device or the like.
    #[error("is neither a file nor a folder; links are not followed")]
    Link,
    /// Two files of the same name in an archive.
    #[error("is there twice")]
    Twice,
    /// It is no archive that can be read, or one that is damaged or locked.
    #[error("is not an archive that can be read: {0}")]
    Archive(String),
    /// There is nothing of that name.
    #[error("is not there")]
    Missing,
}

impl Why {
    /// A short word that stays the same, for reports and translations.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Malformed(_) => "malformed",
            Self::Doctype => "doctype",
            Self::Encoding(_) => "encoding",
            Self::BadBytes(_) => "bad_bytes",
            Self::Foreign(_) => "not_commerceml",
            Self::Depth(_) => "depth",
            Self::TextSize(_) => "text_size",
            Self::Attributes(_) => "attributes",
            Self::FileSize(_) => "file_size",
            Self::Rows(_) => "rows",
            Self::Entries(_) => "entries",
            Self::Unpacked(_) => "unpacked",
            Self::Ratio(_) => "ratio",
            Self::Path(_) => "path",
            Self::Link => "link",
            Self::Twice => "twice",
            Self::Archive(_) => "archive",
            Self::Missing => "missing",
        }
    }
}

/// What a person is shown of a name or value that came from outside: the beginning, if it is long.
pub(crate) fn excerpt(text: &str) -> String {
    /// Characters that tell what it is about; the rest is in the file.
    const SHOWN: usize = 120;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
