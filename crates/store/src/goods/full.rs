//! The end of a full load: what was not in it is gone, and its row stays.

use serde_json::json;

use super::{
    Kind, Mode, Written,
    sheet::{CUSTOMERS, GROUPS, PRICE_TYPES, PRODUCTS, PROPERTIES, Sheet, UNITS, VARIANTS, WAREHOUSES},
};
use crate::{
    Store,
    engine::{Statement, Tuple, sql},
    error::Error,
    jobs::{BatchTx, Counts},
};

/// Rows that one step looks at.
const STEP: i64 = 2_000;

/// What a full load has not met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Rows that were there before and are not deleted.
    pub live: u64,
    /// Those among them that it has not met.
    pub unseen: u64,
}

/// A row that one step has looked at.
struct Looked {
    id: i64,
    ext_id: String,
    note: Option<String>,
}

impl BatchTx {
    /// Notes down what a full load has met, taken or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_seen<'a>(&mut self, kind: Kind, keys: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        self.meet(kind.name(), keys).await?;
        Ok(())
    }

    /// Some of the rows that the job has not met become deleted, those behind the row `after`, from 0. Where to go on, as long as there
    /// are more rows. Kinds that are no rows of their own, such as prices, have none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn deactivate_unseen(
        &mut self,
        kind: Kind,
        after: i64,
        mode: Mode,
    ) -> Result<(Written, Option<i64>), Error> {
        let Some(sheet) = sheet(kind) else { return Ok((Written::default(), None)) };
        let look = look(sheet, self.job().id, after);
        let step = self.tx().all(look).await?;
        let next = step.last().filter(|_| step.len() == STEP as usize).map(|row| row.some_int(0)).transpose()?;
        let mut gone = Vec::new();
        for row in step.iter() {
            if row.some_int(3)? != 0 {
                gone.push(read(row)?);
            }
        }
        match mode {
            Mode::Write => self.deactivate(sheet, &gone).await?,
            Mode::Dry => {
                let would = gone.iter().map(|row| json!([row.ext_id, "", 1, row.note])).collect();
                self.note_would(kind.name(), would).await?;
            }
        }
        Ok((Written { deactivated: gone.len() as u64, ..Written::default() }, next))
    }

    async fn deactivate(&mut self, sheet: &Sheet, gone: &[Looked]) -> Result<(), Error> {
        if gone.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = gone.iter().map(|row| json!([row.id])).collect();
        // Without a hash, whatever 1C says of it next is news, be it the same as before.
        let mut update = sql("UPDATE ");
        update.push(sheet.table).push(" SET deleted = 1, hash = '', rev = rev + 1, updated_at = ");
        update.push_bind(self.now_ms()).push(" WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM ");
        self.tx().push_rows(&mut update, json!(ids).to_string());
        update.push(")");
        self.tx().run(update).await?;
        self.owe_gone(sheet.kind, gone);
        Ok(())
    }

    fn owe_gone(&mut self, kind: Kind, gone: &[Looked]) {
        let deleted = gone.len() as u64;
        match kind {
            Kind::Product => {
                self.owe_products(Counts { deleted, ..Counts::default() }, gone.iter().map(|row| row.id));
            }
            Kind::Offer => self.owe_offers(gone.iter().filter_map(|row| row.note.as_deref()?.parse().ok())),
            Kind::Customer => self.owe_customers(Counts { deleted, ..Counts::default() }),
            _ => self.owe_lists(deleted),
        }
    }
}

impl Store {
    /// What the full load of a job has not met, of what was there before it. In a dry run, of what there would be.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_unseen(&self, job: i64, kind: Kind) -> Result<Unseen, Error> {
        let Some(sheet) = sheet(kind) else { return Ok(Unseen::default()) };
        let mut select = sql("SELECT count(*), COALESCE(sum(CASE WHEN ");
        push_unmet(&mut select, sheet.kind, job);
        select.push(" THEN 1 ELSE 0 END), 0) FROM ").push(sheet.table).push(" AS t WHERE ");
        push_live(&mut select, sheet.kind, job);
        let row = self.engine.first(select).await?.ok_or_else(|| Error::Corrupt("a count without a row".into()))?;
        let count = |n| row.some_int(n).map(|count| u64::try_from(count).unwrap_or_default());
        Ok(Unseen { live: count(0)?, unseen: count(1)? })
    }
}

fn sheet(kind: Kind) -> Option<&'static Sheet> {
    Some(match kind {
        Kind::Unit => &UNITS,
        Kind::Warehouse => &WAREHOUSES,
        Kind::PriceType => &PRICE_TYPES,
        Kind::Property => &PROPERTIES,
        Kind::Group => &GROUPS,
        Kind::Product => &PRODUCTS,
        Kind::Offer => &VARIANTS,
        Kind::Customer => &CUSTOMERS,
        Kind::PropertyVariant | Kind::Brand | Kind::Price | Kind::Stock => return None,
    })
}

/// The next rows in the order of their ids: id, key, note, whether it was live and not met.
fn look(sheet: &Sheet, job: i64, after: i64) -> Statement {
    let mut select = sql("SELECT t.id, t.ext_id, t.note, CASE WHEN ");
    push_live(&mut select, sheet.kind, job);
    select.push(" AND ");
    push_unmet(&mut select, sheet.kind, job);
    select.push(" THEN 1 ELSE 0 END FROM (SELECT id, ext_id, deleted, created_job, ").push(sheet.note);
    select.push(" AS note FROM ").push(sheet.table).push(" WHERE id > ").push_bind(after);
    select.push(" ORDER BY id LIMIT ").push_bind(STEP).push(") AS t ORDER BY t.id");
    select
}

/// That row `t` is not deleted, or would not be, and is older than the job.
fn push_live(select: &mut Statement, kind: Kind, job: i64) {
    select.push("COALESCE((SELECT w.deleted FROM import_would w WHERE w.job = ").push_bind(job).push(" AND w.kind = ");
    select
        .push_bind(kind.name())
        .push(" AND w.ext_id = t.ext_id), t.deleted) = 0 AND t.created_job <> ")
        .push_bind(job);
}

/// That the job has not met row `t`.
fn push_unmet(select: &mut Statement, kind: Kind, job: i64) {
    select.push("NOT EXISTS (SELECT 1 FROM import_seen s WHERE s.job = ").push_bind(job).push(" AND s.kind = ");
    select.push_bind(kind.name()).push(" AND s.ext_id = t.ext_id)");
}

fn read(row: &Tuple) -> Result<Looked, Error> {
    Ok(Looked { id: row.some_int(0)?, ext_id: row.some_text(1)?, note: row.text(2)? })
}
