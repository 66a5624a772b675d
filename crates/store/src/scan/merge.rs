//! Files and rows of one stretch of the order, side by side.

use std::collections::{HashMap, HashSet};

use super::{
    KnownFile, Place, ScanCounts, ScannedFile,
    stretch::{read_known, select_known},
    write::Correction,
};
use crate::{
    entity::Entity,
    error::Error,
    jobs::{BatchTx, Counts},
    row::parse_id,
};

/// What lies behind one place and up to another.
#[derive(Debug)]
pub struct ScannedFiles<'a> {
    /// In whose folder.
    pub registrator: &'a str,
    /// Behind this place.
    pub after: &'a Place,
    /// Up to this one, see [`Store::scan_stretch`](crate::Store::scan_stretch). All files are in its directory; rows of others have lost theirs.
    pub upto: &'a Place,
    /// The files, in the order of their names.
    pub files: &'a [ScannedFile],
    /// Names in that directory of which nothing is known: their rows stay as they are.
    pub unknown: &'a [String],
    /// What the scan has counted before, and what else there is to count.
    pub counts: ScanCounts,
}

/// What is to be written.
#[derive(Default)]
struct Plan<'a> {
    new: Vec<&'a ScannedFile>,
    changed: Vec<Correction<'a>>,
    returned: Vec<Correction<'a>>,
    gone: Vec<i64>,
    unchanged: u64,
}

impl BatchTx {
    /// Makes the rows of a stretch say what its files are. Notes down the rows that have lost theirs. What the scan has counted now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the registrator is gone.
    pub async fn scan_files(&mut self, scanned: &ScannedFiles<'_>) -> Result<ScanCounts, Error> {
        let registrator = parse_id(scanned.registrator).ok_or(Error::NotFound)?;
        let category = self.category_of(registrator).await?;
        let rows = self.tx().all(select_known(registrator, scanned.after, scanned.upto)).await?;
        let known = rows.iter().map(read_known).collect::<Result<Vec<_>, Error>>()?;
        let mut plan = plan(&known, scanned);
        self.adopt(registrator, &mut plan).await?;

        let directory = &scanned.upto.directory;
        let new = self.add_files(registrator, category, directory, &plan.new).await?;
        let changed = self.correct_files(registrator, directory, &plan.changed).await?;
        let returned = self.correct_files(registrator, directory, &plan.returned).await?;
        self.note_gone(registrator, &plan.gone).await?;
        let counted = ScanCounts {
            new: new.len() as u64,
            changed: changed.len() as u64,
            returned: returned.len() as u64,
            unchanged: plan.unchanged,
            bytes: scanned.files.iter().map(|file| u64::try_from(file.size).unwrap_or_default()).sum(),
            ..ScanCounts::default()
        };
        let counts = scanned.counts.and(counted);
        self.keep_counts(registrator, counts).await?;
        let owed = Counts { created: counted.new, updated: counted.changed + counted.returned, deleted: 0 };
        self.owe_files(owed, new.into_iter().chain(changed).chain(returned));
        Ok(counts)
    }

    /// Says that files have changed.
    pub(super) fn owe_files(&mut self, counts: Counts, ids: impl IntoIterator<Item = i64>) {
        let ids = ids.into_iter().map(|id| id.to_string());
        self.owe(&Entity::Files.room(), Entity::Files.name(), counts, ids);
    }

    /// Rows made by hand that name the path of a file become its row.
    async fn adopt(&mut self, registrator: i64, plan: &mut Plan<'_>) -> Result<(), Error> {
        let mut by_hand = self.files_by_hand(registrator, &plan.new).await?;
        let (changed, new) = (&mut plan.changed, std::mem::take(&mut plan.new));
        for file in new {
            match by_hand.remove(&file.path) {
                Some(id) => changed.push(Correction { id, file, sha256: file.sha256.as_deref(), moved: false }),
                None => plan.new.push(file),
            }
        }
        Ok(())
    }
}

fn plan<'a>(known: &'a [KnownFile], scanned: &ScannedFiles<'a>) -> Plan<'a> {
    let mut plan = Plan::default();
    let unknown: HashSet<&str> = scanned.unknown.iter().map(String::as_str).collect();
    let here = |row: &&KnownFile| row.place.directory == scanned.upto.directory;
    let mut rows: HashMap<&str, &KnownFile> =
        known.iter().filter(here).map(|row| (row.place.entry.as_str(), row)).collect();
    for file in scanned.files {
        match rows.remove(file.entry.as_str()) {
            None => plan.new.push(file),
            Some(row) if row.is_up_to_date(file) => plan.unchanged += 1,
            Some(row) if row.is_missing => plan.returned.push(Correction::of(row, file)),
            Some(row) => plan.changed.push(Correction::of(row, file)),
        }
    }
    let elsewhere = known.iter().filter(|row| !here(row));
    let here = rows.into_values().filter(|row| !unknown.contains(row.place.entry.as_str()));
    plan.gone = elsewhere.chain(here).filter(|row| !row.is_missing).map(|row| row.id).collect();
    plan
}
