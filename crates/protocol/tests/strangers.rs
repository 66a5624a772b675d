//! Whatever a stranger sends: nothing panics, and what is taken obeys its bounds and survives being written and read again.

mod nasty;

use std::sync::Arc;

use lockstep_protocol::{
    Ack, Emission, Epoch, EventName, FanOut, Join, Position, Record, Refusal, Room, RoomAck, Scope, Seq,
    ledger::Head,
    packet::{Packet, raw_event},
    worker::{Heard, Worker},
};
use serde_json::Value;

use nasty::{JOINS, PACKETS, POSITIONS, RECORDS, ROOMS, texts};

const COUNT: usize = 20_000;

#[test]
fn packets_are_read_alike_twice_or_refused() {
    let mut read = 0;
    for text in texts(&PACKETS, COUNT) {
        let Ok(packet) = Packet::parse(&text) else { continue };
        let again = Packet::parse(&packet.to_string()).unwrap_or_else(|error| panic!("{error} of {text}"));
        assert_eq!(again.to_string(), packet.to_string(), "{text}");
        read += 1;
        if let Ok((_, argument)) = raw_event(&text) {
            serde_json::from_str::<Box<serde_json::value::RawValue>>(argument.get()).expect("finished JSON");
        }
    }
    assert!(read > COUNT / 100, "{read}: nearly nothing was a packet");
}

#[test]
fn wishes_that_are_taken_are_within_their_bounds() {
    let mut taken = 0;
    for text in texts(&JOINS, COUNT) {
        let Ok(payload) = serde_json::from_str::<Value>(&text) else { continue };
        if let Ok(name) = Join::room_name(&payload) {
            assert!(name.chars().count() <= 80, "{text}");
        }
        let wishes = match Join::parse(&payload) {
            Ok(Join::One(wish)) => vec![wish],
            Ok(Join::Many(wishes)) => wishes,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::BadRequest, "{text}");
                continue;
            }
        };
        taken += 1;
        assert!(wishes.len() <= 32, "{text}");
        for (name, position) in &wishes {
            assert!(name.chars().count() <= 80, "{text}");
            let sane = |at: &Position| at.epoch.as_str().len() <= 64 && at.seq >= Seq(0);
            assert!(position.as_ref().is_none_or(sane), "{text}");
        }
        let refused = wishes.into_iter().map(|(room, _)| RoomAck::Refused { room, why: Refusal::UnknownRoom });
        serde_json::to_string(&Ack::Many(refused.collect())).expect("an answer to anybody");
    }
    assert!(taken > COUNT / 100, "{taken}: nearly nothing was a wish");
}

#[test]
fn names_that_are_taken_are_written_as_they_were_read() {
    for text in texts(&[&ROOMS[..], &POSITIONS].concat(), COUNT) {
        if let Ok(room) = text.parse::<Room>() {
            assert_eq!(room.to_string(), text);
        }
        if let Ok(scope) = text.parse::<Scope>() {
            assert_eq!(scope.to_string(), text);
        }
        if let Ok(event) = text.parse::<EventName>() {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":_-.".contains(&byte);
            assert!(event.to_string() == text && text.len() <= EventName::MAX_BYTES && text.bytes().all(plain));
        }
        if let Ok(position) = text.parse::<Position>() {
            assert_eq!(position.to_string().parse(), Ok(position), "{text}");
        }
    }
}

/// One record of a message, or the first of several.
fn record(text: &str) -> Option<Record> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str::<Vec<Record>>(text).ok()?.into_iter().next())
}

#[test]
fn a_forged_record_is_judged_like_any_and_no_page_gets_broken_json_of_it() {
    let fanout = Arc::new(FanOut::default());
    let head = || Head { epoch: Epoch::new("a"), top: Seq(1), floor: Seq(0) };
    let live = [Room::Files, Room::Admin, Room::User("1".into())];
    let (mut worker, mut applied) = (Worker::new(fanout.clone(), head(), 16), 0);
    for text in texts(&RECORDS, COUNT) {
        let Some(record) = record(&text) else { continue };
        let (before, seq) = (worker.position(), record.seq);
        for soft in [false, true] {
            let emission = Emission::of(&record, &Room::Files, soft, Seq(0));
            let _: Value = serde_json::from_str(&emission.payload).unwrap_or_else(|error| panic!("{error} of {text}"));
        }
        match worker.hear(&record) {
            Heard::Apply => {
                worker.apply(Arc::new(record), live.iter());
                assert!(worker.position().seq > before.seq && worker.position().seq == seq, "{text}");
                applied += 1;
            }
            Heard::Drop => assert!(seq <= before.seq, "{text}"),
            Heard::Repair => {}
        }
        live.iter().for_each(|room| drop(worker.resume(room, &before)));
        // The next look at the ledger finds that it has no such row, and everybody starts afresh.
        if worker.position().seq > Seq(1) {
            worker.reset(head());
        }
    }
    assert!(applied > 10, "{applied}: nearly nothing was applied");
}
