//! The wall clock, for those who show times to people. Order never comes from it.

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The time as the wire has it: ISO 8601 in UTC, with milliseconds and `Z`.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default();
    format!("{now:.3}")
}
