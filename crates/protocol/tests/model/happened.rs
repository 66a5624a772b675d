//! What a step brought about, so that a search can say that it came by.

use lockstep_protocol::{RefreshWhy, worker::ResetWhy};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A page caught up from a worker's memory.
    ResumedFromRing,
    ResumedFromLedger,
    Refreshed(RefreshWhy),
    Reset(ResetWhy),
    /// A worker saw that something was missing before what it heard.
    RepairedByChain,
    /// A worker looked into the ledger by itself and found something new.
    RepairedByTick,
    HoleSeenByPage,
    HoleSeenByBeat,
    /// An answer to a join brought what had been missed.
    HoleRepaired,
    /// An event was kept while the page fetched and applied after that.
    HeldThenApplied,
    FetchedAgain,
    /// The page showed data newer than its worker had said.
    ShownAhead,
    JoinedAgain,
}

impl Happening {
    pub(crate) const ALL: [Happening; 21] = [
        Happening::ResumedFromRing,
        Happening::ResumedFromLedger,
        Happening::Refreshed(RefreshWhy::Epoch),
        Happening::Refreshed(RefreshWhy::Trimmed),
        Happening::Refreshed(RefreshWhy::Unknown),
        Happening::Refreshed(RefreshWhy::TooMuch),
        Happening::Refreshed(RefreshWhy::Ahead),
        Happening::Refreshed(RefreshWhy::Unreadable),
        Happening::Reset(ResetWhy::Epoch),
        Happening::Reset(ResetWhy::Trimmed),
        Happening::Reset(ResetWhy::Restored),
        Happening::Reset(ResetWhy::Broken),
        Happening::RepairedByChain,
        Happening::RepairedByTick,
        Happening::HoleSeenByPage,
        Happening::HoleSeenByBeat,
        Happening::HoleRepaired,
        Happening::HeldThenApplied,
        Happening::FetchedAgain,
        Happening::ShownAhead,
        Happening::JoinedAgain,
    ];
}

/// What a step brought about. It is no part of a world's state, so any two are equal.
#[derive(Debug, Clone, Default, Eq)]
pub(crate) struct Happened(Vec<Happening>);

impl Happened {
    pub(crate) fn note(&mut self, happening: Happening) {
        self.0.push(happening);
    }

    pub(crate) fn note_if(&mut self, really: bool, happening: Happening) {
        if really {
            self.note(happening);
        }
    }

    pub(crate) fn list(&self) -> &[Happening] {
        &self.0
    }
}

impl PartialEq for Happened {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::hash::Hash for Happened {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
