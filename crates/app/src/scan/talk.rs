//! What a scan says while it runs: lines of the log, and how far it is.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lockstep_store::ScanCounts;

use super::walk::Note;
use crate::jobs::{JobCtx, LogType, Progress};

/// Lines of single files in a second. A job has two hundred in all, and those of directories and failures must not wait for these.
const FILES_A_SECOND: u32 = 100;

/// Files between two lines that say how many there were.
const THOUSAND: u64 = 1_000;

/// The lines of one scan.
pub(super) struct Talk {
    ctx: JobCtx,
    second: Instant,
    said: u32,
    thousands: u64,
    /// What had been counted when the directory began.
    before: ScanCounts,
}

impl Talk {
    pub(super) fn new(ctx: JobCtx, counts: ScanCounts) -> Self {
        Self { ctx, second: Instant::now(), said: 0, thousands: counts.files() / THOUSAND, before: counts }
    }

    /// A line of one file, unless there were too many just now.
    pub(super) fn file(&mut self, what: &str, path: &str) {
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.said) = (Instant::now(), 0);
        }
        if self.said < FILES_A_SECOND {
            self.said += 1;
            self.ctx.log(LogType::Debug, &format!("{what}: {path}"));
        }
    }

    /// What was left out, or not to be read.
    pub(super) fn note(&self, note: &Note) {
        let place = place(&note.place);
        let kind = if note.trouble.is_failure() { LogType::Error } else { LogType::Scan };
        self.ctx.log(kind, &format!("{place}: {}", note.trouble));
    }

    /// The end of a directory.
    pub(super) fn directory(&mut self, directory: &str, counts: ScanCounts) {
        let before = std::mem::replace(&mut self.before, counts);
        let parts = [
            ("new", counts.new - before.new),
            ("changed", counts.changed - before.changed),
            ("back", counts.returned - before.returned),
        ];
        let parts = parts.into_iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!(", {count} {word}"));
        let files = counts.files() - before.files();
        self.ctx.log(LogType::Scan, &format!("{}: {files} files{}", place(directory), parts.collect::<String>()));
    }

    /// Says so whenever another thousand is full.
    pub(super) fn thousands(&mut self, counts: ScanCounts) {
        let thousands = counts.files() / THOUSAND;
        if thousands > self.thousands {
            self.thousands = thousands;
            self.ctx.log(LogType::Scan, &format!("{} files until now", counts.files()));
        }
    }

    pub(super) fn say(&self, message: &str) {
        self.ctx.log(LogType::Scan, message);
    }
}

/// How far a scan is.
pub(super) fn progress(stage: &str, item: Option<&str>, counts: ScanCounts) -> Progress {
    let ScanCounts { new, changed, missing, unchanged, failed, returned, directories, bytes } = counts;
    let counted = BTreeMap::from([
        ("new", new),
        ("changed", changed),
        ("missing", missing),
        ("unchanged", unchanged),
        ("failed", failed),
        ("returned", returned),
        ("directories", directories),
        ("bytes", bytes),
    ]);
    let item = item.map(|item| place(item).to_owned());
    Progress { stage: stage.to_owned(), item, done: counts.files(), counts: counted, ..Progress::default() }
}

/// What has come out, in a sentence.
pub(super) fn sum(counts: ScanCounts) -> String {
    let ScanCounts { new, changed, missing, unchanged, failed, returned, .. } = counts;
    let mut sum = format!("{new} new, {changed} changed, {missing} missing, {unchanged} unchanged");
    for (count, words) in [(returned, "back"), (failed, "could not be read")] {
        if count > 0 {
            sum.push_str(&format!(", {count} {words}"));
        }
    }
    sum
}

/// The folder itself has no name.
fn place(place: &str) -> &str {
    if place.is_empty() { "/" } else { place }
}
