//! What jobs say in the log: each under a source of its own, and no more than a reader can take.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lockstep_protocol::log::LogType;
use tokio::time::Instant;

use super::JobKind;
use crate::{Logs, NewLine};

/// Lines a second of one job. More would push everything else out of a reader's sight.
const A_SECOND: u32 = 200;

/// The lines of one job.
#[derive(Debug)]
pub(super) struct Lines {
    logs: Logs,
    source: String,
    second: Mutex<Second>,
}

/// What was said in the second that runs.
#[derive(Debug)]
struct Second {
    began: Instant,
    said: u32,
    left_out: u64,
}

impl Lines {
    pub(super) fn new(logs: Logs, kind: JobKind, job: i64) -> Self {
        let second = Mutex::new(Second { began: Instant::now(), said: 0, left_out: 0 });
        Self { logs, source: format!("{}-{job}", kind.source()), second }
    }

    pub(super) fn say(&self, kind: LogType, message: &str) {
        let admitted = self.second.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now());
        match admitted {
            None => {}
            Some(0) => self.write(kind, message),
            Some(left_out) => {
                self.write(LogType::Info, &format!("{left_out} lines were left out"));
                self.write(kind, message);
            }
        }
    }

    fn write(&self, kind: LogType, message: &str) {
        let (message, source) = (message.to_owned(), Some(self.source.clone()));
        self.logs.write(NewLine { message, kind: Some(kind), source, ..NewLine::default() });
    }
}

impl Second {
    /// Nothing when the second is full; else how many were left out before.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if now.duration_since(self.began) >= Duration::from_secs(1) {
            (self.began, self.said) = (now, 0);
        }
        if self.said >= A_SECOND {
            self.left_out += 1;
            return None;
        }
        self.said += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_so_many_lines_and_the_next_one_says_how_many_had_none() {
        let start = Instant::now();
        let mut second = Second { began: start, said: 0, left_out: 0 };

        let said = (0..250).filter(|_| second.admit(start).is_some()).count();

        assert_eq!(said, 200);
        let later = start + Duration::from_secs(1);
        assert_eq!((second.admit(later), second.admit(later)), (Some(50), Some(0)));
    }
}
