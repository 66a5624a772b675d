//! What one page saw of one room, as it went.

use std::{collections::HashMap, time::Instant};

use lockstep_protocol::{Position, Seq};

/// What identifies the content of an event: whose row, and at which revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Content {
    /// The row.
    pub(crate) id: String,
    /// Its revision; nothing for an event without a row.
    pub(crate) rev: Option<i64>,
}

/// One thing that changed what the page shows.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// It fetched its data afresh, as of this place.
    Shown(Seq),
    /// It applied one event.
    Applied(Seq, Content),
}

/// A page in a room.
#[derive(Debug, Default)]
pub(crate) struct Track {
    /// Where it was when the account began.
    pub(crate) base: Seq,
    /// What it did since.
    pub(crate) steps: Vec<(Instant, Step)>,
    /// As of when its data was last fetched.
    pub(crate) shown: Seq,
    /// How far it has come; nothing before its first data.
    pub(crate) position: Option<Position>,
    /// Whether it follows.
    pub(crate) live: bool,
    /// Rows and their revisions, as it shows them.
    pub(crate) rows: HashMap<String, i64>,
    /// Joins that were answered with the missing events.
    pub(crate) recovered: u64,
    /// Holes it noticed by itself: an event's `prev`, or a beat.
    pub(crate) holes: u64,
    /// Whether it was kept from reading on purpose.
    pub(crate) victim: bool,
    /// Until when it was kept from reading on purpose: older news cannot be newer to it.
    pub(crate) away_until: Option<Instant>,
}

impl Track {
    /// Begins the account anew.
    pub(crate) fn rebase(&mut self) {
        self.base = self.place();
        self.steps.clear();
        (self.recovered, self.holes, self.away_until, self.victim) = (0, 0, None, false);
    }

    /// How far it has come; 0 before its first data.
    pub(crate) fn place(&self) -> Seq {
        self.position.as_ref().map_or(Seq(0), |position| position.seq)
    }

    /// Notes a step of now.
    pub(crate) fn note(&mut self, step: Step) {
        self.steps.push((Instant::now(), step));
    }

    /// How often the data was fetched afresh.
    pub(crate) fn refreshes(&self) -> usize {
        self.steps.iter().filter(|(_, step)| matches!(step, Step::Shown(_))).count()
    }
}
