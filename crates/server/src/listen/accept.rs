//! Accepting connections: so many at once, each under guard.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    bind::Listener,
    connection::{Bounds, Connection},
    guard::Guarded,
    stream::Stream,
    traffic::Traffic,
};

/// Descriptors kept back for the database, Redis, files and logs.
const RESERVED_DESCRIPTORS: u64 = 64;

/// The pauses after a failed accept: most failures are "too many open files", and only time cures them.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What every connection of a listener is held to.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Where connections are counted.
    pub traffic: Arc<Traffic>,
    /// How many may be open at once; see [`connection_cap`].
    pub connections: usize,
    /// What each may cost.
    pub bounds: Bounds,
    /// How long the first request head may take.
    pub header: Duration,
}

/// A listener for `axum::serve` whose connections are [`Guarded`]. While all permitted connections are open, new ones wait in the
/// kernel.
#[derive(Debug)]
pub struct GuardedListener {
    /// None once it is closed.
    inner: Option<Listener>,
    /// Connections that were there before it was closed.
    waiting: VecDeque<Stream>,
    closing: CancellationToken,
    guard: Guard,
    permits: Arc<Semaphore>,
}

impl GuardedListener {
    /// Puts `inner` under `guard`.
    pub fn new(inner: Listener, guard: Guard) -> Self {
        let permits = Arc::new(Semaphore::new(guard.connections));
        let closing = CancellationToken::new();
        Self { inner: Some(inner), waiting: VecDeque::new(), closing, guard, permits }
    }

    /// The same; closed when `closing` says so. It serves whoever is there by then, and waits for ever after.
    pub fn until(self, closing: CancellationToken) -> Self {
        Self { closing, ..self }
    }

    /// The address as clients know it.
    pub fn url(&self) -> String {
        self.inner.as_ref().map_or_else(String::new, Listener::url)
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        if self.permits.available_permits() == 0 {
            warn!(
                connections = self.guard.connections,
                "all {} connections are in use; new ones wait. Raise [limits] connections or start more workers",
                self.guard.connections
            );
        }
        let permits = Arc::clone(&self.permits);
        permits.acquire_owned().await.expect("the semaphore is never closed")
    }

    async fn next(&mut self) -> (Stream, Option<SocketAddr>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(listener) = &self.inner else { return self.left_over().await };
            let accepted = tokio::select! {
                biased;
                () = self.closing.cancelled() => {
                    self.waiting = self.inner.take().map_or_else(VecDeque::new, Listener::close);
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(accepted) => return accepted,
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    warn!(%error, pause_ms = pause.as_millis(), "cannot accept a connection, trying again: {error}");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn left_over(&mut self) -> (Stream, Option<SocketAddr>) {
        match self.waiting.pop_front() {
            Some(stream) => (stream, None),
            None => pending().await,
        }
    }
}

/// The client went away before it was accepted; the next one may be fine.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl axum::serve::Listener for GuardedListener {
    type Io = Guarded;
    type Addr = Option<SocketAddr>;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let permit = self.permit().await;
        let (stream, peer) = self.next().await;
        let (reader, writer) = stream.into_split();
        let traffic = Arc::clone(&self.guard.traffic);
        let connection = Connection::new(writer, self.guard.bounds, traffic, Some(permit));
        (Guarded::new(reader, connection, self.guard.header), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.as_ref().map_or(Ok(None), Listener::local_addr)
    }
}

/// What a request knows of its connection: `ConnectInfo<Conn>`.
#[derive(Debug, Clone)]
pub struct Conn {
    /// The connection itself. Weak, since the engine keeps what it knows of a session's first request for the session's life, and a
    /// connection keeps its descriptor: one on long polling would hold that of a connection long closed.
    connection: Weak<Connection>,
    /// The other end, where it is on TCP. None on a unix socket: then a proxy on this machine speaks.
    pub peer: Option<SocketAddr>,
}

impl Conn {
    /// The connection, unless it is closed.
    pub fn connection(&self) -> Option<Arc<Connection>> {
        self.connection.upgrade()
    }
}

impl Connected<IncomingStream<'_, GuardedListener>> for Conn {
    fn connect_info(stream: IncomingStream<'_, GuardedListener>) -> Self {
        Self { connection: Arc::downgrade(stream.io().connection()), peer: *stream.remote_addr() }
    }
}

/// How many connections this process can hold when `wanted` are asked for. Raises the limit of open files as far as the system lets
/// it, keeps [`RESERVED_DESCRIPTORS`] back, and says so where less than `wanted` is left.
pub fn connection_cap(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let files = if raised { maximum } else { current };
    let room = files.map_or(u64::MAX, |files| files.saturating_sub(RESERVED_DESCRIPTORS).max(1));
    let cap = usize::try_from(room).unwrap_or(usize::MAX).min(wanted);
    if cap < wanted {
        info!(
            cap,
            wanted, "open files allow {cap} connections, not {wanted}; raise LimitNOFILE or `ulimit -Hn` for more"
        );
    }
    cap
}

#[cfg(test)]
mod tests {
    use axum::serve::Listener as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::{config, listen::bind};

    async fn listener(connections: usize) -> (GuardedListener, SocketAddr) {
        let listener = listener_at("127.0.0.1:0", connections).await;
        let address = listener.local_addr().expect("one").expect("TCP");
        (listener, address)
    }

    async fn listener_at(address: &str, connections: usize) -> GuardedListener {
        let settings = config::load(&config::Inputs::default()).expect("the defaults").settings;
        let inner = bind(&address.parse().expect("an address"), &settings.server).await.expect("binds");
        let guard = Guard {
            traffic: Arc::default(),
            connections,
            bounds: Bounds { write_stall: Duration::from_secs(10), packets: 512, bytes: 1 << 20 },
            header: Duration::from_secs(10),
        };
        GuardedListener::new(inner, guard)
    }

    #[tokio::test]
    async fn a_connection_carries_bytes_both_ways_and_knows_its_peer() {
        let (mut listener, address) = listener(1).await;
        let mut theirs = tokio::net::TcpStream::connect(address).await.expect("connects");

        let (mut ours, peer) = listener.accept().await;
        ours.write_all(b"hi").await.expect("writes");
        theirs.write_all(b"ho").await.expect("writes");

        assert_eq!(peer, theirs.local_addr().ok());
        assert_eq!(theirs.read_u16().await.expect("reads"), u16::from_be_bytes(*b"hi"));
        assert_eq!(ours.read_u16().await.expect("reads"), u16::from_be_bytes(*b"ho"));
        assert_eq!(ours.connection().bytes_in(), 2);
    }

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_until_one_goes() {
        let (mut listener, address) = listener(1).await;
        let _first = tokio::net::TcpStream::connect(address).await.expect("connects");
        let _second = tokio::net::TcpStream::connect(address).await.expect("waits in the kernel");
        let (held, _) = listener.accept().await;

        let mut waiting = Box::pin(listener.accept());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(held);

        waiting.await;
    }

    /// A proxy that had connected a moment before has perhaps sent an edit, which it may not send again.
    #[tokio::test]
    async fn who_had_connected_before_the_end_is_served_and_who_comes_later_finds_nothing() {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("s.sock");
        let closing = CancellationToken::new();
        let mut listener = listener_at(&format!("unix:{}", path.display()), 9).await.until(closing.clone());
        let mut early = tokio::net::UnixStream::connect(&path).await.expect("connects");

        closing.cancel();
        let (mut taken, _) = listener.accept().await;
        taken.write_all(b"hi").await.expect("writes");

        assert_eq!(early.read_u16().await.expect("reads"), u16::from_be_bytes(*b"hi"));
        assert!(futures_util::poll!(Box::pin(listener.accept())).is_pending());
        let late = tokio::net::UnixStream::connect(&path).await.expect_err("nobody is there");
        assert_eq!(late.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_number_of_connections_never_exceeds_what_was_asked_for() {
        assert_eq!(connection_cap(1), 1);
    }
}
