//! One type for connections over TCP and over a unix socket, whole or in two halves.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use rustix::net::Shutdown;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream, tcp, unix},
};

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP, without Nagle's delay.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

/// The half that is read.
#[derive(Debug)]
pub enum Reader {
    /// Over TCP.
    Tcp(tcp::OwnedReadHalf),
    /// Over a unix socket.
    Unix(unix::OwnedReadHalf),
}

/// The half that is written. Several may write: each call takes a shared reference and never waits.
#[derive(Debug)]
pub enum Writer {
    /// Over TCP.
    Tcp(tcp::OwnedWriteHalf),
    /// Over a unix socket.
    Unix(unix::OwnedWriteHalf),
}

/// A way out for bytes that several share. Who writes must see to it that they take turns.
pub trait Way: Send + Sync + 'static {
    /// Writes what the kernel takes at once, at least a byte; [`io::ErrorKind::WouldBlock`] when it takes none.
    ///
    /// # Errors
    /// The system's.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Waits in the one place that a poll has: for the engine alone.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits in a list: for whoever is not the engine.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Says to the other side that nothing follows.
    ///
    /// # Errors
    /// The system's.
    fn finish(&self) -> io::Result<()>;

    /// Ends both directions at once: whoever waits in a read or a write is woken.
    fn shut_down(&self);
}

impl Stream {
    /// The two halves of one connection.
    pub fn into_split(self) -> (Reader, Writer) {
        match self {
            Stream::Tcp(stream) => {
                let (reader, writer) = stream.into_split();
                (Reader::Tcp(reader), Writer::Tcp(writer))
            }
            Stream::Unix(stream) => {
                let (reader, writer) = stream.into_split();
                (Reader::Unix(reader), Writer::Unix(writer))
            }
        }
    }
}

/// Calls the same on whichever kind it is.
macro_rules! either {
    ($kind:ident, $value:expr, $inner:ident => $call:expr) => {
        match $value {
            $kind::Tcp($inner) => $call,
            $kind::Unix($inner) => $call,
        }
    };
}

impl Way for Writer {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        either!(Writer, self, inner => match slices {
            [one] => inner.try_write(one),
            many => inner.try_write_vectored(many),
        })
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(Writer, self, inner => inner.as_ref().poll_write_ready(cx))
    }

    async fn writable(&self) -> io::Result<()> {
        either!(Writer, self, inner => inner.writable().await)
    }

    fn finish(&self) -> io::Result<()> {
        match either!(Writer, self, inner => rustix::net::shutdown(inner.as_ref(), Shutdown::Write)) {
            Ok(()) | Err(rustix::io::Errno::NOTCONN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn shut_down(&self) {
        // Fails only where the other side has ended it already.
        either!(Writer, self, inner => rustix::net::shutdown(inner.as_ref(), Shutdown::Both)).ok();
    }
}

impl AsyncRead for Reader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(Reader, self.get_mut(), inner => Pin::new(inner).poll_read(cx, buffer))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(Stream, self.get_mut(), inner => Pin::new(inner).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(Stream, self.get_mut(), inner => Pin::new(inner).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(Stream, self.get_mut(), inner => Pin::new(inner).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        either!(Stream, self, inner => inner.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(Stream, self.get_mut(), inner => Pin::new(inner).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(Stream, self.get_mut(), inner => Pin::new(inner).poll_shutdown(cx))
    }
}
