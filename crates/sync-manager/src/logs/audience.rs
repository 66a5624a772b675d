//! All readers, by what they want.
//!
//! Those who want the same are a group: lines are held against their filter once, and encoded once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use lockstep_protocol::log::Filter;
use tokio::{task::yield_now, time::Instant};

use super::{
    ReaderId,
    desk::{Wanted, Wish},
    reader::{Listener, chunks},
    ring::SharedRing,
    said::{Said, What},
    track::Fresh,
};
use crate::counters::Counters;

/// Readers served before other tasks of the thread get their turn: a lone write costs the kernel about 4 µs.
const READERS_A_TURN: usize = 64;

/// Lines held against a filter before others get their turn: an expression takes about a microsecond.
const LINES_A_TURN: usize = 512;

/// About the most bytes of what came before that a reader is shown. Where it is more he sees fewer lines, and that there are others.
const BACKFILL_BYTES: usize = 256 * 1024;

/// Backfills remembered until the next lines come: those who come together, as after a restart, want the same.
const BACKFILLS: usize = 64;

pub(super) struct Audience {
    groups: HashMap<Filter, BTreeMap<ReaderId, Listener>>,
    /// Which group each is in.
    filters: HashMap<ReaderId, Filter>,
    ring: SharedRing,
    backfills: HashMap<(Wanted, bool), Arc<Said>>,
    counters: Arc<Counters>,
}

impl Audience {
    pub(super) fn new(ring: SharedRing, counters: Arc<Counters>) -> Self {
        Self { groups: HashMap::new(), filters: HashMap::new(), ring, backfills: HashMap::new(), counters }
    }

    /// Does what readers wish.
    pub(super) async fn obey(&mut self, wishes: HashMap<ReaderId, Wish>) {
        // In the order of their coming; after some, others get their turn.
        let wishes: BTreeMap<ReaderId, Wish> = wishes.into_iter().collect();
        for (id, wish) in wishes {
            self.obey_one(id, wish);
            yield_now().await;
        }
        self.forget_gone();
    }

    fn obey_one(&mut self, id: ReaderId, wish: Wish) {
        let known = self.take(id);
        let known = wish.open.map(|opened| (Filter::default(), Listener::new(opened))).or(known);
        let Some((mut filter, mut listener)) = known.filter(|_| !wish.close) else { return };
        if let Some((wanted, backfill)) = wish.wanted {
            filter = wanted;
            listener.owe(backfill, wish.say_filter);
        }
        if wish.say_paused {
            listener.pause();
        }
        if wish.paused == Some(false) {
            listener.resume();
        }
        self.serve(&filter, &mut listener);
        self.filters.insert(id, filter.clone());
        self.groups.entry(filter).or_default().insert(id, listener);
    }

    /// Takes him out of his group.
    fn take(&mut self, id: ReaderId) -> Option<(Filter, Listener)> {
        let filter = self.filters.remove(&id)?;
        let group = self.groups.get_mut(&filter)?;
        let listener = group.remove(&id)?;
        if group.is_empty() {
            self.groups.remove(&filter);
        }
        Some((filter, listener))
    }

    /// Gives a reader what he is owed.
    fn serve(&mut self, filter: &Filter, listener: &mut Listener) {
        if let Some((backfill, is_told)) = listener.owed() {
            let said = self.backfill(filter, backfill, is_told);
            listener.show(&said, &self.counters.logs);
        }
        listener.catch_up(&self.counters.logs);
    }

    fn backfill(&mut self, filter: &Filter, limit: usize, is_told: bool) -> Arc<Said> {
        if self.backfills.len() >= BACKFILLS {
            self.backfills.clear();
        }
        let ring = &self.ring;
        let make = || {
            let found = ring.newest(filter, limit, BACKFILL_BYTES);
            let told = is_told.then(|| filter.clone());
            Said::new(What::Backfill { filter: told, more: found.more }, found.lines)
        };
        self.backfills.entry(((filter.clone(), limit), is_told)).or_insert_with(make).clone()
    }

    /// Lines have come: into the ring, and to everybody who wants them.
    pub(super) async fn hear(&mut self, fresh: &[Fresh]) {
        self.ring.extend(fresh.iter().filter_map(|one| match one {
            Fresh::Line(entry) => Some(entry.clone()),
            Fresh::Lost(_) => None,
        }));
        self.backfills.clear();
        for (filter, group) in &mut self.groups {
            let wanted = select(filter, fresh, &self.counters).await;
            let chunks = chunks(wanted);
            for (number, listener) in group.values_mut().enumerate().filter(|_| !chunks.is_empty()) {
                listener.hear(&chunks, &self.counters.logs);
                if number % READERS_A_TURN == READERS_A_TURN - 1 {
                    yield_now().await;
                }
            }
        }
        self.forget_gone();
    }

    /// When somebody is to be tried again who took nothing.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.groups.values().flat_map(BTreeMap::values).filter_map(Listener::next_try).min()
    }

    /// Tries those again whose time has come.
    pub(super) async fn try_again(&mut self, now: Instant) {
        let due = |listener: &Listener| listener.next_try().is_some_and(|at| at <= now);
        let members = self.groups.values().flatten();
        let due: Vec<ReaderId> = members.filter(|(_, listener)| due(listener)).map(|(id, _)| *id).collect();
        for id in due {
            let Some((filter, mut listener)) = self.take(id) else { continue };
            self.serve(&filter, &mut listener);
            self.filters.insert(id, filter.clone());
            self.groups.entry(filter).or_default().insert(id, listener);
            yield_now().await;
        }
        self.forget_gone();
    }

    fn forget_gone(&mut self) {
        for group in self.groups.values_mut() {
            group.extract_if(.., |_, listener| listener.is_gone()).for_each(|(id, _)| {
                self.filters.remove(&id);
            });
        }
        self.groups.retain(|_, group| !group.is_empty());
        self.counters.logs.readers.set(self.filters.len());
        self.counters.logs.filters.set(self.groups.len());
    }
}

/// What matches; losses concern everybody.
async fn select(filter: &Filter, fresh: &[Fresh], counters: &Counters) -> Vec<Fresh> {
    let mut wanted = Vec::new();
    for some in fresh.chunks(LINES_A_TURN) {
        let matching = |one: &&Fresh| match one {
            Fresh::Line(entry) => filter.matches(entry.line()),
            Fresh::Lost(_) => true,
        };
        wanted.extend(some.iter().filter(matching).cloned());
        yield_now().await;
    }
    let lines = fresh.iter().filter(|one| matches!(one, Fresh::Line(_))).count();
    counters.logs.matched.add(lines as u64);
    wanted
}
