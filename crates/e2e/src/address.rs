//! Where a server listens: a TCP port or a unix socket.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
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

/// Where the tests' own servers listen: below the ports that Linux gives to outgoing connections, so that no client of another test
/// sits on a port while its server is being started, and above those that browsers refuse.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// From one port to the next: a program that needs neighbours has them to itself.
const PORT_STEP: u16 = 10;

/// A port that nobody listens on, for programs that cannot be told `0`; a multiple of ten, and its nine successors are given to nobody
/// else.
///
/// # Panics
/// When the machine has none left.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let places = u32::from((PORTS.end - PORTS.start) / PORT_STEP);
    // Two test processes at a time begin at different places.
    let first = std::process::id().wrapping_mul(97);
    let port = |place: u32| PORTS.start + PORT_STEP * u16::try_from(place % places).expect("a remainder is smaller");
    let mut ports = (0..places).map(|_| port(first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))));
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a port to spare")
}
