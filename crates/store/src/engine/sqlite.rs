//! SQLite: one connection that writes, some that only read, and everything that only SQLite understands.
//!
//! Every writing transaction begins with `BEGIN IMMEDIATE`: one that reads first and writes later could fail with "busy" at once,
//! whatever the timeout. A transaction that is dropped rolls back. Times out rather than waits for ever.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, SqlSafeStr, SqlStr, Sqlite, Transaction, TypeInfo,
    ValueRef,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
        SqliteRow, SqliteSynchronous,
    },
};

use super::{Statement, Tuple, Value};
use crate::{
    Options, Synchronous,
    error::{Error, OpenError},
};

/// How long a writer waits for another process to finish its transaction. Transactions take about a millisecond; five seconds of
/// waiting mean that something is badly wrong.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a free connection before it is told that the database is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often opening is tried again. Only the switch of a new file to write-ahead logging needs it: it cannot wait for a lock, and
/// several workers may start at the same moment.
const OPEN_ATTEMPTS: u32 = 50;

/// For the owner and his group: the file holds people's names and hashes of their passwords. SQLite gives the files of its
/// write-ahead log the same mode.
const FILE_MODE: u32 = 0o640;

/// A transaction that reads first and writes then could fail at once, whatever the time-out.
const WRITE: &str = "BEGIN IMMEDIATE";

/// Bytes of the file; its write-ahead log, a few megabytes that come and go, is not among them.
pub(super) const SIZE: &str = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";

/// Pause between two attempts to open.
const OPEN_PAUSE: Duration = Duration::from_millis(100);

/// Refuses options that [`Engine::open`] would refuse, without touching a file.
pub(crate) fn check(options: &Options) -> Result<(), OpenError> {
    connect_options(options).map(drop)
}

/// The database's file.
pub(crate) fn file(options: &Options) -> Option<PathBuf> {
    connect_options(options).ok().map(|connect| connect.get_filename().to_owned())
}

/// The database file, open.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Engine {
    /// Opens the file, makes it when it is missing, and brings its tables up to date.
    pub(crate) async fn open(options: &Options) -> Result<Self, OpenError> {
        let connect = connect_options(options)?;
        make_file(connect.get_filename());
        prepare(&connect).await?;
        let pool = |size| {
            SqlitePoolOptions::new().max_connections(size).acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false)
        };
        let writer = pool(1).min_connections(1).connect_with(connect.clone()).await.map_err(OpenError::Connect)?;
        let readers = pool(options.readers.max(1)).connect_lazy_with(connect.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }

    /// Begins a transaction that writes. One at a time; the others wait, at most a few seconds.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        match self.writer.begin_with(WRITE).await {
            // SQLite itself ended a transaction that met a full disk, and the connection believes that it still stands.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(Tx(self.writer.begin_with(WRITE).await?))
            }
            begun => Ok(Tx(begun?)),
        }
    }

    /// Begins a transaction that only reads. All its reads see one moment.
    pub(crate) async fn read(&self) -> Result<Tx, Error> {
        Ok(Tx(self.readers.begin().await?))
    }

    /// All rows of one statement that only reads. It sees one moment by itself and needs no transaction, which would be two more turns
    /// of the connection's thread.
    pub(crate) async fn all(&self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let rows = sqlx::query_with(text, arguments).persistent(prepared).fetch_all(&self.readers).await?;
        rows.iter().map(read_row).collect()
    }

    /// The first row of such a statement, if there is one.
    pub(crate) async fn first(&self, statement: Statement) -> Result<Option<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let row = sqlx::query_with(text, arguments).persistent(prepared).fetch_optional(&self.readers).await?;
        row.as_ref().map(read_row).transpose()
    }

    /// Closes all connections and waits for it.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropped without `commit`, it rolls back.
#[derive(Debug)]
pub(crate) struct Tx(Transaction<'static, Sqlite>);

impl Tx {
    /// All rows.
    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let rows = sqlx::query_with(text, arguments).persistent(prepared).fetch_all(&mut *self.0).await?;
        rows.iter().map(read_row).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn first(&mut self, statement: Statement) -> Result<Option<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let row = sqlx::query_with(text, arguments).persistent(prepared).fetch_optional(&mut *self.0).await?;
        row.as_ref().map(read_row).transpose()
    }

    /// The numbers in the first column of all rows, taken one by one.
    pub(crate) async fn numbers(&mut self, statement: Statement) -> Result<Vec<i64>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let numbers = sqlx::query_scalar_with::<_, i64, _>(text, arguments).persistent(prepared).fetch(&mut *self.0);
        Ok(numbers.try_collect().await?)
    }

    /// Runs a statement without an answer. Returns how many rows it touched.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let done = sqlx::query_with(text, arguments).persistent(prepared).execute(&mut *self.0).await?;
        Ok(done.rows_affected())
    }

    /// Makes all of it last.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }
}

fn connect_options(options: &Options) -> Result<SqliteConnectOptions, OpenError> {
    let url = &options.url;
    let path =
        url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//").split('?').next().unwrap_or_default());
    if path.is_none_or(|path| path.is_empty() || path.contains(":memory:")) {
        return Err(OpenError::Url(url.split(':').next().unwrap_or_default().to_owned()));
    }
    let connect = SqliteConnectOptions::from_str(url).map_err(OpenError::Connect)?;
    let synchronous = match options.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    Ok(connect
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging())
}

/// Makes the file when it is missing. SQLite itself would let everybody read it. Where it cannot be made SQLite says why.
fn make_file(path: &Path) {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).ok();
}

/// Opens once to switch the file to write-ahead logging and to migrate; tries again while another process does the same.
async fn prepare(connect: &SqliteConnectOptions) -> Result<(), OpenError> {
    let mut attempt = 0;
    let mut connection = loop {
        attempt += 1;
        match SqliteConnection::connect_with(connect).await {
            Ok(connection) => break connection,
            Err(error) if attempt < OPEN_ATTEMPTS && is_busy(&error) => tokio::time::sleep(OPEN_PAUSE).await,
            Err(error) => return Err(OpenError::Connect(error)),
        }
    };
    migrate(&mut connection).await?;
    connection.close().await.map_err(OpenError::Connect)
}

/// All pending migrations in one transaction that holds the write lock from its first moment, so that of several workers starting
/// together one migrates and the others find it done.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let migration = |version, name: &'static str, text: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(vec![
        migration(1, "beginning", include_str!("../../migrations/sqlite/0001_beginning.sql")),
        migration(2, "secret", include_str!("../../migrations/sqlite/0002_secret.sql")),
        migration(3, "seen", include_str!("../../migrations/sqlite/0003_seen.sql")),
        migration(4, "locks", include_str!("../../migrations/sqlite/0004_locks.sql")),
        migration(5, "logs", include_str!("../../migrations/sqlite/0005_logs.sql")),
        migration(6, "notices", include_str!("../../migrations/sqlite/0006_notices.sql")),
        migration(7, "jobs", include_str!("../../migrations/sqlite/0007_jobs.sql")),
        migration(8, "scan", include_str!("../../migrations/sqlite/0008_scan.sql")),
        migration(9, "uploads", include_str!("../../migrations/sqlite/0009_uploads.sql")),
        migration(10, "goods", include_str!("../../migrations/sqlite/0010_goods.sql")),
        migration(11, "catalog", include_str!("../../migrations/sqlite/0011_catalog.sql")),
    ]);
    // A newer build only adds, so that workers of this one can live beside it while they are replaced one after the other.
    migrator.set_ignore_missing(true);
    let mut tx = connection.begin_with(WRITE).await.map_err(OpenError::Connect)?;
    migrator.run_direct(None, &mut *tx, false).await.map_err(OpenError::Migrate)?;
    tx.commit().await.map_err(OpenError::Connect)
}

fn split(statement: Statement) -> Result<(SqlStr, SqliteArguments, bool), Error> {
    let Statement { sql, values, prepared } = statement;
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Int(number) => sqlx::Arguments::add(&mut arguments, number),
            Value::Text(text) => sqlx::Arguments::add(&mut arguments, text),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    // Safe: a `Statement` takes its text from `&'static str` alone.
    Ok((AssertSqlSafe(sql).into_sql_str(), arguments, prepared))
}

fn read_row(row: &SqliteRow) -> Result<Tuple, Error> {
    row.columns().iter().map(|column| read_value(row, column.ordinal())).collect::<Result<_, _>>().map(Tuple)
}

fn read_value(row: &SqliteRow, n: usize) -> Result<Value, Error> {
    let raw = row.try_get_raw(n)?;
    if raw.is_null() {
        return Ok(Value::Text(None));
    }
    match raw.type_info().name() {
        "INTEGER" => Ok(Value::Int(row.try_get(n)?)),
        "TEXT" => Ok(Value::Text(row.try_get(n)?)),
        other => Err(Error::Corrupt(format!("column {n} is of type {other}"))),
    }
}

/// SQLITE_BUSY and SQLITE_LOCKED, in the low byte of every extended code.
fn is_busy(error: &sqlx::Error) -> bool {
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}
