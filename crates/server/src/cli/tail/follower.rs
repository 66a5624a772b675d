//! A page without a screen: several rooms, each kept in step by the protocol's own machine.
//!
//! Pure: it is told which packets arrived and says what to send and what to show. What a page would fetch cannot be fetched here,
//! since there is no data behind a stream of events; it becomes a [`Output::Gap`].

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use lockstep_protocol::{
    Epoch, Position, Room, Seq,
    packet::Packet,
    page::{Act, Input, Joined, Mark, Page},
};
use serde_json::{Map, Value, json};

/// Events remembered so that one that is heard in several rooms is shown once. Rooms hear an event within milliseconds of each other.
const REMEMBERED: usize = 512;

/// An event to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) seq: Seq,
    pub(super) event: Value,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    Send(Packet),
    Show(Item),
    /// Changes up to here were missed for good.
    Gap {
        room: Room,
        seq: Seq,
    },
    Denied {
        room: Room,
        why: String,
    },
    /// The connection is of no use.
    Reconnect,
    /// The worker goes: after this time, come back elsewhere. Until then it tells all it has to tell.
    Move(Duration),
}

#[derive(Debug, Default)]
struct Followed {
    page: Page,
    /// Events that were neither shown nor dropped yet.
    pending: BTreeMap<Seq, Item>,
}

#[derive(Debug)]
pub(super) struct Follower {
    rooms: BTreeMap<Room, Followed>,
    /// Rooms whose joins are not answered yet, by the number of the request.
    asked: HashMap<u64, Vec<Room>>,
    requests: u64,
    shown: VecDeque<(String, Seq)>,
}

impl Follower {
    pub(super) fn new(rooms: Vec<Room>) -> Self {
        let rooms = rooms.into_iter().map(|room| (room, Followed::default())).collect();
        Self { rooms, asked: HashMap::new(), requests: 0, shown: VecDeque::new() }
    }

    /// Whether every room was denied.
    pub(super) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Whether the answer to a join is awaited.
    pub(super) fn waits(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The connection is up: join every room in one request.
    pub(super) fn connected(&mut self) -> Vec<Output> {
        let rooms: Vec<Room> = self.rooms.keys().cloned().collect();
        for followed in self.rooms.values_mut() {
            followed.page.step(Input::Connect);
        }
        vec![self.join(rooms)]
    }

    /// The connection is gone; every room keeps its place.
    pub(super) fn disconnected(&mut self) {
        self.asked.clear();
        for followed in self.rooms.values_mut() {
            followed.page.step(Input::Disconnect);
            followed.pending.clear();
        }
    }

    /// No answer in time.
    pub(super) fn late(&mut self) -> Vec<Output> {
        let rooms: Vec<Room> = std::mem::take(&mut self.asked).into_values().flatten().collect();
        rooms.into_iter().flat_map(|room| self.step(&room, Input::Timeout)).collect()
    }

    /// A packet has arrived.
    pub(super) fn packet(&mut self, packet: Packet) -> Vec<Output> {
        match packet {
            Packet::Event { name, args, .. } => {
                let argument = args.into_iter().next().unwrap_or(Value::Null);
                self.event(name, argument)
            }
            Packet::Ack { id, args } => self.ack(id, args.first().unwrap_or(&Value::Null)),
            _ => Vec::new(),
        }
    }

    fn event(&mut self, name: String, argument: Value) -> Vec<Output> {
        match name.as_str() {
            "sync:bye" => vec![bye(&argument)],
            "sync:pos" => self.beat(&argument),
            "sync:reset" => self.reset(&argument),
            _ => self.change(name, argument),
        }
    }

    fn beat(&mut self, beat: &Value) -> Vec<Output> {
        let Some(epoch) = beat.get("epoch").and_then(Value::as_str) else { return Vec::new() };
        let rooms = beat.get("rooms").and_then(Value::as_object).cloned().unwrap_or_default();
        let positions = rooms
            .iter()
            .filter_map(|(room, seq)| Some((room.parse().ok()?, Position::new(Epoch::new(epoch), Seq(seq.as_i64()?)))));
        positions.flat_map(|(room, position): (Room, _)| self.step(&room, Input::Beat(position))).collect()
    }

    fn reset(&mut self, reset: &Value) -> Vec<Output> {
        let Some(base) = position(reset) else { return Vec::new() };
        let rooms: Vec<Room> = self.rooms.keys().cloned().collect();
        rooms.into_iter().flat_map(|room| self.step(&room, Input::Reset(base.clone()))).collect()
    }

    /// What is no event of a room, such as `hello`, is passed over.
    fn change(&mut self, name: String, event: Value) -> Vec<Output> {
        let Some(room) = room_of(&event).filter(|room| self.rooms.contains_key(room)) else { return Vec::new() };
        let Some(mark) = self.keep(&room, name, event) else { return Vec::new() };
        self.step(&room, Input::Event(mark))
    }

    fn keep(&mut self, room: &Room, name: String, event: Value) -> Option<Mark> {
        let mark: Mark = serde_json::from_value(event.clone()).ok()?;
        self.rooms.get_mut(room)?.pending.insert(mark.seq, Item { name, seq: mark.seq, event });
        Some(mark)
    }

    fn ack(&mut self, id: u64, answer: &Value) -> Vec<Output> {
        let rooms = self.asked.remove(&id).unwrap_or_default();
        let own = |room: &Room| answer.get("rooms").map_or(Some(answer), |rooms| rooms.get(room.to_string()));
        rooms.into_iter().flat_map(|room| self.answered(&room, own(&room).unwrap_or(&Value::Null))).collect()
    }

    fn answered(&mut self, room: &Room, answer: &Value) -> Vec<Output> {
        let mode = answer.get("mode").and_then(Value::as_str);
        let joined = match (mode, position(answer)) {
            (Some("live"), Some(position)) => Joined::Live(position),
            (Some("refresh"), Some(position)) => Joined::Refresh(position),
            (Some("recovered"), Some(position)) => {
                let events = answer.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
                Joined::Recovered { position, events: self.missed(room, events) }
            }
            _ => return self.refused(room, answer),
        };
        self.step(room, Input::Ack(joined))
    }

    /// Events inside an ack carry their name with them.
    fn missed(&mut self, room: &Room, events: Vec<Value>) -> Vec<Mark> {
        let named = events.into_iter().filter_map(|event| Some((event.get("event")?.as_str()?.to_owned(), event)));
        named.filter_map(|(name, event)| self.keep(room, name, event)).collect()
    }

    /// What may pass is asked again later; the rest is final.
    fn refused(&mut self, room: &Room, answer: &Value) -> Vec<Output> {
        let why = answer.get("error").and_then(Value::as_str).unwrap_or("no answer that makes sense");
        if matches!(why, "rate_limited" | "unavailable") {
            return vec![Output::Reconnect];
        }
        self.rooms.remove(room);
        vec![Output::Denied { room: room.clone(), why: why.to_owned() }]
    }

    fn step(&mut self, room: &Room, input: Input) -> Vec<Output> {
        let Some(followed) = self.rooms.get_mut(room) else { return Vec::new() };
        let acts = followed.page.step(input);
        acts.into_iter().flat_map(|act| self.act(room, act)).collect()
    }

    fn act(&mut self, room: &Room, act: Act) -> Vec<Output> {
        let Some(followed) = self.rooms.get_mut(room) else { return Vec::new() };
        match act {
            Act::Apply(seq) => {
                return followed.pending.remove(&seq).and_then(|item| self.show(item)).into_iter().collect();
            }
            Act::Drop(seq) => drop(followed.pending.remove(&seq)),
            Act::Overflow => followed.pending.clear(),
            Act::Show(seq) => followed.pending.retain(|held, _| *held > seq),
            Act::Join(_) => return vec![self.join(vec![room.clone()])],
            Act::Reconnect => return vec![Output::Reconnect],
            Act::Fetch(position) | Act::FetchAgain(position) => {
                let gap = Output::Gap { room: room.clone(), seq: position.seq };
                return std::iter::once(gap).chain(self.step(room, Input::Snapshot(position))).collect();
            }
            Act::Hold(_) | Act::Run(_) | Act::Proven | Act::Denied => {}
        }
        Vec::new()
    }

    fn show(&mut self, item: Item) -> Option<Output> {
        let mark = (item.name.clone(), item.seq);
        if self.shown.contains(&mark) {
            return None;
        }
        self.shown.push_back(mark);
        if self.shown.len() > REMEMBERED {
            self.shown.pop_front();
        }
        Some(Output::Show(item))
    }

    fn join(&mut self, rooms: Vec<Room>) -> Output {
        let wish = |room: &Room| {
            let at = self.rooms.get(room).and_then(|followed| followed.page.position());
            (room.to_string(), at.map_or(Value::Null, |at| json!([at.epoch, at.seq])))
        };
        let wishes: Map<String, Value> = rooms.iter().map(wish).collect();
        self.requests += 1;
        self.asked.insert(self.requests, rooms);
        Output::Send(Packet::event(Some(self.requests), "sync:join", json!({"rooms": wishes})))
    }
}

fn bye(bye: &Value) -> Output {
    Output::Move(Duration::from_millis(bye.get("retryMs").and_then(Value::as_u64).unwrap_or(1_000)))
}

/// The room whose chain an event belongs to.
fn room_of(event: &Value) -> Option<Room> {
    let named = event.get("room").and_then(Value::as_str);
    let scope = || event.get("scope")?.as_str()?.strip_prefix("room:");
    named.or_else(scope)?.parse().ok()
}

fn position(value: &Value) -> Option<Position> {
    serde_json::from_value(json!({"epoch": value.get("epoch")?, "seq": value.get("seq")?})).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(follower: &mut Follower, id: u64, rooms: &Value) -> Vec<Output> {
        follower.packet(Packet::Ack { id, args: vec![json!({"ok": true, "rooms": rooms})] })
    }

    fn live(seq: i64) -> Value {
        json!({"ok": true, "mode": "live", "epoch": "e", "seq": seq})
    }

    fn event(seq: i64, prev: i64) -> Value {
        json!({"reason": "updated", "seq": seq, "prev": prev, "epoch": "e", "scope": "room:files", "id": "7"})
    }

    fn hear(follower: &mut Follower, event: Value) -> Vec<Output> {
        follower.packet(Packet::event(None, "files:changed", event))
    }

    fn shown(outputs: &[Output]) -> Vec<i64> {
        outputs
            .iter()
            .filter_map(|output| if let Output::Show(item) = output { Some(item.seq.0) } else { None })
            .collect()
    }

    fn following() -> Follower {
        let mut follower = Follower::new(vec![Room::Files]);
        follower.connected();
        joined(&mut follower, 1, &json!({"files": live(10)}));
        follower
    }

    #[test]
    fn all_rooms_are_joined_in_one_request() {
        let mut follower = Follower::new(vec![Room::Users, Room::Files]);

        let outputs = follower.connected();

        let expected = Packet::event(Some(1), "sync:join", json!({"rooms": {"files": null, "users": null}}));
        assert_eq!(outputs, [Output::Send(expected)]);
        assert!(follower.waits());
    }

    #[test]
    fn events_in_order_are_shown_and_doubles_are_not() {
        let mut follower = following();

        assert_eq!(shown(&hear(&mut follower, event(11, 10))), [11]);
        assert_eq!(shown(&hear(&mut follower, event(11, 10))), [] as [i64; 0]);
        assert_eq!(shown(&hear(&mut follower, event(15, 11))), [15]);
    }

    #[test]
    fn a_hole_is_filled_before_what_came_after_it_is_shown() {
        let mut follower = following();

        let outputs = hear(&mut follower, event(13, 12));
        let asked = Packet::event(Some(2), "sync:join", json!({"rooms": {"files": ["e", 10]}}));
        assert_eq!(outputs, [Output::Send(asked)]);
        let mut missed = event(12, 10);
        missed["event"] = "files:changed".into();
        let outputs = joined(
            &mut follower,
            2,
            &json!({"files": {"ok": true, "mode": "recovered", "epoch": "e", "seq": 12, "events": [missed]}}),
        );

        assert_eq!(shown(&outputs), [12, 13]);
    }

    #[test]
    fn after_a_reconnect_it_asks_for_what_it_missed() {
        let mut follower = following();
        hear(&mut follower, event(11, 10));

        follower.disconnected();

        let asked = Packet::event(Some(2), "sync:join", json!({"rooms": {"files": ["e", 11]}}));
        assert_eq!(follower.connected(), [Output::Send(asked)]);
    }

    #[test]
    fn what_is_lost_for_good_is_said_so_and_it_goes_on() {
        let mut follower = following();

        let reset = json!({"epoch": "e", "seq": 20, "why": "trimmed"});
        let outputs = follower.packet(Packet::event(None, "sync:reset", reset));

        assert_eq!(outputs, [Output::Gap { room: Room::Files, seq: Seq(20) }]);
        assert_eq!(shown(&hear(&mut follower, event(21, 20))), [21]);
    }

    #[test]
    fn a_beat_that_is_ahead_makes_it_join_again() {
        let mut follower = following();
        let mut beat = |seq: i64| {
            let beat = json!({"epoch": "e", "rooms": {"files": seq, "users": 99}});
            follower.packet(Packet::event(None, "sync:pos", beat)).len()
        };

        assert_eq!((beat(10), beat(11)), (0, 1));
    }

    #[test]
    fn a_room_that_is_denied_is_left_out() {
        let mut follower = Follower::new(vec![Room::Admin, Room::Files]);
        follower.connected();

        let outputs =
            joined(&mut follower, 1, &json!({"admin": {"ok": false, "error": "forbidden"}, "files": live(1)}));

        assert_eq!(outputs, [Output::Denied { room: Room::Admin, why: "forbidden".into() }]);
        assert!(!follower.is_empty() && !follower.waits());
    }

    #[test]
    fn a_global_event_is_shown_once_though_two_rooms_hear_it() {
        let mut follower = Follower::new(vec![Room::Users, Room::Files]);
        follower.connected();
        joined(&mut follower, 1, &json!({"users": live(1), "files": live(1)}));
        let global = |room: &str| json!({"seq": 2, "prev": 1, "epoch": "e", "scope": "global", "room": room});

        let both = [hear(&mut follower, global("files")), hear(&mut follower, global("users"))].concat();

        assert_eq!(shown(&both), [2]);
    }

    #[test]
    fn a_server_that_goes_says_when_to_move_and_tells_on_until_then() {
        let mut follower = following();

        let outputs = follower.packet(Packet::event(None, "sync:bye", json!({"retryMs": 1234})));

        assert_eq!(outputs, [Output::Move(Duration::from_millis(1234))]);
        assert_eq!(shown(&hear(&mut follower, event(11, 10))), [11]);
    }

    #[test]
    fn joins_without_an_answer_end_in_a_new_connection() {
        let mut follower = Follower::new(vec![Room::Files]);
        follower.connected();

        let late = [follower.late(), follower.late(), follower.late()].concat();

        assert_eq!(late.len(), 3);
        assert_eq!(late[2], Output::Reconnect);
    }
}
