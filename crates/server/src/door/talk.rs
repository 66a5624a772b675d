//! What a page may say: join, leave and ask for positions. Everything else is refused and counted.

use std::sync::Arc;

use lockstep_protocol::{Ack, Join, Position, Refusal, Room, RoomAck, Wish};
use lockstep_sync_manager::Unavailable;
use serde::Serialize;
use serde_json::{Value, json};
use socketioxide::extract::{AckSender, Event, SocketRef, TryData};

use super::{Door, seat::Seat};
use crate::metrics::Label;

/// One handler for all names: an event without a handler would be dropped in silence.
pub(super) fn listen(door: &Door, socket: &SocketRef) {
    let door = door.clone();
    socket.on_fallback(
        async move |socket: SocketRef, Event(name): Event, TryData(data): TryData<Value>, ack: AckSender| {
            let Some(seat) = socket.extensions.get::<Arc<Seat>>() else { return };
            if seat.greeted().await {
                door.answer(&seat, &name, &data.unwrap_or_default(), ack).await;
            }
        },
    );
}

/// What is asked.
enum Request {
    Join(Join),
    Leave(String),
    Position(String),
}

impl Request {
    /// Understands our own page's spelling and that of the first pages: `join` with a name, `<room>:join` with anything.
    fn read(name: &str, data: &Value) -> Result<Self, Refusal> {
        match name {
            "sync:join" => Join::parse(data).map(Self::Join),
            "sync:leave" | "leave" => Join::room_name(data).map(Self::Leave),
            "sync:pos" => Join::room_name(data).map(Self::Position),
            "join" => Ok(Self::Join(Join::One((Join::room_name(data)?, None)))),
            _ => match name.rsplit_once(':') {
                Some((room, "join")) => Ok(Self::Join(Join::One((room.to_owned(), None)))),
                Some((room, "leave")) => Ok(Self::Leave(room.to_owned())),
                _ => Err(Refusal::UnknownEvent),
            },
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Request::Join(_) => "join",
            Request::Leave(_) => "leave",
            Request::Position(_) => "pos",
        }
    }
}

impl Door {
    async fn answer(&self, seat: &Arc<Seat>, name: &str, data: &Value, ack: AckSender) {
        if !seat.may_speak() {
            self.state().metrics.rate_limited.get_or_create(&Label { kind: "socket" }).inc();
            return reply(ack, &refused(Refusal::RateLimited));
        }
        let request = match Request::read(name, data) {
            Ok(request) => request,
            Err(refusal) => {
                let spoofed = name.ends_with(":changed");
                self.state().metrics.client_event(if spoofed { "spoofed" } else { "refused" });
                return reply(ack, &refused(refusal));
            }
        };
        self.state().metrics.client_event(request.kind());
        match request {
            Request::Join(join) => reply(ack, &self.join(seat, join).await),
            Request::Leave(room) => reply(ack, &self.leave(seat, &room).await),
            Request::Position(room) => reply(ack, &self.position(seat, &room)),
        }
    }

    async fn join(&self, seat: &Arc<Seat>, join: Join) -> Ack {
        match join {
            Join::One(wish) => {
                let mut acks = self.join_all(seat, vec![wish]).await;
                Ack::One(acks.pop().expect("one ack for one wish"))
            }
            Join::Many(wishes) => Ack::Many(self.join_all(seat, wishes).await),
        }
    }

    /// One ack for each wish: those refused first, then those joined.
    async fn join_all(&self, seat: &Arc<Seat>, wishes: Vec<Wish>) -> Vec<RoomAck> {
        let caller = seat.caller();
        let mut acks = Vec::with_capacity(wishes.len());
        let mut allowed = Vec::with_capacity(wishes.len());
        for (name, position) in wishes {
            match name.parse::<Room>() {
                Ok(room) if caller.may_join(&room) => allowed.push((room, position)),
                Ok(_) => acks.push(RoomAck::Refused { room: name, why: Refusal::Forbidden }),
                Err(_) => acks.push(RoomAck::Refused { room: name, why: Refusal::UnknownRoom }),
            }
        }
        if allowed.is_empty() {
            return acks;
        }
        let names: Vec<String> = allowed.iter().map(|(room, _)| room.to_string()).collect();
        match self.enter(seat, allowed).await {
            Ok(joined) => acks.extend(joined),
            Err(Unavailable) => {
                acks.extend(names.into_iter().map(|room| RoomAck::Refused { room, why: Refusal::Unavailable }));
            }
        }
        acks
    }

    async fn enter(
        &self,
        seat: &Arc<Seat>,
        wishes: Vec<(Room, Option<Position>)>,
    ) -> Result<Vec<RoomAck>, Unavailable> {
        let member = seat.member(self.sync()).await?;
        let acks = self.sync().join(member, wishes).await?;
        for ack in &acks {
            if let RoomAck::Joined { room, .. } = ack {
                seat.joined(room);
            }
        }
        // The right may have been taken away while the join was under way.
        seat.keep_to_rights(self.sync()).await;
        Ok(acks)
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

fn refused(why: Refusal) -> Value {
    json!({"ok": false, "error": why.code()})
}

/// A page that is too slow to take its answer asks again.
fn reply(ack: AckSender, answer: &impl Serialize) {
    let _ = ack.send(answer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, data: &Value, expect: Result<(&str, &str), Refusal>) {
        let read = Request::read(name, data).map(|request| {
            let kind = request.kind();
            let room = match request {
                Request::Join(Join::One((room, _))) | Request::Leave(room) | Request::Position(room) => room,
                Request::Join(Join::Many(_)) => "many".into(),
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
    }

    #[test]
    fn a_page_may_ask_and_never_tell() {
        check("files:changed", &json!({"reason": "deleted", "id": "7"}), Err(Refusal::UnknownEvent));
        check("sync:reset", &json!({}), Err(Refusal::UnknownEvent));
        check("anything", &Value::Null, Err(Refusal::UnknownEvent));
        check("join", &json!({}), Err(Refusal::BadRequest));
    }
}
