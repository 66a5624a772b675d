//! How often one may ask: a person, an API key, an address that is not signed in.
//!
//! The same counts hold at every door of a worker, so that nobody gets more by using two of them. Every refusal is counted for the
//! operator.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{
    config,
    metrics::{Label, Metrics},
};

/// After so many questions those who asked nothing lately are forgotten. It bounds memory: each question remembers one name at most.
const SWEEP_EVERY: u32 = 4096;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// A person, by his id.
    Person(String),
    /// Somebody who is not signed in, by his address.
    Address(String),
    /// An API key, by its id.
    Key(String),
}

type Keyed<C> = RateLimiter<Who, DefaultKeyedStateStore<Who>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften {
    /// When to try again.
    pub(crate) seconds: u64,
}

/// The brakes of one worker.
pub(crate) struct Limits {
    people: Brake<DefaultClock>,
    keys: Brake<DefaultClock>,
    metrics: Arc<Metrics>,
}

impl Limits {
    pub(crate) fn new(limits: &config::Limits, metrics: Arc<Metrics>) -> Self {
        let brake = |rate, burst| Brake::new(rate, burst, DefaultClock::default());
        Self {
            people: brake(limits.requests_per_s, limits.requests_burst),
            keys: brake(limits.key_requests_per_s, limits.key_requests_burst),
            metrics,
        }
    }

    /// Counts a request of the person with this id.
    pub(crate) fn person(&self, id: &str) -> Result<(), TooOften> {
        self.counted("person", self.people.check(&Who::Person(id.to_owned())))
    }

    /// Counts a request from this address.
    pub(crate) fn address(&self, address: &str) -> Result<(), TooOften> {
        self.counted("address", self.people.check(&Who::Address(address.to_owned())))
    }

    /// Counts a request of the API key with this id.
    pub(crate) fn key(&self, id: String) -> Result<(), TooOften> {
        self.counted("key", self.keys.check(&Who::Key(id)))
    }

    fn counted(&self, kind: &'static str, checked: Result<(), TooOften>) -> Result<(), TooOften> {
        checked.inspect_err(|_| {
            self.metrics.rate_limited.get_or_create(&Label { kind }).inc();
        })
    }
}

struct Brake<C: Clock + Clone> {
    limiter: Keyed<C>,
    clock: C,
    asked: AtomicU32,
}

impl<C: Clock + Clone> Brake<C> {
    fn new(rate: u32, burst: u32, clock: C) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        let limiter = RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone());
        Self { limiter, clock, asked: AtomicU32::new(0) }
    }

    fn check(&self, who: &Who) -> Result<(), TooOften> {
        if self.asked.fetch_add(1, Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter
            .check_key(who)
            .map_err(|until| TooOften { seconds: until.wait_time_from(self.clock.now()).as_secs() + 1 })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn allowed(brake: &Brake<FakeRelativeClock>, name: &str, tries: usize) -> usize {
        (0..tries).filter(|_| brake.check(&Who::Person(name.to_owned())).is_ok()).count()
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds_for_each_by_himself() {
        let clock = FakeRelativeClock::default();
        let brake = Brake::new(2, 5, clock.clone());

        assert_eq!(allowed(&brake, "anna", 10), 5);
        assert_eq!(allowed(&brake, "boris", 10), 5);
        clock.advance(Duration::from_secs(1));
        assert_eq!(allowed(&brake, "anna", 10), 2);
    }

    #[test]
    fn those_who_ask_no_more_are_forgotten() {
        let clock = FakeRelativeClock::default();
        let brake = Brake::new(1, 1, clock.clone());
        for n in 0..SWEEP_EVERY - 1 {
            clock.advance(Duration::from_millis(2));
            brake.check(&Who::Address(n.to_string())).expect("a new name");
        }

        clock.advance(Duration::from_secs(2));
        brake.check(&Who::Address("last".to_owned())).expect("a new name");

        assert_eq!(brake.limiter.len(), 1);
    }
}
