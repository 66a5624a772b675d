//! What is asked of the hub's task: for each reader the newest wish, so that nobody waits and nothing grows.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use lockstep_protocol::log::Filter;
use tokio::{sync::Notify, time::Instant};

use super::{LogOutlet, ReaderId};

/// How often a worker says how far it has come after it has said its last line.
const MARKS: u8 = 3;

/// A filter and how many lines of what came before.
pub(super) type Wanted = (Filter, usize);

/// A reader who is new.
pub(super) struct Opened {
    pub(super) outlet: Arc<dyn LogOutlet>,
    pub(super) closed: Arc<AtomicBool>,
}

/// What a reader wishes, in the order in which it is done.
#[derive(Default)]
pub(super) struct Wish {
    pub(super) open: Option<Opened>,
    pub(super) wanted: Option<Wanted>,
    /// To be told the filter: he has asked for another one, be it before he was let in.
    pub(super) say_filter: bool,
    /// To be told that he has paused.
    pub(super) say_paused: bool,
    pub(super) paused: Option<bool>,
    pub(super) close: bool,
}

/// How far this worker itself has come.
#[derive(Default)]
struct Own {
    from: String,
    upto: u64,
    marks: u8,
}

pub(super) struct Desk {
    born: Instant,
    wishes: Mutex<HashMap<ReaderId, Wish>>,
    own: Mutex<Own>,
    bell: Notify,
}

impl Desk {
    pub(super) fn new() -> Self {
        let (wishes, own, bell) = Default::default();
        Self { born: Instant::now(), wishes, own, bell }
    }

    /// When this worker's life began, as far as lines are concerned.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    /// How long that was ago.
    pub(super) fn age(&self) -> Duration {
        self.born.elapsed()
    }

    pub(super) fn open(&self, id: ReaderId, outlet: Arc<dyn LogOutlet>, closed: Arc<AtomicBool>, wanted: Wanted) {
        self.wish(id, |wish| {
            wish.open = Some(Opened { outlet, closed });
            wish.wanted = Some(wanted);
        });
    }

    pub(super) fn filter(&self, id: ReaderId, wanted: Wanted) {
        self.wish(id, |wish| (wish.wanted, wish.say_filter) = (Some(wanted), true));
    }

    pub(super) fn pause(&self, id: ReaderId) {
        self.wish(id, |wish| (wish.say_paused, wish.paused) = (true, Some(true)));
    }

    pub(super) fn resume(&self, id: ReaderId) {
        self.wish(id, |wish| wish.paused = Some(false));
    }

    pub(super) fn close(&self, id: ReaderId) {
        self.wish(id, |wish| *wish = Wish { close: true, ..Wish::default() });
    }

    fn wish(&self, id: ReaderId, change: impl FnOnce(&mut Wish)) {
        change(lock(&self.wishes).entry(id).or_default());
        self.bell.notify_one();
    }

    /// Waits until somebody wishes something.
    pub(super) async fn rings(&self) {
        self.bell.notified().await;
    }

    /// All wishes so far.
    pub(super) fn take(&self) -> HashMap<ReaderId, Wish> {
        mem::take(&mut lock(&self.wishes))
    }

    /// This worker, named `from`, has sent its lines up to `upto`.
    pub(super) fn has_said(&self, from: &str, upto: u64) {
        let mut own = lock(&self.own);
        if own.from != from {
            from.clone_into(&mut own.from);
        }
        (own.upto, own.marks) = (upto, MARKS);
    }

    pub(super) fn say_again(&self) {
        let mut own = lock(&self.own);
        own.marks = if own.upto > 0 { MARKS } else { 0 };
    }

    /// How far this worker has come, if that is to be said again.
    pub(super) fn mark(&self) -> Option<(String, u64)> {
        let mut own = lock(&self.own);
        own.marks = own.marks.checked_sub(1)?;
        Some((own.from.clone(), own.upto))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
