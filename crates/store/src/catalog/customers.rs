//! Customers, as an import brought them. They are no accounts: nobody signs in as one.

use serde_json::{Value as Json, json};

use super::narrow::bad;
use crate::{
    Store,
    clock::rfc3339,
    engine::{Statement, Tuple, sql},
    error::Error,
    fold, ledger,
    list::MAX_PER_PAGE,
    row::{Rows, can_be_kept},
};

/// What is wanted of the customers.
#[derive(Debug, Clone, Default)]
pub struct CustomersQuery {
    /// Words that must all occur, whatever their case.
    pub q: Option<String>,
    /// `name` or `updated_at`, with `-` in front for the other way round; by name when absent.
    pub sort: Option<String>,
    /// The page, from 1.
    pub page: u32,
    /// Customers of a page, at most [`MAX_PER_PAGE`].
    pub per_page: u32,
}

impl Store {
    /// A page of the customers that are not deleted.
    ///
    /// # Errors
    /// [`Error::BadQuery`] names a word that is no sort.
    pub async fn customers(&self, query: &CustomersQuery) -> Result<Rows, Error> {
        let order = order(query.sort.as_deref())?;
        let mut count = sql("SELECT count(*) FROM customers t");
        restrict(&mut count, query);
        let mut select = sql(
            "SELECT t.id, t.ext_id, t.kind, t.name, t.full_name, t.inn, t.kpp, t.email, t.phone, t.address, t.role, \
                              t.rev, t.updated_at FROM customers t",
        );
        restrict(&mut select, query);
        let size = i64::from(query.per_page.clamp(1, MAX_PER_PAGE));
        let skip = i64::from(query.page.max(1) - 1) * size;
        select.push(" ORDER BY ").push(order).push(" LIMIT ").push_bind(size).push(" OFFSET ").push_bind(skip);

        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let total = tx.number(count).await?;
        let items = tx.all(select).await?.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Rows { items, total, position })
    }
}

fn restrict(statement: &mut Statement, query: &CustomersQuery) {
    let question = query.q.as_deref().unwrap_or_default();
    let can_match = can_be_kept(question);
    statement.push(if can_match { " WHERE t.deleted = 0" } else { " WHERE 1 = 0" });
    for pattern in fold::patterns(if can_match { question } else { "" }) {
        statement.push(" AND t.search LIKE ").push_bind(pattern).push(" ESCAPE '\\'");
    }
}

fn order(sort: Option<&str>) -> Result<&'static str, Error> {
    Ok(match sort.unwrap_or("name") {
        "name" => "t.folded, t.id",
        "-name" => "t.folded DESC, t.id DESC",
        "updated_at" => "t.updated_at, t.id",
        "-updated_at" => "t.updated_at DESC, t.id DESC",
        _ => return Err(bad("sort")),
    })
}

fn read(row: &Tuple) -> Result<Json, Error> {
    Ok(json!({
        "id": row.some_int(0)?.to_string(),
        "extId": row.some_text(1)?,
        "kind": row.text(2)?,
        "name": row.some_text(3)?,
        "fullName": row.text(4)?,
        "inn": row.text(5)?,
        "kpp": row.text(6)?,
        "email": row.text(7)?,
        "phone": row.text(8)?,
        "address": row.text(9)?,
        "role": row.text(10)?,
        "rev": row.some_int(11)?,
        "updatedAt": rfc3339(row.some_int(12)?),
    }))
}
