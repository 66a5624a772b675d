//! How much one connection may say, whichever door it came by: a rate, a burst, and what becomes of who goes on.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

use crate::config::Limits;

/// So many seconds with too many events within a minute end the connection: an honest page backs off after the first. A burst sent in
/// one turn is one breach, however large.
const MAX_BREACHES: u32 = 3;

/// By the system's clock, which costs nothing to have: the library's own is calibrated anew for each page.
type Budget = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<<MonotonicClock as Clock>::Instant>>;

/// Whether something may be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It may.
    Allowed,
    /// It is too much; wait a second.
    TooMuch,
    /// It is too much again and again: the connection is to end.
    Flood,
}

/// What one connection may say.
pub(crate) struct Allowance {
    budget: Budget,
    breaches: Mutex<Breaches>,
}

impl Allowance {
    pub(crate) fn new(limits: &Limits) -> Self {
        let budget = RateLimiter::direct_with_clock(limits.socket_events(), MonotonicClock);
        Self { budget, breaches: Mutex::default() }
    }

    /// Counts one thing that is said.
    pub(crate) fn take(&self) -> Said {
        if self.budget.check().is_ok() {
            return Said::Allowed;
        }
        let breaches = self.breaches.lock().unwrap_or_else(PoisonError::into_inner).count();
        if breaches > MAX_BREACHES { Said::Flood } else { Said::TooMuch }
    }
}

impl Limits {
    /// What a page may say: rate and burst.
    fn socket_events(&self) -> Quota {
        let at_least_one = |number: u32| number.try_into().unwrap_or(NonZeroU32::MIN);
        Quota::per_second(at_least_one(self.socket_events_per_s)).allow_burst(at_least_one(self.socket_events_burst))
    }
}

/// The seconds of the present minute in which too much was said.
#[derive(Default)]
struct Breaches {
    minute: Option<Instant>,
    last: Option<Instant>,
    seconds: u32,
}

impl Breaches {
    /// One event too many, now. How many seconds of this minute had some.
    fn count(&mut self) -> u32 {
        let now = Instant::now();
        let since = |at: Option<Instant>| at.map(|at| now.duration_since(at).as_secs());
        if since(self.minute).is_none_or(|age| age >= 60) {
            *self = Self { minute: Some(now), ..Self::default() };
        }
        if since(self.last).is_none_or(|age| age >= 1) {
            self.last = Some(now);
            self.seconds += 1;
        }
        self.seconds
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_breach_and_going_on_for_seconds_is_many() {
        let mut breaches = Breaches::default();

        assert_eq!((0..100).map(|_| breaches.count()).max(), Some(1));
        for second in 2..=4 {
            advance(Duration::from_secs(1)).await;
            assert_eq!(breaches.count(), second);
        }
        advance(Duration::from_secs(60)).await;
        assert_eq!(breaches.count(), 1);
    }
}
