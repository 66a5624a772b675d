//! socketioxide as it is published: two peers of the benchmark.
//!
//!     lockstep-peer-oxide adapter|reemit PORT REDIS_SOCKET
//!
//! `adapter` reaches the other process by `socketioxide-redis`, as its documentation sets it up. `reemit` is what a careful team would
//! write instead: see [`reemit`].
//!
//! A page emits `join` with the name of a room and gets an ack. `POST /publish` with `{event, data, room}` broadcasts to the room on
//! every process and answers 204. Nothing else: what is measured is the library, not what one might build on it.

mod reemit;

use std::{convert::Infallible, error::Error, io::Write, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{MethodRouter, post},
    serve::ListenerExt,
};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use socketioxide::{
    SocketIo, SocketIoBuilder, TransportType,
    adapter::Adapter,
    extract::{AckSender, Data, SocketRef},
    handler::ConnectHandler,
    layer::SocketIoLayer,
};
use socketioxide_redis::{RedisAdapter, RedisAdapterCtr, drivers::redis::redis_client as redis};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

/// The body of a publish.
#[derive(Deserialize)]
struct Publish {
    event: String,
    room: String,
    data: Box<RawValue>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, port, socket] = arguments.as_slice() else {
        return Err("usage: adapter|reemit PORT REDIS_SOCKET".into());
    };
    let redis = redis::Client::open(format!("redis+unix://{socket}?protocol=resp3"))?;
    let port = port.parse()?;
    match mode.as_str() {
        "adapter" => adapter(port, &redis).await,
        "reemit" => reemit::run(port, &redis).await,
        other => Err(format!("`{other}` is neither `adapter` nor `reemit`").into()),
    }
}

async fn adapter(port: u16, redis: &redis::Client) -> Result<(), Failure> {
    let adapter = RedisAdapterCtr::new_with_redis(redis).await?;
    let (layer, io) = settings(SocketIo::builder()).with_adapter::<RedisAdapter<_>>(adapter).build_layer();
    io.ns("/", handlers()).await?;
    serve(port, layer, post(broadcast).with_state(io)).await
}

async fn broadcast<A: Adapter>(State(io): State<SocketIo<A>>, Json(publish): Json<Publish>) -> StatusCode {
    // A full queue of some socket is an error here, and what it lost stays lost: as the library has it.
    let _ = io.to(publish.room).emit(publish.event, &publish.data).await;
    StatusCode::NO_CONTENT
}

/// What both peers have in common with Node's: heartbeats as in Lockstep, WebSocket only. The small read buffer is what the library's
/// documentation advises for many idle connections; everything else is its default.
fn settings<A: Adapter>(builder: SocketIoBuilder<A>) -> SocketIoBuilder<A> {
    builder
        .transports([TransportType::Websocket])
        .ping_interval(Duration::from_secs(10))
        .ping_timeout(Duration::from_secs(5))
        .ws_read_buffer_size(512)
}

/// `join` is registered before the page is told that it is connected: an event without handler would be dropped in silence.
fn handlers<A: Adapter>() -> impl ConnectHandler<A, (SocketRef<A>,)> {
    async fn connected<A: Adapter>(_: SocketRef<A>) {}
    async fn before<A: Adapter>(socket: SocketRef<A>) -> Result<(), Infallible> {
        socket.on("join", join::<A>);
        Ok(())
    }
    connected::<A>.with(before::<A>)
}

async fn join<A: Adapter>(socket: SocketRef<A>, Data(room): Data<String>, ack: AckSender<A>) {
    socket.join(room.clone());
    let _ = ack.send(&json!({"ok": true, "room": room}));
}

async fn serve<A: Adapter>(port: u16, layer: SocketIoLayer<A>, publish: MethodRouter) -> Result<(), Failure> {
    let application = Router::new().route("/publish", publish).layer(layer);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    writeln!(std::io::stdout(), "ready")?;
    axum::serve(listener, application).await?;
    Ok(())
}
