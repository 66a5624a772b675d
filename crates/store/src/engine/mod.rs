//! The words in which the rest of the store speaks to a database, and the databases that understand them: SQLite and PostgreSQL.
//!
//! SQL is written once, with `$1`, for every engine; what only one engine understands lives in that engine's own file.
//! Which one it is stands in the URL. In one respect they differ and the rest of the store has to know it: SQLite lets one writer in at
//! a time, PostgreSQL many. Whatever is read in order to decide on a write is therefore held by a [`Lock`] or a [`Turn`], which SQLite
//! gives for nothing.

mod postgres;
mod sqlite;
mod statement;

pub(crate) use statement::{Statement, Tuple, Value, sql};

use std::path::PathBuf;

use crate::{
    Options,
    error::{Error, OpenError},
};

/// What a transaction keeps others from doing to the rows it reads, until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// They may not remove them. They may change them.
    Keep,
    /// They may not change them.
    Share,
    /// The same, for this transaction will change them. Others may still refer to them.
    Change,
    /// The same, for this transaction will remove them. Nobody may begin to refer to them.
    Remove,
    /// The same, and rows that others hold are passed over instead of waited for.
    Skip,
}

/// A rule over many rows that only one transaction at a time may look at and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The categories are a tree.
    Tree,
    /// Somebody may administer.
    Admins,
    /// The old end of the ledger, and of the log lines.
    Trim,
}

/// A database, open.
#[derive(Debug, Clone)]
pub(crate) enum Engine {
    /// A file.
    Sqlite(sqlite::Engine),
    /// A server.
    Postgres(postgres::Engine),
}

/// A transaction. Dropped without `commit`, it rolls back.
#[derive(Debug)]
pub(crate) enum Tx {
    /// Of a file.
    Sqlite(sqlite::Tx),
    /// Of a server.
    Postgres(postgres::Tx),
}

/// The same words to whichever it is.
macro_rules! whichever {
    ($self:ident, $it:ident => $said:expr) => {
        match $self {
            Self::Sqlite($it) => $said,
            Self::Postgres($it) => $said,
        }
    };
}

impl Engine {
    /// Opens the database and brings its tables up to date.
    pub(crate) async fn open(options: &Options) -> Result<Self, OpenError> {
        if Self::is_file(options) {
            sqlite::Engine::open(options).await.map(Self::Sqlite)
        } else {
            postgres::Engine::open(options).await.map(Self::Postgres)
        }
    }

    /// Refuses options that [`Engine::open`] would refuse, without touching a database.
    pub(crate) fn check(options: &Options) -> Result<(), OpenError> {
        if Self::is_file(options) { sqlite::check(options) } else { postgres::check(options) }
    }

    /// Whether a file is meant, and not a server. What is neither counts as a file, which says what it should have been.
    pub(crate) fn is_file(options: &Options) -> bool {
        !postgres::is_meant(&options.url)
    }

    /// The file that holds everything, where the database is one.
    pub(crate) fn file(options: &Options) -> Option<PathBuf> {
        if Self::is_file(options) { sqlite::file(options) } else { None }
    }

    /// Begins a transaction that writes. Waits for others a few seconds at most.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite(engine) => Tx::Sqlite(engine.write().await?),
            Self::Postgres(engine) => Tx::Postgres(engine.write().await?),
        })
    }

    /// Begins a transaction that only reads. All its reads see one moment.
    pub(crate) async fn read(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite(engine) => Tx::Sqlite(engine.read().await?),
            Self::Postgres(engine) => Tx::Postgres(engine.read().await?),
        })
    }

    /// All rows of one statement that only reads. It sees one moment by itself and needs no transaction.
    pub(crate) async fn all(&self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        whichever!(self, engine => engine.all(statement).await)
    }

    /// The first row of such a statement, if there is one.
    pub(crate) async fn first(&self, statement: Statement) -> Result<Option<Tuple>, Error> {
        whichever!(self, engine => engine.first(statement).await)
    }

    /// What kind of database it is: `sqlite` or `postgres`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// How large it is, in bytes.
    pub(crate) async fn bytes(&self) -> Result<i64, Error> {
        let size = match self {
            Self::Sqlite(_) => sqlite::SIZE,
            Self::Postgres(_) => postgres::SIZE,
        };
        self.first(sql(size)).await?.ok_or_else(|| Error::Corrupt("a database without size".into()))?.some_int(0)
    }

    /// Closes all connections and waits for it.
    pub(crate) async fn close(&self) {
        whichever!(self, engine => engine.close().await);
    }
}

impl Tx {
    /// All rows.
    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        whichever!(self, tx => tx.all(statement).await)
    }

    /// The first row, if there is one.
    pub(crate) async fn first(&mut self, statement: Statement) -> Result<Option<Tuple>, Error> {
        whichever!(self, tx => tx.first(statement).await)
    }

    /// The number in the first column of the first row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, Error> {
        let row = self.first(statement).await?.ok_or_else(|| Error::Corrupt("a row is missing".into()))?;
        row.some_int(0)
    }

    /// The numbers in the first column of all rows, which are taken one by one: of a long answer only these are kept.
    pub(crate) async fn numbers(&mut self, statement: Statement) -> Result<Vec<i64>, Error> {
        whichever!(self, tx => tx.numbers(statement).await)
    }

    /// Runs a statement without an answer. Returns how many rows it touched.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, Error> {
        whichever!(self, tx => tx.run(statement).await)
    }

    /// The words at the end of a `SELECT` that hold its rows; none where nobody else writes meanwhile.
    pub(crate) fn lock(&self, lock: Lock) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => postgres::words(lock),
        }
    }

    /// Holds the rows of `select` for what follows. Costs nothing where nobody else writes meanwhile.
    pub(crate) async fn hold(&mut self, mut select: Statement, lock: Lock) -> Result<(), Error> {
        if let Self::Postgres(tx) = self {
            select.push(postgres::words(lock));
            tx.run(select).await?;
        }
        Ok(())
    }

    /// Appends a table of the rows of `json`, an array of arrays: `value->>n` is the text of the n-th column. One value to bind and one
    /// prepared statement, however many rows.
    pub(crate) fn push_rows(&self, statement: &mut Statement, json: String) {
        match self {
            Self::Sqlite(_) => statement.push("json_each(").push_bind(json).push(") AS rows"),
            Self::Postgres(_) => {
                statement.push("json_array_elements(CAST(").push_bind(json).push(" AS json)) AS rows (value)")
            }
        };
    }

    /// The type of exact decimals.
    pub(crate) fn decimal(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "TEXT",
            Self::Postgres(_) => "NUMERIC",
        }
    }

    /// Waits until no other transaction has this turn, and has it until the end.
    pub(crate) async fn take_turn(&mut self, turn: Turn) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => tx.take_turn(turn).await,
        }
    }

    /// Makes all of it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        whichever!(self, tx => tx.commit().await)
    }
}
