//! The question to ourselves over the whole way, voice to ear: the only proof that we hear.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{COMMAND_LIMIT, RedisOptions, seal::Seal};

/// Between two probes while all is well, and while it is not.
const EVERY: Duration = Duration::from_secs(5);
const EVERY_WHEN_DOWN: Duration = Duration::from_millis(200);

/// After so many in vain the connections are made anew: they may hang in a state that reconnecting does not leave.
const IN_VAIN: u32 = 3;

/// How long the last answered question was under way, for whoever asks; in microseconds, 0 while there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct RoundTrip(Arc<AtomicU64>);

impl RoundTrip {
    pub(super) fn get(&self) -> Option<Duration> {
        Some(self.0.load(Ordering::Relaxed)).filter(|micros| *micros > 0).map(Duration::from_micros)
    }

    fn took(&self, time: Duration) {
        self.0.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }

    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

pub(super) struct Probe {
    pub(super) channel: String,
    seal: Seal,
    number: u64,
    due: Instant,
    /// When the last question was put together.
    put_at: Instant,
    pub(super) round_trip: RoundTrip,
    /// The answer is awaited until then.
    deadline: Option<Instant>,
    unanswered: u32,
}

/// What came on the probe's channel.
pub(super) enum Echo {
    Answer,
    Late,
    Forged,
}

impl Probe {
    pub(super) fn new(options: &RedisOptions) -> Self {
        /// Tells the probes of several buses in one process apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let own = NEXT.fetch_add(1, Ordering::Relaxed);
        let channel = format!("{}probe:{}-{own}-{:x}", options.prefix, std::process::id(), rand::random::<u32>());
        let seal = Seal::new(&options.secret, &channel);
        let (now, round_trip) = (Instant::now(), RoundTrip::default());
        Self { channel, seal, number: 0, due: now, put_at: now, round_trip, deadline: None, unanswered: 0 }
    }

    /// When to ask, or to give up waiting.
    pub(super) fn wake(&self) -> Instant {
        self.deadline.unwrap_or(self.due)
    }

    /// The next question, as it travels.
    pub(super) fn question(&mut self) -> String {
        self.number += 1;
        self.put_at = Instant::now();
        self.seal.close(&self.number.to_string())
    }

    /// It is on its way.
    pub(super) fn asked(&mut self) {
        self.deadline = Some(Instant::now() + COMMAND_LIMIT);
    }

    pub(super) fn hear(&mut self, message: &[u8]) -> Echo {
        match self.seal.open(message) {
            None => return Echo::Forged,
            Some(number) if number != self.number.to_string() => return Echo::Late,
            Some(_) => {}
        }
        self.round_trip.took(self.put_at.elapsed());
        self.deadline = None;
        self.unanswered = 0;
        self.due = Instant::now() + EVERY;
        Echo::Answer
    }

    /// Whether an answer was awaited; it is no longer.
    pub(super) fn give_up(&mut self) -> bool {
        self.deadline.take().is_some()
    }

    /// To be tried again soon.
    pub(super) fn retry(&mut self) {
        self.due = Instant::now() + EVERY_WHEN_DOWN;
    }

    pub(super) fn in_vain(&mut self) {
        self.unanswered += 1;
    }

    pub(super) fn is_hopeless(&self) -> bool {
        self.unanswered >= IN_VAIN
    }

    /// Begins with a new connection.
    pub(super) fn begin(&mut self) {
        self.unanswered = 0;
    }
}
