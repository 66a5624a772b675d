//! Where a server listens: a TCP port or a unix socket.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// A place to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `127.0.0.1:port`.
    Tcp(SocketAddr),
    /// The file of a unix socket.
    Unix(PathBuf),
}

/// A connection of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Address {
    /// A port of this machine.
    #[must_use]
    pub fn port(port: u16) -> Address {
        Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// A unix socket.
    #[must_use]
    pub fn unix(path: &Path) -> Address {
        Address::Unix(path.to_path_buf())
    }

    /// Connects.
    ///
    /// # Errors
    /// Those of `connect(2)`: nobody listens there, or may not be reached.
    pub async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }

    /// What a client puts into `Host`, and an own page into `Origin` after the scheme.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(_) => "localhost".to_owned(),
        }
    }

    /// The address for a browser, or for a client that takes URLs.
    ///
    /// # Panics
    /// For a unix socket: a browser cannot reach one.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Address::Tcp(address) => format!("http://{address}"),
            Address::Unix(path) => panic!("{} is no place for a browser", path.display()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(formatter, "{address}"),
            Address::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// A port that was free a moment ago, for programs that cannot be told `0`. The kernel hands ports out in a circle, so the next test
/// gets another one.
///
/// # Panics
/// When the machine has none left.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port to spare");
    listener.local_addr().expect("a bound socket has an address").port()
}
