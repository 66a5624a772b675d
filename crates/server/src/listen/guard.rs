//! A connection that cannot be held open by doing nothing.
//!
//! Four things end it from our side: a write that makes no progress for the limit, a first request head that does not arrive in
//! time, [`IDLE`] without a byte either way, and [`ConnCtl::kill`]. Each makes the next read fail, which is what ends a WebSocket session; a failing write alone would not.

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
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep},
};

use super::control::{ConnCtl, KillReason};

/// A connection on which nothing goes either way for so long is cut. It is more than the slowest heartbeat that may be set (four
/// minutes), than any request takes, and than proxies keep a connection for later (nginx: 60 s), so that they and not we close it.
pub(super) const IDLE: Duration = Duration::from_secs(300);

/// `T` under guard.
#[derive(Debug)]
pub struct Guarded<T> {
    inner: T,
    ctl: Arc<ConnCtl>,
    /// How long a write may stand still.
    write_limit: Duration,
    /// Runs while a write stands still; boxed, since most connections never have one.
    stall: Option<Pin<Box<Sleep>>>,
    /// Runs until the first request head must be complete, then from one look for signs of life to the next.
    deadline: Pin<Box<Sleep>>,
    /// Bytes that had gone at the last look; None while the head is awaited.
    seen: Option<u64>,
    /// One of the permitted connections, given back when this one is dropped.
    _permit: Option<OwnedSemaphorePermit>,
}

impl<T> Guarded<T> {
    /// Guards `inner`; the deadline for the request head begins now.
    pub fn new(inner: T, ctl: Arc<ConnCtl>, write_limit: Duration, head_limit: Duration) -> Self {
        Self { inner, ctl, write_limit, stall: None, deadline: Box::pin(sleep(head_limit)), seen: None, _permit: None }
    }

    pub(super) fn with_permit(mut self, permit: OwnedSemaphorePermit) -> Self {
        self._permit = Some(permit);
        self
    }

    /// The handle of this connection.
    pub fn ctl(&self) -> &Arc<ConnCtl> {
        &self.ctl
    }

    /// Ends the connection when its head is overdue or it shows no life. The head's deadline is absolute: a byte now and then does
    /// not move it.
    fn check_deadline(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.deadline.as_mut().poll(cx).is_ready() {
            let gone = self.ctl.bytes_in() + self.ctl.bytes_out();
            if !self.ctl.has_head() {
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
        self.ctl.kill(reason);
        dead()
    }

    fn written(&mut self, result: io::Result<usize>) -> Poll<io::Result<usize>> {
        self.stall = None;
        if let Ok(bytes) = result {
            self.ctl.count_out(bytes);
        }
        Poll::Ready(result)
    }

    /// The write makes no progress: wait for the peer, the limit or a kill, whichever comes first.
    fn stalled(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.ctl.writer.register(cx.waker());
        // A kill between the check at the top and the line above has woken nobody.
        if self.ctl.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        let limit = self.write_limit;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stall.as_mut().poll(cx));
        self.ctl.count_stall();
        Poll::Ready(Err(self.kill(KillReason::WriteStall)))
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        self.ctl.closed();
    }
}

fn dead() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "connection ended by the guard")
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ctl.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        this.check_deadline(cx)?;
        let before = buffer.filled().len();
        match Pin::new(&mut this.inner).poll_read(cx, buffer) {
            Poll::Ready(result) => {
                this.ctl.count_in(buffer.filled().len() - before);
                Poll::Ready(result)
            }
            Poll::Pending => {
                this.ctl.reader.register(cx.waker());
                // As in `stalled`.
                if this.ctl.is_dead() { Poll::Ready(Err(dead())) } else { Poll::Pending }
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.ctl.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        match Pin::new(&mut this.inner).poll_write(cx, bytes) {
            Poll::Ready(result) => this.written(result),
            Poll::Pending => this.stalled(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.ctl.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        match Pin::new(&mut this.inner).poll_write_vectored(cx, slices) {
            Poll::Ready(result) => this.written(result),
            Poll::Pending => this.stalled(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ctl.is_dead() {
            return Poll::Ready(Err(dead()));
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ctl.is_dead() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
