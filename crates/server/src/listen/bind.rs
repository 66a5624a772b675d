//! Taking an address, here or from the process that started this one.

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener as StdTcpListener},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener as StdUnixListener,
    },
    path::Path,
};

use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::{address::Listen, socket_file::SocketFile, stream::Stream};
use crate::config::Server;

/// A listener at one address.
#[derive(Debug)]
pub enum Listener {
    /// On TCP.
    Tcp(TcpListener),
    /// On a unix socket; the file is `None` where another process owns it.
    Unix(UnixListener, Option<SocketFile>),
}

/// Why an address could not be taken. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody is there already.
    #[error(
        "`{0}` is in use: another server answers there. Stop it, or choose another address by [server] listen or --listen"
    )]
    InUse(String),
    /// A file that is not ours to remove.
    #[error("`{0}` is a file, not a socket. Move it away, or choose another path")]
    NotASocket(String),
    /// `[server] socket_group`.
    #[error("there is no group `{0}` in /etc/group; give [server] socket_group the name or the number of one that is")]
    NoSuchGroup(String),
    /// Anything else that the system says.
    #[error("cannot listen at `{address}`")]
    Failed {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

impl BindError {
    pub(super) fn failed(address: String, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            _ => BindError::Failed { address, source },
        }
    }
}

/// Listens at `listen`, which must not be a template any more; `server` gives mode and group of a unix socket.
///
/// # Errors
/// See [`BindError`].
pub async fn bind(listen: &Listen, server: &Server) -> Result<Listener, BindError> {
    match listen {
        Listen::Tcp(address) => {
            let bound = TcpListener::bind(address).await;
            bound.map(Listener::Tcp).map_err(|error| BindError::failed(address.clone(), error))
        }
        Listen::Unix(path) => {
            let group = server.socket_group.as_deref();
            let (listener, file) = SocketFile::create(Path::new(path), server.socket_mode, group).await?;
            Ok(Listener::Unix(listener, Some(file)))
        }
    }
}

impl Listener {
    /// The listener that another process has handed over. `listen` says of which kind it is.
    ///
    /// # Errors
    /// When it is none of that kind.
    pub fn inherited(listen: &Listen, descriptor: OwnedFd) -> io::Result<Self> {
        match listen {
            Listen::Tcp(_) => {
                let listener = StdTcpListener::from(descriptor);
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Listener::Tcp)
            }
            Listen::Unix(_) => {
                let listener = StdUnixListener::from(descriptor);
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener).map(|listener| Listener::Unix(listener, None))
            }
        }
    }

    /// The address as clients know it, such as `http://127.0.0.1:8080` or `unix:/run/lockstep/server.sock`.
    pub fn url(&self) -> String {
        match self {
            Listener::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| "http://?".to_owned(), |addr| format!("http://{addr}"))
            }
            Listener::Unix(_, Some(file)) => format!("unix:{}", file.path().display()),
            Listener::Unix(listener, None) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                path.map_or_else(|| "unix:?".to_owned(), |path| format!("unix:{}", path.display()))
            }
        }
    }

    /// One connection, and where it comes from if it comes by TCP.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Nagle's algorithm would hold an event back for 40 ms. Where it cannot be switched off the connection is already dead.
                stream.set_nodelay(true).ok();
                Ok((Stream::Tcp(stream), Some(peer)))
            }
            Listener::Unix(listener, _) => Ok((Stream::Unix(listener.accept().await?.0), None)),
        }
    }

    /// Takes no more connections. Gives those that wait to be taken where nobody else will take them: behind a socket file of our own,
    /// which is gone first, so that whoever comes now finds nothing and asks the next worker.
    pub(super) fn close(self) -> VecDeque<Stream> {
        let Listener::Unix(listener, Some(file)) = self else { return VecDeque::new() };
        drop(file);
        // Asked of the kernel itself: the runtime hears of a connection a little later.
        let Ok(listener) = listener.into_std() else { return VecDeque::new() };
        let waiting = std::iter::from_fn(|| {
            let (stream, _) = listener.accept().ok()?;
            stream.set_nonblocking(true).ok()?;
            UnixStream::from_std(stream).ok()
        });
        waiting.map(Stream::Unix).collect()
    }

    pub(super) fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().map(Some),
            Listener::Unix(..) => Ok(None),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Unix(listener, _) => listener.as_fd(),
        }
    }
}
