//! Rows that are known by two keys and compared by what they say: prices, quantities, the values that properties have to choose from.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{
    Kind, Mode, Written,
    known::{Cast, array},
    sheet::last,
};
use crate::{
    engine::{Statement, Tuple, sql},
    error::Error,
    jobs::BatchTx,
};

/// A column, and how it is kept.
type Column = (&'static str, Cast);

/// What parts two keys that are one in a dry run: no key has such a letter.
const PART: char = '\u{1f}';

/// A table of rows that are known by two keys.
#[derive(Debug)]
pub(super) struct Pairs {
    pub(super) kind: Kind,
    table: &'static str,
    keys: [Column; 2],
    values: &'static [Column],
}

pub(super) const PROPERTY_VARIANTS: Pairs = Pairs {
    kind: Kind::PropertyVariant,
    table: "property_variants",
    keys: [("property_id", Cast::Id), ("ext_id", Cast::Text)],
    values: &[("value", Cast::Text)],
};
pub(super) const PRICES: Pairs = Pairs {
    kind: Kind::Price,
    table: "prices",
    keys: [("variant_id", Cast::Id), ("price_type_id", Cast::Id)],
    values: &[("amount", Cast::Exact), ("currency", Cast::Text)],
};
pub(super) const STOCKS: Pairs = Pairs {
    kind: Kind::Stock,
    table: "stocks",
    keys: [("variant_id", Cast::Id), ("warehouse_id", Cast::Id)],
    values: &[("qty", Cast::Exact)],
};

/// What a row is to say.
#[derive(Debug)]
pub(super) struct Pair {
    /// What both keys are to 1C.
    pub(super) key: String,
    /// What they are in the table; nothing when one of the rows that they mean only would be.
    pub(super) ids: Option<[Json; 2]>,
    /// Of the table's other columns, as text.
    pub(super) values: Vec<Option<String>>,
}

impl Pair {
    /// Two keys of 1C as one.
    pub(super) fn key(one: &str, other: &str) -> String {
        format!("{one}{PART}{other}")
    }

    /// The first of the two.
    pub(super) fn one(&self) -> &str {
        self.key.split(PART).next().unwrap_or_default()
    }

    fn place(&self) -> Option<String> {
        self.ids.as_ref().map(|ids| json!(ids).to_string())
    }

    fn said(&self) -> String {
        json!(self.values).to_string()
    }

    fn cells(&self) -> Option<Json> {
        let ids = self.ids.clone()?;
        Some(Json::Array(ids.into_iter().chain(self.values.iter().map(|value| json!(value))).collect()))
    }
}

impl BatchTx {
    /// Takes rows; of those with the same keys the last one holds. What was counted, and those that say something new.
    pub(super) async fn take_pairs(
        &mut self,
        pairs: &Pairs,
        rows: Vec<Pair>,
        mode: Mode,
    ) -> Result<(Written, Vec<Pair>), Error> {
        let given = rows.len();
        let rows = last(rows, |pair| pair.key.clone());
        let kept = self.kept(pairs, &rows).await?;
        let would = if mode == Mode::Dry { self.would_pairs(pairs, &rows).await? } else { HashMap::new() };
        let before = |pair: &Pair| would.get(&pair.key).or_else(|| kept.get(&pair.place()?)).cloned();

        let mut written = Written::default();
        let mut news = Vec::new();
        for pair in rows {
            match before(&pair) {
                Some(said) if said == pair.said() => continue,
                Some(_) => written.updated += 1,
                None => written.created += 1,
            }
            news.push(pair);
        }
        written.unchanged = (given - news.len()) as u64;
        match mode {
            Mode::Write => self.upsert_pairs(pairs, &news).await?,
            Mode::Dry => {
                let would = |pair: &Pair| json!([pair.key, pair.said(), 0, pair.values.first()]);
                self.note_would(pairs.kind.name(), news.iter().map(would).collect()).await?;
            }
        }
        Ok((written, news))
    }

    /// What the table says, by the keys there.
    async fn kept(&mut self, pairs: &Pairs, rows: &[Pair]) -> Result<HashMap<String, String>, Error> {
        let places: Vec<Json> = rows.iter().filter_map(|pair| pair.ids.as_ref().map(|ids| json!(ids))).collect();
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = sql("SELECT ");
        for (name, _) in &pairs.keys {
            select.push("t.").push(name).push(", ");
        }
        select.push("t.rev");
        for (name, _) in pairs.values {
            select.push(", CAST(t.").push(name).push(" AS TEXT)");
        }
        select.push(" FROM ");
        self.tx().push_rows(&mut select, Json::Array(places).to_string());
        // This order of the two tables, and no other: the rows look up the table, which may be large.
        select.push(" CROSS JOIN ").push(pairs.table).push(" AS t WHERE ");
        for (n, (name, cast)) in pairs.keys.iter().enumerate() {
            select.push(if n == 0 { "t." } else { " AND t." }).push(name).push(" = ");
            self.push_cell(&mut select, n, *cast);
        }
        self.tx().all(select).await?.iter().map(|row| read(pairs, row)).collect()
    }

    /// What they would say, by both keys of 1C.
    async fn would_pairs(&mut self, pairs: &Pairs, rows: &[Pair]) -> Result<HashMap<String, String>, Error> {
        let keys = array(rows.iter().map(|pair| pair.key.as_str()));
        let rows = self.would_be(pairs.kind.name(), keys).await?;
        rows.iter().map(|row| Ok((row.some_text(0)?, row.some_text(1)?))).collect()
    }

    async fn upsert_pairs(&mut self, pairs: &Pairs, news: &[Pair]) -> Result<(), Error> {
        let rows: Vec<Json> = news.iter().filter_map(Pair::cells).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let columns = || pairs.keys.iter().chain(pairs.values);
        let mut insert = sql("INSERT INTO ");
        insert.push(pairs.table).push(" (rev, updated_at");
        for (name, _) in columns() {
            insert.push(", ").push(name);
        }
        insert.push(") SELECT 1, ").push_int(self.now_ms());
        for (n, (_, cast)) in columns().enumerate() {
            insert.push(", ");
            self.push_cell(&mut insert, n, *cast);
        }
        insert.push(" FROM ");
        self.tx().push_rows(&mut insert, Json::Array(rows).to_string());
        push_conflict(&mut insert, pairs);
        self.tx().run(insert).await?;
        Ok(())
    }
}

fn push_conflict(insert: &mut Statement, pairs: &Pairs) {
    let [(one, _), (other, _)] = pairs.keys;
    insert.push(" WHERE true ON CONFLICT (").push(one).push(", ").push(other);
    insert.push(") DO UPDATE SET updated_at = excluded.updated_at, rev = ").push(pairs.table).push(".rev + 1");
    for (name, _) in pairs.values {
        insert.push(", ").push(name).push(" = excluded.").push(name);
    }
}

fn read(pairs: &Pairs, row: &Tuple) -> Result<(String, String), Error> {
    let key = |n: usize| -> Result<Json, Error> {
        Ok(match pairs.keys[n].1 {
            Cast::Text => row.some_text(n)?.into(),
            Cast::Id | Cast::Exact => row.some_int(n)?.into(),
        })
    };
    let values = (0..pairs.values.len()).map(|n| row.text(n + 3)).collect::<Result<Vec<_>, Error>>()?;
    Ok((json!([key(0)?, key(1)?]).to_string(), json!(values).to_string()))
}
