//! How far a job is: what its handler says, with how fast it goes and how long it will take.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde_json::{Value as Json, json};
use tokio::time::Instant;

/// The time over which the rate is taken: short enough to follow what happens, long enough to stand still between two files.
const WINDOW: Duration = Duration::from_secs(10);

/// Between two times that pages are told: twice a second is as fast as a bar has to move.
const PAUSE: Duration = Duration::from_millis(500);

/// Places that are remembered within the window.
const MARKS: usize = 64;

/// How far a handler is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// What it does just now, in a word of its own, such as `walk`.
    pub stage: String,
    /// What it is at, such as a folder.
    pub item: Option<String>,
    /// How many are done.
    pub done: u64,
    /// Of how many, once that is known.
    pub total: Option<u64>,
    /// What has become of them.
    pub counts: BTreeMap<&'static str, u64>,
}

/// What has been said of it so far.
#[derive(Debug)]
pub(super) struct Pace {
    marks: VecDeque<(Instant, u64)>,
    latest: Option<Progress>,
    percent: u64,
    /// Counts what is told, so that a page drops what comes late.
    number: u64,
    told: Option<Instant>,
    waits: bool,
}

impl Pace {
    /// Goes on where the row stands: a share that pages have seen does not fall.
    pub(super) fn from(progress: Option<&Json>) -> Self {
        let percent = progress.and_then(|progress| progress["percent"].as_u64()).unwrap_or_default();
        Self { marks: VecDeque::new(), latest: None, percent, number: 0, told: None, waits: false }
    }

    pub(super) fn note(&mut self, now: Instant, progress: Progress) {
        let gone = |mark: &(Instant, u64)| now.duration_since(mark.0) > WINDOW;
        while self.marks.len() > 1 && self.marks.front().is_some_and(gone) {
            self.marks.pop_front();
        }
        let spaced = self.marks.back().is_none_or(|(last, _)| now.duration_since(*last) >= WINDOW / 64);
        if spaced && self.marks.len() < MARKS {
            self.marks.push_back((now, progress.done));
        }
        if let Some(total) = progress.total.filter(|total| *total > 0) {
            let share = progress.done.min(total).saturating_mul(100) / total;
            self.percent = self.percent.max(share);
        }
        (self.latest, self.waits) = (Some(progress), true);
    }

    /// What the row and the pages are told; nothing before the handler has said something.
    pub(super) fn shown(&self, now: Instant) -> Option<Json> {
        let Progress { stage, item, done, total, counts } = self.latest.as_ref()?;
        let rate = self.rate(now, *done);
        let left = total.map(|total| total.saturating_sub(*done));
        let eta = left.and_then(|left| (rate > 0.0).then(|| (left as f64 / rate).ceil()));
        Some(json!({"stage": stage, "item": item, "done": done, "total": total, "percent": total.map(|_| self.percent),
            "rate": (rate * 10.0).round() / 10.0, "etaSeconds": eta.map(|eta| eta as u64), "counts": counts}))
    }

    /// The next number, when there is something to tell and it is time; `at_once` where the end is told.
    pub(super) fn turn(&mut self, now: Instant, at_once: bool) -> Option<u64> {
        let early = self.told.is_some_and(|told| now.duration_since(told) < PAUSE);
        if !self.waits || (early && !at_once) {
            return None;
        }
        (self.told, self.waits) = (Some(now), false);
        self.number += 1;
        Some(self.number)
    }

    fn rate(&self, now: Instant, done: u64) -> f64 {
        let Some((since, before)) = self.marks.front() else { return 0.0 };
        let seconds = now.duration_since(*since).as_secs_f64();
        if seconds > 0.0 { done.saturating_sub(*before) as f64 / seconds } else { 0.0 }
    }
}
