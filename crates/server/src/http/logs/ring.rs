//! Lines where none are kept: those that this worker has in memory, which are of all workers, and go with it.

use std::{collections::BTreeSet, sync::Arc};

use lockstep_app::{LogWords, MAX_LOG_EXPORT};
use lockstep_protocol::log::{Filter, Line};

use super::{super::Face, Facets, Page};

/// Sources, and environments, that are told at most.
const NAMES: usize = 200;

/// The newest lines that fit. There is no way on from them.
pub(super) fn page(face: &Face, words: &LogWords) -> Page {
    let mut items = all(face, words);
    items.drain(..items.len().saturating_sub(words.limit()));
    Page { items, before: None, after: None, kept_since: None }
}

/// All lines that fit, the oldest first.
pub(super) fn all(face: &Face, words: &LogWords) -> Vec<Arc<Line>> {
    let mut lines = face.worker.sync.logs().recent(words.filter(), MAX_LOG_EXPORT);
    lines.retain(|line| words.is_in_time(line));
    lines
}

/// What they are about.
pub(super) fn facets(face: &Face) -> Facets {
    let lines = face.worker.sync.logs().recent(&Filter::default(), MAX_LOG_EXPORT);
    let names = |of: fn(&Line) -> &str| {
        let names: BTreeSet<&str> = lines.iter().map(|line| of(line)).collect();
        names.into_iter().take(NAMES).map(str::to_owned).collect()
    };
    let (sources, environments) = (names(|line| line.source.as_str()), names(|line| line.environment.as_str()));
    Facets { sources, environments, kept_since: None, days: 0 }
}
