//! Random walks: workers on a bus that loses, doubles and delays, and pages that keep what they are told.

use std::{collections::BTreeMap, time::Duration};

use lockstep_protocol::{
    Room,
    presence::{Entry, Mode, Presence, Said, Turn, Wish, shown},
};

use crate::{Worker, named, nasty::Dice};

/// What a page of the entity files knows, from a state and the diffs since.
#[derive(Default)]
struct Page {
    n: u64,
    entries: BTreeMap<(String, String), String>,
}

impl Page {
    fn of(worker: &Presence) -> Self {
        let state = worker.state(&Room::Files);
        let entries = state.entries.iter().map(|entry| key(entry)).collect();
        Self { n: state.n, entries }
    }

    fn hear(&mut self, turn: &Turn) {
        for diff in turn.diffs.iter().filter(|diff| diff.entity == Room::Files) {
            assert_eq!(diff.n, self.n + 1, "a page would think that it missed something");
            self.n = diff.n;
            self.entries.extend(diff.set.iter().map(|entry| key(entry)));
            diff.gone.iter().for_each(|gone| drop(self.entries.remove(&(gone.tab.to_string(), gone.id.to_string()))));
        }
    }
}

fn key(entry: &Entry) -> ((String, String), String) {
    ((entry.tab.to_string(), entry.id.to_string()), named(entry))
}

/// A worker, a page on it, and messages that it may hear yet.
struct Site {
    name: String,
    worker: Worker,
    page: Page,
    lives: usize,
    tabs: Vec<String>,
    inbox: Vec<Said>,
}

impl Site {
    fn new(number: usize) -> Self {
        let name = format!("w{number}");
        let worker = Worker::new(&name);
        Self { name, worker, page: Page::default(), lives: 0, tabs: Vec::new(), inbox: Vec::new() }
    }

    /// Ends without a word and begins anew under another name.
    fn crash(&mut self) {
        self.lives += 1;
        let name = format!("{}.{}", self.name, self.lives);
        *self = Self { worker: Worker::new(&name), name: self.name.clone(), lives: self.lives, ..Self::new(0) };
    }

    fn step(&mut self, dice: &mut Dice, now: Duration) -> Vec<Said> {
        match dice.below(12) {
            0..=4 => self.show(dice),
            5 if !self.tabs.is_empty() => {
                let tab = self.tabs.swap_remove(dice.below(self.tabs.len()));
                self.worker.0.leave(&tab, now);
            }
            6 if !self.tabs.is_empty() => {
                let mode = [Mode::View, Mode::Edit][dice.below(2)];
                let tab = &self.tabs[dice.below(self.tabs.len())];
                self.worker.0.keep(tab, |entity, held| *entity != Room::Users && held == mode);
            }
            7 => self.page = Page::of(&self.worker.0),
            8 => self.worker.0.pass(now),
            9 => return self.worker.0.statement(),
            10 if dice.below(8) == 0 => self.crash(),
            11 => return vec![self.worker.0.ask(now)],
            _ => {}
        }
        let turn = self.worker.0.turn();
        self.page.hear(&turn);
        assert_eq!(self.page.entries, Page::of(&self.worker.0).entries, "the page knows what its worker knows");
        turn.said
    }

    fn show(&mut self, dice: &mut Dice) {
        if self.tabs.len() < 4 {
            self.tabs.push(format!("{}.{}-{}", self.name, self.lives, dice.below(1_000_000)));
        }
        let tab = &self.tabs[dice.below(self.tabs.len())];
        let entity = [Room::Files, Room::Users][dice.below(2)].clone();
        let mode = [None, Some(Mode::View), Some(Mode::Edit)][dice.below(3)];
        let field = (dice.below(2) == 0).then(|| "name".to_owned());
        let id = ["*", "7", "8"][dice.below(3)].into();
        let user = ["olga", "vera"][usize::from(tab.ends_with(['1', '3', '5', '7', '9']))];
        self.worker.0.set(&tab.as_str().into(), Wish { entity, id, mode, field }, shown(user, user), 1).expect("few");
    }

    /// Hears one of the messages that are on their way to it, any of them; or loses it.
    fn hear(&mut self, dice: &mut Dice, now: Duration) {
        if self.inbox.is_empty() {
            return;
        }
        let place = if dice.below(4) == 0 { dice.below(self.inbox.len()) } else { 0 };
        let said = self.inbox[place].clone();
        if dice.below(5) > 0 {
            self.inbox.remove(place);
        }
        if dice.below(5) > 0 {
            self.worker.0.hear(said, now);
        }
    }
}

fn publish(sites: &mut [Site], said: &[Said]) {
    sites.iter_mut().for_each(|site| site.inbox.extend_from_slice(said));
}

fn walk(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut sites: Vec<Site> = (0..2 + dice.below(2)).map(Site::new).collect();
    let mut now = Duration::ZERO;
    for _ in 0..300 {
        now += Duration::from_millis(dice.below(700) as u64);
        let place = dice.below(sites.len());
        sites[place].hear(&mut dice, now);
        let said = sites[place].step(&mut dice, now);
        publish(&mut sites, &said);
    }
    settle(&mut sites, now);

    let all = sites[0].worker.all();
    for site in &sites {
        assert_eq!(site.worker.all(), all, "{} knows something else, seed {seed}", site.name);
        let tabs = |entry: &String| sites.iter().any(|site| site.tabs.iter().any(|tab| entry.contains(tab.as_str())));
        assert!(all.iter().all(tabs), "{all:?} outlive their pages, seed {seed}");
    }
}

/// Nothing goes wrong any more: what was on its way is lost, and everybody renews until the dead are dead.
fn settle(sites: &mut [Site], from: Duration) {
    for round in 1..=4 {
        let now = from + Duration::from_secs(15 * round);
        sites.iter_mut().for_each(|site| site.inbox.clear());
        for place in 0..sites.len() {
            sites[place].worker.0.pass(now);
            let mut said = sites[place].worker.0.turn().said;
            said.extend(sites[place].worker.0.statement());
            for site in &mut *sites {
                for said in &said {
                    site.worker.0.hear(said.clone(), now);
                }
            }
        }
    }
}

#[test]
fn whatever_the_bus_does_all_workers_know_the_same_after_renewals_and_each_page_what_its_worker_does() {
    (1..=1_000).for_each(walk);
}
