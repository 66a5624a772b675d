//! What travels on the bus: one record, or several that were committed together.
//!
//! One record is a JSON object, several are an array of them. A message is never larger than [`MAX_MESSAGE_BYTES`] unless a single
//! record is. Whoever cannot read one reads the ledger instead.

use lockstep_protocol::Record;

use crate::bus::MAX_MESSAGE_BYTES;

/// The messages that carry these records, in order.
pub(crate) fn write(records: &[Record]) -> Vec<String> {
    let (mut messages, mut waiting, mut bytes) = (Vec::new(), Vec::new(), 0);
    for record in records {
        let text = serde_json::to_string(record).expect("a record has string keys");
        let more = text.len() + 1;
        if bytes + more >= MAX_MESSAGE_BYTES && !waiting.is_empty() {
            messages.push(join(&std::mem::take(&mut waiting)));
            bytes = 0;
        }
        bytes += more;
        waiting.push(text);
    }
    if !waiting.is_empty() {
        messages.push(join(&waiting));
    }
    messages
}

fn join(records: &[String]) -> String {
    match records {
        [one] => one.clone(),
        several => format!("[{}]", several.join(",")),
    }
}

/// The records of a message.
///
/// # Errors
/// When it is none of ours.
pub(crate) fn read(message: &str) -> serde_json::Result<Vec<Record>> {
    if !message.starts_with('[') {
        return serde_json::from_str(message).map(|record| vec![record]);
    }
    let records: Vec<Record> = serde_json::from_str(message)?;
    if records.is_empty() { Err(serde::de::Error::custom("no record")) } else { Ok(records) }
}

#[cfg(test)]
mod tests {
    use lockstep_protocol::{Draft, Epoch, EventName, Reason, Room, Scope, Seq};
    use serde_json::value::to_raw_value;

    use super::*;

    fn records(count: i64, bytes: usize) -> Vec<Record> {
        let draft = |_| Draft {
            event: EventName::changed(&Room::Files),
            reason: Reason::Updated,
            worker: 1,
            scope: Scope::Room(Room::Files),
            id: "7".into(),
            data: Some(to_raw_value(&"x".repeat(bytes)).expect("text")),
            rev: None,
            actor: None,
            origin: None,
        };
        (1..=count).map(|seq| draft(seq).stamped(Epoch::new("a"), Seq(seq), Seq(seq - 1))).collect()
    }

    fn check(count: i64, bytes: usize, messages: usize) {
        let written = write(&records(count, bytes));

        assert_eq!(written.len(), messages, "{count} of {bytes}");
        assert!(written.iter().all(|message| message.len() <= MAX_MESSAGE_BYTES), "{count} of {bytes}");
        let read = written.iter().flat_map(|message| read(message).expect("ours"));
        assert!(read.map(|record| record.seq.0).eq(1..=count), "{count} of {bytes}");
    }

    #[test]
    fn records_travel_together_as_far_as_a_message_takes_them() {
        check(0, 0, 0);
        check(1, 10, 1);
        check(200, 10, 1);
        check(10, 15_000, 3);
        check(3, 32_000, 2);
    }

    #[test]
    fn what_is_no_record_is_not_read() {
        for garbage in ["", "{}", "[]", "[{}]", "[", "null", "7"] {
            assert!(read(garbage).is_err(), "{garbage}");
        }
    }
    /// The wire is semi-trusted: whoever may publish on it may say anything.
    #[test]
    fn a_message_of_a_strangers_is_read_whole_or_not_at_all() {
        let mut taken = 0;
        for text in crate::nasty::texts(&crate::nasty::RECORDS, 20_000) {
            let Ok(records) = read(&text) else { continue };
            let again: Vec<Record> = write(&records).iter().flat_map(|message| read(message).expect("ours")).collect();
            let as_text = |records: &[Record]| serde_json::to_string(records).expect("a record has string keys");
            assert!(!records.is_empty() && as_text(&again) == as_text(&records), "{text}");
            taken += 1;
        }
        assert!(taken > 100, "{taken}: nearly nothing was a message");
    }
}
