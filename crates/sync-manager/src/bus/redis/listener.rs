//! The way from the wire to the one who listens, who may be slow.
//!
//! The wire never waits for him, so what strangers send cannot pile up behind him: what he does not take in time he misses, and is told.
//! Of what he missed and of what was forged he is told a few times a second at most, however much it is: he may read the ledger for it.

use std::time::Duration;

use tokio::{
    sync::mpsc::{Sender, error::TrySendError},
    time::{Instant, sleep_until},
};

use crate::bus::{Channel, Signal};

/// Between two reports of what came to nothing. The next true message shows a hole at once; this is for the last one that got lost.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Bytes of messages that may wait, about, here or anywhere on their way: 256 of the longest.
pub(super) const BACKLOG_BYTES: usize = 16 << 20;

pub(super) struct Listener {
    signals: Sender<Signal>,
    /// How the wire is, if he has not been told.
    state: Option<Signal>,
    missed: u64,
    forged: u64,
    report_due: Instant,
}

impl Listener {
    pub(super) fn new(signals: Sender<Signal>) -> Self {
        Self { signals, state: None, missed: 0, forged: 0, report_due: Instant::now() }
    }

    /// Whether he has gone.
    pub(super) fn is_gone(&self) -> bool {
        self.signals.is_closed()
    }

    pub(super) fn hear(&mut self, channel: Channel, payload: &str) {
        let waiting = self.signals.max_capacity() - self.signals.capacity();
        let has_room = self.state.is_none() && waiting * payload.len() <= BACKLOG_BYTES;
        if !has_room || self.signals.try_send(Signal::Message(channel, payload.into())).is_err() {
            self.miss(1);
        }
    }

    /// The wire is [`Signal::Up`] or [`Signal::Down`] now. This is never lost, only late; of several late ones the last counts.
    pub(super) fn turn(&mut self, state: Signal) {
        self.state = Some(state);
        self.report();
    }

    pub(super) fn miss(&mut self, messages: u64) {
        self.missed += messages;
        self.report();
    }

    pub(super) fn forgery(&mut self) {
        self.forged += 1;
        self.report();
    }

    /// Tells what is due, as far as there is room.
    pub(super) fn report(&mut self) {
        if let Some(Err(TrySendError::Full(late))) = self.state.take().map(|state| self.signals.try_send(state)) {
            self.state = Some(late);
        }
        if Instant::now() < self.report_due {
            return;
        }
        for (count, signal) in
            [(&mut self.missed, Signal::Missed as fn(u64) -> Signal), (&mut self.forged, Signal::Forged)]
        {
            if *count > 0 && self.signals.try_send(signal(*count)).is_ok() {
                *count = 0;
                self.report_due = Instant::now() + REPORT_EVERY;
            }
        }
    }

    /// Whether there is something to [`Listener::report`].
    pub(super) fn owes(&self) -> bool {
        self.state.is_some() || self.missed > 0 || self.forged > 0
    }

    /// Returns when it can be reported.
    pub(super) async fn until_due(&self) {
        if self.state.is_none() {
            sleep_until(self.report_due).await;
        }
        // Nobody else sends, so the place is still free when the report is made.
        let _ = self.signals.reserve().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::mpsc, time::advance};

    use super::*;

    fn listener(places: usize) -> (Listener, mpsc::Receiver<Signal>) {
        let (signals, heard) = mpsc::channel(places);
        (Listener::new(signals), heard)
    }

    fn heard(signals: &mut mpsc::Receiver<Signal>) -> Vec<Signal> {
        std::iter::from_fn(|| signals.try_recv().ok()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_fit_is_missed_and_how_the_wire_is_comes_late_but_comes() {
        let (mut listener, mut signals) = listener(2);
        for _ in 0..5 {
            listener.hear(Channel::Events, "x");
        }
        listener.turn(Signal::Down);
        listener.turn(Signal::Up);

        assert_eq!(heard(&mut signals), vec![Signal::Message(Channel::Events, "x".into()); 2]);
        assert!(listener.owes());
        listener.until_due().await;
        listener.report();

        assert_eq!(heard(&mut signals), [Signal::Up, Signal::Missed(3)]);
        assert!(!listener.owes());
    }

    #[tokio::test(start_paused = true)]
    async fn however_much_is_forged_it_is_told_four_times_a_second() {
        let (mut listener, mut signals) = listener(1_000);
        for _ in 0..10 {
            (0..100).for_each(|_| listener.forgery());
            advance(Duration::from_millis(25)).await;
        }
        listener.until_due().await;
        listener.report();

        assert_eq!(heard(&mut signals), [Signal::Forged(1), Signal::Forged(999)]);
    }

    #[tokio::test(start_paused = true)]
    async fn large_messages_wait_in_fewer_places() {
        let (mut listener, mut signals) = listener(4_096);
        let large = "x".repeat(64 << 10);

        (0..4_096).for_each(|_| listener.hear(Channel::Events, &large));

        let waiting = heard(&mut signals).iter().filter(|signal| matches!(signal, Signal::Message(..))).count();
        assert_eq!(waiting, BACKLOG_BYTES / large.len() + 1);
    }
}
