//! A body that may be long: counted, bounded, and not allowed to stand still.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::super::body::forget;

/// What is known of a body.
#[derive(Debug, Default)]
pub(in crate::http) struct Flow {
    bytes: AtomicU64,
    too_large: AtomicBool,
    stood_still: AtomicBool,
}

/// A body that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the body is too large or stood still")]
struct CutShort;

/// The body that its reader gets.
struct Counted {
    inner: Option<Body>,
    flow: Arc<Flow>,
    max: u64,
    pause: Duration,
    patience: Pin<Box<Sleep>>,
    /// The client waits to be asked for it.
    waits: bool,
}

impl Flow {
    /// Watches `body`: no more than `max` bytes, no longer than `pause` without any. `waits` when the client sends none before it is asked.
    pub(in crate::http) fn of(body: Body, max: u64, pause: Duration, waits: bool) -> (Arc<Self>, Body) {
        let flow = Arc::<Self>::default();
        let patience = Box::pin(sleep(pause));
        let counted = Counted { inner: Some(body), flow: flow.clone(), max, pause, patience, waits };
        (flow, Body::new(counted))
    }

    /// How many bytes have come.
    pub(in crate::http) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(in crate::http) fn is_too_large(&self) -> bool {
        self.too_large.load(Relaxed)
    }

    pub(in crate::http) fn stood_still(&self) -> bool {
        self.stood_still.load(Relaxed)
    }
}

impl Counted {
    /// The reader has no use for more of it; what is under way is taken beside the answer, so that the client can read that.
    fn end(&mut self) {
        if let Some(body) = self.inner.take().filter(|body| !self.waits && !body.is_end_stream()) {
            forget(body);
        }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.waits = false;
        let Some(inner) = &mut self.inner else { return Poll::Ready(Some(Err(axum::Error::new(CutShort)))) };
        let Poll::Ready(frame) = Pin::new(inner).poll_frame(cx) else {
            ready!(self.patience.as_mut().poll(cx));
            self.flow.stood_still.store(true, Relaxed);
            // Nothing more is expected of this client.
            self.inner = None;
            return Poll::Ready(Some(Err(axum::Error::new(CutShort))));
        };
        let until = Instant::now() + self.pause;
        self.patience.as_mut().reset(until);
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
        let more = data.map_or(0, Bytes::len) as u64;
        if self.flow.bytes.fetch_add(more, Relaxed) + more > self.max {
            self.flow.too_large.store(true, Relaxed);
            self.end();
            return Poll::Ready(Some(Err(axum::Error::new(CutShort))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.end();
    }
}
