//! `logs:filter`: which log lines a page in the room `logs` wants.

use lockstep_protocol::{
    Refusal, Room,
    log::{BadFilter, Filter},
};
use lockstep_sync_manager::logs::MAX_BACKFILL;
use serde_json::{Value, json};

use super::seat::Seat;

/// How many lines of what came before a page is shown that does not say how many.
pub(super) const BACKFILL: usize = 200;

/// A filter, and how many lines of what came before.
pub(super) type Wanted = (Filter, usize);

/// Reads what a page wants.
pub(super) fn read(data: &Value) -> Result<Wanted, BadFilter> {
    let backfill = match &data["backfill"] {
        Value::Null => Some(BACKFILL),
        count => count.as_u64().and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= MAX_BACKFILL),
    };
    let bad = || BadFilter { field: "backfill", why: format!("a number up to {MAX_BACKFILL} is expected") };
    Ok((Filter::parse(data)?, backfill.ok_or_else(bad)?))
}

/// The answer to a page, and what it will be shown after that.
pub(super) fn answer(seat: &Seat, wanted: Result<Wanted, BadFilter>) -> (Value, Option<Wanted>) {
    let refused = |why: Refusal| json!({"ok": false, "error": why.code()});
    match wanted {
        _ if !seat.caller().may_join(&Room::Logs) => (refused(Refusal::Forbidden), None),
        Err(BadFilter { field, why }) => {
            (json!({"ok": false, "error": "bad_filter", "field": field, "message": why}), None)
        }
        Ok(_) if !seat.reads_logs() => {
            let mut answer = refused(Refusal::BadRequest);
            answer["message"] = "join the room `logs` first".into();
            (answer, None)
        }
        Ok(wanted) => (json!({"ok": true, "filter": wanted.0}), Some(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &Value, expect: Result<usize, &str>) {
        assert_eq!(read(data).map(|(_, backfill)| backfill).map_err(|error| error.field), expect, "{data}");
    }

    #[test]
    fn what_a_page_wants_is_a_filter_and_some_lines_of_what_came_before() {
        check(&json!({}), Ok(200));
        check(&Value::Null, Ok(200));
        check(&json!({"backfill": 0}), Ok(0));
        check(&json!({"backfill": 1000, "level": "error"}), Ok(1000));
        check(&json!({"backfill": 1001}), Err("backfill"));
        check(&json!({"backfill": -1}), Err("backfill"));
        check(&json!({"backfill": "all"}), Err("backfill"));
        check(&json!({"level": "loud"}), Err("level"));
        check(&json!("scan"), Err("filter"));
    }
}
