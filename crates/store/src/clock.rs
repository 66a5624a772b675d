//! The wall clock, handed in: the one reader of the system's time in this crate and above it.
//!
//! Tests hand in a clock that they move themselves.

use std::{fmt, sync::Arc, time::UNIX_EPOCH};

/// Something that knows the time of day.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock shared by all who need the time.
#[derive(Clone)]
pub struct SharedClock(Arc<dyn Clock>);

impl SharedClock {
    /// Shares `clock`.
    pub fn new(clock: impl Clock) -> Self {
        Self(Arc::new(clock))
    }

    /// The system's clock, shared.
    pub fn system() -> Self {
        Self::new(SystemClock)
    }

    /// Milliseconds since 1970, UTC.
    pub fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}

/// A time as JSON carries it: RFC 3339 in UTC with milliseconds, such as `2026-11-22T09:30:00.123Z`.
pub fn rfc3339(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    format!("{time:.3}")
}

/// Reads a time as programs and people write it: milliseconds since 1970, RFC 3339, or ISO 8601 with a date alone or without an offset,
/// which then is UTC. `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    });
    stamp.map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_however_it_is_written() {
        let noon = Some(1_763_812_800_000);
        for text in [
            "1763812800000",
            "2025-11-22T12:00:00Z",
            "2025-11-22T12:00:00.000Z",
            "2025-11-22T15:00:00+03:00",
            "2025-11-22T12:00:00",
            "2025-11-22 12:00",
            "20251122T120000Z",
        ] {
            assert_eq!(parse(text), noon, "{text}");
        }
        assert_eq!(parse("2025-11-22"), Some(1_763_769_600_000));
        assert_eq!(parse(&rfc3339(1_763_812_800_123)), Some(1_763_812_800_123));
        for text in ["", "-1", "noon", "22.11.2025", "2025-13-01", "99999999999999999999", "2025-11-22T15:00:00 03:00"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_with_milliseconds_in_utc() {
        assert_eq!(rfc3339(1_763_760_000_120), "2025-11-21T21:20:00.120Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
    }
}
