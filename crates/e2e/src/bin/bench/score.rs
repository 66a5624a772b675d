//! What has been published and who has it: the one place where deliveries are counted and timed.

use std::{
    cell::RefCell,
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::{Notify, Semaphore};

/// One socket in so many has the time of each delivery kept: enough for a percentile, too few to be felt.
const SAMPLED: usize = 16;

/// The state of one measured run. Lives on one thread.
pub(crate) struct Score {
    inner: RefCell<Inner>,
    /// One permit for each publish that may be on its way.
    pub(crate) window: Semaphore,
    settled: Notify,
}

#[derive(Default)]
struct Inner {
    sockets: u32,
    /// Number of the oldest publish that somebody still lacks.
    first: u64,
    /// Since when, and how many sockets still lack it.
    open: VecDeque<(Instant, u32)>,
    tally: Tally,
    trouble: Option<String>,
}

/// What happened since the last [`Score::take`].
#[derive(Default)]
pub(crate) struct Tally {
    /// Events that arrived at a socket.
    pub(crate) deliveries: u64,
    /// Bytes of their payloads.
    pub(crate) bytes: u64,
    /// From a publish until its last socket had it.
    pub(crate) last: Vec<Duration>,
    /// From a publish until a socket had it; a sample.
    pub(crate) each: Vec<Duration>,
}

impl Score {
    pub(crate) fn new(sockets: usize) -> Rc<Score> {
        let inner = Inner { sockets: u32::try_from(sockets).expect("fewer sockets than ports"), ..Inner::default() };
        Rc::new(Score { inner: RefCell::new(inner), window: Semaphore::new(0), settled: Notify::new() })
    }

    /// A publish is about to be sent.
    pub(crate) fn published(&self) {
        let mut inner = self.inner.borrow_mut();
        let sockets = inner.sockets;
        inner.open.push_back((Instant::now(), sockets));
    }

    /// Socket `socket` got its event number `number`, counted from 0.
    pub(crate) fn delivered(&self, socket: usize, number: u64, bytes: usize, now: Instant) {
        let mut inner = self.inner.borrow_mut();
        let place = number.checked_sub(inner.first).and_then(|place| usize::try_from(place).ok());
        let Some((since, lacking)) = place.and_then(|place| inner.open.get_mut(place)) else {
            inner.trouble = Some(format!("socket {socket} got event {number}, which nobody published"));
            return;
        };
        *lacking -= 1;
        let (age, complete) = (now - *since, *lacking == 0);
        inner.tally.deliveries += 1;
        inner.tally.bytes += bytes as u64;
        if socket.is_multiple_of(SAMPLED) {
            inner.tally.each.push(age);
        }
        if complete {
            inner.tally.last.push(age);
            while inner.open.front().is_some_and(|(_, lacking)| *lacking == 0) {
                inner.open.pop_front();
                inner.first += 1;
            }
            drop(inner);
            self.window.add_permits(1);
            self.settled.notify_waiters();
        }
    }

    /// Something that makes the figures worthless.
    pub(crate) fn fail(&self, trouble: String) {
        self.inner.borrow_mut().trouble.get_or_insert(trouble);
        self.settled.notify_waiters();
    }

    /// Waits until every socket has every publish.
    ///
    /// # Errors
    /// When some event does not arrive within `limit`, or a connection broke.
    pub(crate) async fn settle(&self, limit: Duration) -> Result<(), String> {
        let all = async {
            loop {
                let settled = self.settled.notified();
                if let Some(trouble) = self.inner.borrow_mut().trouble.take() {
                    return Err(trouble);
                }
                if self.inner.borrow().open.is_empty() {
                    return Ok(());
                }
                settled.await;
            }
        };
        match tokio::time::timeout(limit, all).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.lost(limit)),
        }
    }

    /// The tally so far; the next one starts at zero.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut self.inner.borrow_mut().tally)
    }

    fn lost(&self, limit: Duration) -> String {
        let inner = self.inner.borrow();
        let lacking: u32 = inner.open.iter().map(|(_, lacking)| lacking).sum();
        format!("{lacking} deliveries of {} publishes are missing after {limit:?}", inner.open.len())
    }
}
