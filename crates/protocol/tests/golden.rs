//! The wire, as both languages must understand it: the same files drive the tests of `static/js`.

use std::{path::Path, sync::Arc};

use lockstep_protocol::{
    Ack, Emission, EventName, FanOut, Join, JoinMode, Position, Record, RefreshWhy, Refusal, Room, RoomAck, Seq,
    page::{Act, Input, Page},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

fn golden<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let text = std::fs::read_to_string(&path).expect("a golden file");
    let cases: Vec<T> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!cases.is_empty(), "{name} has no case");
    cases
}

#[derive(Deserialize)]
struct EventCase {
    name: String,
    record: Record,
    room: Room,
    prev: Seq,
    event: EventName,
    payload: Box<RawValue>,
}

#[test]
fn events_reach_the_page_byte_for_byte_as_written() {
    for case in golden::<EventCase>("events.json") {
        let target = FanOut::default().hears(&case.room, &case.record).expect("the room hears it");

        let emission = Emission::of(&case.record, &case.room, target.soft, case.prev);

        assert_eq!(emission.event, case.event, "{}", case.name);
        assert_eq!(&*emission.payload, case.payload.get(), "{}", case.name);
    }
}

#[derive(Deserialize)]
struct AckCase {
    name: String,
    ack: Box<RawValue>,
}

fn acks() -> Vec<(&'static str, Ack)> {
    let record: Record = golden::<EventCase>("events.json").remove(0).record;
    let event = Arc::new(Emission::of(&record, &Room::Categories, false, Seq(1_763_759_990_001)));
    let joined = |room, mode| RoomAck::Joined { room, mode, position: record.position() };
    let refused = |room: &str, why| RoomAck::Refused { room: room.into(), why };
    vec![
        ("live", Ack::One(joined(Room::Files, JoinMode::Live))),
        ("recovered", Ack::One(joined(Room::Categories, JoinMode::Recovered(vec![event])))),
        ("refresh", Ack::One(joined(Room::Files, JoinMode::Refresh(RefreshWhy::Trimmed)))),
        ("refused", Ack::One(refused("flies", Refusal::UnknownRoom))),
        ("many", Ack::Many(vec![joined(Room::Files, JoinMode::Live), refused("admin", Refusal::Forbidden)])),
    ]
}

#[test]
fn acks_are_written_as_the_page_reads_them() {
    let written = acks();
    let cases = golden::<AckCase>("acks.json");
    assert_eq!(cases.len(), written.len());
    for (case, (name, ack)) in cases.into_iter().zip(written) {
        assert_eq!(case.name, name);
        assert_eq!(serde_json::to_string(&ack).expect("JSON"), case.ack.get(), "{name}");
    }
}

#[derive(Deserialize)]
struct JoinCase {
    name: String,
    payload: Value,
    rooms: Option<Vec<(String, Option<Position>)>>,
    refused: Option<String>,
}

#[test]
fn requests_to_join_are_read_as_the_page_writes_them() {
    for case in golden::<JoinCase>("joins.json") {
        match Join::parse(&case.payload) {
            Ok(Join::One(wish)) => assert_eq!(Some(vec![wish]), case.rooms, "{}", case.name),
            Ok(Join::Many(wishes)) => assert_eq!(Some(wishes), case.rooms, "{}", case.name),
            Err(refusal) => assert_eq!(Some(refusal.code().to_owned()), case.refused, "{}", case.name),
        }
    }
}

#[derive(Deserialize)]
struct Trace {
    name: String,
    position: Option<Position>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(rename = "in")]
    input: Input,
    out: Vec<Act>,
}

#[test]
fn the_page_decides_as_the_traces_say() {
    for trace in golden::<Trace>("page-traces.json") {
        let mut page = trace.position.map_or_else(Page::default, Page::at);
        for (number, step) in trace.steps.into_iter().enumerate() {
            assert_eq!(page.step(step.input), step.out, "{}: step {number}", trace.name);
        }
    }
}
