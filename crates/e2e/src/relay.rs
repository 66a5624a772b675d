//! A way to Redis that misbehaves on request: it loses, doubles and delays what Redis pushes to its subscribers.
//!
//! It stands between the workers and Redis on a unix socket of its own. Commands and their answers pass as they come; only published
//! messages are touched, each connection's by its own luck, so that one worker misses what another hears. Probes and heartbeats pass: a
//! wire that is known to be broken is no test.

mod frame;
mod pump;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinSet,
};

use crate::Redis;

/// What happens to messages, each with its probability from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mood {
    /// It never arrives.
    pub lose: f64,
    /// It arrives twice.
    pub double: f64,
    /// It arrives later, after up to `late_by`, and is overtaken by others meanwhile.
    pub late: f64,
    /// How late at most.
    pub late_by: Duration,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    mood: Mutex<Mood>,
    upstream: Mutex<PathBuf>,
    /// Counts the cuts: a connection ends when it changes.
    cuts: watch::Sender<u64>,
    seed: u64,
}

/// A running relay. Dropped, it and its connections end.
#[derive(Debug)]
pub struct Relay {
    socket: PathBuf,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

impl Relay {
    /// Begins to listen in `directory`, in front of `redis`. Its chances follow from `seed`.
    ///
    /// # Panics
    /// When the socket cannot be made.
    #[must_use]
    pub fn start(directory: &Path, redis: &Redis, seed: u64) -> Relay {
        let socket = directory.join("relay.sock");
        let listener = UnixListener::bind(&socket).expect("the test's own directory is writable");
        let shared = Arc::new(Shared {
            mood: Mutex::default(),
            upstream: Mutex::new(redis.socket()),
            cuts: watch::Sender::new(0),
            seed,
        });
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, shared.clone()));
        Relay { socket, shared, _listening: listening }
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// From now on messages fare like this.
    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// New connections lead to the Redis at `socket`; those that are open stay where they are.
    pub fn lead_to(&self, socket: PathBuf) {
        *self.shared.upstream.lock().unwrap_or_else(PoisonError::into_inner) = socket;
    }

    /// Ends all connections.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Shared {
    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn upstream(&self) -> PathBuf {
        self.upstream.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let Ok((worker, _)) = listener.accept().await else { return };
        connections.spawn(connect(worker, shared.clone(), number));
        while connections.try_join_next().is_some() {}
    }
}

/// A worker that finds no Redis behind us is hung up on.
async fn connect(worker: UnixStream, shared: Arc<Shared>, number: u64) {
    let mut cuts = shared.cuts.subscribe();
    if let Ok(redis) = UnixStream::connect(shared.upstream()).await {
        tokio::select! {
            _ = cuts.changed() => {}
            () = pump::run(worker, redis, &shared, shared.seed.wrapping_add(number)) => {}
        }
    }
}
