//! Every order of happenings in small worlds, tried on the real state machines: a ledger, workers, a page, and between them a bus, a
//! connection and HTTP that lose, delay, double and reorder. With any one of the detectors taken out the same search finds what is lost.
//!
//! A world is a value; what can happen to it is in [`actions`], who does it as the product does in [`actor`] and [`browser`], what must
//! hold in [`properties`].
//!
//! Left out are pages that join without data, rooms that a page may not join, more events than a page holds or is given, and workers
//! that notice late that a page has gone. Two backups are not put back one after the other so fast that what the first undid is there
//! again before any worker has looked.

mod actions;
mod actor;
mod browser;
mod happened;
mod ledger;
mod part;
mod properties;
mod rules;
mod search;
mod walks;
mod world;

use crate::{
    happened::Happening,
    ledger::Kind,
    rules::{Mutant, Rules},
    search::{Promise, all, all_for},
    walks::walk,
};

/// No world of these bounds breaks a promise, there are at least so many, and everything that can happen in them did.
fn check_kept(rules: Rules, worlds: usize) {
    let found = all(rules);

    assert_eq!(found.broken, []);
    assert!(found.all, "the search ended early");
    assert!(found.worlds >= worlds, "only {} worlds", found.worlds);
    check_variety(&found.happened);
}

/// A search that never comes by what it is for proves nothing.
fn check_variety(happened: &[Happening]) {
    let missed: Vec<_> = Happening::ALL.iter().filter(|happening| !happened.contains(happening)).collect();
    assert!(missed.is_empty(), "never came by {missed:?}");
}

#[test]
fn a_page_of_files_misses_nothing_whatever_happens() {
    check_kept(Rules::FILES, 1_000_000);
}

#[test]
fn a_page_of_an_import_misses_nothing_although_workers_forget_its_room() {
    check_kept(Rules::IMPORT, 1_000_000);
}

/// With one fault only: it is a third kind of edit, and the worlds are many.
#[test]
fn news_for_all_rooms_are_missed_by_none() {
    let found = all(Rules { kinds: &[Kind::Source, Kind::Other, Kind::Global], faults: 1, ..Rules::FILES });

    assert_eq!(found.broken, []);
    assert!(found.all, "the search ended early");
    assert!(found.worlds >= 100_000, "only {} worlds", found.worlds);
}

/// Three workers, six edits, six faults: too many worlds to see them all, so along so many ways.
fn check_walks(rules: Rules) {
    let rules = Rules { workers: 3, edits: 6, faults: 6, ring: 2, ..rules };

    let walks: Vec<_> =
        (0..2_000).map(|number| walk(rules, number).unwrap_or_else(|broken| panic!("{broken}"))).collect();

    check_variety(&walks.concat());
}

#[test]
fn along_a_long_way_a_page_of_files_misses_nothing() {
    check_walks(Rules { kinds: &[Kind::Own, Kind::Source, Kind::Other, Kind::Global], ..Rules::FILES });
}

#[test]
fn along_a_long_way_a_page_of_an_import_misses_nothing() {
    check_walks(Rules { kinds: &[Kind::Own, Kind::Own, Kind::Other, Kind::Global], ..Rules::IMPORT });
}

/// What can be missing without anybody noticing guards nothing: without it the same search finds this promise broken.
fn check_needed(mutant: Mutant, promise: &'static [Promise; 1]) {
    let found = all_for(Rules::FILES.without(mutant), promise);

    assert!(!found.broken.is_empty(), "nothing is lost without {mutant:?} in {} worlds", found.worlds);
}

#[test]
fn without_a_workers_chain_a_change_is_lost() {
    check_needed(Mutant::WorkersChain, &[Promise::Convergence]);
}

#[test]
fn without_a_pages_chain_there_are_silent_holes() {
    check_needed(Mutant::PagesChain, &[Promise::NoSilentHole]);
}

#[test]
fn without_the_tick_a_change_is_lost() {
    check_needed(Mutant::Tick, &[Promise::Convergence]);
}

#[test]
fn without_the_beat_a_change_is_lost() {
    check_needed(Mutant::Beat, &[Promise::Convergence]);
}

#[test]
fn a_page_that_takes_any_data_for_what_was_announced_is_given_changes_twice() {
    check_needed(Mutant::Announced, &[Promise::Order]);
}

#[test]
fn a_page_that_does_not_ask_about_data_newer_than_its_worker_knows_keeps_what_was_undone() {
    check_needed(Mutant::Asking, &[Promise::Convergence]);
}

#[test]
fn a_ledger_that_vouches_for_any_place_hides_what_was_undone() {
    check_needed(Mutant::Known, &[Promise::Convergence]);
}

#[test]
fn a_worker_that_believes_a_page_ahead_of_it_hides_what_was_undone() {
    check_needed(Mutant::Ahead, &[Promise::Convergence]);
}

/// Chain and beat find what was forgotten: to hold it saves a question, and no change depends on that.
#[test]
fn a_page_that_holds_nothing_loses_time_and_no_change() {
    let found = all(Rules { faults: 1, ..Rules::FILES }.without(Mutant::Held));

    assert_eq!(found.broken, []);
    assert!(found.all);
}
