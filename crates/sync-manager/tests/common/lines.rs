//! Log lines, an archive in memory, and a reader who writes down what he is told.

use std::sync::{Arc, Mutex};

use lockstep_protocol::log::{Archive, Batch, Filter, Level, Line, LogType, Reading};
use lockstep_sync_manager::{
    Sent,
    logs::{LogOutlet, Said, What},
};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::PATIENCE;

/// The `n`th line of `from`.
pub fn line(from: &str, n: u64) -> Line {
    Line {
        id: format!("{from}-{n}"),
        n,
        timestamp: "2026-01-01T00:00:00.000Z".into(),
        level: if n.is_multiple_of(10) { Level::Error } else { Level::Info },
        kind: LogType::Info,
        message: format!("line {n}"),
        source: "test".into(),
        environment: "test".into(),
        worker: 1,
        metadata: None,
    }
}

pub fn batch(from: &str, numbers: impl IntoIterator<Item = u64>) -> Batch {
    Batch { from: from.into(), lines: numbers.into_iter().map(|n| Arc::new(line(from, n))).collect() }
}

/// Lines that are kept, each with its worker.
#[derive(Default)]
pub struct Shelf(pub Mutex<Vec<(String, Line)>>);

impl Shelf {
    pub fn keep(&self, from: &str, numbers: impl IntoIterator<Item = u64>) {
        let lines = numbers.into_iter().map(|n| (from.to_owned(), line(from, n)));
        self.0.lock().expect("no panic inside").extend(lines);
    }

    fn find(&self, wanted: impl Fn(&str, &Line) -> bool) -> Vec<Line> {
        let kept = self.0.lock().expect("no panic inside");
        kept.iter().filter(|(from, line)| wanted(from, line)).map(|(_, line)| line.clone()).collect()
    }
}

impl Archive for Shelf {
    fn between<'a>(&'a self, from: &'a str, first: u64, last: u64) -> Reading<'a> {
        Box::pin(async move { self.find(|by, line| by == from && (first..=last).contains(&line.n)) })
    }

    fn newest<'a>(&'a self, filter: &'a Filter, limit: usize) -> Reading<'a> {
        Box::pin(async move {
            let mut found = self.find(|_, line| filter.matches(line));
            found.drain(..found.len().saturating_sub(limit));
            found
        })
    }
}

/// What a reader was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Backfill(Vec<u64>, bool),
    Lines(Vec<u64>),
    Gap(u64, &'static str, Option<String>),
    Paused,
}

pub struct Eyes {
    told: watch::Sender<Vec<(Instant, Told)>>,
    state: Mutex<Sent>,
}

impl Eyes {
    pub fn open() -> Arc<Self> {
        Arc::new(Self { told: watch::channel(Vec::new()).0, state: Mutex::new(Sent::Queued) })
    }

    /// From now on this becomes of whatever he is told.
    pub fn set(&self, state: Sent) {
        *self.state.lock().expect("no panic inside") = state;
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.borrow().iter().map(|(_, told)| told.clone()).collect()
    }

    pub fn times(&self) -> Vec<Instant> {
        self.told.borrow().iter().map(|(at, _)| *at).collect()
    }

    pub fn forget(&self) {
        self.told.send_modify(Vec::clear);
    }

    /// The numbers of all lines that came live.
    pub fn lines(&self) -> Vec<u64> {
        let lines = |told| if let Told::Lines(lines) = told { lines } else { Vec::new() };
        self.told().into_iter().flat_map(lines).collect()
    }

    /// How many lines he was told that he does not have.
    pub fn lost(&self) -> u64 {
        self.told().iter().map(|told| if let Told::Gap(dropped, ..) = told { *dropped } else { 0 }).sum()
    }

    pub async fn until(&self, what: impl Fn(&Self) -> bool) {
        let mut told = self.told.subscribe();
        let waited = timeout(PATIENCE, async {
            while !what(self) {
                told.changed().await.expect("he lives");
            }
        });
        assert!(waited.await.is_ok(), "waited in vain; told {:?}", self.told());
    }

    /// Until he has seen what came before.
    pub async fn until_shown(&self) {
        self.until(|eyes| eyes.told().iter().any(|told| matches!(told, Told::Backfill(..)))).await;
    }
}

impl LogOutlet for Eyes {
    fn send(&self, said: &Said) -> Sent {
        let state = *self.state.lock().expect("no panic inside");
        if state != Sent::Queued {
            return state;
        }
        let numbers = || said.lines().map(|line| line.n).collect();
        let told = match said.what() {
            What::Backfill { more, .. } => Told::Backfill(numbers(), *more),
            What::Lines => Told::Lines(numbers()),
            What::Gap { dropped, why, after } => Told::Gap(*dropped, why.word(), after.clone()),
            What::Paused => Told::Paused,
        };
        if let Some((_, argument)) = said.event() {
            serde_json::from_str::<Value>(argument).expect("finished JSON");
        }
        self.told.send_modify(|all| all.push((Instant::now(), told)));
        Sent::Queued
    }
}
