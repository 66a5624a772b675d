//! Many rows of files in one statement: added, corrected, noted down.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{KnownFile, ScannedFile, many};
use crate::{
    engine::{Lock, Tuple, sql},
    error::Error,
    fold::fold,
    jobs::BatchTx,
};

/// What a row is to say.
pub(super) struct Correction<'a> {
    pub(super) id: i64,
    pub(super) file: &'a ScannedFile,
    /// The digest that holds now.
    pub(super) sha256: Option<&'a str>,
    /// Whether the path is another.
    pub(super) moved: bool,
}

impl<'a> Correction<'a> {
    /// A digest stays as long as the file does.
    pub(super) fn of(row: &'a KnownFile, file: &'a ScannedFile) -> Self {
        let kept = row.sha256.as_deref().filter(|_| row.is_same(file));
        let moved = row.path.as_ref() != Some(&file.path);
        Self { id: row.id, file, sha256: file.sha256.as_deref().or(kept), moved }
    }
}

impl BatchTx {
    /// The category of new files of a registrator, which stays until the end of the batch.
    pub(super) async fn category_of(&mut self, registrator: i64) -> Result<Option<i64>, Error> {
        let mut select = sql("SELECT category_id FROM registrators WHERE id = $1").bind(registrator);
        select.push(self.tx().lock(Lock::Share));
        self.tx().first(select).await?.ok_or(Error::NotFound)?.int(0)
    }

    /// Rows of the registrator that were made by hand and name the path of one of these: path and id.
    pub(super) async fn files_by_hand(
        &mut self,
        registrator: i64,
        files: &[&ScannedFile],
    ) -> Result<HashMap<String, i64>, Error> {
        if files.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = sql("SELECT path, max(id) FROM files WHERE registrator_id = ");
        select.push_bind(registrator).push(" AND found_by IS NULL AND path IN (SELECT value->>0 FROM ");
        self.tx().push_rows(&mut select, many(files.iter().map(|file| json!([file.path])).collect()));
        select.push(") GROUP BY path");
        let rows = self.tx().all(select).await?;
        rows.iter().map(|row| Ok((row.some_text(0)?, row.some_int(1)?))).collect()
    }

    /// Adds rows; their ids.
    pub(super) async fn add_files(
        &mut self,
        registrator: i64,
        category: Option<i64>,
        directory: &str,
        files: &[&ScannedFile],
    ) -> Result<Vec<i64>, Error> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let row = |file: &&ScannedFile| {
            let search = fold(&format!("{}\n{}\n", file.entry, file.path));
            json!([file.entry, file.path, file.size, file.modified, file.mime, file.sha256, fold(&file.entry), search])
        };
        let (now, author) = (self.now_ms(), self.author()?);
        let mut insert = sql(
            "INSERT INTO files (rev, created_at, updated_at, updated_by, folded, search, name, category_id, \
                              registrator_id, path, size, mime, sha256, status, note, found_by, directory, entry, modified) SELECT 1, ",
        );
        insert.push_int(now).push(", ").push_int(now).push(", ").push_text(author);
        insert.push(", value->>6, value->>7, value->>0, ").push_int(category).push(", ").push_int(registrator);
        insert.push(", value->>1, CAST(value->>2 AS BIGINT), value->>4, value->>5, 'new', '', ").push_int(registrator);
        insert.push(", ").push_text(directory).push(", value->>0, CAST(value->>3 AS BIGINT) FROM ");
        self.tx().push_rows(&mut insert, many(files.iter().map(row).collect()));
        insert.push(" WHERE true ON CONFLICT (found_by, directory, entry) DO NOTHING RETURNING id");
        self.tx().numbers(insert).await
    }

    /// Corrects rows; the ids of those that were still there.
    pub(super) async fn correct_files(
        &mut self,
        registrator: i64,
        directory: &str,
        corrections: &[Correction<'_>],
    ) -> Result<Vec<i64>, Error> {
        if corrections.is_empty() {
            return Ok(Vec::new());
        }
        let search = self.search_of(corrections).await?;
        let row = |correction: &Correction<'_>| {
            let Correction { id, file, sha256, .. } = correction;
            let mime = file.looked.then_some(&file.mime);
            json!([id, file.size, file.modified, mime, sha256, file.path, search.get(id), file.entry])
        };
        let (now, author) = (self.now_ms(), self.author()?);
        let mut update = sql("UPDATE files SET rev = rev + 1, updated_at = ");
        update.push_int(now).push(", updated_by = ").push_text(author).push(", found_by = ").push_int(registrator);
        update.push(", directory = ").push_text(directory);
        update.push(
            ", entry = value->>7, size = CAST(value->>1 AS BIGINT), modified = CAST(value->>2 AS BIGINT), \
             mime = COALESCE(value->>3, mime), sha256 = value->>4, path = value->>5, search = COALESCE(value->>6, search), \
             status = CASE WHEN status = 'missing' THEN COALESCE(was, 'new') ELSE status END, was = NULL FROM ",
        );
        self.tx().push_rows(&mut update, many(corrections.iter().map(row).collect()));
        update.push(" WHERE files.id = CAST(value->>0 AS BIGINT) RETURNING files.id");
        self.tx().numbers(update).await
    }

    /// What is searched of rows that get another path.
    async fn search_of(&mut self, corrections: &[Correction<'_>]) -> Result<HashMap<i64, String>, Error> {
        let paths: HashMap<i64, &str> = corrections
            .iter()
            .filter(|correction| correction.moved)
            .map(|correction| (correction.id, correction.file.path.as_str()))
            .collect();
        if paths.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = sql("SELECT id, name, note FROM files WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM ");
        self.tx().push_rows(&mut select, ids(paths.keys().copied()));
        select.push(")");
        let searched = |row: &Tuple| {
            let id = row.some_int(0)?;
            let path = paths.get(&id).copied().unwrap_or_default();
            Ok((id, fold(&format!("{}\n{path}\n{}", row.some_text(1)?, row.some_text(2)?))))
        };
        self.tx().all(select).await?.iter().map(searched).collect()
    }

    /// Notes down rows that have lost their file.
    pub(super) async fn note_gone(&mut self, registrator: i64, gone: &[i64]) -> Result<(), Error> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut insert = sql("INSERT INTO scan_gone (file_id, registrator_id) SELECT CAST(value->>0 AS BIGINT), ");
        insert.push_int(registrator).push(" FROM ");
        self.tx().push_rows(&mut insert, ids(gone.iter().copied()));
        insert.push(" WHERE true ON CONFLICT DO NOTHING");
        self.tx().run(insert).await?;
        Ok(())
    }
}

fn ids(ids: impl Iterator<Item = i64>) -> String {
    many(ids.map(|id| Json::from(vec![id])).collect())
}
