//! What is known of rows by their keys: what is in the tables and, in a dry run, what would be.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

use serde_json::{Value as Json, json};

use super::{
    Code, Mode, Noted,
    sheet::{Sheet, digest},
};
use crate::{
    engine::{Statement, Tuple, sql},
    error::Error,
    jobs::BatchTx,
};

/// What is known of one row.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Its id; a row that only would be has none.
    pub(super) id: Option<i64>,
    /// What it says.
    pub(super) hash: String,
    /// Whether it counts as deleted.
    pub(super) deleted: bool,
    /// What others need to know of it, see [`Sheet`].
    pub(super) note: Option<String>,
}

/// Rows by their keys.
pub(super) type AllKnown = HashMap<String, Known>;

impl BatchTx {
    /// The rows with these keys that there are, or would be.
    pub(super) async fn known<'a>(
        &mut self,
        sheet: &Sheet,
        keys: impl IntoIterator<Item = &'a str>,
        mode: Mode,
    ) -> Result<AllKnown, Error> {
        let keys: BTreeSet<&str> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = sql("SELECT ext_id, hash, deleted, ");
        select.push(sheet.note).push(", id FROM ").push(sheet.table).push(" WHERE ext_id IN (SELECT value->>0 FROM ");
        let keys = array(keys);
        self.tx().push_rows(&mut select, keys.clone());
        select.push(")");
        let rows = self.tx().all(select).await?;
        let mut known = rows.iter().map(|row| read(row, row.int(4)?)).collect::<Result<AllKnown, Error>>()?;
        if mode == Mode::Dry {
            self.overlay(sheet, keys, &mut known).await?;
        }
        Ok(known)
    }

    /// What rows would say says more than what they say.
    async fn overlay(&mut self, sheet: &Sheet, keys: String, known: &mut AllKnown) -> Result<(), Error> {
        for row in self.would_be(sheet.kind.name(), keys).await? {
            let (key, would) = read(&row, None)?;
            let id = known.get(&key).and_then(|row| row.id);
            known.insert(key, Known { id, ..would });
        }
        Ok(())
    }

    /// What would be with these keys: key, hash, whether it is deleted, note.
    pub(super) async fn would_be(&mut self, kind: &'static str, keys: String) -> Result<Vec<Tuple>, Error> {
        let mut select = sql("SELECT ext_id, hash, deleted, note FROM import_would WHERE job = ");
        select.push_bind(self.job().id).push(" AND kind = ").push_bind(kind);
        select.push(" AND ext_id IN (SELECT value->>0 FROM ");
        self.tx().push_rows(&mut select, keys);
        select.push(")");
        self.tx().all(select).await
    }

    /// Writes down what would be: arrays of key, hash, whether it is deleted, note.
    pub(super) async fn note_would(&mut self, kind: &'static str, rows: Vec<Json>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = sql("INSERT INTO import_would (job, kind, ext_id, hash, deleted, note) SELECT ");
        insert.push_int(self.job().id).push(", ").push_text(kind);
        insert.push(", value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3 FROM ");
        self.tx().push_rows(&mut insert, Json::Array(rows).to_string());
        insert.push(
            " WHERE true ON CONFLICT (job, kind, ext_id) DO UPDATE SET hash = excluded.hash, deleted = excluded.deleted, \
             note = excluded.note",
        );
        self.tx().run(insert).await?;
        Ok(())
    }

    /// Notes down that the job has met these keys; those that it had not met before.
    pub(super) async fn meet<'a>(
        &mut self,
        kind: &'static str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashSet<String>, Error> {
        let keys: BTreeSet<&str> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let mut insert = sql("INSERT INTO import_seen (job, kind, ext_id) SELECT ");
        insert.push_int(self.job().id).push(", ").push_text(kind).push(", value->>0 FROM ");
        self.tx().push_rows(&mut insert, array(keys));
        insert.push(" WHERE true ON CONFLICT DO NOTHING RETURNING ext_id");
        self.tx().all(insert).await?.iter().map(|row| row.some_text(0)).collect()
    }

    /// Names keys that are not known, each at its first row, unless the job has named them before.
    pub(super) async fn warn(&mut self, code: Code, unknown: &[(usize, &str)]) -> Result<Vec<Noted>, Error> {
        let unknown: Vec<_> = unknown.iter().map(|(row, text)| (*row, key(text))).collect();
        let mut new = self.meet(code.warned(), unknown.iter().map(|(_, key)| &**key)).await?;
        let first = unknown.into_iter().filter(|(_, key)| new.remove(&**key));
        Ok(first.map(|(row, key)| Noted { row, code, ext_id: key.into_owned() }).collect())
    }
}

/// Bytes of a key, at most; those of 1C are not longer.
const LONGEST_KEY: usize = 255;

/// Letters of a text by which rows are found and sorted, at most: PostgreSQL has no index of longer ones.
const LONGEST_INDEXED: usize = 255;

/// A text as a key. Of one that is too long the beginning, and what stands for all of it.
pub(super) fn key(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_KEY {
        return Cow::Borrowed(text);
    }
    let front = text.char_indices().nth(LONGEST_KEY / 8).map_or(text, |(end, _)| &text[..end]);
    Cow::Owned(format!("{front}… {}", digest(&json!(text))))
}

/// As much of a text as is found and sorted by.
pub(super) fn indexed(text: &str) -> &str {
    text.char_indices().nth(LONGEST_INDEXED).map_or(text, |(end, _)| &text[..end])
}

/// Keys as rows of one column.
pub(super) fn array<'a>(keys: impl IntoIterator<Item = &'a str>) -> String {
    Json::Array(keys.into_iter().map(|key| json!([key])).collect()).to_string()
}

fn read(row: &Tuple, id: Option<i64>) -> Result<(String, Known), Error> {
    let known = Known { id, hash: row.some_text(1)?, deleted: row.some_int(2)? != 0, note: row.text(3)? };
    Ok((row.some_text(0)?, known))
}

/// The n-th value of a row that is given.
pub(super) fn cell(n: usize) -> &'static str {
    const CELLS: [&str; 20] = [
        "rows.value->>0",
        "rows.value->>1",
        "rows.value->>2",
        "rows.value->>3",
        "rows.value->>4",
        "rows.value->>5",
        "rows.value->>6",
        "rows.value->>7",
        "rows.value->>8",
        "rows.value->>9",
        "rows.value->>10",
        "rows.value->>11",
        "rows.value->>12",
        "rows.value->>13",
        "rows.value->>14",
        "rows.value->>15",
        "rows.value->>16",
        "rows.value->>17",
        "rows.value->>18",
        "rows.value->>19",
    ];
    CELLS[n]
}

/// How a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    /// As text.
    Text,
    /// As a whole number, such as an id.
    Id,
    /// As an exact decimal.
    Exact,
}

impl BatchTx {
    /// Appends the n-th value of a row, cast to what the column keeps.
    pub(super) fn push_cell(&mut self, statement: &mut Statement, n: usize, cast: Cast) {
        match cast {
            Cast::Text => statement.push(cell(n)),
            Cast::Id => statement.push("CAST(").push(cell(n)).push(" AS BIGINT)"),
            Cast::Exact => statement.push("CAST(").push(cell(n)).push(" AS ").push(self.tx().decimal()).push(")"),
        };
    }
}
