//! How often one may try to sign in: so many attempts in a window, by login and address and by address alone.
//!
//! An attempt counts when it begins, so that many at once gain nothing; the right password wipes the slate of that login and address.
//! Memory is bounded: when it is full, ended windows go first, then the oldest.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use lockstep_store::SharedClock;
use tracing::warn;

use crate::error::Error;

/// How many attempts there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// Attempts for one login from one address in a window.
    pub attempts: u32,
    /// Attempts from one address in a window, whatever the login: an office behind one address is larger than one person.
    pub attempts_per_address: u32,
    /// The window, in seconds.
    pub window_s: u32,
}

impl Default for LoginLimits {
    /// Ten tries a minute leave room for a forgotten password and allow a guesser 14,400 a day, which finds only the worst ones.
    fn default() -> Self {
        Self { attempts: 10, attempts_per_address: 100, window_s: 60 }
    }
}

/// Windows that are remembered. About 100 bytes each: a megabyte at most.
const REMEMBERED: usize = 10_000;

/// Counts attempts.
#[derive(Debug)]
pub(crate) struct Throttle {
    limits: LoginLimits,
    clock: SharedClock,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: i64,
    attempts: u32,
    /// Whether somebody was refused in it.
    refused: bool,
}

/// Too many.
struct Refused {
    seconds: u64,
    /// Nobody was refused in this window before.
    first: bool,
}

impl Throttle {
    pub(crate) fn new(limits: LoginLimits, clock: SharedClock) -> Self {
        Self { limits, clock, windows: Mutex::default() }
    }

    /// Counts an attempt, or refuses it. The first refusal of a window is a line in the log.
    pub(crate) fn attempt(&self, login: &str, address: &str) -> Result<(), Error> {
        let counted = self.count(format!("a {address}"), self.limits.attempts_per_address);
        let counted = counted.and_then(|()| self.count(pair(login, address), self.limits.attempts));
        counted.map_err(|Refused { seconds, first }| {
            if first {
                warn!(address, seconds, "too many attempts to sign in from {address}; further ones wait {seconds} s");
            }
            Error::RateLimited { seconds }
        })
    }

    /// The attempt was right: the slate is clean.
    pub(crate) fn succeeded(&self, login: &str, address: &str) {
        self.windows().remove(&pair(login, address));
    }

    fn count(&self, key: String, most: u32) -> Result<(), Refused> {
        let (now, length) = (self.clock.now_ms(), i64::from(self.limits.window_s) * 1000);
        let mut windows = self.windows();
        make_room(&mut windows, now - length);
        let window = windows.entry(key).or_insert(Window { began: now, attempts: 0, refused: false });
        if window.began + length <= now {
            *window = Window { began: now, attempts: 0, refused: false };
        }
        if window.attempts >= most {
            let left = u64::try_from(window.began + length - now).unwrap_or_default();
            let first = !std::mem::replace(&mut window.refused, true);
            return Err(Refused { seconds: left.div_ceil(1000), first });
        }
        window.attempts += 1;
        Ok(())
    }

    fn windows(&self) -> std::sync::MutexGuard<'_, HashMap<String, Window>> {
        // Counters are whole after every step, whoever panicked.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pair(login: &str, address: &str) -> String {
    format!("l {address} {login}")
}

fn make_room(windows: &mut HashMap<String, Window>, ended: i64) {
    if windows.len() < REMEMBERED {
        return;
    }
    windows.retain(|_, window| window.began > ended);
    if windows.len() >= REMEMBERED {
        let oldest = windows.iter().min_by_key(|(_, window)| window.began).map(|(key, _)| key.clone());
        oldest.and_then(|key| windows.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use lockstep_store::Clock;

    use super::*;

    struct Hands(Arc<AtomicI64>);

    impl Clock for Hands {
        fn now_ms(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn throttle(attempts: u32, per_address: u32) -> (Throttle, Arc<AtomicI64>) {
        let hands = Arc::new(AtomicI64::new(1_000_000));
        let limits = LoginLimits { attempts, attempts_per_address: per_address, window_s: 60 };
        (Throttle::new(limits, SharedClock::new(Hands(hands.clone()))), hands)
    }

    #[test]
    fn the_third_of_two_allowed_attempts_waits_for_the_next_window() {
        let (throttle, hands) = throttle(2, 100);
        assert!(throttle.attempt("anna", "1.2.3.4").is_ok());
        assert!(throttle.attempt("anna", "1.2.3.4").is_ok());

        hands.fetch_add(20_500, Ordering::Relaxed);
        let refused = throttle.attempt("anna", "1.2.3.4");

        assert!(matches!(refused, Err(Error::RateLimited { seconds: 40 })), "{refused:?}");
        assert!(throttle.attempt("boris", "1.2.3.4").is_ok());
        assert!(throttle.attempt("anna", "1.2.3.5").is_ok());
        hands.fetch_add(39_500, Ordering::Relaxed);
        assert!(throttle.attempt("anna", "1.2.3.4").is_ok());
    }

    #[test]
    fn the_right_password_wipes_the_slate() {
        let (throttle, _) = throttle(1, 100);
        assert!(throttle.attempt("anna", "1.2.3.4").is_ok());

        throttle.succeeded("anna", "1.2.3.4");

        assert!(throttle.attempt("anna", "1.2.3.4").is_ok());
    }

    #[test]
    fn one_address_cannot_go_through_all_logins() {
        let (throttle, _) = throttle(10, 3);
        let refused = (0..4).filter(|n| throttle.attempt(&format!("login{n}"), "1.2.3.4").is_err()).count();

        assert_eq!(refused, 1);
    }

    #[test]
    fn memory_stays_bounded_whoever_comes() {
        let (throttle, hands) = throttle(1, 1);
        for n in 0..REMEMBERED / 2 + 100 {
            hands.fetch_add(1, Ordering::Relaxed);
            throttle.attempt("x", &n.to_string()).expect("a new address");
        }

        assert!(throttle.windows().len() <= REMEMBERED + 1);
    }
}
