//! What administrators are told by the service itself: a worker is lost, the wire is deaf or back, the disk is nearly full.
//!
//! Several workers notice the same; it is told once ([`NewNotice::once`]). The text is English; `code` and what stands beside it say the
//! same to programs.

use std::time::Duration;

use lockstep_protocol::NoticeStatus;
use serde_json::{Map, Value as Json, json};

use crate::{App, Caller, Error, NewNotice, Notified, Right, To};

/// How far apart several workers may notice the same.
const TOGETHER: Duration = Duration::from_secs(60);

/// The same for a disk, which each looks at once a minute in its own turn, and for a worker, whose name never comes again.
const MINUTES: Duration = Duration::from_secs(600);

/// How long the wire may be down before somebody is told: a restart of Redis takes less.
pub const DEAF_AFTER: Duration = Duration::from_secs(10);

/// A disk with less than this free is nearly full, and one with less than a twentieth of it, unless that is still plenty.
const LITTLE: u64 = 512 << 20;
const PLENTY: u64 = 2 << 30;

/// Something that administrators should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// A worker has fallen silent without saying goodbye.
    WorkerLost {
        /// Its process id.
        worker: u32,
        /// Its name, unique among all.
        name: String,
        /// Its machine.
        host: String,
    },
    /// Workers do not hear each other over Redis.
    RedisDeaf {
        /// Since so many seconds.
        seconds: u64,
    },
    /// They do again.
    RedisBack {
        /// After so many seconds.
        seconds: u64,
    },
    /// The disk of the data directory is nearly full.
    DiskLow {
        /// The machine.
        host: String,
        /// The directory.
        path: String,
        /// Bytes that are free.
        free: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Whether the wire is worth a word. Pure: it is told the time.
#[derive(Debug, Default)]
pub struct Hearing {
    /// Since when it is down, since the beginning of somebody's clock.
    since: Option<Duration>,
    told: bool,
}

impl Hearing {
    /// The wire is up or down at this moment.
    pub fn look(&mut self, up: bool, now: Duration) -> Option<Alert> {
        if !up {
            let silent = now.saturating_sub(*self.since.get_or_insert(now));
            if self.told || silent < DEAF_AFTER {
                return None;
            }
            self.told = true;
            return Some(Alert::RedisDeaf { seconds: silent.as_secs() });
        }
        let since = self.since.take()?;
        let seconds = now.saturating_sub(since).as_secs();
        std::mem::take(&mut self.told).then_some(Alert::RedisBack { seconds })
    }
}

/// Whether a disk is worth a word: when it has become nearly full, and again only after it was not.
#[derive(Debug, Default)]
pub struct DiskWatch {
    told: bool,
}

impl DiskWatch {
    /// So many bytes are free now, of so many in all.
    pub fn look(&mut self, host: &str, path: &str, free: u64, total: u64) -> Option<Alert> {
        let low = free < LITTLE || free < PLENTY.min(total / 20);
        let before = std::mem::replace(&mut self.told, low);
        (low && !before).then(|| Alert::DiskLow { host: host.to_owned(), path: path.to_owned(), free, total })
    }
}

impl App {
    /// Tells all administrators, once however many workers do.
    ///
    /// # Errors
    /// As [`App::notify`].
    pub async fn alert(&self, alert: &Alert) -> Result<Notified, Error> {
        self.notify(&Caller::operator(), &To::With(Right::Admin), alert.notice()).await
    }
}

impl Alert {
    fn notice(&self) -> NewNotice {
        let (severity, title, message) = self.words();
        let mut data = self.facts();
        for (name, value) in [("severity", severity), ("title", title), ("message", &message), ("source", "system")] {
            data.insert(name.to_owned(), value.into());
        }
        data.insert("code".to_owned(), self.code().into());
        let status = if matches!(self, Alert::RedisBack { .. }) { NoticeStatus::Success } else { NoticeStatus::Error };
        let (key, window) = self.key();
        NewNotice {
            status: Some(status),
            key: Some(key),
            window,
            once: true,
            ..NewNotice::new("alert", &Json::Object(data))
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Alert::WorkerLost { .. } => "worker_lost",
            Alert::RedisDeaf { .. } => "redis_deaf",
            Alert::RedisBack { .. } => "redis_back",
            Alert::DiskLow { .. } => "disk_low",
        }
    }

    /// Under which all workers tell the same, and how far apart they may. Names are cut to what a key may hold, from their end, which is
    /// what tells them apart.
    fn key(&self) -> (String, Duration) {
        let (of, window) = match self {
            Alert::WorkerLost { name, .. } => (name.as_str(), MINUTES),
            Alert::RedisDeaf { .. } | Alert::RedisBack { .. } => ("", TOGETHER),
            Alert::DiskLow { host, .. } => (host.as_str(), MINUTES),
        };
        let mut of: Vec<char> = of.chars().rev().filter(char::is_ascii_graphic).take(160).collect();
        of.reverse();
        (format!("{}:{}", self.code(), of.into_iter().collect::<String>()), window)
    }

    fn facts(&self) -> Map<String, Json> {
        let facts = match self {
            Alert::WorkerLost { worker, name, host } => json!({"worker": worker, "name": name, "host": host}),
            Alert::RedisDeaf { seconds } | Alert::RedisBack { seconds } => json!({"seconds": seconds}),
            Alert::DiskLow { host, path, free, total } => {
                json!({"host": host, "path": path, "free": free, "total": total})
            }
        };
        facts.as_object().cloned().unwrap_or_default()
    }

    fn words(&self) -> (&'static str, &'static str, String) {
        match self {
            Alert::WorkerLost { worker, host, .. } => (
                "high",
                "A worker is lost",
                format!(
                    "Worker {worker} at {host} fell silent without saying goodbye. Its pages go to the others; look into the service's log."
                ),
            ),
            Alert::RedisDeaf { seconds } => (
                "high",
                "Redis does not answer",
                format!(
                    "Workers have not heard each other over Redis for {seconds} s. Changes still arrive, more slowly, by the database."
                ),
            ),
            Alert::RedisBack { seconds } => {
                ("low", "Redis is back", format!("Workers hear each other over Redis again, after {seconds} s."))
            }
            Alert::DiskLow { host, path, free, .. } => (
                "high",
                "The disk is nearly full",
                format!(
                    "{} MiB are left for {path} at {host}. Make room: without any nothing can be saved.",
                    free >> 20
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_wire_is_worth_a_word_after_ten_seconds_and_another_when_it_is_back() {
        let mut hearing = Hearing::default();

        assert_eq!(hearing.look(true, at(0)), None);
        assert_eq!(hearing.look(false, at(1)), None);
        assert_eq!(hearing.look(false, at(10)), None);
        assert_eq!(hearing.look(false, at(11)), Some(Alert::RedisDeaf { seconds: 10 }));
        assert_eq!(hearing.look(false, at(60)), None, "once");
        assert_eq!(hearing.look(true, at(61)), Some(Alert::RedisBack { seconds: 60 }));
        assert_eq!(hearing.look(true, at(62)), None);
    }

    #[test]
    fn a_short_break_of_the_wire_is_nobodys_business() {
        let mut hearing = Hearing::default();
        for second in 0..100 {
            assert_eq!(hearing.look(second % 10 == 0, at(second)), None);
        }
    }

    #[test]
    fn a_disk_is_worth_a_word_again_only_after_it_was_fine() {
        let mut disk = DiskWatch::default();
        let mut check =
            |free, total, expect| assert_eq!(disk.look("h", "/srv", free, total).is_some(), expect, "{free}");

        check(3 * GIB, 100 * GIB, false);
        check(GIB, 20 * GIB, false);
        check(GIB, 100 * GIB, true);
        check(GIB - 1, 100 * GIB, false);
        check(2 * GIB, 100 * GIB, false);
        check(GIB, 100 * GIB, true);
        check(GIB, 2 * GIB, false);
        check(GIB / 2 - 1, 2 * GIB, true);
    }

    #[test]
    fn a_key_tells_long_names_apart() {
        let lost = |name: String| Alert::WorkerLost { worker: 1, name, host: "h".into() }.key().0;

        let (one, two) = (lost(format!("{}/1", "h".repeat(300))), lost(format!("{}/2", "h".repeat(300))));

        assert!(one != two && one.len() < 200, "{one}");
    }
}
