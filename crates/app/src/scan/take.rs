//! What a step of the walk has brought, side by side with the rows, a stretch at a time.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use lockstep_store::{KnownFile, Place, ScannedFile, ScannedFiles};

use super::{
    run::{CHECKPOINT, Cursor, Run, blocking, deleted},
    talk::progress,
    walk::{Files, Found, Note, Position, Trouble, shown},
};
use crate::jobs::JobError;

/// Files of one transaction, at most and at least. Where writers do not queue it becomes less until one takes no longer than
/// [`SHORT`], so that edits hardly wait.
pub(super) const MOST: usize = 1_000;
const LEAST: usize = 100;

/// How long a transaction may keep others from writing.
const SHORT: Duration = Duration::from_millis(15);

/// The largest file that gets a digest, and the bytes that are summed between two batches. More would be minutes without a sign of life.
const DIGEST: u64 = 256 * 1024 * 1024;

impl Run {
    /// Some files of a directory, a stretch at a time.
    pub(super) async fn files(&mut self, files: Arc<Files>) -> Result<(), JobError> {
        files.notes.iter().for_each(|note| self.talk.note(note));
        let mut rest = 0..files.found.len();
        loop {
            let goal = self.goal(&files, rest.start);
            let stretch =
                self.store().scan_stretch(&self.order.registrator, &place(&self.after), &place(&goal)).await?;
            let reached = position(stretch.upto);
            let here = reached.directory == files.directory;
            let taken = files.found[rest.clone()].partition_point(|found| here && found.name <= reached.entry);
            let range = rest.start..rest.start + taken;
            rest.start = range.end;
            let scanned = self.look(&files, range, &stretch.known).await?;
            if reached == files.upto {
                self.counts.failed += files.notes.iter().filter(|note| note.trouble.is_failure()).count() as u64;
                self.counts.directories += u64::from(files.is_last());
            }
            let unknown = if here { files.unknown.as_slice() } else { &[] };
            self.take(&stretch.known, &scanned, unknown, &reached).await?;
            if reached == files.upto {
                break;
            }
        }
        if files.is_last() {
            self.talk.directory(&shown(&files.directory), self.counts);
        }
        self.talk.thousands(self.counts);
        Ok(())
    }

    /// How far to go at a time.
    fn goal(&self, files: &Files, from: usize) -> Position {
        let mut bytes = 0;
        let fits = |found: &&Found| {
            bytes += if self.order.sha256 && found.size <= DIGEST { found.size } else { 0 };
            bytes <= DIGEST
        };
        let count = files.found[from..].iter().take(self.most).take_while(fits).count().max(1);
        match files.found[from..].get(count..) {
            None | Some([]) => files.upto.clone(),
            Some(_) => {
                Position { directory: files.directory.clone(), entry: files.found[from + count - 1].name.clone() }
            }
        }
    }

    /// Looks into those files that are new or another, outside of any transaction.
    async fn look(
        &mut self,
        files: &Arc<Files>,
        range: Range<usize>,
        known: &[KnownFile],
    ) -> Result<Vec<ScannedFile>, JobError> {
        let rows: BTreeMap<&str, &KnownFile> = known
            .iter()
            .filter(|row| row.place.directory == files.directory)
            .map(|row| (row.place.entry.as_str(), row))
            .collect();
        let mut scanned: Vec<ScannedFile> =
            files.found[range.clone()].iter().map(|found| self.scanned(files, found)).collect();
        let wanted = |(_, file): &(usize, &ScannedFile)| match rows.get(file.entry.as_str()) {
            Some(row) => !row.is_same(file) || (self.order.sha256 && row.sha256.is_none() && fits_digest(file)),
            None => true,
        };
        let wanted: Vec<usize> = scanned.iter().enumerate().filter(wanted).map(|(number, _)| number).collect();
        if wanted.is_empty() {
            return Ok(scanned);
        }
        let (ctx, files, digest) = (self.ctx.clone(), files.clone(), self.order.sha256.then_some(DIGEST));
        let looked = blocking(move || {
            let look = |number: &usize| files.look(&files.found[range.start + number], digest, &|| ctx.is_cancelled());
            wanted.iter().take_while(|_| !ctx.is_cancelled()).map(|number| (*number, look(number))).collect::<Vec<_>>()
        })
        .await?;
        // What was broken off in the middle is not to be written.
        self.ctx.check()?;
        let mut gone = HashSet::new();
        for (number, looked) in looked {
            let file = &mut scanned[number];
            (file.mime, file.sha256, file.looked) = (looked.mime, looked.sha256, true);
            let Some(trouble) = looked.trouble else { continue };
            self.counts.failed += u64::from(trouble.is_failure());
            if matches!(trouble, Trouble::Vanished | Trouble::Link) {
                gone.insert(file.entry.clone());
            }
            self.talk.note(&Note { place: file.path.clone(), trouble });
        }
        scanned.retain(|file| !gone.contains(&file.entry));
        Ok(scanned)
    }

    fn scanned(&self, files: &Files, found: &Found) -> ScannedFile {
        ScannedFile {
            entry: found.name.clone(),
            path: format!("{}/{}", self.folder, files.shown(&found.name)),
            size: i64::try_from(found.size).unwrap_or(i64::MAX),
            modified: found.modified,
            mime: found.mime_by_name().to_owned(),
            looked: false,
            sha256: None,
        }
    }

    /// A part of the tree of which nothing is known: what lies before it is gone, what lies in it stays.
    pub(super) async fn skip(&mut self, from: Position, upto: Position, note: &Note) -> Result<(), JobError> {
        self.talk.note(note);
        self.nothing(&from).await?;
        self.counts.failed += u64::from(note.trouble.is_failure());
        self.after = upto;
        Ok(())
    }

    /// There is nothing up to that place.
    pub(super) async fn nothing(&mut self, upto: &Position) -> Result<(), JobError> {
        while self.after < *upto {
            let stretch = self.store().scan_stretch(&self.order.registrator, &place(&self.after), &place(upto)).await?;
            self.take(&stretch.known, &[], &[], &position(stretch.upto)).await?;
        }
        Ok(())
    }

    /// Takes a stretch: writes it where there is something to write, else notes the place now and then.
    async fn take(
        &mut self,
        known: &[KnownFile],
        files: &[ScannedFile],
        unknown: &[String],
        reached: &Position,
    ) -> Result<(), JobError> {
        let quiet = self.compare(known, files, unknown, &reached.directory);
        let item = shown(&reached.directory);
        if quiet {
            self.counts.unchanged += files.len() as u64;
            self.counts.bytes += files.iter().map(|file| u64::try_from(file.size).unwrap_or_default()).sum::<u64>();
            self.after = reached.clone();
            self.ctx.progress(progress("walk", Some(&item), self.counts));
            return if self.written.elapsed() >= CHECKPOINT { self.checkpoint().await } else { Ok(()) };
        }
        let (after, upto) = (place(&self.after), place(reached));
        let (registrator, counts) = (self.order.registrator.as_str(), self.counts);
        let scanned = ScannedFiles { registrator, after: &after, upto: &upto, files, unknown, counts };
        let cursor = Cursor::Walk(reached.clone()).write();
        let step = progress("walk", Some(&item), self.counts);
        let (counts, took) = self
            .ctx
            .batch(cursor, step, async |tx| {
                let began = Instant::now();
                let counts = tx.scan_files(&scanned).await.map_err(deleted)?;
                Ok((counts, began.elapsed()))
            })
            .await?;
        (self.counts, self.after, self.written) = (counts, reached.clone(), Instant::now());
        self.pace(took);
        Ok(())
    }

    /// Fewer files at a time while they take too long, where that keeps others waiting.
    fn pace(&mut self, took: Duration) {
        if !self.store().is_file() {
            return;
        }
        if took > SHORT {
            self.most = (self.most / 2).max(LEAST);
        } else if took < SHORT / 3 {
            self.most = (self.most * 2).min(MOST);
        }
    }

    /// Whether the rows say what the files are. Says of each file that differs how.
    fn compare(&mut self, known: &[KnownFile], files: &[ScannedFile], unknown: &[String], directory: &str) -> bool {
        let here = |row: &&KnownFile| row.place.directory == directory;
        let mut rows: BTreeMap<&str, &KnownFile> =
            known.iter().filter(here).map(|row| (row.place.entry.as_str(), row)).collect();
        let mut quiet = true;
        for file in files {
            let what = match rows.remove(file.entry.as_str()) {
                None => "new",
                Some(row) if row.is_up_to_date(file) => continue,
                Some(row) if row.is_missing => "back",
                Some(_) => "changed",
            };
            quiet = false;
            self.talk.file(what, &file.path);
        }
        rows.retain(|entry, _| !unknown.iter().any(|unknown| unknown == entry));
        let elsewhere = known.iter().filter(|row| !here(row));
        for row in elsewhere.chain(rows.into_values()).filter(|row| !row.is_missing) {
            quiet = false;
            self.talk.file("not there", row.path.as_deref().unwrap_or_default());
        }
        quiet
    }
}

fn fits_digest(file: &ScannedFile) -> bool {
    u64::try_from(file.size).is_ok_and(|size| size <= DIGEST)
}

fn place(Position { directory, entry }: &Position) -> Place {
    Place { directory: directory.clone(), entry: entry.clone() }
}

fn position(Place { directory, entry }: Place) -> Position {
    Position { directory, entry }
}
