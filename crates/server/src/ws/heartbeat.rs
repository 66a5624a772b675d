//! Whether a client is still there: we ask now and then, and it answers.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::config::SocketIo;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask for a sign of life.
    Ask,
    /// There was none.
    Dead,
}

/// When to ask, and how long to wait.
pub(super) struct Heartbeat {
    interval: Duration,
    patience: Duration,
    at: Instant,
    /// Asked, and not heard of since.
    waits: bool,
    asked: bool,
}

impl Heartbeat {
    pub(super) fn new(settings: &SocketIo) -> Self {
        let interval = Duration::from_millis(settings.ping_interval_ms);
        let patience = Duration::from_millis(settings.ping_timeout_ms);
        Self { interval, patience, at: Instant::now() + interval, waits: false, asked: false }
    }

    /// It said something, whatever it was.
    pub(super) fn heard(&mut self) {
        self.waits = false;
    }

    /// What is to be done next, when it is its time. May be dropped and begun again.
    pub(super) async fn next(&mut self) -> Beat {
        loop {
            sleep_until(self.at).await;
            if self.waits {
                return Beat::Dead;
            }
            self.asked = !self.asked;
            if self.asked {
                self.waits = true;
                self.at = Instant::now() + self.patience;
                return Beat::Ask;
            }
            // It has answered: what is left until the next question.
            self.at = Instant::now() + self.interval.saturating_sub(self.patience);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heartbeat() -> Heartbeat {
        Heartbeat::new(&SocketIo { ping_interval_ms: 10_000, ping_timeout_ms: 4_000, max_payload: 0 })
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_is_asked_every_interval() {
        let (mut heartbeat, began) = (heartbeat(), Instant::now());

        for round in 1..=3 {
            assert_eq!(heartbeat.next().await, Beat::Ask);
            assert_eq!(began.elapsed(), Duration::from_secs(10 * round));
            heartbeat.heard();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_dead_when_the_time_is_over() {
        let (mut heartbeat, began) = (heartbeat(), Instant::now());
        heartbeat.heard();

        assert_eq!((heartbeat.next().await, heartbeat.next().await), (Beat::Ask, Beat::Dead));

        assert_eq!(began.elapsed(), Duration::from_secs(14));
    }
}
