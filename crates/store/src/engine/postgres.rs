//! PostgreSQL: many writers at once, on many machines, and everything that only PostgreSQL understands.
//!
//! Writers are READ COMMITTED: they wait for one another and then see what the other has left, where a stricter isolation would make
//! them fail. So whatever a write depends on is held first, see [`Lock`] and [`Turn`]. Transactions that only read are REPEATABLE READ,
//! or head and rows would be of two moments.
//! Nothing waits for ever: the server ends a statement, a wait for a lock, and a transaction whose owner has fallen silent; and should
//! the server itself fall silent, we do not wait for its answer longer than [`ANSWER_LIMIT`].

mod connect;
mod row;

use std::{future::Future, io, time::Duration};

use futures_util::TryStreamExt;
use sqlx::{
    Postgres, Transaction,
    postgres::{PgPool, PgRow},
};
use tokio::time::timeout;

use self::row::{read_row, split};
use super::{Lock, Statement, Tuple, Turn};
use crate::{
    Options,
    error::{Error, OpenError},
};

pub(super) use self::connect::{check, is_meant};

/// How long we wait for any one answer. Longer than the server lets anything take, so that in all cases but its own silence it is the
/// server that says what went wrong.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// Bytes of our database, of the others on the server none.
pub(super) const SIZE: &str = "SELECT pg_database_size(current_database())";

/// What the numbers of our advisory locks begin with: `lockstep` but for the last letter, which tells them apart.
const OURS: i64 = 0x6c6f_636b_7374_6500;

/// The lock under which tables are made and changed.
const MIGRATING: i64 = OURS;

/// Connections to a server.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    writers: PgPool,
    readers: PgPool,
}

impl Engine {
    /// Connects, and brings the tables up to date.
    pub(crate) async fn open(options: &Options) -> Result<Self, OpenError> {
        let (writers, readers) = connect::open(options).await?;
        Ok(Self { writers, readers })
    }

    /// Begins a transaction that writes.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        begin(&self.writers, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    /// Begins a transaction that only reads. All its reads see one moment.
    pub(crate) async fn read(&self) -> Result<Tx, Error> {
        begin(&self.readers, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// All rows of one statement that only reads.
    pub(crate) async fn all(&self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let ask = || {
            let (text, arguments) = (text.clone(), arguments.clone());
            sqlx::query_with(text, arguments).persistent(prepared).fetch_all(&self.readers)
        };
        let rows: Vec<PgRow> = within(past_the_dead(&self.readers, ask)).await?;
        rows.iter().map(read_row).collect()
    }

    /// The first row of such a statement, if there is one.
    pub(crate) async fn first(&self, statement: Statement) -> Result<Option<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let ask = || {
            let (text, arguments) = (text.clone(), arguments.clone());
            sqlx::query_with(text, arguments).persistent(prepared).fetch_optional(&self.readers)
        };
        let row: Option<PgRow> = within(past_the_dead(&self.readers, ask)).await?;
        row.as_ref().map(read_row).transpose()
    }

    /// Closes all connections and waits for it.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// A transaction. Dropped without `commit`, it rolls back.
#[derive(Debug)]
pub(crate) struct Tx(Transaction<'static, Postgres>);

impl Tx {
    /// All rows.
    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let rows = sqlx::query_with(text, arguments).persistent(prepared).fetch_all(&mut *self.0);
        within(rows).await?.iter().map(read_row).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn first(&mut self, statement: Statement) -> Result<Option<Tuple>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let row = sqlx::query_with(text, arguments).persistent(prepared).fetch_optional(&mut *self.0);
        within(row).await?.as_ref().map(read_row).transpose()
    }

    /// The numbers in the first column of all rows, taken one by one.
    pub(crate) async fn numbers(&mut self, statement: Statement) -> Result<Vec<i64>, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let numbers = sqlx::query_scalar_with::<_, i64, _>(text, arguments).persistent(prepared).fetch(&mut *self.0);
        Ok(within(numbers.try_collect()).await?)
    }

    /// Runs a statement without an answer. Returns how many rows it touched.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, Error> {
        let (text, arguments, prepared) = split(statement)?;
        let done = sqlx::query_with(text, arguments).persistent(prepared).execute(&mut *self.0);
        Ok(within(done).await?.rows_affected())
    }

    /// Waits for a turn, and has it until the end.
    pub(crate) async fn take_turn(&mut self, turn: Turn) -> Result<(), Error> {
        let number = OURS + 1 + turn as i64;
        self.run(super::sql("SELECT pg_advisory_xact_lock($1)").bind(number)).await?;
        Ok(())
    }

    /// Makes all of it last. Only the server can say that it did not: when its answer fails to come, nobody knows.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        within(self.0.commit()).await.map_err(|error| match error {
            refused @ sqlx::Error::Database(_) if !is_lost(&refused) => Error::Unavailable(refused),
            silent => Error::InDoubt(silent),
        })
    }
}

/// The words at the end of a `SELECT` that hold its rows. References take the weakest lock there is, which goes together with `Change`.
pub(super) fn words(lock: Lock) -> &'static str {
    match lock {
        Lock::Keep => " FOR KEY SHARE",
        Lock::Share => " FOR SHARE",
        Lock::Change => " FOR NO KEY UPDATE",
        Lock::Remove => " FOR UPDATE",
        Lock::Skip => " FOR UPDATE SKIP LOCKED",
    }
}

/// Begins a transaction in a task of its own, which is not given up in the middle: the connection would go back to its pool with a
/// transaction that sqlx does not know of, and show whoever has it next one old moment again and again. Who waits no longer leaves the
/// task to end the transaction as soon as the server has begun it; there are no more such tasks than connections.
async fn begin(pool: &PgPool, words: &'static str) -> Result<Tx, Error> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { past_the_dead(&pool, || pool.begin_with(words)).await });
    let begun = async { beginning.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed)) };
    Ok(Tx(within(begun).await?))
}

/// Does what `work` says on a connection that lives. One that has died in the pool, as all do when the server is restarted, is found
/// out only by its first statement; nothing has been written by then, so the next connection is asked instead.
async fn past_the_dead<T, F>(pool: &PgPool, work: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let mut dead = pool.options().get_max_connections();
    loop {
        match work().await {
            Err(error) if dead > 0 && is_lost(&error) => dead -= 1,
            outcome => return outcome,
        }
    }
}

/// The outcome of `work`, unless the server falls silent.
async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let silent = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {ANSWER_LIMIT:?}"));
    timeout(ANSWER_LIMIT, work).await.unwrap_or_else(|_| Err(silent().into()))
}

/// Whether the connection is gone, and with it whatever was not committed: by its own end, or since the server said so (class 08, and
/// the codes for a server that ends and for sessions that were silent too long).
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != io::ErrorKind::TimedOut,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || ["57P01", "57P02", "57P03", "57P05", "25P03"].contains(&code.as_ref())
        }),
        _ => false,
    }
}
