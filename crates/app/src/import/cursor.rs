//! Where an import stands, and what it has counted until there: all that must survive the process.

use std::collections::BTreeMap;

use lockstep_store::clock::rfc3339;
use serde::{Deserialize, Serialize};

use super::stage::Stage;
use crate::jobs::Loss;

/// What has become of the rows of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Rows that were read.
    pub(super) read: u64,
    /// New ones.
    pub(super) created: u64,
    /// Changed ones.
    pub(super) updated: u64,
    /// Those that say what is known already.
    pub(super) unchanged: u64,
    /// Those that are marked as deleted now and were not before.
    pub(super) deactivated: u64,
    /// Good rows that belong to nothing that is known.
    pub(super) skipped: u64,
    /// Rows, or prices and quantities, that could not be read.
    pub(super) failed: u64,
}

/// How far one step is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lap {
    pub(super) name: Stage,
    pub(super) done: u64,
    pub(super) total: u64,
    /// How long it took, once it is over, without the time in which nobody was at it.
    pub(super) seconds: Option<f64>,
    /// How long somebody was at it until now.
    #[serde(default, rename = "spentMs")]
    pub(super) spent_ms: u64,
}

/// Problems, by how bad and of what kind they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issues {
    pub(super) error: u64,
    pub(super) warning: u64,
    pub(super) codes: BTreeMap<String, u64>,
}

impl Issues {
    pub(super) fn total(&self) -> u64 {
        self.error + self.warning
    }
}

/// A worker that was lost over it, and who went on from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lost {
    pub(super) at: String,
    pub(super) worker: Option<u32>,
    pub(super) by: Option<u32>,
    pub(super) file: Option<String>,
    pub(super) ordinal: Option<u64>,
}

/// The most that are remembered, the newest.
const MAX_LOST: usize = 10;

/// The place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The step that is under way.
    pub(super) stage: Stage,
    /// The file of the last row that was taken in it; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// That row's number in the file.
    #[serde(default)]
    pub(super) ordinal: u64,
    /// Rows of that file that were taken in this step.
    #[serde(default)]
    pub(super) done: u64,
    /// What has become of the rows, by kind.
    pub(super) counts: BTreeMap<String, Counts>,
    pub(super) issues: Issues,
    /// Errors that the log has told, of which it tells so many.
    #[serde(default)]
    pub(super) told: u32,
    pub(super) stages: Vec<Lap>,
    /// Whether something stands beside the cursor that goes with the job: what a full load has seen, what a dry run would have made.
    #[serde(default)]
    pub(super) remembers: bool,
    /// The session whose place was taken over, and whose files are still to be taken down for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) taken_from: Option<i64>,
    /// Whether there were errors in sessions before this one that it goes on with.
    #[serde(default)]
    pub(super) had_errors: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<Lost>,
}

impl Cursor {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("names and numbers")
    }

    /// The same place for another session. Its problems stay with the one that found them.
    pub(super) fn of_another(self, job: i64) -> Self {
        let had_errors = self.had_errors || self.issues.error > 0;
        Self { issues: Issues::default(), told: 0, taken_from: Some(job), had_errors, lost: Vec::new(), ..self }
    }

    /// Remembers that a worker was lost here, and who goes on.
    pub(super) fn lose(&mut self, loss: &Loss, by: Option<u32>) {
        let ordinal = self.file.is_some().then_some(self.ordinal);
        let Loss { worker, at } = *loss;
        self.lost.push(Lost { at: rfc3339(at), worker, by, file: self.file.clone(), ordinal });
        let surplus = self.lost.len().saturating_sub(MAX_LOST);
        self.lost.drain(..surplus);
    }

    /// `products, goods/goods_1_3.xml #1500`
    pub(super) fn place(&self) -> String {
        match &self.file {
            Some(file) => format!("{}, {file} #{}", self.stage.name(), self.ordinal),
            None => self.stage.name().to_owned(),
        }
    }

    /// What is counted under that name.
    pub(super) fn count(&mut self, name: &str) -> &mut Counts {
        self.counts.entry(name.to_owned()).or_default()
    }

    /// How far a step is.
    pub(super) fn lap(&mut self, stage: Stage) -> Option<&mut Lap> {
        self.stages.iter_mut().find(|lap| lap.name == stage)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.had_errors || self.issues.error > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_another_session_is_gone_on_with_and_its_problems_stay_there() {
        let text = r#"{"stage": "products", "file": "goods_1_3.xml", "ordinal": 1500, "done": 1500,
            "counts": {"products": {"read": 1500, "created": 1498, "updated": 0, "unchanged": 0, "deactivated": 0,
            "skipped": 2, "failed": 0}}, "issues": {"error": 2, "warning": 0, "codes": {"no_id": 2}}, "stages": []}"#;
        let cursor = Cursor::read(text).expect("a cursor");
        assert_eq!(cursor.place(), "products, goods_1_3.xml #1500");

        let taken = Cursor::read(&cursor.clone().of_another(42).write()).expect("a cursor");

        assert_eq!((taken.place(), &taken.counts), (cursor.place(), &cursor.counts));
        assert_eq!((taken.issues.total(), taken.taken_from, taken.has_errors()), (0, Some(42), true));
    }

    #[test]
    fn who_was_lost_is_remembered_with_the_place_the_newest_ones() {
        let text = r#"{"stage": "products", "file": "goods_1_3.xml", "ordinal": 1500, "done": 1500, "counts": {},
            "issues": {"error": 0, "warning": 0, "codes": {}}, "stages": []}"#;
        let mut cursor = Cursor::read(text).expect("a cursor");

        for worker in 1..=12 {
            cursor.lose(&Loss { worker: Some(worker), at: 0 }, Some(worker + 1));
        }

        assert_eq!(cursor.lost.len(), MAX_LOST);
        let last = cursor.lost.last().expect("ten");
        assert_eq!((last.worker, last.by, last.at.as_str()), (Some(12), Some(13), "1970-01-01T00:00:00.000Z"));
        assert_eq!((last.file.as_deref(), last.ordinal), (Some("goods_1_3.xml"), Some(1500)));
    }

    #[test]
    fn what_is_no_cursor_is_no_place() {
        assert_eq!((Cursor::read(""), Cursor::read("{}")), (None, None));
    }
}
