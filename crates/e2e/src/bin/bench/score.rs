//! What has been published and who has it: the one place where deliveries are counted and timed.

use std::{
    cell::RefCell,
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::{Notify, Semaphore};

/// One socket in so many has the time of each delivery kept: enough for a percentile, too few to be felt. Odd, so that the sockets of
/// both workers are among them.
const SAMPLED: usize = 17;

/// The state of one crowd. Lives on one thread.
pub(crate) struct Score {
    inner: RefCell<Inner>,
    /// One permit for each publish that may be on its way.
    pub(crate) window: Semaphore,
    settled: Notify,
}

struct Inner {
    /// How many events each socket has got.
    counts: Vec<u64>,
    /// Number of the oldest publish that somebody still lacks.
    first: u64,
    /// Since when, and how many sockets still lack it.
    open: VecDeque<(Instant, usize)>,
    tally: Tally,
    closed: usize,
    trouble: Option<String>,
}

/// What happened since the last [`Score::take`].
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) publishes: u64,
    /// Events that arrived at a socket.
    pub(crate) deliveries: u64,
    /// Bytes of their payloads.
    pub(crate) bytes: u64,
    /// From a publish until its last socket had it.
    pub(crate) last: Vec<Duration>,
    /// From a publish until a socket had it; a sample.
    pub(crate) each: Vec<Duration>,
    /// When the latest of all arrived, or was published.
    pub(crate) latest: Option<Instant>,
}

/// Deliveries that have not come and will not come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) deliveries: u64,
    /// Connections that the server has closed so far.
    pub(crate) closed: usize,
}

impl Score {
    pub(crate) fn new(sockets: usize) -> Rc<Score> {
        let inner = Inner {
            counts: vec![0; sockets],
            first: 0,
            open: VecDeque::new(),
            tally: Tally::default(),
            closed: 0,
            trouble: None,
        };
        Rc::new(Score { inner: RefCell::new(inner), window: Semaphore::new(0), settled: Notify::new() })
    }

    /// A new turn: nothing counted yet, `window` publishes may be on their way.
    pub(crate) fn begin(&self, window: usize) {
        self.window.forget_permits(Semaphore::MAX_PERMITS);
        self.window.add_permits(window);
        self.take();
    }

    /// A publish is about to be sent.
    pub(crate) fn published(&self) {
        let mut inner = self.inner.borrow_mut();
        let (now, sockets) = (Instant::now(), inner.counts.len());
        inner.open.push_back((now, sockets));
        inner.tally.publishes += 1;
        inner.tally.latest = Some(now);
    }

    /// A socket got its next event.
    pub(crate) fn delivered(&self, socket: usize, bytes: usize, now: Instant) {
        let mut inner = self.inner.borrow_mut();
        let number = inner.counts[socket];
        inner.counts[socket] += 1;
        let place = number.checked_sub(inner.first).and_then(|place| usize::try_from(place).ok());
        let Some((since, lacking)) = place.and_then(|place| inner.open.get_mut(place)) else {
            inner.trouble = Some(format!("socket {socket} got event {number}, which nobody published"));
            return;
        };
        *lacking -= 1;
        let (age, complete) = (now - *since, *lacking == 0);
        inner.tally.deliveries += 1;
        inner.tally.bytes += bytes as u64;
        inner.tally.latest = Some(now);
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

    /// The server has closed a connection; what it would have got is lost.
    pub(crate) fn closed(&self) {
        self.inner.borrow_mut().closed += 1;
    }

    /// Waits until every socket has every publish, or nothing has arrived for `quiet`. What is missing then is lost and forgotten.
    ///
    /// # Errors
    /// When something arrived that nobody published: then nothing here can be trusted.
    pub(crate) async fn settle(&self, quiet: Duration) -> Result<Option<Loss>, String> {
        loop {
            let settled = self.settled.notified();
            let latest = {
                let mut inner = self.inner.borrow_mut();
                if let Some(trouble) = inner.trouble.take() {
                    return Err(trouble);
                }
                if inner.open.is_empty() {
                    return Ok(None);
                }
                inner.tally.latest
            };
            let deadline = latest.unwrap_or_else(Instant::now) + quiet;
            if Instant::now() >= deadline {
                return Ok(Some(self.inner.borrow_mut().write_off()));
            }
            let _ = tokio::time::timeout_at(deadline.into(), settled).await;
        }
    }

    /// The tally so far; the next one starts at zero.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut self.inner.borrow_mut().tally)
    }
}

impl Inner {
    fn write_off(&mut self) -> Loss {
        let deliveries = self.open.iter().map(|(_, lacking)| *lacking as u64).sum();
        self.first += self.open.len() as u64;
        self.open.clear();
        self.counts.fill(self.first);
        Loss { deliveries, closed: self.closed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_publish_is_settled_when_its_last_socket_has_it() {
        let score = Score::new(2);
        score.begin(0);

        score.published();
        score.delivered(0, 10, Instant::now());
        assert_eq!(score.window.available_permits(), 0);
        score.delivered(1, 10, Instant::now());

        assert_eq!(score.settle(QUIET).await, Ok(None));
        assert_eq!(score.window.available_permits(), 1);
        assert_eq!(score.take().deliveries, 2);
    }

    #[tokio::test]
    async fn after_a_loss_the_next_turn_counts_from_the_beginning() {
        let score = Score::new(2);
        score.begin(0);
        score.published();
        score.published();
        score.delivered(0, 10, Instant::now());
        assert_eq!(score.settle(QUIET).await, Ok(Some(Loss { deliveries: 3, closed: 0 })));

        score.begin(0);
        score.published();
        score.delivered(0, 10, Instant::now());
        score.delivered(1, 10, Instant::now());

        assert_eq!(score.settle(QUIET).await, Ok(None));
    }

    #[tokio::test]
    async fn an_event_that_nobody_published_is_no_delivery() {
        let score = Score::new(1);
        score.delivered(0, 10, Instant::now());

        assert!(score.settle(QUIET).await.is_err());
    }
}
