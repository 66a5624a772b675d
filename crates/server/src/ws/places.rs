//! How many raw WebSockets one person, program or address has open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lockstep_app::Caller;

use crate::config::Limits;

/// Whose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    /// A person or program, by the id under which his changes are known.
    Caller(String),
    /// An address as it is counted everywhere.
    Address(String),
}

/// The places of one worker. Clones are the same places.
#[derive(Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<HashMap<Whose, usize>>>,
    per_caller: usize,
    per_address: usize,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { taken: Arc::default(), per_caller: limits.ws_per_user, per_address: limits.ws_per_address }
    }

    /// A place for somebody from this address, whoever he is; none where the address has as many as it may.
    pub(super) fn of_address(&self, address: String) -> Option<Place> {
        self.take(Whose::Address(address), self.per_address)
    }

    /// A place for this caller, wherever he is.
    pub(super) fn of_caller(&self, caller: &Caller) -> Option<Place> {
        self.take(Whose::Caller(caller.actor().map(|actor| actor.id).unwrap_or_default()), self.per_caller)
    }

    fn take(&self, whose: Whose, most: usize) -> Option<Place> {
        let mut all = self.lock();
        let taken = all.entry(whose.clone()).or_default();
        // At least one is allowed, so whoever has no entry yet finds a place, and no empty entry stays.
        (*taken < most).then(|| {
            *taken += 1;
            Place { places: self.clone(), whose }
        })
    }

    fn give_back(&self, whose: &Whose) {
        let mut all = self.lock();
        let Some(taken) = all.get_mut(whose) else { return };
        *taken -= 1;
        if *taken == 0 {
            all.remove(whose);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place, given back when dropped.
pub(super) struct Place {
    places: Places,
    whose: Whose,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.whose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(per_caller: usize, per_address: usize) -> Places {
        Places { taken: Arc::default(), per_caller, per_address }
    }

    #[test]
    fn each_has_so_many_and_who_goes_makes_room() {
        let places = places(1, 2);
        let address = || places.of_address("203.0.113.7".to_owned());

        let (first, second) = (address(), address());
        assert!(first.is_some() && second.is_some() && address().is_none());
        assert!(places.of_address("203.0.113.8".to_owned()).is_some(), "another address");

        drop(first);
        assert!(address().is_some());
    }

    #[test]
    fn nothing_is_remembered_of_who_has_gone() {
        let places = places(1, 1);

        drop((places.of_address("203.0.113.7".to_owned()), places.of_caller(&Caller::operator())));

        assert!(places.lock().is_empty());
    }
}
