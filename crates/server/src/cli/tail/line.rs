//! How an event is shown.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::follower::Item;

/// `12:03:04.123  files:changed  updated  7  room:files  worker 12  +3 ms  Anna`
pub(super) fn text(item: &Item, now_ms: i64) -> String {
    let field = |name: &str| item.event.get(name).and_then(Value::as_str).unwrap_or("?");
    let time = Timestamp::from_millisecond(item.seq.0).unwrap_or_default().to_zoned(TimeZone::system());
    let who =
        item.event.pointer("/actor/name").and_then(Value::as_str).map(|name| format!("  {name}")).unwrap_or_default();
    let cause = item
        .event
        .pointer("/cause/event")
        .and_then(Value::as_str)
        .map(|event| format!("  after {event}"))
        .unwrap_or_default();
    format!(
        "{}  {}  {}  {}  {}  worker {}  +{} ms{who}{cause}",
        time.strftime("%H:%M:%S%.3f"),
        item.name,
        field("reason"),
        field("id"),
        field("scope"),
        item.event.get("worker").unwrap_or(&Value::Null),
        delay(item, now_ms),
    )
}

/// The event as it came, with `event` and `delayMs`.
pub(super) fn json(item: &Item, now_ms: i64) -> String {
    let mut event = item.event.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.insert("event".to_owned(), json!(item.name));
        fields.insert("delayMs".to_owned(), json!(delay(item, now_ms)));
    }
    event.to_string()
}

/// From the commit until now, as far as two clocks agree. A busy ledger runs a few milliseconds ahead of the clock.
fn delay(item: &Item, now_ms: i64) -> i64 {
    (now_ms - item.seq.0).max(0)
}

#[cfg(test)]
mod tests {
    use lockstep_protocol::Seq;

    use super::*;

    fn item(event: Value) -> Item {
        Item { name: "files:changed".into(), seq: Seq(1_763_760_000_123), event }
    }

    #[test]
    fn a_line_tells_what_happened_where_and_how_long_ago() {
        let event = json!({"reason": "updated", "id": "7", "scope": "room:files", "worker": 12, "actor": {"id": "1", "name": "Anna"}});

        let line = text(&item(event), 1_763_760_000_126);

        assert!(line.ends_with("0.123  files:changed  updated  7  room:files  worker 12  +3 ms  Anna"), "{line}");
    }

    #[test]
    fn json_is_the_event_with_its_name_and_delay() {
        let line: Value = serde_json::from_str(&json(&item(json!({"id": "7"})), 0)).expect("JSON");

        assert_eq!(line, json!({"id": "7", "event": "files:changed", "delayMs": 0}));
    }
}
