//! One person's open page: who it is, its way out, and how much it may say.
//!
//! The one place that speaks to a page. Where its session began with a WebSocket it speaks by the connection's lane, and then by that
//! alone: frames of the lane overtake what waits in the engine's queue. Otherwise the engine carries all.
//!
//! What a person may hear does not hang on the end of a connection: first he is taken out of the rooms, then the connection is ended.

mod logs;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;
use lockstep_app::Caller;
use lockstep_protocol::{Room, RoomAck, frame};
use lockstep_sync_manager::{Cut, MemberId, Outlet, Run, Sent, SyncManager, Unavailable, logs::Reader};
use serde::Serialize;
use serde_json::value::RawValue;
use socketioxide::{
    SendError, SocketError, TransportType,
    extract::{AckSender, SocketRef},
};
use tokio::{
    sync::{OnceCell, SetOnce},
    time::timeout,
};

use crate::{
    allowance::{Allowance, Said},
    config::Settings,
    listen::{Connection, KillReason, Taken},
    watch::{Known, Seated},
};

/// How long what a page says waits for its welcome. That takes microseconds, and where it never comes the connection is closed as well.
const WELCOME_LIMIT: Duration = Duration::from_secs(5);

/// One signed-in socket.
pub(super) struct Seat {
    known: Known,
    /// Known once the socket is connected, and given back when it is not: socket and seat hold each other.
    socket: OnceLock<SocketRef>,
    /// Whether its page was there to be greeted; empty until its welcome has run or it has gone.
    greeted: SetOnce<bool>,
    member: OnceCell<MemberId>,
    /// What it has joined by name; the hub bounds how many.
    rooms: Mutex<Vec<Room>>,
    /// Its log lines, while it is in the room `logs`.
    reader: Mutex<Option<Reader>>,
    closed: AtomicBool,
    /// What carries its WebSocket.
    connection: ArcSwapOption<Connection>,
    /// The same, where frames can be put on it.
    lane: Option<Arc<Connection>>,
    allowance: Allowance,
}

impl Seat {
    pub(super) fn new(caller: Caller, as_of: u64, connection: Option<Arc<Connection>>, settings: &Settings) -> Self {
        let lane = connection.clone().filter(|connection| settings.sync.fast_lane && connection.is_websocket());
        Self {
            known: Known::new(caller, as_of),
            socket: OnceLock::new(),
            greeted: SetOnce::new(),
            member: OnceCell::new(),
            rooms: Mutex::default(),
            reader: Mutex::default(),
            closed: AtomicBool::new(false),
            connection: ArcSwapOption::new(connection),
            lane,
            allowance: Allowance::new(&settings.limits),
        }
    }

    /// The way its events take: `lane`; `engine` where a session cannot have a lane or none is wanted; `unopened` where it should have
    /// one and the engine's output was not understood.
    pub(super) fn way(&self, settings: &Settings) -> &'static str {
        match (&self.lane, settings.sync.fast_lane && self.connection.load().is_some()) {
            (Some(_), _) => "lane",
            (None, true) => "unopened",
            (None, false) => "engine",
        }
    }

    pub(super) fn caller(&self) -> Arc<Caller> {
        self.known.caller()
    }

    /// It goes on by the WebSocket on `connection`, unless it has a living one: the engine takes no second.
    pub(super) fn moved_to(&self, connection: Arc<Connection>) {
        if self.connection.load().as_ref().is_none_or(|first| first.is_dead()) {
            self.connection.store(Some(connection));
        }
    }

    /// The socket is connected. False when it has gone already.
    pub(super) fn sit(&self, socket: &SocketRef) -> bool {
        let open = !self.closed.load(Ordering::SeqCst);
        if open {
            let _ = self.socket.set(socket.clone());
        }
        open
    }

    /// Its page has been told hello.
    pub(super) fn welcomed(&self) {
        let _ = self.greeted.set(true);
    }

    /// What carries its WebSocket, without holding it open.
    pub(super) fn connection(&self) -> Option<Weak<Connection>> {
        self.connection.load().as_ref().map(Arc::downgrade)
    }

    /// Waits until its page has been told hello; false when it went before, or is not welcomed in good time.
    ///
    /// The engine hands on what a page says a moment before the page counts as connected. An answer would go out all the same, and an
    /// event be dropped: so nothing that a page asks for is done before its welcome has run.
    pub(super) async fn greeted(&self) -> bool {
        timeout(WELCOME_LIMIT, self.greeted.wait()).await.is_ok_and(|greeted| *greeted)
    }

    /// Its place in the hub, taken at the first call: the welcome and the page's first request may come in either order.
    pub(super) async fn member(self: &Arc<Self>, sync: &SyncManager) -> Result<MemberId, Unavailable> {
        let member = *self.member.get_or_try_init(|| sync.attach(self.clone())).await?;
        if self.closed.load(Ordering::SeqCst) {
            self.leave(sync).await;
        }
        Ok(member)
    }

    /// The same, if it has one.
    pub(super) fn known_member(&self) -> Option<MemberId> {
        self.member.get().copied()
    }

    /// Remembers a room that it has joined.
    pub(super) fn note(&self, ack: &RoomAck) {
        let RoomAck::Joined { room, .. } = ack else { return };
        let mut rooms = self.rooms();
        if !rooms.contains(room) {
            rooms.push(room.clone());
        }
    }

    /// It has left `room`.
    pub(super) fn left(&self, room: &Room) {
        if *room == Room::Logs {
            self.end_reading();
        }
        self.rooms().retain(|joined| joined != room);
    }

    /// Leaves the rooms that the caller may not join.
    pub(super) async fn keep_to_rights(&self, sync: &SyncManager) {
        self.keep_reading_only_if_allowed();
        let caller = self.caller();
        let lost: Vec<Room> = self.rooms().extract_if(.., |room| !caller.may_join(room)).collect();
        let Some(member) = self.member.get() else { return };
        for room in lost {
            // A hub that does not answer is closed or chokes; in both cases the cut that follows ends the matter.
            let _ = sync.leave(*member, room).await;
        }
    }

    /// No more than a mark, and the end of what it reads: whoever holds the seat from now on gives it up.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = self.greeted.set(false);
        self.end_reading();
    }

    /// Gives the place back; nothing reaches the page any more. What it showed is there until it had time to come back.
    pub(super) async fn leave(&self, sync: &SyncManager) {
        self.stand_up();
        if let Some(member) = self.member.get() {
            sync.detach(*member).await;
        }
    }

    /// The same for whoever is not to come back: what his page showed is gone at once.
    pub(super) async fn expel(&self, sync: &SyncManager) {
        self.stand_up();
        if let Some(member) = self.member.get() {
            sync.expel(*member).await;
        }
    }

    fn stand_up(&self) {
        self.close();
        if let Some(socket) = self.socket.get() {
            socket.extensions.remove::<Arc<Seat>>();
        }
    }

    /// Whether the page may say something now. Again and again too much, and the connection ends.
    pub(super) fn may_speak(&self) -> bool {
        let said = self.allowance.take();
        if said == Said::Flood {
            self.cut(KillReason::Flood);
        }
        said == Said::Allowed
    }

    /// Ends the connection; the page reconnects by itself.
    ///
    /// A session on long polling has no connection of its own to end, and the library no other way to end it than packet 41. Our page
    /// comes back after it, clients of other makers do not unless they are told to.
    pub(super) fn cut(&self, reason: KillReason) {
        if !(self.is_websocket() && self.kill(reason)) {
            self.dismiss();
        }
    }

    /// Ends the session for good: the page does not come back by itself. One whose queue is full cannot be told; its connection ends.
    pub(super) fn dismiss(&self) {
        let behind = self.lane.as_ref().is_some_and(|lane| lane.is_behind());
        let told = !behind && self.socket.get().is_some_and(|socket| socket.clone().disconnect().is_ok());
        if !told {
            self.kill(KillReason::Revoked);
        }
    }

    /// False when there was nothing to kill.
    fn kill(&self, reason: KillReason) -> bool {
        self.connection.load().as_ref().is_some_and(|connection| connection.kill(reason))
    }

    fn is_websocket(&self) -> bool {
        self.socket.get().is_some_and(|socket| socket.transport_type() == TransportType::Websocket)
    }

    fn rooms(&self) -> MutexGuard<'_, Vec<Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Answers what the page has asked, in order with all that is sent. A page that is too slow to take its answer asks again.
    #[expect(clippy::disallowed_methods, reason = "the one door out")]
    pub(super) fn answer(&self, id: Option<i64>, by_engine: AckSender, answer: &impl Serialize) {
        let Some(lane) = &self.lane else {
            let _ = by_engine.send(answer);
            return;
        };
        let Some(id) = id else { return };
        let answer = serde_json::to_string(answer).expect("answers have string keys");
        let mut frame = Vec::with_capacity(frame::event_bytes("", &answer));
        frame::ack(&mut frame, id, &answer);
        let _ = lane.answer(frame.into());
    }

    #[expect(clippy::disallowed_methods, reason = "the one door out")]
    fn emit_all<'a>(&self, events: impl ExactSizeIterator<Item = (&'a str, &'a str)>) -> Sent {
        let Some(socket) = self.socket.get() else { return Sent::Gone };
        let all = events.len();
        for (number, (event, argument)) in events.enumerate() {
            let argument: &RawValue = serde_json::from_str(argument).expect("the hub hands on finished JSON");
            match socket.emit(event, argument) {
                Ok(()) => {}
                Err(SendError::Socket(SocketError::InternalChannelFull)) => return Sent::Full(all - number),
                Err(_) => return Sent::Gone,
            }
        }
        Sent::Queued
    }
}

impl Outlet for Seat {
    #[expect(clippy::disallowed_methods, reason = "the one door out")]
    fn send(&self, run: &Run) -> Sent {
        let Some(lane) = &self.lane else { return self.emit_all(run.events()) };
        match lane.send(run.frames(), run.len()) {
            Taken::Yes => Sent::Queued,
            Taken::Full => Sent::Full(run.len()),
            Taken::Gone => Sent::Gone,
        }
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
        Box::pin(async move {
            self.expel(sync).await;
            self.dismiss();
        })
    }

    /// Whose rights are others loses his connection, so that his page comes back with the new ones.
    fn known_anew<'a>(&'a self, same_rights: bool, sync: &'a SyncManager) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.keep_to_rights(sync).await;
            self.keep_shown(sync).await;
            if !same_rights {
                self.cut(KillReason::Revoked);
            }
        })
    }
}
