//! The raw WebSocket doors: `/ws/notifications/`, `/ws/logs/stream/` and `/ws/logs/`, for programs and pages without Socket.IO.
//!
//! One way out: [`seat`] alone speaks to a client, by its connection's lane; the library that reads writes nothing but pings, pongs and
//! the close. Who is refused is let in as far as hearing why, by a close code that a browser can read; a foreign `Origin` is not.
//! It guarantees what the Socket.IO door does: nobody hears what he may not, who loses a session or a right is out at once (the watch is
//! the same), queues are bounded, and who does not answer or does not read is cut.

mod close;
mod entry;
mod heartbeat;
mod logs;
mod notices;
mod places;
mod seat;
mod shown;
mod talk;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request, routing::any};
use lockstep_app::{Caller, Right};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::{
    listen::KillReason,
    state::State,
    watch::{Hall, Seated},
};
use close::Close;
use places::Places;
use seat::Seat;

/// How long all of them together may take to close before the rest is cut; each has as long for its own close.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// Which of the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doorway {
    /// A person's notifications.
    Notifications,
    /// Log lines that match a filter.
    LogStream,
    /// All log lines as the first pages had them, and the person's notifications.
    Logs,
}

impl Doorway {
    const ALL: [Self; 3] = [Self::Notifications, Self::LogStream, Self::Logs];

    fn path(self) -> &'static str {
        match self {
            Self::Notifications => "/ws/notifications",
            Self::LogStream => "/ws/logs/stream",
            Self::Logs => "/ws/logs",
        }
    }

    /// As metrics say it.
    fn name(self) -> &'static str {
        match self {
            Self::Notifications => "notifications",
            Self::LogStream => "log_stream",
            Self::Logs => "logs",
        }
    }

    /// Whether a person's notifications come by it.
    fn has_notices(self) -> bool {
        self != Self::LogStream
    }

    /// Refuses whom it is not for.
    fn admits(self, caller: &Caller) -> Result<(), Close> {
        match self {
            Self::Notifications if caller.user().is_none() => Err(Close::not_allowed("a program has no notifications")),
            Self::LogStream | Self::Logs if !caller.may(Right::LogsView) => {
                Err(Close::not_allowed("this takes the right logs.view"))
            }
            _ => Ok(()),
        }
    }
}

/// The raw doors of one worker. Clones are the same doors.
#[derive(Clone)]
pub(crate) struct Raw(Arc<Inner>);

struct Inner {
    state: State,
    seats: Mutex<HashMap<u64, Arc<Seat>>>,
    numbers: AtomicU64,
    places: Places,
    tasks: TaskTracker,
}

impl Raw {
    pub(crate) fn open(state: State) -> Self {
        let places = Places::new(&state.settings.limits);
        let (seats, numbers, tasks) = (Mutex::default(), AtomicU64::default(), TaskTracker::new());
        Self(Arc::new(Inner { state, seats, numbers, places, tasks }))
    }

    /// Each door with and without the last slash.
    pub(crate) fn routes(&self) -> Router {
        Doorway::ALL.into_iter().fold(Router::new(), |routes, doorway| {
            let raw = self.clone();
            let enter = any(move |request: Request| async move { raw.enter(doorway, request).await });
            routes.route(doorway.path(), enter.clone()).route(&format!("{}/", doorway.path()), enter)
        })
    }

    /// Asks everybody to come back elsewhere, spread over some seconds.
    pub(crate) fn farewell(&self) {
        for seat in self.seats() {
            seat.order(Close::restarting());
        }
    }

    /// Ends every connection: politely within three seconds, then by cutting it.
    pub(crate) async fn close(&self) {
        self.farewell();
        self.0.tasks.close();
        if timeout(CLOSE_LIMIT, self.0.tasks.wait()).await.is_err() {
            for seat in self.seats() {
                seat.cut(KillReason::Drain);
            }
        }
    }

    /// How many are in.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn seats(&self) -> Vec<Arc<Seat>> {
        self.lock().values().cloned().collect()
    }

    /// From here on the seat is found by whoever looks for it, until what is given back is dropped.
    fn seat(&self, seat: &Arc<Seat>) -> Taken {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, seat.clone());
        Taken { raw: self.clone(), number }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Seat>>> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> &State {
        &self.0.state
    }
}

impl Hall for Raw {
    fn seated(&self) -> Vec<Arc<dyn Seated>> {
        self.lock().values().map(|seat| seat.clone() as Arc<dyn Seated>).collect()
    }
}

/// A seat that is taken.
struct Taken {
    raw: Raw,
    number: u64,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.raw.lock().remove(&self.number);
    }
}
