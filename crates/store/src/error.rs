//! What can go wrong when something is remembered or looked up, by what the caller can do about it.

use std::collections::BTreeMap;

use crate::{lock::Lease, row::Row};

/// A call that was refused or failed. Nothing of it was kept, but for [`Error::InDoubt`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The row has changed since the caller saw it; here it is as it stands.
    #[error("the row is at revision {}", .current.rev)]
    Stale {
        /// The row as it stands.
        current: Box<Row>,
    },
    /// Somebody else has the row for himself.
    #[error("{} is editing the row alone; try again when that is over", .lease.user.name)]
    Locked {
        /// Who, and until when.
        lease: Box<Lease>,
    },
    /// Others refer to the row: how many of what.
    #[error("the row is in use: {usage:?}")]
    InUse {
        /// Kind of row → how many refer to this one; none is zero.
        usage: BTreeMap<&'static str, i64>,
    },
    /// Another row has this value, which must be unique.
    #[error("another row has the same `{field}`")]
    Duplicate {
        /// The field.
        field: &'static str,
    },
    /// The field names a row that does not exist.
    #[error("`{field}` names a row that does not exist")]
    NoSuch {
        /// The field.
        field: &'static str,
    },
    /// The row would be its own ancestor.
    #[error("`{field}` would make the row its own ancestor")]
    Cycle {
        /// The field.
        field: &'static str,
    },
    /// Nobody would be left who may administer.
    #[error("the last enabled administrator stays")]
    LastAdmin,
    /// A list was asked for in a way that this entity does not know.
    #[error("a list cannot be had by this `{field}`")]
    BadQuery {
        /// The parameter.
        field: String,
    },
    /// More rows than are given at once.
    #[error("more than {max} rows")]
    TooMany {
        /// How many are.
        max: usize,
    },
    /// The database holds or was given what it never should.
    #[error("the database does not hold what it should: {0}")]
    Corrupt(String),
    /// The database could not do it just now: locked, full, gone.
    #[error("the database did not do it")]
    Unavailable(#[source] sqlx::Error),
    /// The connection broke while the change was made to last: it may have been kept, whole, or not at all.
    #[error("the database has not said whether it did it")]
    InDoubt(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Error::Unavailable(error)
    }
}

impl Error {
    /// Whether the database refused a value that another row already has. Told by code, never by text.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Error::Unavailable(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// The reference that the database refused, by the name of its constraint, since there is no such row, or one only just gone.
    pub(crate) fn refused_reference(&self) -> Option<&str> {
        match self {
            Error::Unavailable(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                Some(error.constraint().unwrap_or_default())
            }
            _ => None,
        }
    }
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address of a database that can be opened. Holds the scheme only, since the rest may carry a password.
    #[error(
        "`{0}` is no database that can be opened; use sqlite:/path/to/file.db or postgres://user:password@host/name"
    )]
    Url(String),
    /// A parameter of the URL that means nothing.
    #[error("`{0}` is no parameter of such a URL; check its spelling, as in ?sslmode=require")]
    Parameter(String),
    /// The server could not be reached, or did not let us in.
    #[error(
        "the database server cannot be used; check that it runs, and that it has the database and lets the user in \
         (docs/operations.md says how to make both)"
    )]
    Reach(#[source] sqlx::Error),
    /// The database holds text in another encoding.
    #[error("the database is encoded as {0}; make one with `ENCODING 'UTF8' TEMPLATE template0`")]
    Encoding(String),
    /// The file could not be opened.
    #[error("the database cannot be opened; check that its directory exists and may be written")]
    Connect(#[source] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("the tables of the database cannot be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Another machine has the file open.
    #[error(
        "the database file is in use by host `{host}`, {seconds} s ago; SQLite cannot be shared by two machines. \
         Run all workers on one machine, or wait two minutes after the other was stopped"
    )]
    OtherHost {
        /// The other machine.
        host: String,
        /// Seconds since it was last seen.
        seconds: i64,
    },
    /// The first look into it failed.
    #[error("the database cannot be read")]
    Read(#[from] Error),
}
