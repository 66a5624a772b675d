//! What comes out of the machine: what is to be said to workers and to pages.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use super::{Diff, ENTITIES, Entry, Gone, Key, MAX_TOLD, Presence, Present, Said, State, Words, known::Known};
use crate::room::Room;

/// What is to be said at the end of a turn.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// To all workers.
    pub said: Vec<Said>,
    /// To the pages of this worker that are in the entity's room.
    pub diffs: Vec<Diff>,
}

impl Presence {
    /// Whether a [`Presence::turn`] would say something.
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Ends a turn: what has changed since the last one, for workers and for pages.
    pub fn turn(&mut self) -> Turn {
        let changed = std::mem::take(&mut self.changed);
        let now = |key: &Key, own| self.entry(key, own).map(|entry| present(key, entry));
        let changes: Vec<_> = changed.into_iter().map(|(key, own)| (own, now(&key, own).ok_or(key))).collect();
        let own = changes.iter().filter(|(own, _)| *own).map(|(_, change)| change.clone()).collect();
        let said = Words::changes(own).map(|words| self.say(words)).collect();
        let diffs = ENTITIES.iter().flat_map(|entity| self.diffs(entity, &changes)).collect();
        Turn { said, diffs }
    }

    fn diffs(&mut self, entity: &Room, changes: &[(bool, Result<Present, Key>)]) -> Vec<Diff> {
        let of = |change: &&Result<Present, Key>| match change {
            Ok(present) => present.entity == *entity,
            Err(key) => key.0 == *entity,
        };
        let changes: Vec<_> = changes.iter().map(|(_, change)| change).filter(of).collect();
        changes.chunks(MAX_TOLD).map(|part| self.diff(entity, part)).collect()
    }

    fn diff(&mut self, entity: &Room, changes: &[&Result<Present, Key>]) -> Diff {
        let n = self.diffs.entry(entity.clone()).or_default();
        *n += 1;
        let set = changes.iter().filter_map(|change| change.as_ref().ok()).map(|present| present.entry.clone());
        let gone = changes.iter().filter_map(|change| change.as_ref().err());
        let gone = gone.map(|Key(_, id, tab)| Gone { tab: tab.clone(), id: id.clone() });
        Diff { entity: entity.clone(), n: *n, set: set.collect(), gone: gone.collect() }
    }

    /// All that this worker has, for the others.
    pub fn statement(&mut self) -> Vec<Said> {
        let own = self.workers.get(&self.own).into_iter().flat_map(|own| &own.entries);
        let all = own.map(|(key, entry)| present(key, entry)).collect();
        Words::statement(all).into_iter().map(|words| self.say(words)).collect()
    }

    /// Asks all workers for their statements. Who shows no sign of life from now on is dead.
    pub fn ask(&mut self, now: Duration) -> Said {
        self.calls.note(now);
        self.say(Words::Ask)
    }

    /// The last word of this worker.
    pub fn bye(&mut self) -> Said {
        self.say(Words::Bye)
    }

    fn say(&mut self, words: Words) -> Said {
        self.said += 1;
        Said { worker: self.own.clone(), n: self.said, words }
    }

    /// What a page is told of an entity at first. Of very many those who edit, and then those who came last.
    pub fn state(&self, entity: &Room) -> State {
        let first = Key(entity.clone(), "".into(), "".into());
        let of = |known: &'_ Known| {
            let entries = known.entries.range(first.clone()..);
            entries.take_while(|(key, _)| key.0 == *entity).map(|(_, entry)| entry.clone()).collect::<Vec<_>>()
        };
        let mut entries: Vec<_> = self.workers.values().flat_map(of).collect();
        if entries.len() > MAX_TOLD {
            entries.sort_by_key(|entry| Reverse((entry.mode, entry.since)));
            entries.truncate(MAX_TOLD);
        }
        State { entity: entity.clone(), n: self.diffs.get(entity).copied().unwrap_or_default(), entries }
    }

    fn entry(&self, key: &Key, own: bool) -> Option<&Arc<Entry>> {
        let mut workers = self.workers.iter().filter(|(name, _)| (**name == self.own) == own);
        workers.find_map(|(_, known)| known.entries.get(key))
    }
}

fn present(key: &Key, entry: &Arc<Entry>) -> Present {
    Present { entity: key.0.clone(), entry: entry.clone() }
}
