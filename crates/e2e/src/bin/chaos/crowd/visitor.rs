//! One page: the protocol's own machine of a page, over a connection that it keeps up by itself.
//!
//! It waits, retries and moves as `static/js/core` does, with one difference: it has no idle guard, so that whatever only the guard
//! would mend counts as lost.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use lockstep_e2e::{Address, Api};
use lockstep_protocol::{Position, Room, packet, packet::Packet, page::Input};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{
    Order,
    connection::{CONNECT_LIMIT, Connection, JOIN_LIMIT, Over},
    seat::{Deed, Seat},
    snapshot::{self, Snapshot},
    told::{Told, joined, position},
    track::Track,
};

/// First wait before another try, doubled up to the cap, with full jitter.
const RETRY: Duration = Duration::from_millis(500);
const RETRY_CAP: Duration = Duration::from_secs(5);
/// Between two messages of a reader that is slow on purpose.
const SLOWNESS: Duration = Duration::from_millis(150);
/// Snapshots under way; there are three rooms.
const SNAPSHOTS: usize = 16;

/// The tracks of a page, by room, shared with the checker.
pub(crate) type Tracks = Arc<Mutex<BTreeMap<Room, Track>>>;

/// A page and what it needs.
pub(crate) struct Visitor {
    number: usize,
    addresses: Vec<Address>,
    person: Api,
    orders: watch::Receiver<Order>,
    seats: BTreeMap<Room, Seat>,
    tracks: Tracks,
    snapshots: (mpsc::Sender<Snapshot>, mpsc::Receiver<Snapshot>),
    random: StdRng,
}

impl Visitor {
    pub(crate) fn new(
        number: usize,
        addresses: Vec<Address>,
        person: Api,
        orders: watch::Receiver<Order>,
        tracks: Tracks,
    ) -> Self {
        let random = StdRng::seed_from_u64(number as u64);
        let (seats, snapshots) = (BTreeMap::new(), mpsc::channel(SNAPSHOTS));
        Self { number, addresses, person, orders, seats, tracks, snapshots, random }
    }

    /// Fetches its data, then lives until it is dropped.
    pub(crate) async fn run(mut self, rooms: [Room; 2]) {
        for room in rooms {
            let snapshot = snapshot::fetch(&self.person, room.clone(), 0).await;
            let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
            self.seats.insert(room.clone(), Seat::begin(snapshot, tracks.entry(room).or_default()));
        }
        let mut attempt = 0;
        loop {
            let address = self.addresses[(self.number + attempt as usize) % self.addresses.len()].clone();
            let mut pause = None;
            if let Ok(Some(connection)) = timeout(CONNECT_LIMIT, Connection::open(&address, &self.person)).await {
                attempt = 0;
                pause = self.follow(connection).await;
                self.tell_all(&Input::Disconnect);
            }
            let backoff = RETRY.saturating_mul(1 << attempt.min(5)).min(RETRY_CAP).mul_f64(self.random.random());
            attempt += 1;
            sleep(pause.unwrap_or(backoff)).await;
        }
    }

    /// Follows until the connection is over; how long to wait with the next one, when the server has said so.
    async fn follow(&mut self, mut connection: Connection) -> Option<Duration> {
        let rooms: Vec<Room> = self.seats.keys().cloned().collect();
        let wishes: BTreeMap<Room, Option<Position>> =
            rooms.iter().map(|room| (room.clone(), self.connected(room))).collect();
        let mut alive = connection.join(wishes).await;
        while alive.is_ok() {
            alive = self.next(&mut connection).await;
        }
        let moves = connection.leave_at.map(|at| at.saturating_duration_since(Instant::now()));
        // Whoever leaves says so; a connection that is dead already does not care.
        let _ = timeout(RETRY, connection.socket.close(None)).await;
        moves
    }

    async fn next(&mut self, connection: &mut Connection) -> Result<(), Over> {
        let order = *self.orders.borrow();
        let join_limit = connection.asked.values().map(|(_, limit)| *limit).min();
        let far = Instant::now() + JOIN_LIMIT;
        tokio::select! {
            _ = self.orders.changed() => {
                connection.deaf |= *self.orders.borrow() == Order::Deaf;
                Ok(())
            }
            message = connection.socket.next(), if order != Order::Frozen && !connection.deaf => {
                if order == Order::Slow {
                    sleep(SLOWNESS).await;
                }
                self.hear(connection, message).await
            }
            Some(snapshot) = self.snapshots.1.recv(), if order != Order::Frozen => self.show(connection, snapshot).await,
            () = sleep_until(connection.deadline), if order != Order::Frozen => Err(Over),
            () = sleep_until(connection.leave_at.unwrap_or(far)), if connection.leave_at.is_some() => Err(Over),
            () = sleep_until(join_limit.unwrap_or(far)), if join_limit.is_some() && order != Order::Frozen => {
                self.unanswered(connection).await
            }
        }
    }

    async fn hear(
        &mut self,
        connection: &mut Connection,
        message: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<(), Over> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over),
            Some(Ok(_)) => return Ok(()),
        };
        if text.starts_with("42") {
            return self.hear_event(connection, &text).await;
        }
        match Packet::parse(&text).map_err(|_| Over)? {
            Packet::Ping => {
                connection.deadline = Instant::now() + connection.heartbeat;
                connection.send(&Packet::Pong).await
            }
            Packet::Ack { id, args } => self.answered(connection, id, args.first().unwrap_or(&Value::Null)).await,
            Packet::Close | Packet::Disconnect => Err(Over),
            _ => Ok(()),
        }
    }

    async fn hear_event(&mut self, connection: &mut Connection, text: &str) -> Result<(), Over> {
        let (name, body) = packet::raw_event(text).map_err(|_| Over)?;
        let value = || serde_json::from_str::<Value>(body.get()).unwrap_or_default();
        match name.as_str() {
            "hello" => Ok(()),
            "sync:bye" => {
                let wait = Duration::from_millis(value()["retryMs"].as_u64().unwrap_or(0));
                connection.leave_at = Some(Instant::now() + wait);
                Ok(())
            }
            "sync:reset" => {
                let Some(reset) = position(&value()) else { return Ok(()) };
                self.step_all(connection, |_| Some(Input::Reset(reset.clone()))).await
            }
            "sync:pos" => {
                let beat = value();
                let at = |room: &Room| {
                    let seq = beat["rooms"][room.to_string()].as_i64()?;
                    position(&json!({"epoch": beat["epoch"], "seq": seq})).map(Input::Beat)
                };
                self.step_all(connection, at).await
            }
            _ => {
                let Ok(told) = serde_json::from_str::<Told<'_>>(body.get()) else { return Ok(()) };
                let Some(room) = told.room() else { return Ok(()) };
                self.step(connection, &room, Input::Event(told.mark()), vec![(told.mark(), told.news())]).await
            }
        }
    }

    async fn answered(&mut self, connection: &mut Connection, id: u64, answer: &Value) -> Result<(), Over> {
        let Some((rooms, _)) = connection.asked.remove(&id) else { return Ok(()) };
        for room in rooms {
            // A refusal that time heals is like no answer.
            let Some((joined, events)) = joined(&answer["rooms"][room.to_string()]) else {
                connection.asked.insert(connection.next_ack, (vec![room], Instant::now() + RETRY));
                connection.next_ack += 1;
                continue;
            };
            self.step(connection, &room, Input::Ack(joined), events).await?;
        }
        Ok(())
    }

    async fn unanswered(&mut self, connection: &mut Connection) -> Result<(), Over> {
        let now = Instant::now();
        let late: Vec<u64> =
            connection.asked.iter().filter(|(_, (_, limit))| *limit <= now).map(|(id, _)| *id).collect();
        for id in late {
            let Some((rooms, _)) = connection.asked.remove(&id) else { continue };
            for room in rooms {
                self.step(connection, &room, Input::Timeout, Vec::new()).await?;
            }
        }
        Ok(())
    }

    async fn show(&mut self, connection: &mut Connection, snapshot: Snapshot) -> Result<(), Over> {
        let room = snapshot.room.clone();
        let input = match self.seats.get_mut(&room).map(|seat| seat.offer(snapshot)) {
            Some(Some(position)) => Input::Snapshot(position),
            _ => return Ok(()),
        };
        self.step(connection, &room, input, Vec::new()).await
    }

    async fn step_all(
        &mut self,
        connection: &mut Connection,
        input: impl Fn(&Room) -> Option<Input>,
    ) -> Result<(), Over> {
        let inputs: Vec<_> = self.seats.keys().filter_map(|room| Some((room.clone(), input(room)?))).collect();
        for (room, input) in inputs {
            self.step(connection, &room, input, Vec::new()).await?;
        }
        Ok(())
    }

    async fn step(
        &mut self,
        connection: &mut Connection,
        room: &Room,
        input: Input,
        news: Vec<(lockstep_protocol::page::Mark, super::told::News)>,
    ) -> Result<(), Over> {
        let deeds = self.step_quietly(room, input, news);
        for deed in deeds {
            match deed {
                Deed::Join(position) => connection.join(BTreeMap::from([(room.clone(), position)])).await?,
                Deed::Fetch(number, after) => self.fetch(room, number, after),
                Deed::Reconnect => return Err(Over),
            }
        }
        Ok(())
    }

    fn step_quietly(
        &mut self,
        room: &Room,
        input: Input,
        news: Vec<(lockstep_protocol::page::Mark, super::told::News)>,
    ) -> Vec<Deed> {
        let Some(seat) = self.seats.get_mut(room) else { return Vec::new() };
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        seat.step(input, news, tracks.entry(room.clone()).or_default())
    }

    /// The position to join `room` with, now that there is a connection.
    fn connected(&mut self, room: &Room) -> Option<Position> {
        let deeds = self.step_quietly(room, Input::Connect, Vec::new());
        deeds.into_iter().find_map(|deed| if let Deed::Join(position) = deed { position } else { None })
    }

    fn tell_all(&mut self, input: &Input) {
        for room in self.seats.keys().cloned().collect::<Vec<_>>() {
            self.step_quietly(&room, input.clone(), Vec::new());
        }
    }

    fn fetch(&self, room: &Room, number: u64, after: Duration) {
        let address = self.addresses[self.number % self.addresses.len()].clone();
        let (person, room, sender) = (self.person.at(&address), room.clone(), self.snapshots.0.clone());
        tokio::spawn(async move {
            sleep(after).await;
            let snapshot = snapshot::fetch(&person, room, number).await;
            let _ = sender.send(snapshot).await;
        });
    }
}
