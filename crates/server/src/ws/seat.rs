//! One client at a raw door: who it is, its way out, and how much it may say.
//!
//! The one place that speaks to it: by the connection's lane, whole text frames, in order. What it may hear does not hang on the end of
//! its connection: who is told to go hears nothing more.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use lockstep_app::Caller;
use lockstep_protocol::frame;
use lockstep_sync_manager::{Cut, MemberId, Outlet, Run, Sent, SyncManager, Unavailable, logs::Reader};
use serde::Serialize;
use tokio::sync::{OnceCell, SetOnce};

use super::{Doorway, close::Close, logs::Wish, notices::Notices, talk::Complaint};
use crate::{
    allowance::{Allowance, Said},
    config::Settings,
    listen::{Connection, KillReason, Taken},
    watch::{Known, Seated},
};

/// One signed-in client.
pub(super) struct Seat {
    doorway: Doorway,
    known: Known,
    connection: Arc<Connection>,
    allowance: Allowance,
    /// Why it is to go, once it is.
    order: SetOnce<Close>,
    member: OnceCell<MemberId>,
    /// Which lines it wants at first, or what is wrong with that.
    wish: Result<Wish, Complaint>,
    reader: OnceLock<Reader>,
    /// What of its notifications it wants.
    pub(super) notices: Notices,
}

impl Seat {
    pub(super) fn new(
        doorway: Doorway,
        caller: Caller,
        as_of: u64,
        connection: Arc<Connection>,
        wish: Result<Wish, Complaint>,
        settings: &Settings,
    ) -> Self {
        Self {
            doorway,
            known: Known::new(caller, as_of),
            connection,
            allowance: Allowance::new(&settings.limits),
            order: SetOnce::new(),
            member: OnceCell::new(),
            wish,
            reader: OnceLock::new(),
            notices: Notices::default(),
        }
    }

    pub(super) fn doorway(&self) -> Doorway {
        self.doorway
    }

    pub(super) fn caller(&self) -> Arc<Caller> {
        self.known.caller()
    }

    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Whether it may say something now.
    pub(super) fn may_speak(&self) -> Said {
        self.allowance.take()
    }

    /// Tells it to go. The first order counts.
    pub(super) fn order(&self, close: Close) {
        let _ = self.order.set(close);
    }

    /// Waits for the order to go.
    pub(super) async fn ordered(&self) -> Close {
        self.order.wait().await.clone()
    }

    /// Cuts the connection as it stands.
    pub(super) fn cut(&self, reason: KillReason) {
        self.connection.kill(reason);
    }

    /// Its place in the hub, taken at the first call.
    pub(super) async fn member(self: &Arc<Self>, sync: &SyncManager) -> Result<MemberId, Unavailable> {
        self.member.get_or_try_init(|| sync.attach(self.clone())).await.copied()
    }

    /// The lines that it wants at first.
    pub(super) fn wish(&self) -> Cow<'_, Wish> {
        self.wish.as_ref().map_or_else(|_| Cow::Owned(Wish::default()), Cow::Borrowed)
    }

    /// What is wrong with what it wanted at first.
    pub(super) fn bad_wish(&self) -> Option<&Complaint> {
        self.wish.as_ref().err()
    }

    /// It reads log lines by `reader`.
    pub(super) fn reads(&self, reader: Reader) {
        let _ = self.reader.set(reader);
        // Told to go in the meantime, by somebody who has seen no reader yet.
        if self.is_going() {
            self.reader().inspect(|reader| reader.close());
        }
    }

    pub(super) fn reader(&self) -> Option<&Reader> {
        self.reader.get()
    }

    /// Gives its places back; nothing reaches it any more.
    pub(super) async fn leave(&self, sync: &SyncManager) {
        self.reader().inspect(|reader| reader.close());
        if let Some(member) = self.member.get() {
            sync.detach(*member).await;
        }
    }

    /// Says `what`, in order with all that is sent. A client that is too slow to take its answers asks again.
    #[expect(clippy::disallowed_methods, reason = "the one way out")]
    pub(super) fn say(&self, what: &impl Serialize) {
        let text = serde_json::to_string(what).expect("what is said has string keys");
        let mut frames = Vec::with_capacity(frame::MAX_HEAD + text.len());
        frame::text(&mut frames, &text);
        if !self.is_going() {
            let _ = self.connection.answer(frames.into());
        }
    }

    /// Puts finished frames, `events` of them, on their way.
    #[expect(clippy::disallowed_methods, reason = "the one way out")]
    pub(super) fn send_frames(&self, frames: Bytes, events: usize) -> Sent {
        if self.is_going() {
            return Sent::Gone;
        }
        if events == 0 {
            return Sent::Queued;
        }
        match self.connection.send(frames, events) {
            Taken::Yes => Sent::Queued,
            Taken::Full => Sent::Full(events),
            Taken::Gone => Sent::Gone,
        }
    }

    pub(super) fn is_going(&self) -> bool {
        self.order.get().is_some()
    }
}

impl Outlet for Seat {
    fn send(&self, run: &Run) -> Sent {
        self.hear(run)
    }

    fn cut(&self, why: Cut) {
        match why {
            Cut::SlowConsumer => Seat::cut(self, KillReason::SlowConsumer),
        }
    }
}

impl Seated for Seat {
    fn known(&self) -> &Known {
        &self.known
    }

    fn ended<'a>(&'a self, sync: &'a SyncManager) -> BoxFuture<'a, ()> {
        self.order(Close::sign_in("sign in again"));
        Box::pin(self.leave(sync))
    }

    fn known_anew<'a>(&'a self, _: bool, sync: &'a SyncManager) -> BoxFuture<'a, ()> {
        let Err(close) = self.doorway.admits(&self.caller()) else { return Box::pin(async {}) };
        self.order(close);
        Box::pin(self.leave(sync))
    }
}
