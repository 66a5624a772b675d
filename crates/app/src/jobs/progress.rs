//! How far a job is: what its handler says, with how fast it goes and how long it will take.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde_json::{Map, Value as Json, json};
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
    /// The same of all stages together, where there are several: the share, the rate and the end in sight go by it.
    pub whole: Option<Whole>,
    /// Whatever else pages are told, each under a name of its own; one that is there already is replaced.
    pub more: Map<String, Json>,
}

/// How far all stages together are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How many are done.
    pub done: u64,
    /// Of how many; 0 while nobody knows.
    pub total: u64,
}

impl Progress {
    /// What the share goes by.
    fn way(&self) -> (u64, Option<u64>) {
        self.whole.map_or((self.done, self.total), |whole| (whole.done, Some(whole.total)))
    }
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
        let (done, total) = progress.way();
        let spaced = self.marks.back().is_none_or(|(last, _)| now.duration_since(*last) >= WINDOW / 64);
        if spaced && self.marks.len() < MARKS {
            self.marks.push_back((now, done));
        }
        if let Some(total) = total.filter(|total| *total > 0) {
            let share = done.min(total).saturating_mul(100) / total;
            self.percent = self.percent.max(share);
        }
        (self.latest, self.waits) = (Some(progress), true);
    }

    /// What the row and the pages are told; nothing before the handler has said something.
    pub(super) fn shown(&self, now: Instant) -> Option<Json> {
        let latest = self.latest.as_ref()?;
        let Progress { stage, item, done, total, counts, more, .. } = latest;
        let (way, end) = latest.way();
        let rate = self.rate(now, way);
        let left = end.map(|end| end.saturating_sub(way));
        let eta = left.and_then(|left| (rate > 0.0).then(|| (left as f64 / rate).ceil()));
        let mut shown = json!({"stage": stage, "item": item, "done": done, "total": total,
            "percent": end.map(|_| self.percent), "rate": (rate * 10.0).round() / 10.0,
            "etaSeconds": eta.map(|eta| eta as u64), "counts": counts});
        shown.as_object_mut().expect("made as one").extend(more.clone());
        Some(shown)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(done: u64, total: Option<u64>) -> Progress {
        Progress { stage: "walk".into(), done, total, ..Progress::default() }
    }

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn pages_are_told_twice_a_second_and_at_the_end_whatever_is_newest() {
        let (mut pace, start) = (Pace::from(None), Instant::now());
        assert_eq!(pace.turn(start, true), None, "there is nothing to tell");

        let mut told = Vec::new();
        for ms in (0..2_000).step_by(10) {
            pace.note(after(start, ms), at(ms, None));
            told.extend(pace.turn(after(start, ms), false).map(|number| (ms, number)));
        }

        assert_eq!(told, [(0, 1), (500, 2), (1_000, 3), (1_500, 4)]);
        assert_eq!(pace.turn(after(start, 1_995), true), Some(5), "the end does not wait");
        assert_eq!(pace.turn(after(start, 9_000), true), None, "what was told is not told again");
    }

    #[test]
    fn the_share_never_falls_not_even_when_another_worker_goes_on() {
        let (mut pace, now) = (Pace::from(Some(&json!({"percent": 40}))), Instant::now());
        let mut share = |done, total| {
            pace.note(now, at(done, Some(total)));
            pace.shown(now).expect("noted")["percent"].clone()
        };

        assert_eq!(share(10, 100), 40);
        assert_eq!(share(50, 100), 50);
        assert_eq!(share(50, 200), 50, "the total has grown");
        assert_eq!(share(300, 200), 100, "more than there are is all of them");
    }

    #[test]
    fn without_a_total_there_is_no_share_and_no_end_in_sight() {
        let (mut pace, start) = (Pace::from(None), Instant::now());
        pace.note(start, at(0, None));
        pace.note(after(start, 2_000), at(500, None));

        let shown = pace.shown(after(start, 2_000)).expect("noted");

        assert_eq!((&shown["percent"], &shown["etaSeconds"]), (&Json::Null, &Json::Null));
        assert_eq!(shown["rate"], 250.0);
    }

    #[test]
    fn the_share_of_several_stages_goes_by_all_of_them() {
        let (mut pace, now) = (Pace::from(None), Instant::now());
        let more = Map::from_iter([("counts".to_owned(), json!({"goods": {"read": 5}}))]);

        pace.note(now, Progress { whole: Some(Whole { done: 25, total: 100 }), more, ..at(5, Some(5)) });

        let shown = pace.shown(now).expect("noted");
        assert_eq!((&shown["done"], &shown["total"], &shown["percent"]), (&json!(5), &json!(5), &json!(25)));
        assert_eq!(shown["counts"], json!({"goods": {"read": 5}}), "two levels where somebody has them");
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let (mut pace, start) = (Pace::from(None), Instant::now());
        for second in 0..=30_u64 {
            // Slow for twenty seconds, then ten times as fast.
            let done = if second <= 20 { second * 10 } else { 200 + (second - 20) * 100 };
            pace.note(after(start, second * 1_000), at(done, Some(2_200)));
        }

        let shown = pace.shown(after(start, 30_000)).expect("noted");

        assert_eq!((&shown["rate"], &shown["etaSeconds"]), (&json!(100.0), &json!(10)));
    }
}
