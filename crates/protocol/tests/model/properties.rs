//! What must hold, in every world that can be reached.

use crate::{
    actor::Answer,
    happened::Happening,
    part::hash,
    rules::Mutant,
    world::{Line, World},
};

/// Packets, joins and fetches that may be on their way at once, many times over: more would be a page that never comes to rest.
const PATIENCE: usize = 100;

/// Rounds until every page has everything.
const ROUNDS: usize = 2;

impl World {
    /// The page was given each change once and in order.
    pub(crate) fn is_in_order(&self) -> bool {
        self.seen.windows(2).all(|pair| pair[0] < pair[1])
    }

    /// The page has seen all that its position says, and nothing else. A place that the ledger no longer has says nothing: whoever asks
    /// with it is told so.
    pub(crate) fn has_no_silent_hole(&self) -> bool {
        let position = self.page.position().expect("it began with data");
        !self.ledger.has(position) || self.seen == self.ledger.heard_until(position.seq)
    }

    /// Once nothing more goes wrong the page has everything and follows live, soon.
    pub(crate) fn converges(&self) -> bool {
        let mut world = self.clone();
        (0..ROUNDS).any(|_| {
            world.pass_a_round();
            world.is_complete()
        })
    }

    /// All that [`World::converges`] depends on.
    pub(crate) fn future(&self) -> u64 {
        hash(&(&self.ledger, &self.workers[0], &self.line, &self.page, &self.seen, &self.fetch))
    }

    fn is_complete(&self) -> bool {
        self.page.is_live()
            && self.page.position().is_some_and(|position| self.ledger.has(position))
            && self.seen == self.ledger.heard()
    }

    /// Ten seconds in which nothing goes wrong, but that all messages on the bus get lost.
    fn pass_a_round(&mut self) {
        if !self.rules.lacks(Mutant::Tick) {
            self.repair(0, Happening::RepairedByTick);
        }
        self.come_to_rest();
        if matches!(&self.line, Line::Up(link) if link.joined) && !self.rules.lacks(Mutant::Beat) {
            self.beat();
        }
        self.come_to_rest();
    }

    /// All that is on its way arrives.
    fn come_to_rest(&mut self) {
        for _ in 0..PATIENCE {
            if !self.goes_on() {
                return;
            }
        }
    }

    fn goes_on(&mut self) -> bool {
        match &self.line {
            Line::Dead => self.notice(),
            Line::Off => self.connect(0),
            Line::Up(link) if !link.down.is_empty() => self.deliver(),
            Line::Up(link) if !link.up.is_empty() => self.answer(Answer::Usual),
            Line::Up(_) if self.fetch.is_some() => {
                self.read();
                self.arrive();
            }
            Line::Up(_) => return self.time_out(),
        }
        true
    }
}
