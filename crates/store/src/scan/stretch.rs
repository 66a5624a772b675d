//! The rows of a stretch, to be looked at before anything is written.

use super::{Place, ScanCounts, ScanState, ScannedFile, count, read_counts};
use crate::{
    Store,
    engine::{Statement, Tuple, sql},
    error::Error,
    row::parse_id,
};

/// Rows of a stretch, at most.
const MOST: usize = 2_000;

/// What the row of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its id.
    pub id: i64,
    /// Where the file was found.
    pub place: Place,
    /// Bytes.
    pub size: i64,
    /// When it was written last, in nanoseconds since 1970.
    pub modified: Option<i64>,
    /// The path that is shown.
    pub path: Option<String>,
    /// Its digest.
    pub sha256: Option<String>,
    /// Whether it counts as missing.
    pub is_missing: bool,
}

impl KnownFile {
    /// Whether the file is what it was when the row was written.
    pub fn is_same(&self, file: &ScannedFile) -> bool {
        self.size == file.size && self.modified == Some(file.modified)
    }

    /// Whether the row has nothing to learn.
    pub fn is_up_to_date(&self, file: &ScannedFile) -> bool {
        let digest = file.sha256.is_none() || file.sha256 == self.sha256;
        self.is_same(file) && self.path.as_ref() == Some(&file.path) && digest && !self.is_missing
    }
}

/// Some rows in their order, and how far they go.
#[derive(Debug)]
pub struct Stretch {
    /// The rows.
    pub known: Vec<KnownFile>,
    /// Up to here they are all.
    pub upto: Place,
}

impl Store {
    /// The scan that this job has begun, if it has.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is no id.
    pub async fn scan_state(&self, registrator: &str, job: i64) -> Result<Option<ScanState>, Error> {
        let id = parse_id(registrator).ok_or(Error::NotFound)?;
        let select = sql("SELECT live, counts FROM scans WHERE registrator_id = $1 AND job = $2").bind(id).bind(job);
        let Some(row) = self.engine.first(select).await? else { return Ok(None) };
        let counts: ScanCounts = read_counts(&row.some_text(1)?)?;
        Ok(Some(ScanState { live: count(row.some_int(0)?), counts }))
    }

    /// The rows of a registrator behind one place and up to another; when they are too many, up to a nearer one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is no id.
    pub async fn scan_stretch(&self, registrator: &str, after: &Place, upto: &Place) -> Result<Stretch, Error> {
        let registrator = parse_id(registrator).ok_or(Error::NotFound)?;
        let mut select = select_known(registrator, after, upto);
        select.push(" LIMIT ").push_bind(i64::try_from(MOST).unwrap_or(i64::MAX));
        let rows = self.engine.all(select).await?;
        let known = rows.iter().map(read_known).collect::<Result<Vec<_>, Error>>()?;
        let last = known.last().filter(|_| known.len() >= MOST);
        let upto = last.map_or(upto, |last| &last.place).clone();
        Ok(Stretch { known, upto })
    }
}

pub(super) fn select_known(registrator: i64, after: &Place, upto: &Place) -> Statement {
    let select = "SELECT id, directory, entry, size, modified, path, sha256, status FROM files \
                  WHERE found_by = $1 AND (directory, entry) > ($2, $3) AND (directory, entry) <= ($4, $5) \
                  ORDER BY directory, entry";
    let places = [after, upto].into_iter().flat_map(|place| [place.directory.as_str(), place.entry.as_str()]);
    places.fold(sql(select).bind(registrator), Statement::bind)
}

pub(super) fn read_known(row: &Tuple) -> Result<KnownFile, Error> {
    Ok(KnownFile {
        id: row.some_int(0)?,
        place: Place { directory: row.some_text(1)?, entry: row.some_text(2)? },
        size: row.some_int(3)?,
        modified: row.int(4)?,
        path: row.text(5)?,
        sha256: row.text(6)?,
        is_missing: row.some_text(7)? == "missing",
    })
}
