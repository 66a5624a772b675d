//! When a storm of grave log lines is worth a word.
//!
//! The first line of a source is told at once; what follows is gathered, and told with the newest line and how many there were, not more
//! often than once in [`PAUSE`]. No line is counted twice, and none is left out. Pure: it is told the time.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// How long a source is silent after it was told of. Five seconds are soon enough for people, and a storm of an hour is 720 events.
const PAUSE: Duration = Duration::from_secs(5);

/// Sources that are kept apart. Whatever comes from further ones meanwhile is one storm: a source made up for each line must not become
/// a notice for each.
const MAX_SOURCES: usize = 64;

/// The source of those.
pub(super) const OTHERS: &str = "*";

/// Something that is due to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Push<L> {
    /// Where the lines came from.
    pub(super) source: String,
    /// The newest of them.
    pub(super) newest: L,
    /// How many have not been told before.
    pub(super) lines: i64,
}

/// What one source has said.
#[derive(Debug)]
struct Storm<L> {
    /// The newest line and how many there are, of those that have not been told.
    waiting: Option<(L, i64)>,
    /// Nothing is told before.
    due: Instant,
}

/// The storms of all sources.
#[derive(Debug)]
pub(super) struct Storms<L>(BTreeMap<String, Storm<L>>);

impl<L> Default for Storms<L> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<L> Storms<L> {
    /// A grave line has come.
    pub(super) fn note(&mut self, now: Instant, source: &str, line: L) {
        self.add(now, source, line, 1);
    }

    /// What could not be told is told with what comes next.
    pub(super) fn put_back(&mut self, now: Instant, push: Push<L>) {
        let Push { source, newest, lines } = push;
        match self.0.get_mut(&source).and_then(|storm| storm.waiting.as_mut()) {
            Some((_, waiting)) => *waiting += lines,
            None => self.add(now, &source, newest, lines),
        }
    }

    fn add(&mut self, now: Instant, source: &str, line: L, lines: i64) {
        let known = self.0.contains_key(source) || self.0.len() < MAX_SOURCES;
        let source = if known { source } else { OTHERS };
        let storm = self.0.entry(source.to_owned()).or_insert(Storm { waiting: None, due: now });
        let before = storm.waiting.take().map_or(0, |(_, before)| before);
        storm.waiting = Some((line, before + lines));
    }

    /// What is to be told now; the sources that have been silent for long enough are forgotten.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Push<L>> {
        self.0.retain(|_, storm| storm.waiting.is_some() || storm.due > now);
        let ready = self.0.iter_mut().filter(|(_, storm)| storm.due <= now);
        ready.filter_map(|(source, storm)| storm.take(source, now)).collect()
    }

    /// All that has not been told, due or not.
    pub(super) fn rest(&mut self, now: Instant) -> Vec<Push<L>> {
        self.0.iter_mut().filter_map(|(source, storm)| storm.take(source, now)).collect()
    }

    /// When something will be due, if anything waits.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.values().filter(|storm| storm.waiting.is_some()).map(|storm| storm.due).min()
    }
}

impl<L> Storm<L> {
    fn take(&mut self, source: &str, now: Instant) -> Option<Push<L>> {
        let (newest, lines) = self.waiting.take()?;
        self.due = now + PAUSE;
        Some(Push { source: source.to_owned(), newest, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(source: &str, newest: &'static str, lines: i64) -> Push<&'static str> {
        Push { source: source.into(), newest, lines }
    }

    #[test]
    fn the_first_line_is_told_at_once_and_the_rest_of_the_storm_together() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);

        storms.note(at(0), "disk", "first");
        assert_eq!(storms.due(at(0)), [push("disk", "first", 1)]);
        for line in ["second", "third", "fourth"] {
            storms.note(at(10), "disk", line);
        }

        assert_eq!(storms.next(), Some(at(5000)));
        assert_eq!(storms.due(at(4999)), []);
        assert_eq!(storms.due(at(5000)), [push("disk", "fourth", 3)]);
        assert_eq!((storms.next(), storms.due(at(10_000))), (None, vec![]));
    }

    #[test]
    fn a_storm_of_an_hour_is_told_every_five_seconds_and_counted_to_the_last_line() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        let (mut told, mut lines) = (Vec::new(), 0);

        for ms in (0..3_600_000).step_by(100) {
            let now = start + Duration::from_millis(ms);
            storms.note(now, "disk", ms);
            lines += 1;
            told.extend(storms.due(now).into_iter().map(|push| (now, push)));
        }

        assert_eq!(told.len(), 720);
        assert!(told.windows(2).all(|pair| pair[1].0 - pair[0].0 >= PAUSE));
        let rest = storms.rest(start + Duration::from_secs(3600));
        let counted: i64 = told.iter().map(|(_, push)| push.lines).chain(rest.iter().map(|push| push.lines)).sum();
        assert_eq!(counted, lines);
    }

    #[test]
    fn sources_do_not_wait_for_one_another() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        storms.note(start, "disk", "a");
        assert_eq!(storms.due(start).len(), 1);

        storms.note(start, "net", "b");
        storms.note(start, "disk", "c");

        assert_eq!(storms.due(start), [push("net", "b", 1)]);
    }

    #[test]
    fn a_source_that_was_silent_is_told_of_at_once_again() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        storms.note(start, "disk", "a");
        storms.due(start);
        let later = start + PAUSE;
        assert_eq!(storms.due(later), []);
        assert!(storms.0.is_empty(), "nothing is kept of it");

        storms.note(later, "disk", "b");

        assert_eq!(storms.due(later), [push("disk", "b", 1)]);
    }

    #[test]
    fn what_could_not_be_told_is_told_with_what_comes_next() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        let failed = push("disk", "old", 5);
        storms.put_back(start, failed.clone());
        assert_eq!(storms.due(start), std::slice::from_ref(&failed));

        storms.note(start, "disk", "new");
        storms.put_back(start, failed);

        assert_eq!(storms.due(start + PAUSE), [push("disk", "new", 6)]);
    }

    /// A program named each line's source anew, and each became a notice.
    #[test]
    fn sources_without_end_are_one_storm() {
        let (mut storms, start) = (Storms::default(), Instant::now());
        for number in 0..10_000 {
            storms.note(start, &format!("source {number}"), "x");
        }

        let told = storms.due(start);

        assert_eq!(told.len(), MAX_SOURCES + 1);
        assert_eq!(told.iter().map(|push| push.lines).sum::<i64>(), 10_000);
        assert!(told.contains(&push(OTHERS, "x", 10_000 - MAX_SOURCES as i64)));
    }
}
