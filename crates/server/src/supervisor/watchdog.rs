//! When a silent worker counts as one that hangs.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// So often a worker that gets something done says so, and so often the supervisor counts.
pub const SIGN: Duration = Duration::from_secs(1);

/// Turns of [`SIGN`] without a word after which a worker is given up. A worker gets something done at least every two seconds, since it
/// waits no longer than that for a database: four times as much is no slowness any more. With the turn in which it fell silent, the
/// time a page takes to come back and a second or two for a loaded machine its pages follow again within the fifteen seconds that are
/// promised for a connection that dies without notice.
const TURNS: u32 = 8;

/// Counts the turns in which a worker says nothing.
///
/// What counts is what the supervisor has lived through itself, not what the clock says: after a sleep of the whole machine, or a time
/// in which the supervisor stood still, one turn has passed.
#[derive(Debug)]
pub(super) struct Watchdog {
    turns: Interval,
    silent: u32,
    armed: bool,
}

impl Watchdog {
    /// Asleep until the first [`Watchdog::arm`]: a worker that waits for its database has nothing to say.
    pub(super) fn asleep(every: Duration) -> Self {
        let mut turns = interval(every);
        // After a time of standing still the turns that were missed are not made up for.
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { turns, silent: 0, armed: false }
    }

    /// From now on silence counts.
    pub(super) fn arm(&mut self) {
        self.armed = true;
        self.heard();
    }

    /// The worker has said something.
    pub(super) fn heard(&mut self) {
        self.silent = 0;
    }

    /// How long it bears silence.
    pub(super) fn patience(&self) -> Duration {
        self.turns.period() * TURNS
    }

    /// Silence counts no more.
    pub(super) fn sleep(&mut self) {
        self.armed = false;
        self.heard();
    }

    /// Waits until the worker has been silent for too long. May be dropped and called again: the count goes on.
    pub(super) async fn barks(&mut self) {
        while self.silent < TURNS {
            self.turns.tick().await;
            self.silent += u32::from(self.armed);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance, timeout};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn it_barks_after_eight_turns_of_silence() {
        let mut watchdog = Watchdog::asleep(SIGN);
        watchdog.arm();
        let began = Instant::now();

        watchdog.barks().await;

        assert!((TURNS - 1..=TURNS + 1).contains(&(began.elapsed().as_secs() as u32)), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_word_and_it_begins_again() {
        let mut watchdog = Watchdog::asleep(SIGN);
        watchdog.arm();

        for _ in 0..20 {
            assert!(timeout(SIGN * (TURNS - 2), watchdog.barks()).await.is_err());
            watchdog.heard();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_was_never_ready_may_be_silent() {
        let mut watchdog = Watchdog::asleep(SIGN);

        assert!(timeout(LONG, watchdog.barks()).await.is_err());
    }

    /// The machine sleeps, or somebody stops the supervisor: when it goes on, the worker's words are still to be read.
    #[tokio::test(start_paused = true)]
    async fn a_time_in_which_it_stood_still_itself_is_one_turn() {
        let mut watchdog = Watchdog::asleep(SIGN);
        watchdog.arm();
        assert!(timeout(SIGN * 2, watchdog.barks()).await.is_err());

        advance(LONG).await;

        assert!(timeout(SIGN * 3, watchdog.barks()).await.is_err());
    }
}
