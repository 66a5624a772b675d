//! Log lines at a raw door: all of them as the first pages had them, or those of a filter that the client may change.
//!
//! What is sent is finished by the hub of log lines, once for all who want the same; a client that is behind is told exactly how many it
//! has lost, by the hub as well.

use std::sync::Arc;

use http::Uri;
use lockstep_protocol::log::{BadFilter, Filter};
use lockstep_sync_manager::{
    Sent,
    logs::{LogOutlet, MAX_BACKFILL, Said},
};
use serde_json::{Map, Value, json};

use super::{
    Doorway, Raw,
    seat::Seat,
    shown::parameters,
    talk::{Complaint, complain, unknown_type},
};

/// Lines of what came before that a client is shown unless it says how many it wants.
const BACKFILL: usize = 100;

/// What a client may say at this door.
const KNOWN: &str = "ping, set_filters, pause, resume";

/// What a client wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    filter: Filter,
    backfill: usize,
}

impl Wish {
    /// From the parameters of a URL; those that have to do with signing in are nobody's filter.
    pub(super) fn of_url(uri: &Uri) -> Result<Self, Complaint> {
        let (mut filter, mut backfill) = (Map::new(), Value::Null);
        for (name, value) in parameters(uri) {
            match name.as_str() {
                "backfill" => backfill = value.parse::<u64>().map_or(Value::from(value), Value::from),
                "regex" => drop(filter.insert(name, matches!(value.as_str(), "1" | "true" | "on").into())),
                _ => drop(filter.insert(name, value.into())),
            }
        }
        Self::read(&filter.into(), &backfill)
    }

    fn read(filter: &Value, backfill: &Value) -> Result<Self, Complaint> {
        let filter = Filter::parse(filter).map_err(|BadFilter { field, why }| Complaint::about(field, why))?;
        let backfill = match backfill {
            Value::Null => Some(BACKFILL),
            number => number.as_u64().and_then(|lines| usize::try_from(lines).ok()),
        };
        let backfill = backfill.filter(|lines| *lines <= MAX_BACKFILL);
        let wrong = || Complaint::about("backfill", format!("a number from 0 to {MAX_BACKFILL} is expected"));
        Ok(Self { filter, backfill: backfill.ok_or_else(wrong)? })
    }
}

impl Raw {
    /// Begins to give the client its lines, after the greeting.
    pub(super) fn open_logs(&self, seat: &Arc<Seat>) {
        let logs = self.state().sync.logs();
        match seat.doorway() {
            Doorway::Notifications => {}
            Doorway::Logs => seat.reads(logs.open(seat.clone(), Filter::default(), 0)),
            Doorway::LogStream => {
                let wish = seat.wish();
                seat.reads(logs.open(seat.clone(), wish.filter.clone(), wish.backfill));
            }
        }
    }

    pub(super) fn answer_about_logs(seat: &Seat, kind: &str, message: &Value) -> Result<(), Complaint> {
        let reader = seat.reader().ok_or_else(Complaint::unavailable)?;
        match kind {
            "set_filters" => {
                let Wish { filter, backfill } = Wish::read(&message["filters"], &message["backfill"])?;
                reader.filter(filter, backfill);
            }
            "pause" => reader.pause(),
            "resume" => reader.resume(),
            _ => return Err(unknown_type(kind, KNOWN)),
        }
        Ok(())
    }
}

impl LogOutlet for Seat {
    fn send(&self, said: &Said) -> Sent {
        let encoded = if self.doorway() == Doorway::LogStream { said.stream() } else { said.plain() };
        self.send_frames(encoded.frames(), encoded.texts().len())
    }
}

impl Default for Wish {
    fn default() -> Self {
        Self { filter: Filter::default(), backfill: BACKFILL }
    }
}

/// The first filter of a client and what it is told of it, in the greeting or after.
pub(super) fn with_filters(seat: &Seat, mut greeting: Value) -> Value {
    if seat.doorway() == Doorway::LogStream {
        greeting["filters"] = json!(seat.wish().filter);
    }
    greeting
}

/// Says what was wrong with the filter in the URL.
pub(super) fn complain_of_url(seat: &Seat) {
    if let Some(complaint) = seat.bad_wish() {
        complain(seat, complaint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The filter as it is written out and the backfill, or the field that is wrong.
    fn check(uri: &str, filter: &Value, expect: Result<usize, &str>) {
        let wish = Wish::of_url(&uri.parse().expect("a URI"));
        let read = wish.as_ref().map(|wish| wish.backfill).map_err(|complaint| complaint.field.unwrap_or_default());
        assert_eq!(read, expect, "{uri}");
        if let Ok(wish) = wish {
            assert_eq!(wish.filter, Filter::parse(filter).expect("right"), "{uri}");
        }
    }

    #[test]
    fn a_url_may_hold_the_first_filters() {
        check("/?ticket=t", &Value::Null, Ok(100));
        check("/?level=error,critical&backfill=0", &json!({"level": ["error", "critical"]}), Ok(0));
        check("/?source=import-%2A&backfill=1000", &json!({"source": "import-*"}), Ok(1000));
        check("/?text=%5Ea&regex=true", &json!({"text": "^a", "regex": true}), Ok(100));
    }

    #[test]
    fn what_is_wrong_in_a_url_is_named() {
        check("/?level=loud", &Value::Null, Err("level"));
        check("/?backfill=1001", &Value::Null, Err("backfill"));
        check("/?backfill=-1", &Value::Null, Err("backfill"));
        check("/?text=(&regex=1", &Value::Null, Err("text"));
    }
}
