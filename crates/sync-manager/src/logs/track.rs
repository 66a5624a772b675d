//! Which lines of each worker have come, and which are missing.
//!
//! Lines leave here in the order of their numbers, each once. Behind a hole they are held for a moment: the missing ones may be late, or
//! the archive may have them. What is missing then is said to be lost, exactly. Pure: the time is passed in.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use lockstep_protocol::log::Line;
use tokio::time::Instant;

use super::{message::Heard, said::Entry};

/// How long what is missing may be late, and be written down, before the archive is asked.
const LATE: Duration = Duration::from_millis(300);

/// The most lines of one worker that are held behind a hole: two seconds of a storm. What comes on top counts as missing, too.
const HELD: usize = 4096;

/// The most lines that the archive is asked for at once, the newest of a hole. Who lost more looks them up.
const REPAIR: u64 = 2000;

/// The most workers that are followed.
const WORKERS: usize = 256;

/// What comes next, for every reader.
#[derive(Debug, Clone)]
pub(super) enum Fresh {
    Line(Arc<Entry>),
    /// So many are missing here.
    Lost(u64),
}

/// What is asked of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) from: Arc<str>,
    pub(super) first: u64,
    pub(super) last: u64,
}

struct Held {
    entry: Arc<Entry>,
    /// So many numbers right before it were never sent.
    dropped: u64,
}

/// One worker.
struct Track {
    /// The number that comes next.
    next: u64,
    held: BTreeMap<u64, Held>,
    /// How far the worker has come by its own word.
    upto: u64,
    /// When the archive is asked, if something is missing.
    due: Option<Instant>,
    /// It has been, about the numbers up to here.
    asked: Option<u64>,
    heard: Instant,
}

impl Track {
    fn take(&mut self, heard: &Heard, now: Instant) {
        self.heard = now;
        self.upto = self.upto.max(heard.upto);
        let mut before = None;
        for line in &heard.lines {
            // What is missing within a message was dropped where it came in: nobody has it.
            let dropped = before.map_or(0, |before: u64| line.n - before - 1);
            before = Some(line.n);
            self.upto = self.upto.max(line.n);
            if line.n >= self.next && self.held.len() < HELD {
                self.held.entry(line.n).or_insert_with(|| Held { entry: Entry::new(line.clone()), dropped });
            }
        }
    }

    /// What can leave now.
    fn release(&mut self, out: &mut Vec<Fresh>, now: Instant) {
        self.leave_while(out, |n, held, next| n.saturating_sub(held.dropped) <= next);
        let hole = self.next <= self.upto;
        self.due = if hole && self.asked.is_none() { self.due.or(Some(now + LATE)) } else { None };
    }

    /// Lets held lines go from the first on, with whatever is missing before each, while `may` be so of its number and the next one.
    fn leave_while(&mut self, out: &mut Vec<Fresh>, may: impl Fn(u64, &Held, u64) -> bool) {
        while self.held.first_key_value().is_some_and(|(n, held)| may(*n, held, self.next)) {
            let Some((n, held)) = self.held.pop_first() else { return };
            lose(out, n - self.next);
            out.push(Fresh::Line(held.entry));
            self.next = n + 1;
        }
    }

    /// Nothing up to `last` comes any more.
    fn settle(&mut self, last: u64, out: &mut Vec<Fresh>) {
        self.leave_while(out, |n, _, _| n <= last);
        lose(out, (last + 1).saturating_sub(self.next));
        self.next = self.next.max(last + 1);
    }
}

fn lose(out: &mut Vec<Fresh>, count: u64) {
    match out.last_mut() {
        _ if count == 0 => {}
        Some(Fresh::Lost(lost)) => *lost += count,
        _ => out.push(Fresh::Lost(count)),
    }
}

/// All workers.
pub(super) struct Tracks {
    /// Who was born since then was heard from his first line on, or should have been.
    since: Instant,
    by_name: HashMap<Arc<str>, Track>,
}

impl Tracks {
    pub(super) fn new(since: Instant) -> Self {
        Self { since, by_name: HashMap::new() }
    }

    /// Takes what a worker says; `out` gets what comes next by it. An older one that is met in the middle begins there.
    pub(super) fn hear(&mut self, heard: &Heard, now: Instant, out: &mut Vec<Fresh>) {
        if !self.by_name.contains_key(heard.from.as_str()) {
            self.make_place(out);
            let next = self.first(heard, now);
            let track = Track { next, held: BTreeMap::new(), upto: 0, due: None, asked: None, heard: now };
            self.by_name.insert(heard.from.as_str().into(), track);
        }
        let track = self.by_name.get_mut(heard.from.as_str()).expect("it was just made sure of");
        track.take(heard, now);
        track.release(out, now);
    }

    /// The number that a worker begins with who was not heard before. A young one may have lost his first lines: he speaks before his
    /// bus is up.
    fn first(&self, heard: &Heard, now: Instant) -> u64 {
        let met = heard.lines.first().map_or(heard.upto + 1, |line| line.n);
        let is_young = heard.age.is_some_and(|age| Duration::from_millis(age) <= now - self.since);
        if is_young && met <= REPAIR { 1 } else { met }
    }

    /// Where there are too many, the one that was silent for the longest goes, with what it has.
    fn make_place(&mut self, out: &mut Vec<Fresh>) {
        if self.by_name.len() < WORKERS {
            return;
        }
        let oldest = self.by_name.iter().min_by_key(|(_, track)| track.heard).map(|(from, _)| from.clone());
        if let Some(mut track) = oldest.and_then(|from| self.by_name.remove(&from)) {
            track.settle(track.upto, out);
        }
    }

    /// When somebody must be asked next.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.by_name.values().filter_map(|track| track.due).min()
    }

    /// What is to be asked now. Each question must get its answer.
    pub(super) fn questions(&mut self, now: Instant) -> Vec<Question> {
        let due = self.by_name.iter_mut().filter(|(_, track)| track.due.is_some_and(|due| due <= now));
        let ask = |(from, track): (&Arc<str>, &mut Track)| {
            (track.due, track.asked) = (None, Some(track.upto));
            let first = track.next.max((track.upto + 1).saturating_sub(REPAIR));
            Question { from: from.clone(), first, last: track.upto }
        };
        due.map(ask).collect()
    }

    /// Takes the answer to a question; `out` gets what comes next by it. How many lines it brought.
    pub(super) fn answer(&mut self, question: &Question, lines: Vec<Line>, now: Instant, out: &mut Vec<Fresh>) -> u64 {
        let Some(track) = self.by_name.get_mut(&question.from).filter(|track| track.asked == Some(question.last))
        else {
            return 0;
        };
        let mut brought = 0;
        for line in lines {
            let n = line.n;
            if (track.next.max(question.first)..=question.last).contains(&n) && !track.held.contains_key(&n) {
                track.held.insert(n, Held { entry: Entry::new(Arc::new(line)), dropped: 0 });
                brought += 1;
            }
        }
        track.asked = None;
        track.settle(question.last, out);
        track.release(out, now);
        brought
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::tests::line;

    struct World {
        tracks: Tracks,
        now: Instant,
        out: Vec<Fresh>,
    }

    impl World {
        fn new() -> Self {
            Self { tracks: Tracks::new(Instant::now()), now: Instant::now(), out: Vec::new() }
        }

        fn hear(&mut self, from: &str, numbers: &[u64]) -> &mut Self {
            self.hear_upto(from, numbers, 0)
        }

        fn hear_upto(&mut self, from: &str, numbers: &[u64], upto: u64) -> &mut Self {
            let lines = numbers.iter().map(|n| Arc::new(line(from, *n))).collect();
            self.tracks.hear(&Heard { from: from.into(), upto, age: None, lines }, self.now, &mut self.out);
            self
        }

        fn hear_aged(&mut self, from: &str, age: Duration, numbers: &[u64]) -> &mut Self {
            let lines = numbers.iter().map(|n| Arc::new(line(from, *n))).collect();
            let age = Some(age.as_millis() as u64);
            self.tracks.hear(&Heard { from: from.into(), upto: 0, age, lines }, self.now, &mut self.out);
            self
        }

        fn wait(&mut self) -> Vec<Question> {
            self.now += LATE;
            self.tracks.questions(self.now)
        }

        fn answer(&mut self, question: &Question, numbers: &[u64]) -> u64 {
            let lines = numbers.iter().map(|n| line(&question.from, *n)).collect();
            self.tracks.answer(question, lines, self.now, &mut self.out)
        }

        /// Lines as their numbers, losses as negative counts.
        fn out(&mut self) -> Vec<i64> {
            let number = |fresh| match fresh {
                Fresh::Line(entry) => i64::try_from(Entry::line(&entry).n).expect("small"),
                Fresh::Lost(count) => -i64::try_from(count).expect("small"),
            };
            self.out.drain(..).map(number).collect()
        }
    }

    fn question(first: u64, last: u64) -> Question {
        Question { from: "a".into(), first, last }
    }

    #[test]
    fn lines_in_order_leave_at_once_and_each_once() {
        let mut world = World::new();

        world.hear("a", &[1, 2]).hear("a", &[3]).hear("a", &[2, 3]).hear("a", &[4]);

        assert_eq!((world.out(), world.tracks.wake()), (vec![1, 2, 3, 4], None));
    }

    #[test]
    fn a_worker_met_in_the_middle_has_no_hole_and_a_new_one_begins_anew() {
        let mut world = World::new();

        world.hear("a", &[7, 8]).hear("b", &[1]).hear_upto("c", &[], 9).hear("c", &[10]);

        assert_eq!((world.out(), world.tracks.wake()), (vec![7, 8, 1, 10], None));
    }

    #[test]
    fn a_younger_worker_is_asked_after_from_its_first_line_on() {
        let mut world = World::new();
        let minute = Duration::from_secs(60);
        world.now += minute;

        world.hear_aged("a", minute - LATE, &[2, 3]).hear_aged("b", minute + LATE, &[2, 3]);
        world.hear_aged("c", LATE, &[REPAIR + 1]);

        assert_eq!(world.out(), [2, 3, 2001], "who is older, or was forgotten, is met in the middle");
        assert_eq!(world.wait(), [question(1, 3)]);
        world.answer(&question(1, 3), &[1]);
        assert_eq!((world.out(), world.tracks.wake()), (vec![1, 2, 3], None));
    }

    #[test]
    fn what_is_late_comes_in_its_order_and_nobody_is_asked() {
        let mut world = World::new();

        world.hear("a", &[1]).hear("a", &[3, 4]).hear("b", &[1]);
        assert_eq!(world.out(), [1, 1], "one worker's hole holds no other back");
        world.hear("a", &[2]);

        assert_eq!(world.out(), [2, 3, 4]);
        assert_eq!(world.wait(), []);
    }

    #[test]
    fn what_the_archive_has_comes_in_its_order_and_the_rest_is_lost() {
        let mut world = World::new();
        world.hear("a", &[1]).hear("a", &[5]).hear("a", &[6, 7]);
        world.out();

        assert_eq!(world.wait(), [question(2, 7)]);
        assert_eq!(world.wait(), [], "asked once");
        assert_eq!(world.answer(&question(2, 7), &[3, 5]), 1);

        assert_eq!((world.out(), world.tracks.wake()), (vec![-1, 3, -1, 5, 6, 7], None));
    }

    #[test]
    fn what_comes_while_the_archive_is_asked_waits_and_may_have_a_hole_of_its_own() {
        let mut world = World::new();
        world.hear("a", &[1]).hear("a", &[3]);
        let asked = world.wait();
        world.hear("a", &[4]).hear("a", &[6]);
        assert_eq!(world.out(), [1]);

        world.answer(&asked[0], &[]);
        assert_eq!(world.out(), [-1, 3, 4]);

        assert_eq!(world.wait(), [question(5, 6)]);
    }

    #[test]
    fn what_the_door_dropped_within_a_message_is_lost_at_once() {
        let mut world = World::new();

        world.hear("a", &[1, 2]).hear("a", &[3, 7, 9]).hear("a", &[10]);

        assert_eq!((world.out(), world.tracks.wake()), (vec![1, 2, 3, -3, 7, -1, 9, 10], None));
    }

    #[test]
    fn a_loss_at_the_very_end_is_noticed_by_the_workers_own_word() {
        let mut world = World::new();
        world.hear("a", &[1]).hear_upto("a", &[], 3);

        assert_eq!(world.wait(), [question(2, 3)]);
        world.answer(&question(2, 3), &[2]);

        assert_eq!(world.out(), [1, 2, -1]);
    }

    #[test]
    fn what_is_held_and_what_is_asked_for_is_bounded_and_still_counted() {
        let mut world = World::new();
        world.hear("a", &[1]);
        for n in 3..=10_002 {
            world.hear("a", &[n]);
        }
        world.out();

        assert_eq!(world.wait(), [question(10_002 - REPAIR + 1, 10_002)]);
        world.answer(&question(10_002 - REPAIR + 1, 10_002), &[10_000]);

        let out = world.out();
        let lines = out.iter().filter(|n| **n > 0).count();
        let lost: i64 = out.iter().filter(|n| **n < 0).map(|n| -n).sum();
        assert_eq!((lines, lost), (HELD + 1, 10_001 - 4096 - 1));
    }

    #[test]
    fn strangers_names_do_not_fill_memory() {
        let mut world = World::new();

        for name in 0..2 * WORKERS {
            world.hear(&name.to_string(), &[1]);
        }

        assert_eq!((world.out().len(), world.tracks.by_name.len()), (2 * WORKERS, WORKERS));
    }
}
