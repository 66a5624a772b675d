//! One reader: what he is sent, and what becomes of it when he is too slow or has paused.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    LogOutlet,
    desk::Opened,
    said::{Entry, GapWhy, Said, What},
    track::Fresh,
};
use crate::{counters::LogCounters, hub::Sent};

/// Lines a reader may fall behind before the oldest are dropped. 512 is about two seconds of a full import at debug level; more only
/// hides that the reader is gone.
const BACKLOG: usize = 512;

/// The pause before a reader who is behind is tried again, doubled each time: a try costs an encoding of his own.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Lines of the first try: they tell whether he takes anything.
const PROBE: usize = 16;

/// The most lines, and about the most bytes, that leave together: what a ping may have to wait for in a connection.
const CHUNK_LINES: usize = 256;
const CHUNK_BYTES: usize = 64 * 1024;

/// What leaves together, for all readers who want the same.
pub(super) enum Chunk {
    Lines(Arc<Said>),
    Lost(u64),
}

/// Lines and losses in chunks.
pub(super) fn chunks(fresh: impl IntoIterator<Item = Fresh>) -> Vec<Chunk> {
    let (mut chunks, mut lines, mut bytes) = (Vec::new(), Vec::new(), 0);
    let close = |lines: &mut Vec<Arc<Entry>>, chunks: &mut Vec<Chunk>| {
        if !lines.is_empty() {
            chunks.push(Chunk::Lines(Said::new(What::Lines, std::mem::take(lines))));
        }
    };
    for one in fresh {
        match one {
            Fresh::Line(entry) => {
                if lines.len() == CHUNK_LINES || bytes + entry.bytes() > CHUNK_BYTES {
                    close(&mut lines, &mut chunks);
                    bytes = 0;
                }
                bytes += entry.bytes();
                lines.push(entry);
            }
            Fresh::Lost(count) => {
                close(&mut lines, &mut chunks);
                bytes = 0;
                chunks.push(Chunk::Lost(count));
            }
        }
    }
    close(&mut lines, &mut chunks);
    chunks
}

/// Lines that a reader was not sent, by why.
#[derive(Default)]
struct Missed {
    paused: u64,
    slow: u64,
    wire: u64,
}

/// A reader as the task has him.
pub(super) struct Listener {
    outlet: Arc<dyn LogOutlet>,
    closed: Arc<AtomicBool>,
    gone: bool,
    paused: bool,
    /// He is still to be told that he has paused.
    say_paused: bool,
    /// He is still to be shown so many lines of what came before; and whether he is to be told the filter.
    owed: Option<(usize, bool)>,
    /// What he could not take yet.
    backlog: VecDeque<Fresh>,
    missed: Missed,
    /// The id of the last line that he was sent.
    last: Option<String>,
    /// When he is tried again, after he took nothing.
    again: Option<Instant>,
    /// How long he was waited for last.
    waited: Duration,
}

impl Listener {
    pub(super) fn new(opened: Opened) -> Self {
        let Opened { outlet, closed } = opened;
        let (gone, paused, say_paused, owed) = (false, false, false, None);
        let (backlog, missed, last, again, waited) = Default::default();
        Self { outlet, closed, gone, paused, say_paused, owed, backlog, missed, last, again, waited }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone || self.closed.load(Ordering::SeqCst)
    }

    /// What he has is to be replaced by what came before, `limit` lines of it; whatever waits for him is part of that.
    pub(super) fn owe(&mut self, limit: usize, filter: bool) {
        (self.backlog, self.missed, self.again) = Default::default();
        self.owed = Some((limit, filter || self.owed.is_some_and(|(_, filter)| filter)));
    }

    /// How many lines of what came before he is still to be shown, and whether he is told the filter.
    pub(super) fn owed(&self) -> Option<(usize, bool)> {
        self.owed.filter(|_| self.is_due())
    }

    /// Shows him what came before.
    pub(super) fn show(&mut self, said: &Said, counters: &LogCounters) {
        if self.send(said, counters) {
            self.owed = None;
            self.last = said.lines().next_back().map(|line| line.id.clone());
        }
    }

    /// What waits for one who pauses is missed as well.
    pub(super) fn pause(&mut self) {
        (self.paused, self.say_paused) = (true, true);
        for waiting in std::mem::take(&mut self.backlog) {
            match waiting {
                Fresh::Line(_) => self.missed.paused += 1,
                Fresh::Lost(count) => self.missed.wire += count,
            }
        }
    }

    pub(super) fn resume(&mut self) {
        self.paused = false;
    }

    /// When he is to be tried again.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.again
    }

    /// Sends what comes now, after whatever waits.
    pub(super) fn hear(&mut self, chunks: &[Chunk], counters: &LogCounters) {
        // Who has not seen what came before will see this with it.
        if self.owed.is_some() {
            return;
        }
        if self.paused {
            return chunks.iter().for_each(|chunk| self.miss(chunk));
        }
        let mut up = self.catch_up(counters);
        for chunk in chunks {
            up = up && self.send_chunk(chunk, counters);
            if !up {
                self.keep(chunk, counters);
            }
        }
    }

    fn miss(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Lines(said) => self.missed.paused += said.lines().len() as u64,
            Chunk::Lost(count) => self.missed.wire += count,
        }
    }

    fn send_chunk(&mut self, chunk: &Chunk, counters: &LogCounters) -> bool {
        match chunk {
            Chunk::Lines(said) => self.send_lines(said, counters),
            Chunk::Lost(count) => self.send_gap(*count, GapWhy::Wire, counters),
        }
    }

    fn keep(&mut self, chunk: &Chunk, counters: &LogCounters) {
        match chunk {
            Chunk::Lines(said) => self.backlog.extend(said.entries().iter().cloned().map(Fresh::Line)),
            Chunk::Lost(count) => self.backlog.push_back(Fresh::Lost(*count)),
        }
        while self.backlog.len() > BACKLOG {
            match self.backlog.pop_front() {
                Some(Fresh::Line(_)) => {
                    self.missed.slow += 1;
                    counters.slow.add(1);
                }
                Some(Fresh::Lost(count)) => self.missed.wire += count,
                None => {}
            }
        }
    }

    /// Sends what waits, as far as he takes it. True when nothing is left.
    pub(super) fn catch_up(&mut self, counters: &LogCounters) -> bool {
        if !self.is_due() || self.owed.is_some() {
            return false;
        }
        self.again = None;
        if self.say_paused {
            self.say_paused = !self.send(&Said::new(What::Paused, Vec::new()), counters);
        }
        !self.say_paused && !self.paused && self.send_missed(counters) && self.send_backlog(counters)
    }

    /// The gaps that come before anything else.
    fn send_missed(&mut self, counters: &LogCounters) -> bool {
        let Missed { paused, slow, wire } = self.missed;
        let gaps = [(slow, GapWhy::Slow), (paused, GapWhy::Paused), (wire, GapWhy::Wire)];
        for (count, why) in gaps.into_iter().filter(|(count, _)| *count > 0) {
            if !self.send_gap(count, why, counters) {
                return false;
            }
            match why {
                GapWhy::Slow => self.missed.slow = 0,
                GapWhy::Paused => self.missed.paused = 0,
                GapWhy::Wire => self.missed.wire = 0,
            }
        }
        true
    }

    fn send_backlog(&mut self, counters: &LogCounters) -> bool {
        let mut size = PROBE;
        while !self.backlog.is_empty() {
            let some: Vec<Fresh> = self.backlog.iter().take(size).cloned().collect();
            for chunk in chunks(some) {
                if !self.send_chunk(&chunk, counters) {
                    return false;
                }
                let sent = match &chunk {
                    Chunk::Lines(said) => said.lines().len(),
                    Chunk::Lost(_) => 1,
                };
                self.backlog.drain(..sent);
            }
            size = CHUNK_LINES;
        }
        true
    }

    fn send_lines(&mut self, said: &Said, counters: &LogCounters) -> bool {
        let sent = self.send(said, counters);
        if sent && let Some(line) = said.lines().next_back() {
            self.last = Some(line.id.clone());
        }
        sent
    }

    fn send_gap(&mut self, dropped: u64, why: GapWhy, counters: &LogCounters) -> bool {
        let what = What::Gap { dropped, why, after: self.last.clone() };
        self.send(&Said::new(what, Vec::new()), counters)
    }

    /// False when he did not take it.
    fn send(&mut self, said: &Said, counters: &LogCounters) -> bool {
        if self.is_gone() {
            return false;
        }
        match self.outlet.send(said) {
            Sent::Queued => {
                (self.again, self.waited) = (None, Duration::ZERO);
                counters.delivered.add(said.lines().len() as u64);
                true
            }
            Sent::Full(_) => {
                self.waited = (2 * self.waited).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                self.again = Some(Instant::now() + self.waited);
                false
            }
            Sent::Gone => {
                self.gone = true;
                false
            }
        }
    }

    fn is_due(&self) -> bool {
        self.again.is_none_or(|at| at <= Instant::now())
    }
}
