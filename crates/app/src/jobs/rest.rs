//! The time between two batches that is left to others who write to the same file.
//!
//! A file has one writer at a time and no queue before it: who commits batch after batch would keep the edits of other processes out.
//! What the handler does between two batches is part of the time.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// The longest that is left at a time.
const LONGEST: Duration = Duration::from_millis(100);

/// Of the time that a batch took, what is left to other workers: as measured, their edits wait hardly longer than one batch.
const TO_WORKERS: u32 = 2;

/// The same where there is no other worker: edits of this process queue for the file and come first anyway, and a command now and then
/// finds its moment.
const TO_COMMANDS: u32 = 8;

/// When the next batch may begin.
#[derive(Debug)]
pub(super) struct Rest {
    /// What is left is the time of a batch through this; nothing where writers do not wait for each other.
    share: Option<u32>,
    over: Mutex<Instant>,
}

impl Rest {
    /// `alone`: no other worker writes to the same file.
    pub(super) fn new(is_file: bool, alone: bool) -> Self {
        let share = if alone { TO_COMMANDS } else { TO_WORKERS };
        Self { share: is_file.then_some(share), over: Mutex::new(Instant::now()) }
    }

    /// A batch that took so long is over.
    pub(super) fn begin(&self, took: Duration) {
        if let Some(share) = self.share {
            *self.over.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + (took / share).min(LONGEST);
        }
    }

    /// Waits until the next one may begin.
    pub(super) async fn end(&self) {
        let over = *self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if over > Instant::now() {
            sleep_until(over).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn left(rest: &Rest, took: Duration, between: Duration) -> Duration {
        rest.begin(took);
        tokio::time::sleep(between).await;
        let waits = Instant::now();
        rest.end().await;
        waits.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn others_are_left_half_of_the_time_and_work_in_between_counts() {
        let ms = Duration::from_millis;
        let (shared, alone, server) = (Rest::new(true, false), Rest::new(true, true), Rest::new(false, false));

        assert_eq!(left(&shared, ms(16), ms(0)).await, ms(8));
        assert_eq!(left(&shared, ms(16), ms(6)).await, ms(2));
        assert_eq!(left(&shared, ms(16), ms(20)).await, ms(0));
        assert_eq!(left(&shared, ms(4_000), ms(0)).await, LONGEST);
        assert_eq!(left(&alone, ms(16), ms(0)).await, ms(2));
        assert_eq!(left(&server, ms(16), ms(0)).await, ms(0));
    }
}
