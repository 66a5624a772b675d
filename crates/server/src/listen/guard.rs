//! A connection that cannot be held open by doing nothing.
//!
//! Four things end it from our side: a write that makes no progress for the limit, a first request head that does not arrive in
//! time, [`IDLE`] without a byte either way, and [`Connection::kill`]. Each makes the next read fail, which is what ends a WebSocket
//! session; a failing write alone would not.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::{
    connection::Connection,
    stream::{Reader, Way, Writer},
    traffic::KillReason,
};

/// A connection on which nothing goes either way for so long is cut. It is more than the slowest heartbeat that may be set (four
/// minutes), than any request takes, and than proxies keep a connection for later (nginx: 60 s), so that they and not we close it.
pub(super) const IDLE: Duration = Duration::from_secs(300);

/// A connection under guard, as the engine has it: it reads alone, and writes in turn with the lane.
#[derive(Debug)]
pub struct Guarded<R = Reader, W: Way = Writer> {
    reader: R,
    connection: Arc<Connection<W>>,
    /// Runs while a write stands still; boxed, since most connections never have one.
    stall: Option<Pin<Box<Sleep>>>,
    /// Runs until the first request head must be complete, then from one look for signs of life to the next.
    deadline: Pin<Box<Sleep>>,
    /// Bytes that had gone at the last look; None while the head is awaited.
    seen: Option<u64>,
}

impl<R, W: Way> Guarded<R, W> {
    /// Guards `connection`, which is read from `reader`; the deadline for the request head begins now.
    pub fn new(reader: R, connection: Arc<Connection<W>>, head_limit: Duration) -> Self {
        Self { reader, connection, stall: None, deadline: Box::pin(sleep(head_limit)), seen: None }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection<W>> {
        &self.connection
    }

    /// Ends the connection when its head is overdue or it shows no life. The head's deadline is absolute: a byte now and then does
    /// not move it.
    fn check_deadline(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.deadline.as_mut().poll(cx).is_ready() {
            let gone = self.connection.bytes_in() + self.connection.bytes_out();
            if !self.connection.has_head() {
                return Err(self.kill(KillReason::HeaderTimeout));
            }
            if self.seen == Some(gone) {
                return Err(self.kill(KillReason::Idle));
            }
            self.seen = Some(gone);
            self.deadline.as_mut().reset(Instant::now() + IDLE);
        }
        Ok(())
    }

    fn kill(&self, reason: KillReason) -> io::Error {
        self.connection.kill(reason);
        dead()
    }

    fn write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        loop {
            if self.connection.is_dead() {
                return Poll::Ready(Err(dead()));
            }
            match self.connection.write_for_engine(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.wait(cx))?,
                result => {
                    self.stall = None;
                    return Poll::Ready(result);
                }
            }
        }
    }

    /// The write makes no progress: wait for the other side, the limit or a kill, whichever comes first.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(result) = self.connection.writer.poll_writable(cx) {
            return Poll::Ready(result);
        }
        let limit = self.connection.bounds.write_stall;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stall.as_mut().poll(cx));
        self.connection.stalled();
        Poll::Ready(Err(dead()))
    }
}

impl<R, W: Way> Drop for Guarded<R, W> {
    fn drop(&mut self) {
        self.connection.closed();
    }
}

fn dead() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "connection ended by the guard")
}

impl<R: AsyncRead + Unpin, W: Way> AsyncRead for Guarded<R, W> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        this.check_deadline(cx)?;
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut this.reader).poll_read(cx, buffer));
        let read = buffer.filled().len() - before;
        this.connection.count_in(read);
        // A kill ends the stream as well; it is the error that ends the engine's session, not the end.
        let killed = read == 0 && this.connection.is_dead();
        Poll::Ready(if killed { Err(dead()) } else { result })
    }
}

impl<R: Unpin, W: Way> AsyncWrite for Guarded<R, W> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().write(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The kernel has all that was taken.
        Poll::Ready(if self.connection.is_dead() { Err(dead()) } else { Ok(()) })
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(if self.connection.is_dead() { Ok(()) } else { self.connection.finish() })
    }
}

#[cfg(test)]
mod tests;
