//! The machine, and what comes into it: what pages and workers say, and the time that passes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    Counts, Entry, GRACE, Key, MAX_ENTRIES, MAX_OF_PAGE, MAX_WORKERS, Mode, Present, SILENCE, Said, Wish, Words,
    known::{Calls, Known, Leaving},
};
use crate::{client::Refusal, event::Actor, room::Room};

/// Who is present, as one worker knows it.
#[derive(Debug)]
pub struct Presence {
    pub(super) own: Arc<str>,
    /// Messages said.
    pub(super) said: u64,
    /// This worker among them.
    pub(super) workers: BTreeMap<Arc<str>, Known>,
    /// Entries of this worker's open pages.
    pages: BTreeMap<Arc<str>, BTreeSet<Key>>,
    leaving: BTreeMap<Key, Leaving>,
    /// What has changed in this turn, and whether it is this worker's own.
    pub(super) changed: BTreeMap<Key, bool>,
    pub(super) diffs: Counts,
    pub(super) calls: Calls,
    len: usize,
}

impl Presence {
    /// Nobody is there; `own` is the name of this worker, unique among all machines and restarts.
    pub fn new(own: &str) -> Self {
        let own: Arc<str> = own.into();
        Self {
            workers: BTreeMap::from([(own.clone(), Known::default())]),
            own,
            said: 0,
            pages: BTreeMap::new(),
            leaving: BTreeMap::new(),
            changed: BTreeMap::new(),
            diffs: Counts::new(),
            calls: Calls::default(),
            len: 0,
        }
    }

    /// How many entries are known, of all workers.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The page `tab` of `user` says what it shows. `since` is now, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] where the page, or all together, have as many entries as they may.
    pub fn set(&mut self, tab: &Arc<str>, wish: Wish, user: Actor, since: i64) -> Result<(), Refusal> {
        let Wish { entity, id, mode, field } = wish;
        let key = Key(entity, id, tab.clone());
        let Some(mode) = mode else {
            self.take_back(&key);
            return Ok(());
        };
        let before = self.workers.get(&self.own).and_then(|own| own.entries.get(&key));
        if before.is_none() && self.pages.get(tab).is_some_and(|keys| keys.len() >= MAX_OF_PAGE) {
            return Err(Refusal::TooMany);
        }
        let since = before.filter(|before| before.mode == mode).map_or(since, |before| before.since);
        let entry = Entry { tab: tab.clone(), id: key.1.clone(), mode, field, user, since };
        if !self.put(&self.own.clone(), &key, Arc::new(entry)) {
            return Err(Refusal::TooMany);
        }
        self.pages.entry(tab.clone()).or_default().insert(key);
        Ok(())
    }

    fn take_back(&mut self, key: &Key) {
        if let Some(keys) = self.pages.get_mut(&key.2) {
            keys.remove(key);
            if keys.is_empty() {
                self.pages.remove(&key.2);
            }
            self.remove(&self.own.clone(), key);
        }
    }

    /// The socket of page `tab` is gone; what it showed follows after [`GRACE`].
    pub fn leave(&mut self, tab: &str, now: Duration) {
        let own = self.own.clone();
        for key in self.pages.remove(tab).into_iter().flatten() {
            self.let_go(&own, key, now);
        }
    }

    /// Page `tab` may from now on show only what is `allowed`: the rest goes at once.
    pub fn keep(&mut self, tab: &str, allowed: impl Fn(&Room, Mode) -> bool) {
        let Some(own) = self.workers.get(&self.own) else { return };
        let mode = |key: &Key| own.entries.get(key).map(|entry| entry.mode);
        let keys = self.pages.get(tab).into_iter().flatten();
        let lost = keys.filter(|key| mode(key).is_some_and(|mode| !allowed(&key.0, mode)));
        let lost: Vec<Key> = lost.cloned().collect();
        lost.iter().for_each(|key| self.take_back(key));
    }

    /// Hears a message. True when everybody is asked to say all that he has: see [`Presence::statement`].
    pub fn hear(&mut self, said: Said, now: Duration) -> bool {
        let Said { worker, n, words } = said;
        if worker == self.own || self.workers.len() >= MAX_WORKERS && !self.workers.contains_key(&worker) {
            return false;
        }
        if !self.workers.entry(worker.clone()).or_default().hears(n, now) {
            return false;
        }
        match words {
            Words::Change { set, gone } => {
                gone.iter().for_each(|key| self.remove(&worker, key));
                self.put_all(&worker, set);
            }
            Words::All { from, to, set } => {
                self.remove_but(&worker, (from.as_ref(), to.as_ref()), &set);
                self.put_all(&worker, set);
            }
            Words::Ask => {
                self.calls.note(now);
                return true;
            }
            Words::Bye => {
                let keys: Option<Vec<_>> =
                    self.workers.get(&worker).map(|known| known.entries.keys().cloned().collect());
                keys.unwrap_or_default().into_iter().for_each(|key| self.let_go(&worker, key, now));
            }
        }
        false
    }

    /// Has heard of the worker otherwise: it lives.
    pub fn lives(&mut self, worker: &str, now: Duration) {
        if let Some(known) = self.workers.get_mut(worker) {
            known.seen = now;
        }
    }

    /// What time alone changes: pages that did not come back, workers that are no more.
    pub fn pass(&mut self, now: Duration) {
        let over = self.leaving.iter().filter(|(_, leaving)| leaving.until <= now);
        let over: Vec<_> = over.map(|(key, leaving)| (leaving.worker.clone(), key.clone())).collect();
        over.iter().for_each(|(worker, key)| self.remove(worker, key));

        let called = self.calls.over(now);
        let dead = |known: &Known| known.spoke + SILENCE <= now || called.is_some_and(|called| known.seen < called);
        let others = self.workers.iter().filter(|(name, _)| **name != self.own);
        let dead: Vec<_> = others.filter(|(_, known)| dead(known)).map(|(name, _)| name.clone()).collect();
        dead.iter().for_each(|worker| self.bury(worker));
    }

    fn bury(&mut self, worker: &Arc<str>) {
        let keys: Option<Vec<_>> = self.workers.get(worker).map(|known| known.entries.keys().cloned().collect());
        keys.unwrap_or_default().iter().for_each(|key| self.remove(worker, key));
        self.workers.remove(worker);
    }

    fn put_all(&mut self, worker: &Arc<str>, set: Vec<Present>) {
        for present in set {
            self.put(worker, &present.key(), present.entry);
        }
    }

    /// False when there is no room for one more.
    fn put(&mut self, worker: &Arc<str>, key: &Key, entry: Arc<Entry>) -> bool {
        let Some(known) = self.workers.get(worker) else { return false };
        match known.entries.get(key) {
            Some(before) if *before == entry => return true,
            Some(_) => {}
            None => {
                self.is_back(key, &entry.user.id);
                if self.len >= MAX_ENTRIES {
                    return false;
                }
                self.len += 1;
            }
        }
        if let Some(known) = self.workers.get_mut(worker) {
            known.entries.insert(key.clone(), entry);
        }
        self.changed.insert(key.clone(), *worker == self.own);
        true
    }

    fn remove(&mut self, worker: &Arc<str>, key: &Key) {
        if self.workers.get_mut(worker).is_some_and(|known| known.entries.remove(key).is_some()) {
            self.len -= 1;
            self.leaving.remove(key);
            self.changed.insert(key.clone(), *worker == self.own);
        }
    }

    fn remove_but(&mut self, worker: &Arc<str>, (from, to): (Option<&Key>, Option<&Key>), kept: &[Present]) {
        let kept: BTreeSet<Key> = kept.iter().map(Present::key).collect();
        let known = self.workers.get(worker).into_iter().flat_map(|known| known.entries.range(Key::range(from, to)));
        let lost: Vec<Key> = known.map(|(key, _)| key).filter(|key| !kept.contains(key)).cloned().collect();
        lost.iter().for_each(|key| self.remove(worker, key));
    }

    fn let_go(&mut self, worker: &Arc<str>, key: Key, now: Duration) {
        let user =
            self.workers.get(worker).and_then(|known| known.entries.get(&key)).map(|entry| entry.user.id.clone());
        if let Some(user) = user {
            self.leaving.entry(key).or_insert(Leaving { worker: worker.clone(), user, until: now + GRACE });
        }
    }

    /// `user` shows again what pages of his showed that have gone: those are not waited for any more.
    fn is_back(&mut self, Key(entity, id, _): &Key, user: &str) {
        let first = Key(entity.clone(), id.clone(), "".into());
        let same = self.leaving.range(first..).take_while(|(key, _)| key.0 == *entity && key.1 == *id);
        let his = same.filter(|(_, leaving)| leaving.user == user);
        let his: Vec<_> = his.map(|(key, leaving)| (leaving.worker.clone(), key.clone())).collect();
        his.iter().for_each(|(worker, key)| self.remove(worker, key));
    }
}
