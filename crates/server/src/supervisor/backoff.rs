//! How long to wait before trying again.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(200);

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(10);

/// What worked for so long is well: the next failure begins with the first wait again.
const HEALTHY: Duration = Duration::from_secs(30);

/// Doubling waits with jitter, so that many who failed together do not come back together.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after a failure, when what failed had worked for `lived`. `jitter` is a random number from 0 to 1; the wait is
    /// between half and the whole of its step.
    pub fn after(&mut self, lived: Duration, jitter: f64) -> Duration {
        if lived >= HEALTHY {
            self.failures = 0;
        }
        let step = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        step.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Failures since the last good time.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(lives: &[u64], jitter: f64) -> Vec<u128> {
        let mut backoff = Backoff::default();
        lives.iter().map(|lived| backoff.after(Duration::from_secs(*lived), jitter).as_millis()).collect()
    }

    #[test]
    fn waits_double_up_to_ten_seconds() {
        assert_eq!(waits(&[0; 8], 1.0), [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_wait() {
        assert_eq!(waits(&[0, 0], 0.0), [100, 200]);
    }

    #[test]
    fn after_a_good_time_it_begins_again() {
        assert_eq!(waits(&[0, 0, 0, 30, 0], 1.0), [200, 400, 800, 200, 400]);
    }
}
