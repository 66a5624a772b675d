//! Many lines on their way out, as other lists go: which ones is asked once, the lines themselves are read some at a time.

use std::collections::HashMap;

use lockstep_protocol::log::Line;

use super::{
    narrow::Narrow,
    read::{LogQuery, Way, walk},
    row::{self, COLUMNS},
};
use crate::{Store, engine::sql, error::Error};

/// The most lines of a file; of more the newest.
pub const MAX_LOG_EXPORT: usize = 100_000;

/// Lines read at a time.
const PART: usize = 500;

/// Lines that are looked through at a time where the database cannot tell which of them fit.
const STEP: usize = 1000;

/// Lines on their way out.
#[derive(Debug)]
pub struct LogExport {
    keys: Vec<i64>,
    given: usize,
}

impl LogExport {
    /// How many lines were chosen.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Store {
    /// Chooses the newest lines that fit, at most [`MAX_LOG_EXPORT`]; where the query says a place or a number, that is passed over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn export_lines(&self, query: &LogQuery) -> Result<LogExport, Error> {
        let narrow = Narrow::new(query, Way::Older);
        let mut keys = match narrow.is_exact() {
            true => self.engine.read().await?.numbers(narrow.keys(MAX_LOG_EXPORT)).await?,
            false => self.look_through(query).await?,
        };
        keys.reverse();
        Ok(LogExport { keys, given: 0 })
    }

    /// The keys of the newest lines that fit, newest first, found by reading all of them. Between two looks nothing is held.
    async fn look_through(&self, query: &LogQuery) -> Result<Vec<i64>, Error> {
        let (mut keys, mut from) = (Vec::new(), None);
        loop {
            let mut tx = self.engine.read().await?;
            let (found, next) = walk(&mut tx, query, Way::Older, from, STEP.min(MAX_LOG_EXPORT - keys.len())).await?;
            keys.extend(found.iter().map(|(place, _)| place.key));
            if next.is_none() || keys.len() == MAX_LOG_EXPORT {
                return Ok(keys);
            }
            from = next;
        }
    }

    /// The next lines, the oldest first; one that has been forgotten meanwhile is left out. Nothing after the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the same lines can be asked for again.
    pub async fn next_lines(&self, export: &mut LogExport) -> Result<Option<Vec<Line>>, Error> {
        let part = &export.keys[export.given..];
        let part = &part[..part.len().min(PART)];
        if part.is_empty() {
            return Ok(None);
        }
        let mut select = sql(COLUMNS);
        select.push(" WHERE key IN (").push_list(part.iter().copied()).push(")");
        let mut lines = HashMap::with_capacity(part.len());
        for tuple in self.engine.all(select).await? {
            lines.insert(tuple.some_int(1)?, row::read(&tuple)?);
        }
        let lines = part.iter().filter_map(|key| lines.remove(key)).collect();
        export.given += part.len();
        Ok(Some(lines))
    }
}
