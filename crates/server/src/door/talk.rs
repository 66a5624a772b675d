//! What a page may say: join, leave, ask for positions and who is present, and choose log lines. Everything else is refused and counted.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use lockstep_protocol::{Ack, Join, Position, Refusal, Room, RoomAck, Wish, log::BadFilter, presence, short_name};
use lockstep_sync_manager::Unavailable;
use serde::Serialize;
use serde_json::{Value, json};
use socketioxide::{
    adapter::Adapter,
    extract::{AckSender, Event, SocketRef, TryData},
    handler::{self, FromMessageParts},
    socket::Socket,
};

use super::{
    Door,
    logs::{self, Wanted},
    presence::Told,
    seat::Seat,
};
use crate::metrics::Label;

/// One handler for all names: an event without a handler would be dropped in silence.
pub(super) fn listen(door: &Door, socket: &SocketRef) {
    let door = door.clone();
    socket.on_fallback(
        async move |socket: SocketRef,
                    Event(name): Event,
                    id: AckId,
                    TryData(data): TryData<Value>,
                    by_engine: AckSender| {
            let Some(seat) = socket.extensions.get::<Arc<Seat>>() else { return };
            if seat.greeted().await {
                let reply = Reply { seat, id, by_engine };
                door.answer(reply, &name, &data.unwrap_or_default()).await;
            }
        },
    );
}

/// The number by which the page knows its answer; none where it wants no answer.
struct AckId(Option<i64>);

impl<A: Adapter> FromMessageParts<A> for AckId {
    type Error = Infallible;

    fn from_message_parts(_: &Arc<Socket<A>>, _: &mut handler::Value, id: &Option<i64>) -> Result<Self, Infallible> {
        Ok(Self(*id))
    }
}

/// Where the answer goes to a request of `seat`.
struct Reply {
    seat: Arc<Seat>,
    id: AckId,
    by_engine: AckSender,
}

impl Reply {
    fn send(self, answer: &impl Serialize) {
        self.seat.answer(self.id.0, self.by_engine, answer);
    }
}

/// A reply that two may give; the first does.
#[derive(Clone)]
struct FirstReply(Arc<Mutex<Option<Reply>>>);

impl FirstReply {
    fn send(&self, answer: &impl Serialize) {
        let reply = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        reply.into_iter().for_each(|reply| reply.send(answer));
    }
}

/// What is asked.
enum Request {
    Join(Join),
    Leave(String),
    Position(String),
    Show(presence::Wish),
    Present(Room),
    Logs(Result<Wanted, BadFilter>),
}

impl Request {
    /// Understands our own page's spelling and that of the first pages: `join` with a name, `<room>:join` with anything.
    fn read(name: &str, data: &Value) -> Result<Self, Refusal> {
        match name {
            "sync:join" => Join::parse(data).map(Self::Join),
            "sync:leave" | "leave" => Join::room_name(data).map(Self::Leave),
            "sync:pos" => Join::room_name(data).map(Self::Position),
            "presence:set" => presence::Wish::parse(data).map(Self::Show),
            "presence:get" => presence::entity(data).map(Self::Present),
            "logs:filter" => Ok(Self::Logs(logs::read(data))),
            "join" => Ok(Self::Join(Join::One((Join::room_name(data)?, None)))),
            _ => match name.rsplit_once(':') {
                Some((room, "join")) => Ok(Self::Join(Join::One((short_name(room), None)))),
                Some((room, "leave")) => Ok(Self::Leave(short_name(room))),
                _ => Err(Refusal::UnknownEvent),
            },
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Request::Join(_) => "join",
            Request::Leave(_) => "leave",
            Request::Position(_) => "pos",
            Request::Show(_) | Request::Present(_) => "presence",
            Request::Logs(_) => "logs",
        }
    }
}

impl Door {
    async fn answer(&self, reply: Reply, name: &str, data: &Value) {
        if !reply.seat.may_speak() {
            self.state().metrics.rate_limited.get_or_create(&Label { kind: "socket" }).inc();
            return reply.send(&refused(Refusal::RateLimited));
        }
        let request = match Request::read(name, data) {
            Ok(request) => request,
            Err(refusal) => {
                let spoofed = name.ends_with(":changed");
                self.state().metrics.client_event(if spoofed { "spoofed" } else { "refused" });
                return reply.send(&refused(refusal));
            }
        };
        self.state().metrics.client_event(request.kind());
        match request {
            Request::Join(Join::One(wish)) => self.join(reply, vec![wish], one).await,
            Request::Join(Join::Many(wishes)) => self.join(reply, wishes, Ack::Many).await,
            Request::Leave(room) => {
                let answer = self.leave(&reply.seat, &room).await;
                reply.send(&answer);
            }
            Request::Position(room) => {
                let answer = self.position(&reply.seat, &room);
                reply.send(&answer);
            }
            Request::Show(wish) => {
                let answer = self.show(&reply.seat, wish).await;
                reply.send(&answer);
            }
            Request::Present(entity) => self.present(reply, entity).await,
            Request::Logs(wanted) => {
                let seat = reply.seat.clone();
                let (answer, shown) = logs::answer(&seat, wanted);
                reply.send(&answer);
                if let Some((filter, backfill)) = shown {
                    seat.read_logs(filter, backfill);
                }
            }
        }
    }

    /// One ack for each wish: those refused first, then those joined. It leaves in order with the rooms' events.
    async fn join(&self, reply: Reply, wishes: Vec<Wish>, ack: fn(Vec<RoomAck>) -> Ack) {
        let seat = reply.seat.clone();
        let (allowed, refused) = judge(&seat, wishes);
        if allowed.is_empty() {
            return reply.send(&ack(refused));
        }
        let names: Vec<String> = allowed.iter().map(|(room, _)| room.to_string()).collect();
        let reply = FirstReply(Arc::new(Mutex::new(Some(reply))));
        let tell = {
            let (seat, reply, refused) = (seat.clone(), reply.clone(), refused.clone());
            let hub = self.sync().logs().clone();
            move |joined: &[RoomAck]| {
                joined.iter().for_each(|ack| seat.note(ack));
                reply.send(&ack([&refused, joined].concat()));
                seat.begin_to_read(joined, &hub, logs::BACKFILL);
            }
        };
        match self.enter(&seat, allowed, tell).await {
            // The right may have been taken away while the join was under way.
            Ok(()) => seat.keep_to_rights(self.sync()).await,
            Err(Unavailable) => {
                let unavailable = names.into_iter().map(|room| RoomAck::Refused { room, why: Refusal::Unavailable });
                reply.send(&ack(refused.into_iter().chain(unavailable).collect()));
            }
        }
    }

    async fn enter(
        &self,
        seat: &Arc<Seat>,
        wishes: Vec<(Room, Option<Position>)>,
        tell: impl FnOnce(&[RoomAck]) + Send + 'static,
    ) -> Result<(), Unavailable> {
        let member = seat.member(self.sync()).await?;
        self.sync().join_and(member, wishes, tell).await.map(drop)
    }

    async fn present(&self, reply: Reply, entity: Room) {
        let seat = reply.seat.clone();
        let reply = FirstReply(Arc::new(Mutex::new(Some(reply))));
        let first = reply.clone();
        if let Err(why) = self.tell_present(&seat, entity, move |state| first.send(&Told::of(state))).await {
            reply.send(&refused(why));
        }
    }

    async fn leave(&self, seat: &Arc<Seat>, name: &str) -> Value {
        let Ok(room) = name.parse() else { return refused(Refusal::UnknownRoom) };
        match self.exit(seat, room).await {
            Ok(()) => json!({"ok": true}),
            Err(Unavailable) => refused(Refusal::Unavailable),
        }
    }

    async fn exit(&self, seat: &Arc<Seat>, room: Room) -> Result<(), Unavailable> {
        let member = seat.member(self.sync()).await?;
        self.sync().leave(member, room.clone()).await?;
        seat.left(&room);
        Ok(())
    }

    fn position(&self, seat: &Seat, name: &str) -> Value {
        let Ok(room) = name.parse() else { return refused(Refusal::UnknownRoom) };
        if !seat.caller().may_join(&room) {
            return refused(Refusal::Forbidden);
        }
        match self.sync().status().borrow().position.clone() {
            Some(position) => json!({"ok": true, "epoch": position.epoch, "seq": position.seq}),
            None => refused(Refusal::Unavailable),
        }
    }
}

/// The wishes that the caller may have, and an answer to each of the others.
fn judge(seat: &Seat, wishes: Vec<Wish>) -> (Vec<(Room, Option<Position>)>, Vec<RoomAck>) {
    let caller = seat.caller();
    let (mut allowed, mut refused) = (Vec::with_capacity(wishes.len()), Vec::new());
    for (name, position) in wishes {
        match name.parse::<Room>() {
            Ok(room) if caller.may_join(&room) => allowed.push((room, position)),
            Ok(_) => refused.push(RoomAck::Refused { room: name, why: Refusal::Forbidden }),
            Err(_) => refused.push(RoomAck::Refused { room: name, why: Refusal::UnknownRoom }),
        }
    }
    (allowed, refused)
}

fn one(mut acks: Vec<RoomAck>) -> Ack {
    Ack::One(acks.pop().expect("one ack for one wish"))
}

fn refused(why: Refusal) -> Value {
    json!({"ok": false, "error": why.code()})
}

#[cfg(test)]
mod tests {
    use lockstep_protocol::log::Filter;

    use super::*;

    fn check(name: &str, data: &Value, expect: Result<(&str, &str), Refusal>) {
        let read = Request::read(name, data).map(|request| {
            let kind = request.kind();
            let room = match request {
                Request::Join(Join::One((room, _))) | Request::Leave(room) | Request::Position(room) => room,
                Request::Join(Join::Many(_)) => "many".into(),
                Request::Show(wish) => wish.entity.to_string(),
                Request::Present(entity) => entity.to_string(),
                Request::Logs(wanted) => wanted.expect("a filter").0.to_string(),
            };
            (kind, room)
        });
        assert_eq!(read, expect.map(|(kind, room)| (kind, room.to_owned())), "{name} {data}");
    }

    #[test]
    fn our_own_spelling_and_that_of_the_first_pages_are_understood() {
        check("sync:join", &json!({"room": "files"}), Ok(("join", "files")));
        check("sync:join", &json!({"rooms": {"files": null}}), Ok(("join", "many")));
        check("join", &json!("files"), Ok(("join", "files")));
        check("files:join", &Value::Null, Ok(("join", "files")));
        check("files:join", &json!({"anything": 1}), Ok(("join", "files")));
        check("sync:leave", &json!({"room": "files"}), Ok(("leave", "files")));
        check("files:leave", &Value::Null, Ok(("leave", "files")));
        check("sync:pos", &json!({"room": "files"}), Ok(("pos", "files")));
        check("presence:set", &json!({"entity": "files", "id": "7", "mode": "edit"}), Ok(("presence", "files")));
        check("presence:get", &json!({"entity": "files"}), Ok(("presence", "files")));
        check("logs:filter", &json!({}), Ok(("logs", &Filter::default().to_string())));
    }

    #[test]
    fn a_page_may_ask_and_never_tell() {
        check("files:changed", &json!({"reason": "deleted", "id": "7"}), Err(Refusal::UnknownEvent));
        check("sync:reset", &json!({}), Err(Refusal::UnknownEvent));
        check("log", &json!([]), Err(Refusal::UnknownEvent));
        check("anything", &Value::Null, Err(Refusal::UnknownEvent));
        check("join", &json!({}), Err(Refusal::BadRequest));
        check("presence:set", &json!({"entity": "logs", "id": "*", "mode": "view"}), Err(Refusal::BadRequest));
        check("presence:get", &json!({}), Err(Refusal::BadRequest));
        check("presence:diff", &json!({"entity": "files", "n": 1}), Err(Refusal::UnknownEvent));
    }

    /// The name comes back in the refusal: a long one was once sent back whole, 64 KiB for each that came.
    #[test]
    fn of_a_long_name_only_the_beginning_is_kept() {
        let long = "й".repeat(10_000);

        check(&format!("{long}:join"), &Value::Null, Ok(("join", &"й".repeat(80))));
        check(&format!("{long}:leave"), &Value::Null, Ok(("leave", &"й".repeat(80))));
        check("join", &json!(long), Ok(("join", &"й".repeat(80))));
    }
}
