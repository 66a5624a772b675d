//! Log lines of all workers: written down some at a time, looked through, forgotten when they are old.
//!
//! A line is known by its worker's name and that worker's count of lines, so writing one down twice adds nothing and a batch whose fate is
//! unknown can simply be written again. Lines are given in the order of their times, those of one time as they came.
//! They are no events: nobody's edit waits for them, and what is lost of them is counted by those who lost it.

mod export;
mod narrow;
mod read;
mod row;

use std::sync::Arc;

use lockstep_protocol::log::Line;

use self::row::insert;
use crate::{
    Store,
    engine::{Statement, Turn, Tx, sql},
    error::Error,
};

pub use export::{LogExport, MAX_LOG_EXPORT};
pub use read::{BadCursor, Cursor, LogPage, LogQuery, MAX_LOG_PAGE, Place};

/// Lines that one statement writes; see the ledger's figure of the same kind.
const ROWS_A_STATEMENT: usize = 8;

/// Lines that one trimming transaction takes at most, so that those who write never wait long for it.
const TRIM_STEP: i64 = 5_000;

/// Names of sources, or of environments, that are given at most.
pub const MAX_FACETS: usize = 200;

/// What lines there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFacets {
    /// Their sources, sorted, at most [`MAX_FACETS`].
    pub sources: Vec<String>,
    /// Their environments, likewise.
    pub environments: Vec<String>,
    /// The time of the oldest one, in milliseconds since 1970; none when there is none.
    pub oldest_at: Option<i64>,
}

impl Store {
    /// Writes down lines of the worker called `from`. Those that are there already stay as they are.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::InDoubt`]; after either, the same lines can be given again.
    pub async fn keep_lines(&self, from: &str, lines: &[Arc<Line>]) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut tx = self.engine.write().await?;
        for lines in lines.chunks(ROWS_A_STATEMENT) {
            tx.run(insert(from, lines)?).await?;
        }
        tx.commit().await
    }

    /// Forgets lines older than `before_ms`, some thousand of them. Returns how many are gone; call again while some are.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_lines(&self, before_ms: i64) -> Result<u64, Error> {
        let mut tx = self.engine.write().await?;
        tx.take_turn(Turn::Trim).await?;
        let delete =
            "DELETE FROM log_lines WHERE key IN (SELECT key FROM log_lines WHERE at < $1 ORDER BY at, key LIMIT $2)";
        let gone = tx.run(sql(delete).bind(before_ms).bind(TRIM_STEP)).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Which sources and environments there are, and how far back.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn log_facets(&self) -> Result<LogFacets, Error> {
        let mut tx = self.engine.read().await?;
        let sources = names(&mut tx, sql(SOURCES)).await?;
        let environments = names(&mut tx, sql(ENVIRONMENTS)).await?;
        Ok(LogFacets { sources, environments, oldest_at: oldest(&mut tx).await? })
    }
}

/// From one name to the next by the index: `SELECT DISTINCT` would walk through all lines.
const SOURCES: &str = "WITH RECURSIVE names (name) AS (SELECT min(source) FROM log_lines UNION ALL \
                       SELECT (SELECT min(l.source) FROM log_lines l WHERE l.source > names.name) FROM names \
                       WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL LIMIT ";

const ENVIRONMENTS: &str = "WITH RECURSIVE names (name) AS (SELECT min(environment) FROM log_lines UNION ALL \
                            SELECT (SELECT min(l.environment) FROM log_lines l WHERE l.environment > names.name) FROM names \
                            WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL LIMIT ";

async fn names(tx: &mut Tx, mut select: Statement) -> Result<Vec<String>, Error> {
    select.push_bind(MAX_FACETS as i64);
    tx.all(select).await?.iter().map(|row| row.some_text(0)).collect()
}

async fn oldest(tx: &mut Tx) -> Result<Option<i64>, Error> {
    let first = tx.first(sql("SELECT at FROM log_lines ORDER BY at, key LIMIT 1")).await?;
    first.map(|row| row.some_int(0)).transpose()
}

#[cfg(test)]
mod tests;
