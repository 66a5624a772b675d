//! A page of an application without positions: it joins, listens, and after each connection fetches its data afresh.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use lockstep_e2e::{Stream, page::upgrade};
use lockstep_protocol::{Epoch, Position, Seq, packet::Packet};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{ROOM, Shared};
use crate::crowd::{
    Order,
    track::{Content, Step, Track},
};

/// As socket.io-client waits by default: a second, doubled up to five, with jitter.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_CAP: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Ping interval and ping timeout of the peer.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Between two messages of a reader that is slow on purpose.
const SLOWNESS: Duration = Duration::from_millis(150);

type Socket = WebSocketStream<Box<dyn Stream>>;

/// Lives until it is dropped.
pub(super) async fn run(
    number: usize,
    shared: Arc<Shared>,
    mut orders: watch::Receiver<Order>,
    track: Arc<Mutex<Track>>,
) {
    let (mut attempt, mut random) = (0_u32, StdRng::seed_from_u64(number as u64));
    loop {
        if let Ok(Some(socket)) = timeout(CONNECT_LIMIT, connect(number + attempt as usize, &shared)).await {
            attempt = 0;
            show(&shared, &track);
            listen(socket, &mut orders, &track).await;
            track.lock().unwrap_or_else(PoisonError::into_inner).live = false;
        }
        let wait = RETRY.saturating_mul(1 << attempt.min(5)).min(RETRY_CAP);
        attempt += 1;
        sleep(wait.mul_f64(random.random_range(0.5..1.5))).await;
    }
}

async fn connect(number: usize, shared: &Shared) -> Option<Socket> {
    let address = &shared.addresses[number % shared.addresses.len()];
    let mut socket = upgrade(address, "/socket.io/?EIO=4&transport=websocket", &[]).await.ok()?;
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { return None };
        let answer = match Packet::parse(&text).ok()? {
            Packet::Open(_) => Packet::Connect(Value::Null),
            Packet::Ping => Packet::Pong,
            Packet::Connect(_) => Packet::event(Some(0), "join", json!(ROOM.to_string())),
            Packet::Ack { .. } => return Some(socket),
            _ => continue,
        };
        socket.send(Message::text(answer.to_string())).await.ok()?;
    }
}

/// Fresh data: all that was published until now.
fn show(shared: &Shared, track: &Mutex<Track>) {
    let newest = Seq(shared.published.load(Ordering::SeqCst));
    let mut track = track.lock().unwrap_or_else(PoisonError::into_inner);
    track.note(Step::Shown(newest));
    track.position = Some(Position::new(Epoch::new("stock"), newest.max(track.place())));
    track.shown = newest;
    track.live = true;
}

async fn listen(mut socket: Socket, orders: &mut watch::Receiver<Order>, track: &Mutex<Track>) {
    let (mut deadline, mut deaf) = (Instant::now() + HEARTBEAT, false);
    loop {
        let order = *orders.borrow();
        tokio::select! {
            _ = orders.changed() => deaf |= *orders.borrow() == Order::Deaf,
            () = sleep_until(deadline), if order != Order::Frozen => return,
            message = socket.next(), if order != Order::Frozen && !deaf => {
                let Some(Ok(Message::Text(text))) = message else { return };
                if order == Order::Slow {
                    sleep(SLOWNESS).await;
                }
                match Packet::parse(&text) {
                    Ok(Packet::Ping) => {
                        deadline = Instant::now() + HEARTBEAT;
                        let _ = socket.send(Message::text(Packet::Pong.to_string())).await;
                    }
                    Ok(Packet::Event { args, .. }) => apply(args[0]["n"].as_i64().unwrap_or_default(), track),
                    Ok(Packet::Close | Packet::Disconnect) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        }
    }
}

/// What fresh data held already changes nothing.
fn apply(number: i64, track: &Mutex<Track>) {
    let mut track = track.lock().unwrap_or_else(PoisonError::into_inner);
    if Seq(number) > track.shown {
        track.note(Step::Applied(Seq(number), Content { id: number.to_string(), rev: None }));
        track.position = Some(Position::new(Epoch::new("stock"), Seq(number).max(track.place())));
    }
}
