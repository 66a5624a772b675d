//! One person's open page: who it is, its way out, and how much it may say.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use lockstep_app::Caller;
use lockstep_sync_manager::{Cut, MemberId, Outlet, Sent, SyncManager};
use serde_json::value::RawValue;
use socketioxide::{SendError, SocketError, extract::SocketRef};
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    config::Limits,
    listen::{ConnCtl, KillReason},
};

/// So many breaches of the rate within a minute end the connection: an honest page backs off after the first.
const MAX_BREACHES: u32 = 3;

/// One signed-in socket.
pub(super) struct Seat {
    caller: ArcSwap<Caller>,
    /// Known once the socket is connected, and given back when it is not: socket and seat hold each other.
    socket: OnceLock<SocketRef>,
    member: OnceCell<MemberId>,
    closed: AtomicBool,
    connection: ArcSwapOption<ConnCtl>,
    budget: DefaultDirectRateLimiter,
    breaches: Mutex<(Instant, u32)>,
}

impl Seat {
    pub(super) fn new(caller: Caller, connection: Option<Arc<ConnCtl>>, limits: &Limits) -> Self {
        Self {
            caller: ArcSwap::from_pointee(caller),
            socket: OnceLock::new(),
            member: OnceCell::new(),
            closed: AtomicBool::new(false),
            connection: ArcSwapOption::new(connection),
            budget: RateLimiter::direct(limits.socket_events()),
            breaches: Mutex::new((Instant::now(), 0)),
        }
    }

    pub(super) fn caller(&self) -> Arc<Caller> {
        self.caller.load_full()
    }

    pub(super) fn moved_to(&self, connection: Arc<ConnCtl>) {
        self.connection.store(Some(connection));
    }

    /// Its place in the hub, taken at the first call: the welcome and the page's first request may come in either order.
    pub(super) async fn member(self: &Arc<Self>, socket: &SocketRef, sync: &SyncManager) -> MemberId {
        let attach = async {
            let _ = self.socket.set(socket.clone());
            sync.attach(self.clone()).await
        };
        let member = *self.member.get_or_init(|| attach).await;
        if self.closed.load(Ordering::SeqCst) {
            self.leave(socket, sync).await;
        }
        member
    }

    /// Gives the place back.
    pub(super) async fn leave(&self, socket: &SocketRef, sync: &SyncManager) {
        self.closed.store(true, Ordering::SeqCst);
        socket.extensions.remove::<Arc<Seat>>();
        if let Some(member) = self.member.get() {
            sync.detach(*member).await;
        }
    }

    /// Whether the page may say something now. Too often too much, and the connection ends.
    pub(super) fn may_speak(&self) -> bool {
        if self.budget.check().is_ok() {
            return true;
        }
        let mut breaches = self.breaches.lock().unwrap_or_else(PoisonError::into_inner);
        if breaches.0.elapsed().as_secs() >= 60 {
            *breaches = (Instant::now(), 0);
        }
        breaches.1 += 1;
        if breaches.1 > MAX_BREACHES {
            self.cut(KillReason::Flood);
        }
        false
    }

    /// Ends the connection; the page reconnects by itself.
    pub(super) fn cut(&self, reason: KillReason) {
        match &*self.connection.load() {
            Some(connection) => drop(connection.kill(reason)),
            None => self.dismiss(),
        }
    }

    /// Ends the session for good: the page does not come back by itself.
    pub(super) fn dismiss(&self) {
        if let Some(socket) = self.socket.get() {
            let _ = socket.clone().disconnect();
        }
    }
}

impl Outlet for Seat {
    fn send(&self, event: &str, payload: &RawValue) -> Sent {
        let Some(socket) = self.socket.get() else { return Sent::Gone };
        match socket.emit(event, payload) {
            Ok(()) => Sent::Queued,
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Sent::Full,
            Err(_) => Sent::Gone,
        }
    }

    fn cut(&self, why: Cut) {
        match why {
            Cut::SlowConsumer => Seat::cut(self, KillReason::SlowConsumer),
        }
    }
}

impl Limits {
    /// What a page may say: rate and burst.
    fn socket_events(&self) -> Quota {
        let at_least_one = |number: u32| number.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        Quota::per_second(at_least_one(self.socket_events_per_s)).allow_burst(at_least_one(self.socket_events_burst))
    }
}
