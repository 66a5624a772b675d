//! Looking things up: one row, or a page of a list together with the ledger's position at the same moment.

use lockstep_protocol::Position;

use crate::{
    Store,
    engine::{Statement, Tx, Value, sql},
    entity::{Entity, Table},
    error::Error,
    fold, ledger,
    row::{Kind, Row, Rows, can_be_kept, parse_id},
};

/// The most rows a page of a list has.
pub const MAX_PER_PAGE: u32 = 1000;

/// What is wanted of a list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Words that must all occur, whatever their case.
    pub q: Option<String>,
    /// What to sort by, with `-` in front for the other way round; by the name people know a row by when absent.
    pub sort: Option<String>,
    /// The page, from 1.
    pub page: u32,
    /// Rows of a page, at most [`MAX_PER_PAGE`].
    pub per_page: u32,
    /// Only these rows.
    pub ids: Option<Vec<String>>,
    /// Only rows that were changed then or later, in milliseconds since 1970.
    pub updated_since: Option<i64>,
    /// Column and value; `null` as value finds rows that have none.
    pub filters: Vec<(String, String)>,
}

impl Store {
    /// One row and the position at which it was read.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, entity: Entity, id: &str) -> Result<(Row, Position), Error> {
        let id = parse_id(id).ok_or(Error::NotFound)?;
        let mut tx = self.engine.read().await?;
        let head = ledger::head(&mut tx).await?;
        Ok((fetch(&mut tx, entity.table(), id).await?, head.position()))
    }

    /// A page of rows. Head and rows are read in one transaction, so that whatever is not in the page comes later than its position.
    ///
    /// # Errors
    /// [`Error::BadQuery`] names the parameter that this entity does not know.
    pub async fn list(&self, entity: Entity, query: &Query) -> Result<Rows, Error> {
        let table = entity.table();
        let order = order(table, query.sort.as_deref())?;
        let mut count = sql("SELECT count(*) FROM ");
        count.push(table.name).push(" t");
        restrict(&mut count, table, query)?;
        let mut select = table.select();
        restrict(&mut select, table, query)?;
        sort(&mut select, order);
        page(&mut select, query);

        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let total = tx.number(count).await?;
        let tuples = tx.all(select).await?;
        let items = tuples.iter().map(|tuple| table.row(tuple).map(|row| row.value)).collect::<Result<_, _>>()?;
        Ok(Rows { items, total, position })
    }

    /// How many rows an entity has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count(&self, entity: Entity) -> Result<i64, Error> {
        let mut count = sql("SELECT count(*) FROM ");
        count.push(entity.table().name);
        self.engine.read().await?.number(count).await
    }
}

/// One row by its id.
pub(crate) async fn fetch(tx: &mut Tx, table: &'static Table, id: i64) -> Result<Row, Error> {
    let mut select = table.select();
    select.push(" WHERE t.id = ").push_bind(id);
    let tuple = tx.first(select).await?.ok_or(Error::NotFound)?;
    table.row(&tuple)
}

/// Leaves only the rows that are asked for.
pub(crate) fn restrict(statement: &mut Statement, table: &Table, query: &Query) -> Result<(), Error> {
    let question = query.q.as_deref().unwrap_or_default();
    let can_match = can_be_kept(question);
    statement.push(if can_match { " WHERE 1 = 1" } else { " WHERE 1 = 0" });
    for pattern in fold::patterns(if can_match { question } else { "" }) {
        statement.push(" AND t.search LIKE ").push_bind(pattern).push(" ESCAPE '\\'");
    }
    if let Some(since) = query.updated_since {
        statement.push(" AND t.updated_at >= ").push_bind(since);
    }
    for (name, wanted) in &query.filters {
        filter(statement, table, name, wanted)?;
    }
    if let Some(ids) = &query.ids {
        let ids: Option<Vec<i64>> = ids.iter().map(|id| parse_id(id)).collect();
        let ids = ids.filter(|ids| ids.len() <= MAX_PER_PAGE as usize).ok_or_else(|| bad("ids"))?;
        match ids.is_empty() {
            true => statement.push(" AND 1 = 0"),
            false => statement.push(" AND t.id IN (").push_list(ids).push(")"),
        };
    }
    Ok(())
}

fn filter(statement: &mut Statement, table: &Table, name: &str, wanted: &str) -> Result<(), Error> {
    let column = table.column(name).filter(|column| column.filter).ok_or_else(|| bad(name))?;
    statement.push(" AND t.").push(column.name);
    if wanted == "null" {
        statement.push(" IS NULL");
        return Ok(());
    }
    let value = match column.kind {
        Kind::Id => parse_id(wanted).map(Value::from),
        Kind::Flag => wanted.parse::<bool>().ok().map(Value::from),
        Kind::Text => Some(wanted).filter(|wanted| can_be_kept(wanted)).map(Value::from),
        Kind::Number | Kind::Time | Kind::Json => None,
    };
    statement.push(" = ").push_bind(value.ok_or_else(|| bad(name))?);
    Ok(())
}

/// The SQL to sort by, and whether it goes down.
pub(crate) fn order(table: &Table, sort: Option<&str>) -> Result<(&'static str, bool), Error> {
    let wanted = sort.unwrap_or(table.title);
    let (name, down) = wanted.strip_prefix('-').map_or((wanted, false), |name| (name, true));
    table.sort(name).map(|sql| (sql, down)).ok_or_else(|| bad("sort"))
}

/// Sorts. The id makes the order whole: rows that are otherwise equal must not wander between pages.
pub(crate) fn sort(statement: &mut Statement, (by, down): (&'static str, bool)) {
    let direction = if down { " DESC" } else { "" };
    statement.push(" ORDER BY ").push(by).push(direction).push(", t.id").push(direction);
}

fn page(statement: &mut Statement, query: &Query) {
    let size = i64::from(query.per_page.clamp(1, MAX_PER_PAGE));
    let skip = i64::from(query.page.max(1) - 1) * size;
    statement.push(" LIMIT ").push_bind(size).push(" OFFSET ").push_bind(skip);
}

fn bad(field: &str) -> Error {
    Error::BadQuery { field: field.chars().take(64).collect() }
}
