//! Who is present, as one worker's machine and those of several know it; the clock is a number.

mod bounds;
#[path = "../nasty/mod.rs"]
mod nasty;
mod pages;
mod walks;
mod workers;

use std::{collections::BTreeSet, time::Duration};

use lockstep_protocol::{
    Refusal, Room,
    presence::{ENTITIES, Entry, Mode, Presence, Said, Turn, Wish, shown},
};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn wish(id: &str, mode: Option<Mode>) -> Wish {
    Wish { entity: Room::Files, id: id.into(), mode, field: None }
}

/// A worker of this name, and what it does for tests.
struct Worker(Presence);

impl Worker {
    fn new(name: &str) -> Self {
        Self(Presence::new(name))
    }

    fn show(&mut self, tab: &str, user: &str, id: &str, mode: Option<Mode>) {
        self.try_show(tab, user, wish(id, mode), 1).expect("there is room");
    }

    fn try_show(&mut self, tab: &str, user: &str, wish: Wish, since: i64) -> Result<(), Refusal> {
        self.0.set(&tab.into(), wish, shown(user, user), since)
    }

    /// Says what has changed to the others, and what its own pages hear of it.
    fn turn(&mut self, others: &mut [&mut Worker], now: Duration) -> Vec<String> {
        let Turn { said, diffs } = self.0.turn();
        deliver(&said, others, now);
        let set = diffs.iter().flat_map(|diff| &diff.set).map(|entry| format!("+{}", named(entry)));
        let gone = diffs.iter().flat_map(|diff| &diff.gone).map(|gone| format!("-{} {}", gone.tab, gone.id));
        set.chain(gone).collect()
    }

    fn state(&mut self, others: &mut [&mut Worker], now: Duration) {
        let statement = self.0.statement();
        deliver(&statement, others, now);
    }

    /// Everybody in files, as `tab user mode id`.
    fn files(&self) -> Vec<String> {
        self.0.state(&Room::Files).entries.iter().map(|entry| named(entry)).collect()
    }

    /// Everybody.
    fn all(&self) -> BTreeSet<String> {
        let of = |entity: &Room| self.0.state(entity).entries.into_iter().map(|entry| named(&entry));
        ENTITIES.iter().flat_map(|entity| of(entity).map(move |entry| format!("{entity} {entry}"))).collect()
    }
}

fn deliver(said: &[Said], others: &mut [&mut Worker], now: Duration) {
    for said in said {
        let text = serde_json::to_string(said).expect("string keys");
        for other in &mut *others {
            other.0.hear(Said::read(&text).expect("one of ours"), now);
        }
    }
}

fn named(Entry { tab, id, mode, field, user, .. }: &Entry) -> String {
    let field = field.as_ref().map(|field| format!(".{field}")).unwrap_or_default();
    format!("{tab} {} {}s {id}{field}", user.id, if *mode == Mode::Edit { "edit" } else { "view" })
}

const VIEW: Option<Mode> = Some(Mode::View);
const EDIT: Option<Mode> = Some(Mode::Edit);
