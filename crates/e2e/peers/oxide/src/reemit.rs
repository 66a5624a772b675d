//! A plain re-emit: what a careful team writes instead of the Redis adapter.
//!
//! A publish goes to one Redis channel as it came; every process hears it there, its own publishes too, and emits it to its own sockets.
//! A burst that is ready is emitted in one turn, so that its packets leave a socket in one write, but never more at a time than half a
//! socket's queue: a packet that finds the queue full is lost.

use axum::{body::Bytes, extract::State, http::StatusCode, routing::post};
use redis::{AsyncCommands, AsyncConnectionConfig, PushInfo, PushKind, aio::MultiplexedConnection};
use socketioxide::SocketIo;
use tokio::sync::mpsc;

use crate::{Failure, Publish, handlers, redis, serve, settings};

const CHANNEL: &str = "publish";

/// Half of the library's queue for one socket, 128 packets.
const BURST: usize = 64;

/// Messages read from Redis and not yet emitted; more than any run of the benchmark has on its way.
const QUEUE: usize = 8192;

pub(crate) async fn run(port: u16, client: &redis::Client) -> Result<(), Failure> {
    let (layer, io) = settings(SocketIo::builder()).build_layer();
    io.ns("/", handlers());
    let (sender, receiver) = mpsc::channel(QUEUE);
    let subscribed = AsyncConnectionConfig::new().set_push_sender(move |message| sender.try_send(message));
    let mut subscriber = client.get_multiplexed_async_connection_with_config(&subscribed).await?;
    subscriber.subscribe(CHANNEL).await?;
    let publisher = client.get_multiplexed_async_connection().await?;
    // A task of its own, and not the main one, which has a thread to itself: yielding there would let no socket write.
    let emitter = tokio::spawn(emit(receiver, io));
    tokio::select! {
        served = serve(port, layer, post(publish).with_state(publisher)) => served,
        _ = emitter => Err("redis closed the subscription".into()),
    }
}

async fn publish(State(redis): State<MultiplexedConnection>, body: Bytes) -> StatusCode {
    let sent: redis::RedisResult<u64> = redis.clone().publish(CHANNEL, &body[..]).await;
    if sent.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn emit(mut messages: mpsc::Receiver<PushInfo>, io: SocketIo) {
    let mut burst = Vec::with_capacity(BURST);
    while messages.recv_many(&mut burst, BURST).await > 0 {
        for publish in burst.drain(..).filter_map(|message| read(&message)) {
            let _ = io.to(publish.room).emit(publish.event, &publish.data).await;
        }
        tokio::task::yield_now().await;
    }
}

fn read(message: &PushInfo) -> Option<Publish> {
    match (&message.kind, message.data.as_slice()) {
        (PushKind::Message, [_, redis::Value::BulkString(body)]) => serde_json::from_slice(body).ok(),
        _ => None,
    }
}
