//! A connection in memory, for tests whose clock stands still: what is bounded in the kernel is bounded here, to the byte.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Way;

/// One direction.
#[derive(Debug, Default)]
struct Direction {
    bytes: VecDeque<u8>,
    capacity: usize,
    closed: bool,
    waiting: Vec<Waker>,
}

impl Direction {
    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }

    fn close(&mut self) {
        self.closed = true;
        self.wake();
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = self.capacity - self.bytes.len();
        let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
        if room == 0 && wanted > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.bytes.extend(slices.iter().flat_map(|slice| slice.iter()).take(room));
        self.wake();
        Ok(room.min(wanted))
    }

    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closed || self.bytes.len() < self.capacity {
            return Poll::Ready(Ok(()));
        }
        self.waiting.push(cx.waker().clone());
        Poll::Pending
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.bytes.is_empty() && !self.closed {
            self.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        let taken = self.bytes.len().min(buffer.remaining());
        let bytes: Vec<u8> = self.bytes.drain(..taken).collect();
        buffer.put_slice(&bytes);
        self.wake();
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug)]
struct Shared {
    ours_to_theirs: Mutex<Direction>,
    theirs_to_ours: Mutex<Direction>,
}

fn lock(direction: &Mutex<Direction>) -> MutexGuard<'_, Direction> {
    direction.lock().expect("no test panics while it holds one")
}

/// Our reading half.
#[derive(Debug)]
pub(super) struct PipeReader(Arc<Shared>);

/// Our writing half.
#[derive(Debug)]
pub(super) struct PipeWriter(Arc<Shared>);

/// The other side. Dropped, it hangs up.
#[derive(Debug)]
pub(super) struct Peer(Arc<Shared>);

/// A connection that holds `capacity` bytes each way before a writer must wait.
pub(super) fn pipe(capacity: usize) -> (PipeReader, PipeWriter, Peer) {
    let direction = || Mutex::new(Direction { capacity, ..Direction::default() });
    let shared = Arc::new(Shared { ours_to_theirs: direction(), theirs_to_ours: direction() });
    (PipeReader(shared.clone()), PipeWriter(shared.clone()), Peer(shared))
}

impl Way for PipeWriter {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        lock(&self.0.ours_to_theirs).write(slices)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0.ours_to_theirs).poll_writable(cx)
    }

    async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_writable(cx)).await
    }

    fn finish(&self) -> io::Result<()> {
        lock(&self.0.ours_to_theirs).close();
        Ok(())
    }

    fn shut_down(&self) {
        lock(&self.0.ours_to_theirs).close();
        lock(&self.0.theirs_to_ours).close();
    }
}

impl AsyncRead for PipeReader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        lock(&self.0.theirs_to_ours).poll_read(cx, buffer)
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        lock(&self.0.ours_to_theirs).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut direction = lock(&self.0.theirs_to_ours);
        match direction.write(&[IoSlice::new(bytes)]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => direction.poll_writable(cx).map_ok(|()| 0),
            result => Poll::Ready(result),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0.theirs_to_ours).close();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        lock(&self.0.ours_to_theirs).close();
        lock(&self.0.theirs_to_ours).close();
    }
}
