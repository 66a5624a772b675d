//! One run of a scan, from where the last one stood to its end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lockstep_store::{Error as StoreError, ScanCounts, ScanState, Store};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::{
    ScanOrder,
    roots::Located,
    take::MOST,
    talk::{Talk, progress, sum},
    walk::{Position, Step, Walk, shown},
};
use crate::jobs::{JobCtx, JobError, Report};

/// Time between two checkpoints of a scan that finds nothing to write.
pub(super) const CHECKPOINT: Duration = Duration::from_secs(1);

/// Rows that are marked as missing in one transaction.
const MARKED: u32 = 500;

/// So many files may go at a time without a question, whatever their share.
const FEW_GONE: u64 = 20;

/// The share of a registrator's files that may go, in percent. More are rather a disk that is not there.
const GONE_PERCENT: u64 = 30;

/// Where a scan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Cursor {
    /// Files up to there are done.
    Walk(Position),
    /// All are; those that are gone are marked.
    Missing,
}

impl Cursor {
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("names and numbers")
    }
}

/// A run.
pub(super) struct Run {
    pub(super) ctx: JobCtx,
    pub(super) order: ScanOrder,
    /// The folder as the registrator has it, without a stroke at its end.
    pub(super) folder: String,
    live: u64,
    pub(super) counts: ScanCounts,
    /// Up to here everything is compared.
    pub(super) after: Position,
    /// Up to here it is written down.
    pub(super) written: Instant,
    pub(super) most: usize,
    pub(super) talk: Talk,
}

impl Run {
    /// Begins, or goes on where this job has begun before.
    pub(super) async fn scan(
        ctx: JobCtx,
        order: ScanOrder,
        folder: &str,
        located: Located,
    ) -> Result<Report, JobError> {
        let (state, cursor) = begin(&ctx, &order).await?;
        let mut run = Self {
            talk: Talk::new(ctx.clone(), state.counts),
            ctx,
            order,
            folder: folder.trim_end_matches('/').to_owned(),
            live: state.live,
            counts: state.counts,
            after: Position::start(),
            written: Instant::now(),
            most: MOST,
        };
        if let Cursor::Walk(position) = cursor {
            run.after = position;
            run.walk(located).await?;
        }
        run.end().await
    }

    async fn walk(&mut self, located: Located) -> Result<(), JobError> {
        let from = self.after.clone();
        let Located { root, below } = located;
        let begun = blocking(move || Walk::begin(&root, &below, from)).await?;
        let mut walk = begun.map_err(|error| {
            JobError::fatal("scan.no_root", format!("the folder {} cannot be read: {error}", self.folder))
        })?;
        loop {
            let (back, step) = blocking(move || {
                let step = walk.step();
                (walk, step)
            })
            .await?;
            walk = back;
            self.ctx.check()?;
            match step {
                Some(Step::Files(files)) => self.files(Arc::new(files)).await?,
                Some(Step::Skipped { from, upto, note }) => self.skip(from, upto, &note).await?,
                None => return self.nothing(&Position::end()).await,
            }
        }
    }

    /// Writes down how far it is.
    pub(super) async fn checkpoint(&mut self) -> Result<(), JobError> {
        let (counts, item) = (self.counts, shown(&self.after.directory));
        let cursor = Cursor::Walk(self.after.clone()).write();
        let registrator = self.order.registrator.as_str();
        let step = progress("walk", Some(&item), counts);
        self.ctx.batch(cursor, step, async |tx| Ok(tx.keep_scan(registrator, counts).await?)).await?;
        self.written = Instant::now();
        Ok(())
    }

    /// Marks what is gone, unless it is too much, and says that the folder was scanned.
    async fn end(mut self) -> Result<Report, JobError> {
        let (registrator, cursor) = (self.order.registrator.clone(), Cursor::Missing.write());
        let (counts, step) = (self.counts, progress("missing", None, self.counts));
        let gone = self
            .ctx
            .batch(cursor.clone(), step, async |tx| {
                tx.keep_scan(&registrator, counts).await?;
                Ok(tx.gone_files(&registrator).await?)
            })
            .await?;
        self.ask(gone)?;
        loop {
            let (counts, step) = (self.counts, progress("missing", None, self.counts));
            let marked = self
                .ctx
                .batch(cursor.clone(), step, async |tx| Ok(tx.mark_missing(&registrator, MARKED, counts).await?))
                .await?;
            match marked {
                Some(counts) => self.counts = counts,
                None => break,
            }
        }
        let step = progress("end", None, self.counts);
        self.ctx.batch(cursor, step, async |tx| tx.end_scan(&registrator).await.map_err(deleted)).await?;
        self.talk.say(&format!("scanned {}: {}", self.folder, sum(self.counts)));
        let data = serde_json::json!({"registrator": registrator, "counts": self.counts});
        Ok(Report { with_errors: self.counts.failed > 0, data })
    }

    /// Refuses to call most of a folder missing unless somebody has said that it is.
    fn ask(&self, gone: u64) -> Result<(), JobError> {
        let (known, live) = (self.counts.missing + gone, self.live);
        if self.order.force || known <= FEW_GONE || known * 100 <= live * GONE_PERCENT {
            return Ok(());
        }
        let message = format!(
            "{known} of {live} files are not there any more, so none was marked as missing. Look whether {} is mounted; if they \
             really are gone, run the scan again with force",
            self.folder
        );
        Err(JobError::fatal("scan.mass_missing", message))
    }

    pub(super) fn store(&self) -> &Store {
        self.ctx.app().store()
    }
}

/// What this job has begun already; else it begins now.
async fn begin(ctx: &JobCtx, order: &ScanOrder) -> Result<(ScanState, Cursor), JobError> {
    let registrator = order.registrator.as_str();
    if let Some(state) = ctx.app().store().scan_state(registrator, ctx.id()).await? {
        let cursor = ctx.cursor().and_then(|cursor| serde_json::from_str(cursor).ok());
        return Ok((state, cursor.unwrap_or_else(|| Cursor::Walk(Position::start()))));
    }
    let start = Cursor::Walk(Position::start());
    let step = progress("walk", None, ScanCounts::default());
    let state = ctx.batch(start.write(), step, async |tx| tx.begin_scan(registrator).await.map_err(deleted)).await?;
    Ok((state, start))
}

/// A registrator that is deleted while it is scanned is nobody's fault.
pub(super) fn deleted(error: StoreError) -> JobError {
    match error {
        StoreError::NotFound => JobError::fatal("scan.gone", "the registrator was deleted"),
        other => other.into(),
    }
}

/// Work that waits for disks, on a thread that nobody else waits for.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JobError> {
    spawn_blocking(work).await.map_err(|error| JobError::retry(format!("the walk ended badly: {error}")))
}
