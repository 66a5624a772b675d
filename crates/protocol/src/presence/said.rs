//! What workers say to each other of who is present.
//!
//! Each message carries the number of it among all that its worker has said: what comes doubled or late is not heard. A statement says
//! all that a worker has between two keys, so it can be told in parts of which any may be lost.

use std::{ops::Bound, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{ENTITIES, Entry, Key, MAX_NAME, Present, is_plain};

/// The longest name of a worker, in bytes.
const MAX_WORKER: usize = 512;

/// What a message may weigh: an estimate of its bytes that is never too low. The bus takes 64 KiB.
const MAX_WEIGHT: usize = 60_000;

/// What is written around an entry's texts, with all numbers at their longest.
const AROUND: usize = 200;

/// A message of one worker to all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Whose, unique among all machines and restarts.
    pub worker: Arc<str>,
    /// How many it has said by now.
    pub n: u64,
    /// What.
    #[serde(flatten)]
    pub words: Words,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "lowercase")]
pub enum Words {
    /// These of my entries are new or other than before, those are no more.
    Change {
        /// As they are now.
        set: Vec<Present>,
        /// No more.
        gone: Vec<Key>,
    },
    /// From this key on and before that one I have these, and no others.
    All {
        /// The first key, or from the beginning.
        from: Option<Key>,
        /// The key after the last, or to the end.
        to: Option<Key>,
        /// All there are.
        set: Vec<Present>,
    },
    /// Tell me all that you have. Who shows no sign of life for some seconds is dead.
    Ask,
    /// I go; what I had comes back elsewhere, or not at all.
    Bye,
}

/// A message that no worker of this build would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are no words about who is present")]
pub struct BadWords;

impl Said {
    /// Reads a message whole or not at all.
    ///
    /// # Errors
    /// When it is none of ours, or beyond its bounds.
    pub fn read(text: &str) -> Result<Self, BadWords> {
        let said: Self = serde_json::from_str(text).map_err(|_| BadWords)?;
        if said.worker.len() <= MAX_WORKER && said.words.are_sane() { Ok(said) } else { Err(BadWords) }
    }
}

impl Words {
    fn are_sane(&self) -> bool {
        match self {
            Words::Change { set, gone } => set.iter().all(is_sane) && gone.iter().all(Key::is_sane),
            Words::All { from, to, set } => {
                let ends = || from.iter().chain(to);
                let in_order = from.as_ref().zip(to.as_ref()).is_none_or(|(from, to)| from <= to);
                in_order && ends().all(Key::is_sane) && set.iter().all(is_sane)
            }
            Words::Ask | Words::Bye => true,
        }
    }

    /// What changed, entries and the keys of those that are no more, in as many messages as it takes.
    pub(super) fn changes(changes: Vec<Result<Present, Key>>) -> impl Iterator<Item = Self> {
        parts(changes, |change| change.as_ref().map_or_else(Key::weight, weight)).map(|part| {
            let (mut set, mut gone) = (Vec::new(), Vec::new());
            for change in part {
                match change {
                    Ok(present) => set.push(present),
                    Err(key) => gone.push(key),
                }
            }
            Words::Change { set, gone }
        })
    }

    /// All that there is, in as many messages as it takes; none at all is told, too.
    pub(super) fn statement(all: Vec<Present>) -> Vec<Self> {
        let mut sets: Vec<_> = parts(all, weight).collect();
        if sets.is_empty() {
            sets.push(Vec::new());
        }
        let starts: Vec<_> = sets.iter().skip(1).filter_map(|set| set.first()).map(|first| Some(first.key())).collect();
        let from = std::iter::once(None).chain(starts.clone());
        let to = starts.into_iter().chain([None]);
        sets.into_iter().zip(from.zip(to)).map(|(set, (from, to))| Words::All { from, to, set }).collect()
    }
}

/// Cuts where a message is full.
fn parts<T>(all: Vec<T>, weight: impl Fn(&T) -> usize) -> impl Iterator<Item = Vec<T>> {
    let mut all = all.into_iter().peekable();
    std::iter::from_fn(move || {
        let (mut part, mut full) = (Vec::new(), 0);
        while let Some(next) = all.next_if(|next| part.is_empty() || full + weight(next) <= MAX_WEIGHT) {
            full += weight(&next);
            part.push(next);
        }
        (!part.is_empty()).then_some(part)
    })
}

fn is_sane(present: &Present) -> bool {
    let Entry { field, user, .. } = &*present.entry;
    let name = user.name.chars().count() <= MAX_NAME && !user.name.chars().any(char::is_control);
    present.key().is_sane() && name && is_plain(&user.id) && field.as_deref().is_none_or(is_plain)
}

fn weight(present: &Present) -> usize {
    let Entry { field, user, .. } = &*present.entry;
    present.key().weight() + 2 * (user.id.len() + user.name.len() + field.as_ref().map_or(0, String::len))
}

impl Key {
    fn is_sane(&self) -> bool {
        let Key(entity, id, tab) = self;
        ENTITIES.contains(entity) && is_plain(id) && is_plain(tab)
    }

    fn weight(&self) -> usize {
        AROUND + 2 * (self.1.len() + self.2.len())
    }

    /// The keys from one to before another.
    pub(super) fn range(from: Option<&Key>, to: Option<&Key>) -> (Bound<Key>, Bound<Key>) {
        let (from, to) = (from.cloned(), to.cloned());
        (from.map_or(Bound::Unbounded, Bound::Included), to.map_or(Bound::Unbounded, Bound::Excluded))
    }
}
