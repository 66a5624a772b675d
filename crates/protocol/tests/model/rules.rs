//! How large a world is, and what is taken out of it to see whether somebody notices.

use crate::ledger::{Kind, Setting};

/// A world's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    pub(crate) setting: Setting,
    /// What edits may be about.
    pub(crate) kinds: &'static [Kind],
    pub(crate) workers: usize,
    pub(crate) edits: usize,
    pub(crate) faults: u8,
    /// The events that a worker's ring keeps.
    pub(crate) ring: usize,
    pub(crate) mutant: Option<Mutant>,
}

impl Rules {
    /// A page of files, and a ring that reaches back by one event only.
    pub(crate) const FILES: Rules = Rules {
        setting: Setting::Files,
        kinds: &[Kind::Source, Kind::Other],
        workers: 2,
        edits: 2,
        faults: 2,
        ring: 1,
        mutant: None,
    };

    /// A page of one import.
    pub(crate) const IMPORT: Rules =
        Rules { setting: Setting::Import, kinds: &[Kind::Own, Kind::Other], ..Rules::FILES };

    pub(crate) fn without(self, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }

    pub(crate) fn lacks(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

/// Something that is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mutant {
    /// A worker takes what it hears for what follows.
    WorkersChain,
    /// A page applies whatever is newer.
    PagesChain,
    /// Workers never look into the ledger by themselves.
    Tick,
    /// Nobody tells the page how far its room has come.
    Beat,
    /// A page takes any data for what it asked for.
    Announced,
    /// A page goes on from data newer than its worker has said, and does not ask.
    Asking,
    /// The ledger vouches for any place.
    Known,
    /// A page that knows more than its worker is told that all is well.
    Ahead,
    /// What arrives while the page joins or fetches is forgotten.
    Held,
}
