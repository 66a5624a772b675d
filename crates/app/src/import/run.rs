//! One run of an import, from where the last one stood to its end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lockstep_store::goods::{FileState, ImportFile, IssueRow, Mode};
use serde_json::{Value as Json, json};

use super::{
    ImportOrder,
    cursor::Cursor,
    issues::Found,
    order::MOST_ROWS,
    plan::Plan,
    read::{From, Reading, Taken},
    rows::{Brands, Sheet},
    stage::Stage,
    talk::Talk,
};
use crate::jobs::{JobCtx, JobError, Mark, Progress, Report, Whole};

/// The longest that a transaction on a file may keep others from writing. A batch that takes longer is halved.
const LONGEST_BATCH: Duration = Duration::from_millis(25);

/// Below this a batch may grow again.
const SHORT_BATCH: Duration = Duration::from_millis(10);

/// Rows in the smallest batch: with fewer, commits cost more than rows.
const LEAST_ROWS: usize = 25;

/// A run.
pub(super) struct Run {
    pub(super) ctx: JobCtx,
    pub(super) order: ImportOrder,
    pub(super) plan: Arc<Plan>,
    /// As they were found, broken ones too.
    files: Vec<ImportFile>,
    pub(super) cursor: Cursor,
    pub(super) talk: Talk,
    /// Since when somebody is at the step, counted as if he had never been interrupted.
    pub(super) began: Instant,
    size: Size,
}

/// How many rows a batch has.
#[derive(Debug)]
struct Size {
    now: usize,
    most: usize,
    /// Only writers of a file stand in each other's way.
    adapts: bool,
}

impl Size {
    /// Learns from how long the last batch took.
    fn after(&mut self, took: Duration) {
        match took {
            _ if !self.adapts => {}
            took if took > LONGEST_BATCH => self.now = (self.now / 2).max(LEAST_ROWS.min(self.most)),
            took if took < SHORT_BATCH => self.now = (self.now * 2).min(self.most),
            _ => {}
        }
    }
}

/// What a batch has come to.
struct Outcome {
    cursor: Cursor,
    issues: Vec<IssueRow>,
    took: Duration,
}

impl Run {
    pub(super) fn new(ctx: JobCtx, order: ImportOrder, plan: Plan, files: Vec<ImportFile>, cursor: Cursor) -> Self {
        let most = order.batch.map_or(MOST_ROWS, |batch| batch as usize).clamp(1, MOST_ROWS);
        let size = Size { now: most, most, adapts: ctx.app().store().is_file() };
        Self {
            talk: Talk::new(ctx.clone()),
            began: Instant::now(),
            ctx,
            order,
            plan: Arc::new(plan),
            files,
            cursor,
            size,
        }
    }

    /// All that is left to do.
    pub(super) async fn go_on(mut self) -> Result<Report, JobError> {
        for stage in self.plan.stages.clone() {
            if stage >= self.cursor.stage && self.plan.of(stage).next().is_some() {
                self.stage(stage).await?;
            }
        }
        self.finish().await?;
        self.close().await?;
        self.talk.end(&self.cursor, self.order.dry_run);
        let Cursor { counts, issues, .. } = &self.cursor;
        let data = json!({"counts": counts, "issues": issues, "issuesTotal": issues.total()});
        Ok(Report { with_errors: self.cursor.has_errors(), data })
    }

    /// Notes that all of the files has been taken.
    async fn close(&mut self) -> Result<(), JobError> {
        for file in self.files.iter_mut().filter(|file| file.state == FileState::Waiting) {
            file.state = FileState::Done;
        }
        self.cursor.stage = Stage::Finish;
        let mark = Mark { cursor: self.cursor.write(), progress: progress(&self.cursor) };
        self.ctx.step(async |tx| Ok((tx.put_import_files(&self.files, self.mode()).await?, mark))).await
    }

    /// One step, file after file.
    async fn stage(&mut self, stage: Stage) -> Result<(), JobError> {
        let from = self.enter(stage);
        let brands = match stage {
            Stage::Products => self.ctx.app().store().brand_properties(self.ctx.id()).await?,
            _ => Vec::new(),
        };
        let brands = Brands(brands.into_iter().collect());
        let mut reading = Reading::begin(self.plan.clone(), stage, from, self.ctx.clone());
        loop {
            let taken = reading.next(self.size.now).await?;
            self.ctx.check()?;
            if taken.is_empty() {
                break;
            }
            self.batch(stage, &taken, &brands).await?;
        }
        self.leave(stage);
        Ok(())
    }

    /// Where a step is to be begun, or gone on with.
    fn enter(&mut self, stage: Stage) -> From {
        if self.cursor.stage != stage {
            (self.cursor.stage, self.cursor.file) = (stage, None);
            (self.cursor.ordinal, self.cursor.done) = (0, 0);
        }
        let before = self.cursor.lap(stage).map_or(0, |lap| lap.spent_ms);
        let now = Instant::now();
        self.began = now.checked_sub(Duration::from_millis(before)).unwrap_or(now);
        let wanted = self.cursor.file.as_deref();
        let place = self.plan.files.iter().position(|file| Some(file.part.name()) == wanted);
        place.map_or_else(From::default, |file| From { file, ordinal: self.cursor.ordinal })
    }

    pub(super) fn leave(&mut self, stage: Stage) {
        let took = self.began.elapsed();
        if let Some(lap) = self.cursor.lap(stage) {
            (lap.done, lap.seconds) = (lap.total, Some(tenths(took)));
        }
        self.talk.stage(stage, &self.cursor, took);
    }

    async fn batch(&mut self, stage: Stage, taken: &[Taken], brands: &Brands) -> Result<(), JobError> {
        let sheets = Sheet::of(stage, taken, brands);
        let seen = self.plan.seen(stage, taken);
        let outcome = self
            .ctx
            .step(async |tx| {
                let (began, mode) = (Instant::now(), self.mode());
                let mut cursor = self.cursor.clone();
                let mut found = Found::of(&self.plan, stage, taken, &mut cursor);
                for sheet in &sheets {
                    let written = sheet.write(tx, mode).await?;
                    found.add(sheet, &written, &mut cursor);
                }
                if let Some((kind, keys)) = &seen {
                    tx.note_seen(*kind, keys.iter().map(String::as_str)).await?;
                }
                tx.add_issues(&found.issues).await?;
                self.move_on(&mut cursor, stage, taken);
                let mark = Mark { cursor: cursor.write(), progress: progress(&cursor) };
                Ok((Outcome { cursor, issues: found.issues, took: began.elapsed() }, mark))
            })
            .await?;
        self.size.after(outcome.took);
        self.cursor = outcome.cursor;
        self.talk.issues(&outcome.issues, &mut self.cursor.told);
        Ok(())
    }

    /// Sets the cursor behind what was taken.
    fn move_on(&self, cursor: &mut Cursor, stage: Stage, taken: &[Taken]) {
        let Some(last) = taken.last() else { return };
        let name = self.plan.files[last.file].part.name();
        let same_file = taken.iter().filter(|taken| taken.file == last.file);
        let rows: u64 = same_file.map(|taken| stage.weight(&taken.what)).sum();
        let before = if cursor.file.as_deref() == Some(name) { cursor.done } else { 0 };
        (cursor.file, cursor.ordinal, cursor.done) = (Some(name.to_owned()), last.ordinal, before + rows);
        let all: u64 = taken.iter().map(|taken| stage.weight(&taken.what)).sum();
        if let Some(lap) = cursor.lap(stage) {
            lap.done = (lap.done + all).min(lap.total);
            lap.spent_ms = millis(self.began.elapsed());
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.order.mode()
    }
}

/// What pages are told of a place.
pub(super) fn progress(cursor: &Cursor) -> Progress {
    let lap = cursor.stages.iter().find(|lap| lap.name == cursor.stage);
    let (done, total) = lap.map_or((0, None), |lap| (lap.done, Some(lap.total)));
    let rows = cursor.stages.iter().filter(|lap| Stage::ROWS.contains(&lap.name));
    let whole = rows.fold((0, 0), |(done, total), lap| (done + lap.done, total + lap.total));
    let more = json!({"file": cursor.file, "counts": cursor.counts, "stages": cursor.stages,
        "issues": cursor.issues, "issuesTotal": cursor.issues.total(), "lost": cursor.lost});
    Progress {
        stage: cursor.stage.name().to_owned(),
        item: cursor.file.clone(),
        done,
        total,
        whole: Some(Whole { done: whole.0, total: whole.1 }),
        more: if let Json::Object(more) = more { more } else { serde_json::Map::new() },
        ..Progress::default()
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn tenths(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_takes_too_long_is_halved_and_grows_again() {
        let mut size = Size { now: 1_000, most: 1_000, adapts: true };

        size.after(Duration::from_millis(40));
        size.after(Duration::from_millis(26));
        assert_eq!(size.now, 250);
        size.after(Duration::from_millis(15));
        assert_eq!(size.now, 250, "as it should be");
        for _ in 0..9 {
            size.after(Duration::from_secs(1));
        }
        assert_eq!(size.now, LEAST_ROWS);
        for _ in 0..9 {
            size.after(Duration::from_millis(1));
        }
        assert_eq!(size.now, 1_000);
    }

    #[test]
    fn where_writers_do_not_wait_for_each_other_batches_stay_as_they_are() {
        let mut size = Size { now: 400, most: 400, adapts: false };

        size.after(Duration::from_secs(1));

        assert_eq!(size.now, 400);
    }
}
