//! Passwords: argon2id, on threads of their own, a few at a time.
//!
//! One check takes 19 MiB and some tens of milliseconds by design, so at most as many run as there are cores, and only so many wait;
//! whoever comes beyond that is asked to come back. An unknown login costs the same time as a known one.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::{sync::Semaphore, time::timeout};

use crate::error::Error;

/// Checks that may wait for a core. At 50 ms each on two cores the last one waits less than a second.
const WAITING: usize = 32;

/// How long a check may wait before its caller is asked to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    waiting: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    /// The hash of nothing anybody knows, checked in place of that of an unknown login.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Error> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            waiting: Arc::new(Semaphore::new(cores + WAITING)),
            cores: Arc::new(Semaphore::new(cores)),
            decoy: hash(&crate::token::fresh())?.into(),
        })
    }

    /// The hash to keep for a password, with its salt and cost in it.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Error> {
        self.work(move || hash(&password)).await?
    }

    /// Whether the password is the one of `kept`. Without a hash to compare it takes the same time and is not.
    pub(crate) async fn check(&self, password: String, kept: Option<String>) -> Result<bool, Error> {
        let decoy = self.decoy.clone();
        self.work(move || {
            let same = matches(&password, kept.as_deref().unwrap_or(&decoy));
            same && kept.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let busy = || Error::RateLimited { seconds: 1 };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let core = timeout(PATIENCE, self.cores.clone().acquire_owned()).await.map_err(|_| busy())?;
        let core = core.expect("the semaphore is never closed");
        let job = tokio::task::spawn_blocking(move || {
            // The core is free again when the work is done, not when the caller stops waiting for it.
            let _core = core;
            work()
        });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))
    }
}

fn hash(password: &str) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(Arc::new(std::io::Error::other(error.to_string()))))
}

fn matches(password: &str, kept: &str) -> bool {
    let verify = |kept: PasswordHash| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok();
    PasswordHash::new(kept).is_ok_and(verify)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_is_right_and_nothing_is_right_for_an_unknown_login() {
        let passwords = Passwords::new().expect("hashing works");
        let kept = passwords.hash("correct horse".into()).await.expect("hashing works");

        let check = async |password: &str, kept: Option<&str>| {
            passwords.check(password.into(), kept.map(Into::into)).await.expect("checking works")
        };
        for hash in [kept.as_str(), &passwords.decoy] {
            assert!(
                hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
                "an unknown login costs what a known one does"
            );
        }
        assert!(check("correct horse", Some(&kept)).await);
        assert!(!check("Correct horse", Some(&kept)).await);
        assert!(!check("correct horse", Some("broken")).await);
        assert!(!check("correct horse", None).await);
    }

    #[tokio::test]
    async fn beyond_a_bounded_queue_callers_are_asked_to_come_back() {
        let passwords = Passwords::new().expect("hashing works");
        let all = u32::try_from(passwords.waiting.available_permits()).expect("a small number");
        let _taken = passwords.waiting.acquire_many(all).await.expect("open");

        let error = passwords.check("x".into(), None).await.expect_err("no room to wait");

        assert_eq!(error.code(), "rate_limited");
    }
}
