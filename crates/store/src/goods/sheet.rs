//! Rows that are known by one key: what they say is weighed against what is known, and what is new of it written in one statement.

use std::collections::HashMap;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{
    Kind, Mode, Written,
    known::{AllKnown, Cast, Known, indexed},
};
use crate::{engine::sql, error::Error, fold::fold, jobs::BatchTx};

/// Bytes of a digest that are kept: two rows that say different things have the same once in 2^64 rows.
const DIGEST: usize = 16;

/// Columns that all such tables have, in the order of [`Entry::cells`]; `rev`, `created_job` and `updated_at` besides.
const COMMON: [(&str, Cast); 6] = [
    ("ext_id", Cast::Text),
    ("name", Cast::Text),
    ("folded", Cast::Text),
    ("search", Cast::Text),
    ("hash", Cast::Text),
    ("deleted", Cast::Id),
];

/// A table of rows that are known by one key.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) kind: Kind,
    pub(super) table: &'static str,
    /// Its own columns.
    pub(super) columns: &'static [(&'static str, Cast)],
    /// What others need to know of a row, as SQL.
    pub(super) note: &'static str,
}

impl Sheet {
    const fn new(kind: Kind, table: &'static str, columns: &'static [(&'static str, Cast)]) -> Self {
        Self { kind, table, columns, note: "name" }
    }
}

pub(super) const UNITS: Sheet = Sheet::new(Kind::Unit, "units", &[("code", Cast::Text), ("full_name", Cast::Text)]);
pub(super) const WAREHOUSES: Sheet = Sheet::new(Kind::Warehouse, "warehouses", &[("address", Cast::Text)]);
pub(super) const PRICE_TYPES: Sheet = Sheet::new(Kind::PriceType, "price_types", &[("currency", Cast::Text)]);
pub(super) const PROPERTIES: Sheet =
    Sheet { note: "value_type", ..Sheet::new(Kind::Property, "properties", &[("value_type", Cast::Text)]) };
pub(super) const GROUPS: Sheet = Sheet::new(Kind::Group, "product_groups", &[("parent_ext", Cast::Text)]);
pub(super) const BRANDS: Sheet = Sheet::new(Kind::Brand, "brands", &[]);
pub(super) const PRODUCTS: Sheet = Sheet::new(
    Kind::Product,
    "products",
    &[
        ("sku", Cast::Text),
        ("barcode", Cast::Text),
        ("unit", Cast::Text),
        ("description", Cast::Text),
        ("images", Cast::Text),
        ("attrs", Cast::Text),
        ("requisites", Cast::Text),
        ("brand_id", Cast::Id),
    ],
);
/// Others need to know of which product a variant is.
pub(super) const VARIANTS: Sheet = Sheet {
    note: "CAST(product_id AS TEXT)",
    ..Sheet::new(
        Kind::Offer,
        "variants",
        &[("sku", Cast::Text), ("barcode", Cast::Text), ("characteristics", Cast::Text), ("product_id", Cast::Id)],
    )
};
pub(super) const CUSTOMERS: Sheet = Sheet::new(
    Kind::Customer,
    "customers",
    &[
        ("kind", Cast::Text),
        ("full_name", Cast::Text),
        ("inn", Cast::Text),
        ("kpp", Cast::Text),
        ("email", Cast::Text),
        ("phone", Cast::Text),
        ("address", Cast::Text),
        ("role", Cast::Text),
    ],
);

/// What a row is to say.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Which of those that were given.
    pub(super) row: usize,
    pub(super) ext_id: String,
    pub(super) name: String,
    pub(super) search: String,
    pub(super) hash: String,
    pub(super) deleted: bool,
    /// Of the table's own columns, in their order.
    pub(super) values: Vec<Json>,
    /// What others need to know of it, in a dry run.
    pub(super) note: Option<String>,
}

impl Entry {
    /// What a row says by its name, its mark, `values` and `beside`, which stands in other tables. Nameless rows go by their key.
    pub(super) fn new(
        row: usize,
        ext_id: &str,
        name: Option<&str>,
        deleted: bool,
        values: Vec<Json>,
        beside: &Json,
    ) -> Self {
        let hash = digest(&json!([name, deleted, values, beside]));
        let name = name.unwrap_or(ext_id).to_owned();
        let search = fold(&name);
        Self { row, ext_id: ext_id.to_owned(), search, hash, deleted, values, note: Some(name.clone()), name }
    }

    /// A row of which only the key is known. Whatever 1C says of it is news.
    pub(super) fn stub(row: usize, ext_id: &str, values: Vec<Json>) -> Self {
        Self { hash: String::new(), ..Self::new(row, ext_id, None, false, values, &Json::Null) }
    }

    /// The same, found by this, too.
    pub(super) fn found_by<'a>(mut self, more: impl IntoIterator<Item = Option<&'a String>>) -> Self {
        for text in more.into_iter().flatten() {
            self.search.push('\n');
            self.search.push_str(&fold(text));
        }
        self
    }

    fn cells(&self) -> Json {
        let Self { ext_id, name, search, hash, deleted, values, .. } = self;
        let common = json!([ext_id, name, indexed(&fold(name)), search, hash, i64::from(*deleted)]);
        let Json::Array(mut cells) = common else { return common };
        cells.extend(values.iter().cloned());
        Json::Array(cells)
    }

    fn would(&self) -> Json {
        json!([self.ext_id, self.hash, i64::from(self.deleted), self.note])
    }
}

/// What an entry does to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Created,
    Updated,
    Deactivated,
    Unchanged,
}

impl Verdict {
    fn of(entry: &Entry, known: Option<&Known>) -> Self {
        match known {
            None => Self::Created,
            Some(known) if known.hash == entry.hash => Self::Unchanged,
            Some(known) if entry.deleted && !known.deleted => Self::Deactivated,
            Some(_) => Self::Updated,
        }
    }
}

/// Entries that say something new, and what was known before of all that were given.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) news: Vec<(Entry, Verdict)>,
    pub(super) known: AllKnown,
}

impl Judged {
    /// The keys of those with this verdict.
    pub(super) fn keys(&self, verdict: Verdict) -> impl Iterator<Item = &str> {
        self.news.iter().filter(move |(_, other)| *other == verdict).map(|(entry, _)| entry.ext_id.as_str())
    }
}

impl Written {
    /// Counts what was judged, of so many rows.
    pub(super) fn of(judged: &Judged, rows: usize) -> Self {
        let count = |verdict| judged.keys(verdict).count() as u64;
        let unchanged = (rows - judged.news.len()) as u64;
        let [created, updated, deactivated] = [Verdict::Created, Verdict::Updated, Verdict::Deactivated].map(count);
        Self { created, updated, deactivated, unchanged, ..Self::default() }
    }
}

impl BatchTx {
    /// Takes rows of a kind of which each stands for itself.
    pub(super) async fn take(
        &mut self,
        sheet: &Sheet,
        entries: Vec<Entry>,
        mode: Mode,
    ) -> Result<(Written, Judged), Error> {
        let rows = entries.len();
        let judged = self.judge(sheet, entries, mode).await?;
        self.put(sheet, &judged.news, mode).await?;
        Ok((Written::of(&judged, rows), judged))
    }

    /// Weighs entries against what is known. Of those with the same key the last one holds.
    pub(super) async fn judge(&mut self, sheet: &Sheet, entries: Vec<Entry>, mode: Mode) -> Result<Judged, Error> {
        let entries = last(entries, |entry| entry.ext_id.clone());
        let known = self.known(sheet, entries.iter().map(|entry| entry.ext_id.as_str()), mode).await?;
        let verdict = |entry: &Entry| Verdict::of(entry, known.get(&entry.ext_id));
        let judged = entries.into_iter().map(|entry| (verdict(&entry), entry));
        let news = judged.filter(|(verdict, _)| *verdict != Verdict::Unchanged);
        Ok(Judged { news: news.map(|(verdict, entry)| (entry, verdict)).collect(), known })
    }

    /// Writes what is new; the ids of the rows, none in a dry run.
    pub(super) async fn put(
        &mut self,
        sheet: &Sheet,
        news: &[(Entry, Verdict)],
        mode: Mode,
    ) -> Result<HashMap<String, i64>, Error> {
        if news.is_empty() {
            return Ok(HashMap::new());
        }
        if mode == Mode::Dry {
            self.note_would(sheet.kind.name(), news.iter().map(|(entry, _)| entry.would()).collect()).await?;
            return Ok(HashMap::new());
        }
        self.upsert(sheet, news.iter().map(|(entry, _)| entry.cells()).collect()).await
    }

    /// The rows with these keys, made from `stub` where there are none; and which those are, each with the first row that asks for it.
    pub(super) async fn known_or_made<'a>(
        &mut self,
        sheet: &Sheet,
        wanted: &[(usize, &'a str)],
        stub: impl Fn(usize, &str) -> Entry,
        mode: Mode,
    ) -> Result<(AllKnown, Vec<(usize, &'a str)>), Error> {
        let mut known = self.known(sheet, wanted.iter().map(|(_, key)| *key), mode).await?;
        let mut made = Vec::new();
        for (row, key) in wanted {
            if !known.contains_key(*key) {
                known.insert((*key).to_owned(), Known::default());
                made.push((*row, *key));
            }
        }
        let news: Vec<_> = made.iter().map(|(row, key)| (stub(*row, key), Verdict::Created)).collect();
        for (key, id) in self.put(sheet, &news, mode).await? {
            known.entry(key).or_default().id = Some(id);
        }
        Ok((known, made))
    }

    async fn upsert(&mut self, sheet: &Sheet, rows: Vec<Json>) -> Result<HashMap<String, i64>, Error> {
        let columns = || COMMON.iter().chain(sheet.columns);
        let mut insert = sql("INSERT INTO ");
        insert.push(sheet.table).push(" (rev, created_job, updated_at");
        for (name, _) in columns() {
            insert.push(", ").push(name);
        }
        insert.push(") SELECT 1, ").push_int(self.job().id).push(", ").push_int(self.now_ms());
        for (n, (_, cast)) in columns().enumerate() {
            insert.push(", ");
            self.push_cell(&mut insert, n, *cast);
        }
        insert.push(" FROM ");
        self.tx().push_rows(&mut insert, Json::Array(rows).to_string());
        insert.push(" WHERE true ON CONFLICT (ext_id) DO UPDATE SET updated_at = excluded.updated_at, rev = ");
        insert.push(sheet.table).push(".rev + 1");
        for (name, _) in columns().skip(1) {
            insert.push(", ").push(name).push(" = excluded.").push(name);
        }
        insert.push(" WHERE ").push(sheet.table).push(".hash IS DISTINCT FROM excluded.hash RETURNING ext_id, id");
        let written = self.tx().all(insert).await?;
        written.iter().map(|row| Ok((row.some_text(0)?, row.some_int(1)?))).collect()
    }
}

/// Of those with the same key the last, in their order.
pub(super) fn last<T, K: std::hash::Hash + Eq>(rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let places: HashMap<K, usize> = rows.iter().enumerate().map(|(place, row)| (key(row), place)).collect();
    rows.into_iter()
        .enumerate()
        .filter(|(place, row)| places.get(&key(row)) == Some(place))
        .map(|(_, row)| row)
        .collect()
}

/// What stands for all that a row says.
pub(super) fn digest(said: &Json) -> String {
    let digest = Sha256::digest(said.to_string());
    digest.iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect()
}
