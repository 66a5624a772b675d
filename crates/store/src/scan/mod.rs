//! Files as a scan of a folder finds them: what is there is compared with the rows, and only what differs is written.
//!
//! A scan goes through all files in one order, that of their [`Place`]s, and so do the rows of its registrator. Each batch takes what
//! lies between two places ([`BatchTx::scan_files`]): files without a row get one, rows that say something else are corrected, those whose
//! file is back are no longer missing, and rows without a file are noted down. These count as missing only at the end
//! ([`BatchTx::mark_missing`]), when it is known that they are not too many. Unchanged rows are not touched. What a scan has counted
//! is written down with what it changes, so its figures are exact however often it is interrupted.
//!
//! Rows that were made by hand are not judged; one that names the path of a file that is found becomes the row of that file.

mod merge;
mod missing;
mod stretch;
mod write;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{engine::sql, error::Error, jobs::BatchTx, row::parse_id};

pub use merge::ScannedFiles;
pub use stretch::{KnownFile, Stretch};

/// A place in the order of files: a directory and a name in it, both in a form in which they sort as they are walked.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The directory.
    pub directory: String,
    /// The name in it.
    pub entry: String,
}

/// A file that is there.
#[derive(Debug, Clone)]
pub struct ScannedFile {
    /// Its name in the directory, see [`Place`]; it is the name of its row, too.
    pub entry: String,
    /// The path that its row shows.
    pub path: String,
    /// Bytes.
    pub size: i64,
    /// When it was written last, in nanoseconds since 1970.
    pub modified: i64,
    /// Its type; where nobody has looked into it, what its name says.
    pub mime: String,
    /// Whether somebody has looked into it.
    pub looked: bool,
    /// Its digest, where it was asked for.
    pub sha256: Option<String>,
}

/// What a scan has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanCounts {
    /// Files that have got a row.
    pub new: u64,
    /// Rows that were corrected.
    pub changed: u64,
    /// Rows whose file is gone.
    pub missing: u64,
    /// Rows that had nothing to learn.
    pub unchanged: u64,
    /// Files and directories that could not be read.
    pub failed: u64,
    /// Rows whose file is back.
    pub returned: u64,
    /// Directories.
    pub directories: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

impl ScanCounts {
    /// Both together.
    #[must_use]
    pub fn and(self, more: ScanCounts) -> Self {
        Self {
            new: self.new + more.new,
            changed: self.changed + more.changed,
            missing: self.missing + more.missing,
            unchanged: self.unchanged + more.unchanged,
            failed: self.failed + more.failed,
            returned: self.returned + more.returned,
            directories: self.directories + more.directories,
            bytes: self.bytes + more.bytes,
        }
    }

    /// Files that are there and could be judged.
    pub fn files(&self) -> u64 {
        self.new + self.changed + self.unchanged + self.returned
    }
}

/// A scan under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanState {
    /// Files of the registrator that were not missing when it began.
    pub live: u64,
    /// What it has counted until now.
    pub counts: ScanCounts,
}

impl BatchTx {
    /// Begins the scan of a registrator's folder. What an earlier one has left is forgotten.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such registrator.
    pub async fn begin_scan(&mut self, registrator: &str) -> Result<ScanState, Error> {
        let (id, job) = (parse_id(registrator).ok_or(Error::NotFound)?, self.job().id);
        let tx = self.tx();
        let there = sql("SELECT id FROM registrators WHERE id = $1").bind(id);
        tx.first(there).await?.ok_or(Error::NotFound)?;
        tx.run(sql("DELETE FROM scan_gone WHERE registrator_id = $1").bind(id)).await?;
        let live = sql("SELECT count(*) FROM files WHERE found_by = $1 AND status <> 'missing'").bind(id);
        let live = tx.number(live).await?;
        let upsert = "INSERT INTO scans (registrator_id, job, live, counts) VALUES ($1, $2, $3, $4) ON CONFLICT (registrator_id) \
                      DO UPDATE SET job = excluded.job, live = excluded.live, counts = excluded.counts";
        let counts = ScanCounts::default();
        tx.run(sql(upsert).bind(id).bind(job).bind(live).bind(write_counts(counts)?)).await?;
        Ok(ScanState { live: count(live), counts })
    }

    /// Writes down what the scan has counted where nothing else was to be written.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep_scan(&mut self, registrator: &str, counts: ScanCounts) -> Result<(), Error> {
        self.keep_counts(parse_id(registrator).ok_or(Error::NotFound)?, counts).await
    }

    /// Writes down what the scan has counted, together with what it changes.
    pub(super) async fn keep_counts(&mut self, registrator: i64, counts: ScanCounts) -> Result<(), Error> {
        let update = sql("UPDATE scans SET counts = $1 WHERE registrator_id = $2").bind(write_counts(counts)?);
        self.tx().run(update.bind(registrator)).await?;
        Ok(())
    }

    /// Who has wanted the job, as rows keep it.
    pub(super) fn author(&self) -> Result<Option<String>, Error> {
        self.job().requested_by.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)
    }
}

/// Rows of values as one value to bind: an array of arrays.
fn many(rows: Vec<Json>) -> String {
    Json::Array(rows).to_string()
}

fn read_counts(text: &str) -> Result<ScanCounts, Error> {
    serde_json::from_str(text).map_err(corrupt)
}

fn write_counts(counts: ScanCounts) -> Result<String, Error> {
    serde_json::to_string(&counts).map_err(corrupt)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
