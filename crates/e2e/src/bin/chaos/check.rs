//! The checker: what each page saw, held against the ledger.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use lockstep_protocol::{Room, Seq};

use crate::{
    crowd::track::{Content, Step, Track},
    history::{History, Row},
};

/// What is wrong with what pages saw, summed over all of them, and how old it was.
#[derive(Debug, Default, Clone)]
pub(crate) struct Verdict {
    /// Places in rooms that were looked at.
    pub(crate) pages: usize,
    /// Neither applied nor part of fresh data.
    pub(crate) lost: usize,
    /// Applied twice.
    pub(crate) doubled: usize,
    /// Applied after a later one.
    pub(crate) disordered: usize,
    /// Applied, but never committed.
    pub(crate) invented: usize,
    /// Rows that a page shows otherwise than the database has them.
    pub(crate) wrong: usize,
    /// Data fetched afresh.
    pub(crate) refreshes: usize,
    /// Joins answered with what was missed.
    pub(crate) recovered: u64,
    /// Holes that pages noticed.
    pub(crate) holes: u64,
    /// From the author's answer to the page, for each event and page.
    pub(crate) staleness: Ages,
    /// The same for the pages that nobody kept from reading.
    pub(crate) others: Ages,
}

/// How old each piece of news was, in milliseconds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ages(Vec<f32>);

impl Ages {
    /// The age below which this part of all was; nothing where there was no news.
    pub(crate) fn quantile(&mut self, part: f64) -> Option<Duration> {
        self.0.sort_unstable_by(f32::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below the length")]
        let index = ((self.0.len() as f64 * part).ceil() as usize).saturating_sub(1);
        self.0.get(index).map(|ms| Duration::from_secs_f32(ms / 1000.0))
    }
}

/// What happened, as far as it can be known.
pub(crate) struct Truth<'a> {
    /// The ledger as it is.
    pub(crate) now: &'a History,
    /// The ledger that a restored backup replaced, and when.
    pub(crate) before: Option<(&'a History, Instant)>,
    /// Rows and revisions of each room that has rows.
    pub(crate) rows: &'a BTreeMap<Room, HashMap<String, i64>>,
}

impl Verdict {
    /// Whether every promise but that of time was kept.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.disordered + self.invented + self.wrong == 0
    }

    /// Adds what one page saw of one room.
    pub(crate) fn add(&mut self, room: &Room, track: &Track, truth: &Truth<'_>) {
        let restored = truth.before.and_then(|(old, at)| replayed_in_two_lives(room, track, old, truth.now, at));
        let account = restored.unwrap_or_else(|| Account::of(&track.steps, track.base, truth.now.of(room)).closed());
        self.lost += account.lost;
        self.doubled += account.doubled;
        self.disordered += account.disordered;
        self.invented += account.invented;
        self.refreshes += track.refreshes();
        self.recovered += track.recovered;
        self.holes += track.holes;
        self.pages += 1;
        if let Some(rows) = truth.rows.get(room) {
            self.wrong += differences(rows, &track.rows);
        }
        let ages = staleness(track, truth.now.of(room));
        if !track.victim {
            self.others.0.extend(&ages);
        }
        self.staleness.0.extend(ages);
    }
}

/// A page that changed over to another history began there with fresh data, or knew nothing of what was undone.
fn replayed_in_two_lives(room: &Room, track: &Track, old: &History, now: &History, at: Instant) -> Option<Account> {
    let whole = Account::of(&track.steps, track.base, now.of(room)).closed();
    if whole.is_clean() {
        return Some(whole);
    }
    let afresh = track.steps.iter().position(|(when, step)| *when >= at && matches!(step, Step::Shown(_)))?;
    let (first, second) = track.steps.split_at(afresh);
    let first = Account::of(first, track.base, old.of(room));
    let Step::Shown(base) = second[0].1 else { return None };
    let second = Account::of(second, base, now.of(room)).closed();
    Some(first.with(&second))
}

/// The steps of a page in a room, gone through one by one.
struct Account {
    lost: usize,
    doubled: usize,
    disordered: usize,
    invented: usize,
    /// Rows up to here are accounted for.
    next: usize,
    rows: usize,
}

impl Account {
    fn of(steps: &[(Instant, Step)], base: Seq, rows: &[Row]) -> Account {
        let after = |seq: Seq| rows.partition_point(|row| row.seq <= seq);
        let mut account =
            Account { lost: 0, doubled: 0, disordered: 0, invented: 0, next: after(base), rows: rows.len() };
        let mut skipped = BTreeSet::new();
        for (_, step) in steps {
            match step {
                Step::Shown(seq) => account.next = account.next.max(after(*seq)),
                Step::Applied(seq, content) => account.apply(*seq, content, rows, &mut skipped),
            }
        }
        account.lost += skipped.len();
        account
    }

    fn apply(&mut self, seq: Seq, content: &Content, rows: &[Row], skipped: &mut BTreeSet<usize>) {
        let found = rows.binary_search_by_key(&seq, |row| row.seq).ok().filter(|row| rows[*row].content == *content);
        let Some(row) = found else {
            self.invented += 1;
            return;
        };
        if row >= self.next {
            skipped.extend(self.next..row);
            self.next = row + 1;
        } else if skipped.remove(&row) {
            self.disordered += 1;
        } else {
            self.doubled += 1;
        }
    }

    /// Nothing more comes: what is not there is lost.
    fn closed(mut self) -> Account {
        self.lost += self.rows - self.next;
        self
    }

    fn with(mut self, other: &Account) -> Account {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.disordered += other.disordered;
        self.invented += other.invented;
        self
    }

    fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.disordered + self.invented == 0
    }
}

fn differences(rows: &HashMap<String, i64>, shown: &HashMap<String, i64>) -> usize {
    let missing = rows.iter().filter(|(id, rev)| shown.get(*id) != Some(rev)).count();
    missing + shown.keys().filter(|id| !rows.contains_key(*id)).count()
}

/// How long after its author's answer each event was to be seen, in milliseconds.
fn staleness(track: &Track, rows: &[Row]) -> Vec<f32> {
    let mut ages = Vec::new();
    let mut next = rows.partition_point(|row| row.seq <= track.base);
    for (at, step) in &track.steps {
        let (Step::Shown(seq) | Step::Applied(seq, _)) = step;
        while next < rows.len() && rows[next].seq <= *seq {
            let since = rows[next].known.map(|known| track.away_until.map_or(known, |until| known.max(until)));
            ages.extend(since.map(|since| at.saturating_duration_since(since).as_secs_f32() * 1000.0));
            next += 1;
        }
    }
    ages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(seq: i64) -> Content {
        Content { id: "1".to_owned(), rev: Some(seq) }
    }

    /// Rows 1 to 5; a page that began at 0 and took these steps: a number applied, a negative one shown.
    fn check(steps: &[i64], lost: usize, doubled: usize, disordered: usize, invented: usize) {
        let rows: Vec<Row> = (1..=5).map(|seq| Row { seq: Seq(seq), content: content(seq), known: None }).collect();
        let step = |seq: &i64| match *seq {
            shown @ ..0 => Step::Shown(Seq(-shown)),
            applied => Step::Applied(Seq(applied), content(applied)),
        };
        let steps: Vec<_> = steps.iter().map(|seq| (Instant::now(), step(seq))).collect();

        let account = Account::of(&steps, Seq(0), &rows).closed();

        let found = (account.lost, account.doubled, account.disordered, account.invented);
        assert_eq!(found, (lost, doubled, disordered, invented), "{steps:?}");
    }

    #[test]
    fn a_page_that_saw_everything_once_and_in_order_is_right() {
        check(&[1, 2, 3, 4, 5], 0, 0, 0, 0);
        check(&[1, -4, 5], 0, 0, 0, 0);
        check(&[-5], 0, 0, 0, 0);
    }

    #[test]
    fn what_is_missing_is_lost_whether_others_followed_or_not() {
        check(&[1, 2, 4, 5], 1, 0, 0, 0);
        check(&[1, 2, 3], 2, 0, 0, 0);
        check(&[], 5, 0, 0, 0);
        check(&[2, -5], 1, 0, 0, 0);
    }

    #[test]
    fn what_comes_twice_or_late_or_was_never_written_is_told_apart() {
        check(&[1, 2, 2, 3, 4, 5], 0, 1, 0, 0);
        check(&[1, 3, 2, 4, 5], 0, 0, 1, 0);
        check(&[1, 2, 9, 3, 4, 5], 0, 0, 0, 1);
    }

    #[test]
    fn rows_that_are_shown_otherwise_are_counted_on_both_sides() {
        let rows = |pairs: &[(&str, i64)]| pairs.iter().map(|(id, rev)| ((*id).to_owned(), *rev)).collect();

        assert_eq!(differences(&rows(&[("1", 1), ("2", 2)]), &rows(&[("1", 1), ("2", 2)])), 0);
        assert_eq!(differences(&rows(&[("1", 1), ("2", 2)]), &rows(&[("1", 0), ("3", 2)])), 3);
    }
}
