//! The end of a full load: what it did not bring is gone.

use std::time::Instant;

use lockstep_store::goods::{IssueRow, Kind, Severity, Unseen};

use super::{
    issues::{name_of, stored},
    run::{Run, progress},
    stage::Stage,
};
use crate::jobs::{JobError, Mark};

/// The share of what was live that may be gone without a question, in percent. More is rather a load that says it is full and is not.
const GONE_PERCENT: u64 = 30;

impl Run {
    /// Marks what is gone, kind by kind.
    pub(super) async fn finish(&mut self) -> Result<(), JobError> {
        let full: Vec<Stage> = self.plan.stages.iter().copied().filter(|stage| self.plan.is_full(*stage)).collect();
        if full.is_empty() {
            return Ok(());
        }
        self.began = Instant::now();
        self.cursor.stage = Stage::Finish;
        (self.cursor.file, self.cursor.ordinal, self.cursor.done) = (None, 0, 0);
        for stage in full {
            let Some((kind, _)) = stage.full() else { continue };
            self.sweep(stored(kind)).await?;
        }
        self.leave(Stage::Finish);
        Ok(())
    }

    /// What was live and was not seen, unless it is too much.
    async fn sweep(&mut self, kind: Kind) -> Result<(), JobError> {
        let Unseen { live, unseen } = self.ctx.app().store().count_unseen(self.ctx.id(), kind).await?;
        if unseen == 0 {
            return Ok(());
        }
        if !self.order.allow_mass_delete && unseen * 100 > live * GONE_PERCENT {
            return self.ask(kind, live, unseen).await;
        }
        let mut after = Some(0);
        while let Some(from) = after {
            after = self.mark(kind, from).await?;
        }
        Ok(())
    }

    /// The next few; where to go on, if there are more.
    async fn mark(&mut self, kind: Kind, after: i64) -> Result<Option<i64>, JobError> {
        let (next, cursor) = self
            .ctx
            .step(async |tx| {
                let (written, next) = tx.deactivate_unseen(kind, after, self.mode()).await?;
                let mut cursor = self.cursor.clone();
                cursor.count(name_of(kind)).deactivated += written.deactivated;
                let mark = Mark { cursor: cursor.write(), progress: progress(&cursor) };
                Ok(((next, cursor), mark))
            })
            .await?;
        self.cursor = cursor;
        Ok(next)
    }

    /// Leaves all as it is and says so.
    async fn ask(&mut self, kind: Kind, live: u64, unseen: u64) -> Result<(), JobError> {
        let issue = IssueRow {
            severity: Severity::Error,
            code: "mass_delete_skipped".to_owned(),
            kind: Some(kind.name().to_owned()),
            value: Some(format!("{unseen}/{live}")),
            file: None,
            line: None,
            col: None,
            ext_id: None,
            field: None,
        };
        let cursor = self
            .ctx
            .step(async |tx| {
                let mut cursor = self.cursor.clone();
                cursor.issue(&issue);
                tx.add_issues(std::slice::from_ref(&issue)).await?;
                let mark = Mark { cursor: cursor.write(), progress: progress(&cursor) };
                Ok((cursor, mark))
            })
            .await?;
        self.cursor = cursor;
        self.talk.fail(&format!(
            "{unseen} of {live} {} are not in this full load, so none of them was marked as deleted; if they really are gone, import \
             it again and allow that",
            name_of(kind)
        ));
        Ok(())
    }
}
