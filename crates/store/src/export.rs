//! A whole list, however long: which rows are in it is asked once, the rows themselves are read some at a time.
//!
//! So every row that matched at one moment is there once, in the list's order, and looks as it did when its turn came; one that is gone
//! by then is left out. Between two parts nothing is held in the database, and a reader who takes his time costs eight bytes a row.

use std::collections::HashMap;

use lockstep_protocol::Position;
use serde_json::Value as Json;

use crate::{
    Store,
    engine::sql,
    entity::Entity,
    error::Error,
    ledger,
    list::{self, Query},
};

/// The most rows that are given at once. Whoever wants more asks for one part after the other.
pub const MAX_EXPORT: usize = 100_000;

/// Rows read at a time: enough that a file is soon done, few enough that nobody waits for a connection.
const PART: usize = 500;

/// A list on its way out.
#[derive(Debug)]
pub struct Export {
    entity: Entity,
    ids: Vec<i64>,
    given: usize,
    /// How far the ledger had come when the rows were chosen.
    pub position: Position,
}

impl Store {
    /// Chooses all rows of a list, on all its pages.
    ///
    /// # Errors
    /// [`Error::BadQuery`] as of [`Store::list`]; [`Error::TooMany`] when there are more than [`MAX_EXPORT`].
    pub async fn export(&self, entity: Entity, query: &Query) -> Result<Export, Error> {
        let table = entity.table();
        let order = list::order(table, query.sort.as_deref())?;
        let mut select = sql("SELECT t.id FROM ");
        select.push(table.name).push(" t").push(table.joins);
        list::restrict(&mut select, table, query)?;
        list::sort(&mut select, order);
        select.push(" LIMIT ").push_bind(MAX_EXPORT as i64 + 1);

        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let ids = tx.numbers(select).await?;
        if ids.len() > MAX_EXPORT {
            Err(Error::TooMany { max: MAX_EXPORT })
        } else {
            Ok(Export { entity, ids, given: 0, position })
        }
    }

    /// The next rows, perhaps none of them left; nothing after the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the same rows can be asked for again.
    pub async fn next_part(&self, export: &mut Export) -> Result<Option<Vec<Json>>, Error> {
        let part = &export.ids[export.given..];
        let part = &part[..part.len().min(PART)];
        if part.is_empty() {
            return Ok(None);
        }
        let table = export.entity.table();
        let mut select = table.select();
        select.push(" WHERE t.id IN (").push_list(part.iter().copied()).push(")");
        let mut rows = HashMap::with_capacity(part.len());
        for tuple in self.engine.all(select).await? {
            rows.insert(tuple.some_int(0)?, table.row(&tuple)?.value);
        }
        let rows = part.iter().filter_map(|id| rows.remove(id)).collect();
        export.given += part.len();
        Ok(Some(rows))
    }
}
