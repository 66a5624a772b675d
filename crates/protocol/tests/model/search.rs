//! Goes through all worlds of some bounds, by stateright.

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Mutex, MutexGuard},
};

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::{actions::Action, happened::Happening, rules::Rules, world::World};

/// What must hold in every world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    Order,
    NoSilentHole,
    Convergence,
}

impl Promise {
    const ALL: &[Promise] = &[Promise::Order, Promise::NoSilentHole, Promise::Convergence];

    fn property(self) -> Property<Search> {
        let holds: fn(&Search, &World) -> bool = match self {
            Promise::Order => |_, world| world.is_in_order(),
            Promise::NoSilentHole => |_, world| world.has_no_silent_hole(),
            Promise::Convergence => |search, world| search.converges(world),
        };
        Property::always(self.name(), holds)
    }

    fn name(self) -> &'static str {
        match self {
            Promise::Order => "the page is given each change once and in order",
            Promise::NoSilentHole => "the page has seen all that its position says",
            Promise::Convergence => "once nothing more goes wrong the page has everything",
        }
    }
}

/// A search and what it has come by.
pub(crate) struct Search {
    rules: Rules,
    promises: &'static [Promise],
    happened: Mutex<Vec<Happening>>,
    /// The futures that end well. Many worlds share one, since a page's future hangs on its own worker alone.
    good: Mutex<HashSet<u64>>,
}

/// What a search has found.
pub(crate) struct Found {
    pub(crate) worlds: usize,
    /// Whether there is nothing left to try.
    pub(crate) all: bool,
    pub(crate) happened: Vec<Happening>,
    /// The promises that were broken, and how.
    pub(crate) broken: Vec<(Promise, String)>,
}

impl Search {
    fn new(rules: Rules, promises: &'static [Promise]) -> Self {
        Self { rules, promises, happened: Mutex::default(), good: Mutex::default() }
    }

    fn converges(&self, world: &World) -> bool {
        let future = world.future();
        if held(&self.good).contains(&future) {
            return true;
        }
        let good = world.converges();
        if good {
            held(&self.good).insert(future);
        }
        good
    }

    fn note(&self, world: &World) {
        for happening in world.happened.list() {
            let mut happened = held(&self.happened);
            if !happened.contains(happening) {
                happened.push(*happening);
            }
        }
    }
}

impl Model for Search {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.rules)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = world.after(&action)?;
        self.note(&next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.promises.iter().map(|promise| promise.property()).collect()
    }
}

/// Tries everything, until a promise is broken.
pub(crate) fn all(rules: Rules) -> Found {
    all_for(rules, Promise::ALL)
}

/// The same, looking at these promises only.
pub(crate) fn all_for(rules: Rules, promises: &'static [Promise]) -> Found {
    let checker = Search::new(rules, promises).checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    found(&checker.spawn_bfs().join())
}

fn found(checker: &impl Checker<Search>) -> Found {
    let search = checker.model();
    let discoveries = checker.discoveries();
    let how = |promise: &Promise| {
        let path = discoveries.get(promise.name())?;
        let mut how = String::new();
        for (_, action) in path.clone().into_vec() {
            action.iter().for_each(|action| write!(how, "{action:?} ").expect("a string"));
        }
        Some((*promise, format!("{} is untrue after {how}\n{:?}", promise.name(), path.last_state())))
    };
    Found {
        worlds: checker.unique_state_count(),
        all: checker.is_done(),
        happened: held(&search.happened).clone(),
        broken: search.promises.iter().filter_map(how).collect(),
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no search panics")
}
