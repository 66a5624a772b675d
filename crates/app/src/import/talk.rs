//! What an import says in the log while it runs.

use std::time::Duration;

use lockstep_store::goods::{IssueRow, Severity};

use super::{
    ImportOrder,
    cursor::{Counts, Cursor},
    run::tenths,
    stage::Stage,
};
use crate::jobs::{JobCtx, LogType};

/// Errors of rows that are told; all of them stand with the session.
const ERRORS_TOLD: u32 = 100;

/// The lines of one import.
pub(super) struct Talk {
    ctx: JobCtx,
}

impl Talk {
    pub(super) fn new(ctx: JobCtx) -> Self {
        Self { ctx }
    }

    pub(super) fn start(&self, order: &ImportOrder) {
        let how = if order.dry_run { ", only to see what would happen" } else { "" };
        let who = self.ctx.job().requested_by.as_ref().map(|actor| format!(", wanted by {}", actor.name));
        let (import_type, source) = (order.import_type, &order.source);
        self.say(&format!("import of {import_type} from {source}{how}{}", who.unwrap_or_default()));
    }

    pub(super) fn say(&self, message: &str) {
        self.ctx.log(LogType::Info, message);
    }

    pub(super) fn fail(&self, message: &str) {
        self.ctx.log(LogType::Error, message);
    }

    /// The end of a step.
    pub(super) fn stage(&self, stage: Stage, cursor: &Cursor, took: Duration) {
        let rows = cursor.stages.iter().find(|lap| lap.name == stage).map_or(0, |lap| lap.done);
        let counts = cursor.counts.get(stage.counted()).map(|counts| format!(": {}", sum(*counts)));
        let what = counts.unwrap_or_default();
        self.say(&format!("{}: {rows} in {} s{what}", stage.name(), tenths(took)));
    }

    /// The errors of a batch, until enough have been told.
    pub(super) fn issues(&self, issues: &[IssueRow], told: &mut u32) {
        for issue in issues.iter().filter(|issue| issue.severity == Severity::Error) {
            if *told < ERRORS_TOLD {
                self.fail(&said(issue));
            } else if *told == ERRORS_TOLD {
                self.say("more errors are not told here; all of them stand with the session");
            }
            *told = told.saturating_add(1);
        }
    }

    pub(super) fn end(&self, cursor: &Cursor, dry_run: bool) {
        let how = if dry_run { "nothing was changed; it would be " } else { "" };
        self.say(&format!("{how}{}", sums(cursor)));
    }
}

/// `goods_1_3.xml:120:5: unknown_product, Ид 5f3a`
fn said(issue: &IssueRow) -> String {
    let place = match (issue.line, issue.col) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    let mut said = format!("{}{place}: {}", issue.file.as_deref().unwrap_or("?"), issue.code);
    let parts = [("Ид", &issue.ext_id), ("in", &issue.field), ("value", &issue.value)];
    for (word, part) in parts.into_iter().filter_map(|(word, part)| Some((word, part.as_ref()?))) {
        said.push_str(&format!(", {word} {part}"));
    }
    said
}

/// What has become of rows, in a sentence.
fn sum(counts: Counts) -> String {
    let Counts { created, updated, unchanged, deactivated, skipped, failed, .. } = counts;
    let mut sum = format!("{created} created, {updated} updated, {unchanged} unchanged");
    for (count, word) in [(deactivated, "deactivated"), (skipped, "skipped"), (failed, "failed")] {
        if count > 0 {
            sum.push_str(&format!(", {count} {word}"));
        }
    }
    sum
}

/// What has come out of an import: the kinds that people ask for.
pub(super) fn sums(cursor: &Cursor) -> String {
    let told = ["products", "offers", "prices", "stocks", "customers"];
    let counted = told.into_iter().filter_map(|name| Some((name, *cursor.counts.get(name)?)));
    let parts: Vec<String> = counted.map(|(name, counts)| format!("{name}: {}", sum(counts))).collect();
    let errors = match cursor.issues.total() {
        0 => String::new(),
        total => format!("; {total} problems"),
    };
    if parts.is_empty() { format!("done{errors}") } else { format!("{}{errors}", parts.join("; ")) }
}
