//! What others on the same Redis see of a running import, and what we see of theirs.
//!
//! The database decides between our own imports. The mark is for the eyes of operators, and keeps out importers of others that look at the
//! same key, as we keep out of the way of theirs. While Redis is away everything goes on without it.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tracing::warn;

use crate::Error;

/// How often a mark is renewed: three times in its life, so that two may fail.
const EVERY: Duration = Duration::from_secs(10);

/// A future without a name.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What stands at the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that is in our way.
    Free,
    /// The value of somebody else.
    Others(String),
    /// Nobody knows: the wire is down.
    Unknown,
}

/// One key that all importers of a Redis look at. Values are [`ImportMark::value`]s or somebody else's.
pub trait ImportMark: fmt::Debug + Send + Sync + 'static {
    /// The key, for people.
    fn key(&self) -> &str;

    /// A value for a session as it is held with that fence.
    fn value(&self, session: i64, fence: i64) -> String;

    /// What stands there that is not of this installation.
    fn look(&self) -> Answer<'_, Seen>;

    /// Puts a value there for half a minute, in the place of an earlier one of ours.
    fn take<'a>(&'a self, value: &'a str) -> Answer<'a, Seen>;

    /// Keeps it there for half a minute more.
    fn renew<'a>(&'a self, value: &'a str) -> Answer<'a, Seen>;

    /// Takes it away, if it is still there.
    fn release<'a>(&'a self, value: &'a str) -> Answer<'a, ()>;
}

/// The mark, where there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mirror(Option<Arc<dyn ImportMark>>);

impl Mirror {
    pub(crate) fn new(mark: Option<Arc<dyn ImportMark>>) -> Self {
        Self(mark)
    }

    /// Refuses while the importer of somebody else is at work.
    pub(super) async fn must_be_free(&self) -> Result<(), Error> {
        let Some(mark) = &self.0 else { return Ok(()) };
        match mark.look().await {
            Seen::Others(_) => Err(Error::ImportMarked { key: mark.key().to_owned() }),
            Seen::Free | Seen::Unknown => Ok(()),
        }
    }

    /// Shows that a session is under way until what is returned is dropped.
    ///
    /// # Errors
    /// [`Error::ImportMarked`].
    pub(super) async fn hold(&self, tasks: &TaskTracker, session: i64, fence: i64) -> Result<Held, Error> {
        let (lost, ended) = (CancellationToken::new(), CancellationToken::new());
        let key = self.0.as_ref().map(|mark| mark.key().to_owned()).unwrap_or_default();
        let held = Held { key, lost: lost.clone(), _ended: ended.clone().drop_guard() };
        let Some(mark) = self.0.clone() else { return Ok(held) };
        let value = mark.value(session, fence);
        match mark.take(&value).await {
            Seen::Others(_) => return Err(Error::ImportMarked { key: mark.key().to_owned() }),
            Seen::Unknown => {
                warn!(key = mark.key(), "cannot show in redis that import {session} is under way; it goes on");
            }
            Seen::Free => {}
        }
        tasks.spawn(keep(mark, value, lost, ended));
        Ok(held)
    }
}

/// A session that others see. Dropped, they see it no more.
#[derive(Debug)]
pub(super) struct Held {
    key: String,
    lost: CancellationToken,
    _ended: DropGuard,
}

impl Held {
    /// Waits until somebody else stands there: then it is time to stop.
    pub(super) async fn lost(&self) -> Error {
        self.lost.cancelled().await;
        Error::ImportMarked { key: self.key.clone() }
    }
}

async fn keep(mark: Arc<dyn ImportMark>, value: String, lost: CancellationToken, ended: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            () = ended.cancelled() => break,
            _ = ticks.tick() => {}
        }
        if let Seen::Others(theirs) = mark.renew(&value).await {
            let key = mark.key();
            warn!(key, value = theirs.as_str(), "somebody else stands at {key} in redis; the import stops");
            lost.cancel();
            break;
        }
    }
    mark.release(&value).await;
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use tokio::{sync::watch, time::timeout};

    use super::*;

    /// A key of one process, which can be out of reach.
    #[derive(Debug)]
    struct Key {
        stands: watch::Sender<Option<String>>,
        away: Mutex<bool>,
        renewed: watch::Sender<usize>,
    }

    impl Key {
        fn new(stands: Option<&str>) -> Arc<Self> {
            let stands = watch::channel(stands.map(ToOwned::to_owned)).0;
            Arc::new(Self { stands, away: Mutex::new(false), renewed: watch::channel(0).0 })
        }

        fn put(&self, value: &str) -> Seen {
            if *self.away.lock().unwrap_or_else(PoisonError::into_inner) {
                return Seen::Unknown;
            }
            match self.stands.borrow().clone() {
                Some(other) if other != value => return Seen::Others(other),
                _ => {}
            }
            self.stands.send_replace(Some(value.to_owned()));
            Seen::Free
        }

        async fn until(&self, expected: Option<&str>) {
            let mut stands = self.stands.subscribe();
            let same = stands.wait_for(|stands| stands.as_deref() == expected);
            timeout(Duration::from_secs(600), same).await.expect("in time").expect("it lives");
        }
    }

    impl ImportMark for Key {
        fn key(&self) -> &str {
            "import"
        }

        fn value(&self, session: i64, fence: i64) -> String {
            format!("{session}:{fence}")
        }

        fn look(&self) -> Answer<'_, Seen> {
            Box::pin(async { self.stands.borrow().clone().map_or(Seen::Free, Seen::Others) })
        }

        fn take<'a>(&'a self, value: &'a str) -> Answer<'a, Seen> {
            Box::pin(async move { self.put(value) })
        }

        fn renew<'a>(&'a self, value: &'a str) -> Answer<'a, Seen> {
            Box::pin(async move {
                let seen = self.put(value);
                self.renewed.send_modify(|renewed| *renewed += 1);
                seen
            })
        }

        fn release<'a>(&'a self, value: &'a str) -> Answer<'a, ()> {
            Box::pin(async move {
                self.stands.send_if_modified(|stands| stands.take_if(|stands| stands == value).is_some());
            })
        }
    }

    async fn hold(key: &Arc<Key>) -> Result<Held, Error> {
        Mirror::new(Some(key.clone())).hold(&TaskTracker::new(), 42, 1).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_shown_as_long_as_it_is_under_way() {
        let key = Key::new(None);

        let held = hold(&key).await.expect("free");

        key.until(Some("42:1")).await;
        key.renewed.subscribe().wait_for(|renewed| *renewed > 5).await.expect("it lives");
        assert!(!held.lost.is_cancelled());
        drop(held);
        key.until(None).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_importer_of_somebody_else_keeps_ours_out() {
        let key = Key::new(Some("theirs"));

        let refused = hold(&key).await.expect_err("not free");

        assert_eq!((refused.code(), refused.params()["key"].as_str()), ("import.running", Some("import")));
        assert!(Mirror::new(Some(key)).must_be_free().await.is_err());
        assert!(Mirror::default().must_be_free().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_lost_his_mark_hears_of_it_and_leaves_the_other_alone() {
        let key = Key::new(None);
        let held = hold(&key).await.expect("free");

        key.stands.send_replace(Some("theirs".into()));

        let heard = timeout(Duration::from_secs(600), held.lost()).await.expect("heard");
        assert_eq!(heard.code(), "import.running");
        drop(held);
        tokio::task::yield_now().await;
        key.until(Some("theirs")).await;
    }

    #[tokio::test(start_paused = true)]
    async fn without_redis_everything_goes_on_and_the_mark_comes_later() {
        let key = Key::new(None);
        *key.away.lock().expect("nobody panicked") = true;

        let held = hold(&key).await.expect("goes on");
        key.renewed.subscribe().wait_for(|renewed| *renewed > 1).await.expect("it lives");
        assert!(!held.lost.is_cancelled());
        *key.away.lock().expect("nobody panicked") = false;

        key.until(Some("42:1")).await;
    }
}
