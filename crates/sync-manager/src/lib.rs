//! SyncManager: the one road from a committed change to every room on every worker.
//!
//! A committed event is published once with [`SyncManager::publish`]. Every worker, its author too, hears it over the bus, applies it
//! in ledger order and hands it to the sockets of each room concerned.
//! What the bus loses the ledger brings: within a second while the bus works, a quarter of one while it does not.
//!
//! It guarantees each joined socket the events of its rooms in commit order, each once, or an explicit sign that it must fetch afresh.
//! It never emits past the road, never makes an edit wait, and knows neither SQL nor HTTP.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use lockstep_sync_manager::{Identity, Options, SyncManager, bus::Memory};
//! # async fn run(ledger: Arc<impl lockstep_protocol::ledger::Ledger>, record: lockstep_protocol::Record, outlet: Arc<dyn lockstep_sync_manager::Outlet>) -> Result<(), lockstep_sync_manager::Unavailable> {
//! let sync = SyncManager::start(ledger, Arc::new(Memory::new()), Options::new(Identity::default()));
//! let member = sync.attach(outlet).await?;
//! let acks = sync.join(member, vec![(lockstep_protocol::Room::Files, None)]).await?;
//! sync.publish(&record);
//! sync.detach(member).await;
//! sync.close().await;
//! # Ok(())
//! # }
//! ```

mod actor;
mod blind;
pub mod bus;
mod counters;
mod gather;
mod hub;
pub mod logs;
mod mark;
mod message;
mod outbox;
mod presence;
mod roster;
mod run;
mod transient;

#[cfg(test)]
#[path = "../../protocol/tests/nasty/mod.rs"]
mod nasty;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lockstep_protocol::{
    FanOut, Position, Record, Room, RoomAck,
    ledger::Ledger,
    log::{Archive, Batch},
};
use tokio::{
    sync::{Notify, broadcast, mpsc, oneshot, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use counters::{Counter, Counters, Level, LogCounters};
pub use hub::{Cut, MemberId, Outlet, Sent};
pub use mark::{MARK_LIFE, Mark};
pub use roster::{Heartbeat, WorkerInfo};
pub use run::Run;

use actor::{Actor, Asked, Attendance, Command};
use bus::{Bus, Channel};
use logs::LogHub;
use outbox::Outbox;

/// Requests that wait for the actor. At a hundred thousand joins a second this is a twentieth of a second.
const COMMANDS: usize = 4096;

/// How long a request may wait for its answer: one repair and some.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Applied records a listener of [`SyncManager::applied`] may fall behind.
const APPLIED: usize = 1024;

/// Lost workers a listener of [`SyncManager::lost`] may fall behind.
const LOST: usize = 64;

/// Who this worker is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The process id, as events carry it.
    pub worker: u32,
    /// Unique among all machines and restarts.
    pub name: String,
    /// The machine.
    pub host: String,
    /// When it started, milliseconds since 1970.
    pub started: i64,
    /// Which build it is.
    pub build: String,
}

/// How a worker follows the ledger.
#[derive(Clone)]
pub struct Options {
    /// Who we are.
    pub identity: Identity,
    /// Which rooms depend on which.
    pub fanout: Arc<FanOut>,
    /// Events kept for pages that reconnect.
    pub ring: usize,
    /// How often the ledger is looked at while the bus works.
    pub tick: Duration,
    /// How often while it does not.
    pub tick_without_bus: Duration,
    /// How often a page is told how far its rooms have come.
    pub beat: Duration,
    /// Log lines kept for readers who come.
    pub ring_lines: usize,
    /// Where log lines are kept, if they are.
    pub archive: Option<Arc<dyn Archive>>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { identity, fanout, ring, tick, tick_without_bus, beat, ring_lines, archive } = self;
        f.debug_struct("Options")
            .field("identity", identity)
            .field("fanout", fanout)
            .field("ring", ring)
            .field("tick", tick)
            .field("tick_without_bus", tick_without_bus)
            .field("beat", beat)
            .field("ring_lines", ring_lines)
            .field("archive", &archive.is_some())
            .finish()
    }
}

impl Options {
    /// The defaults: the two rules of the fan-out, 4,096 events, 1 s, 250 ms and 10 s, 10,000 log lines that are kept nowhere else.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            fanout: Arc::default(),
            ring: 4096,
            tick: Duration::from_secs(1),
            tick_without_bus: Duration::from_millis(250),
            beat: Duration::from_secs(10),
            ring_lines: 10_000,
            archive: None,
        }
    }
}

/// How this worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How far it has come; nothing until it has read the ledger once.
    pub position: Option<Position>,
    /// Whether it hears the bus.
    pub bus: bool,
    /// Whether the ledger answered last time.
    pub ledger: bool,
    /// Open sockets.
    pub sockets: usize,
}

impl Status {
    /// Whether pages of this worker follow at full speed.
    pub fn is_ready(&self) -> bool {
        self.position.is_some() && self.bus && self.ledger
    }
}

/// No answer: the worker is starting, stopping or overwhelmed. Ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the worker did not answer in time")]
pub struct Unavailable;

/// The one road. Cheap to clone; all clones are the same road.
#[derive(Clone)]
pub struct SyncManager {
    commands: mpsc::Sender<Command>,
    outbox: Outbox,
    logs: LogHub,
    status: watch::Receiver<Status>,
    applied: broadcast::Sender<Arc<Record>>,
    lost: broadcast::Sender<Heartbeat>,
    resets: watch::Receiver<u64>,
    counters: Arc<Counters>,
    bus: Arc<dyn Bus>,
    members: Arc<AtomicU64>,
    steps: Arc<AtomicU64>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl SyncManager {
    /// Begins to follow `ledger`. Returns at once: bus and ledger may be away for now.
    pub fn start<L: Ledger>(ledger: Arc<L>, bus: Arc<dyn Bus>, options: Options) -> Self {
        let (commands, asked) = mpsc::channel(COMMANDS);
        let (status, seen) = watch::channel(Status { position: None, bus: false, ledger: true, sockets: 0 });
        let (applied, _) = broadcast::channel(APPLIED);
        let (lost, _) = broadcast::channel(LOST);
        let (reset, resets) = watch::channel(0);
        let (counters, nudge) = (Arc::<Counters>::default(), Arc::<Notify>::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let steps = Arc::<AtomicU64>::default();
        // The outbox outlives the actor, which has a last word.
        let silence = CancellationToken::new();
        let (logs, ear, listening) = LogHub::new(options.ring_lines, counters.clone());
        let (outbox, pump) = Outbox::new(bus.clone(), counters.clone(), nudge.clone(), ear.clone(), silence.clone());
        tasks.spawn(listening.run(options.archive.clone(), outbox.clone(), stop.clone()));
        let actor = Actor {
            attendance: Attendance::new(&options.identity.name, counters.clone()),
            logs: ear,
            ledger,
            options,
            outbox: outbox.clone(),
            nudge,
            counters: counters.clone(),
            status,
            applied: applied.clone(),
            resets: reset,
            hub: hub::Hub::new(counters.clone()),
            roster: roster::Roster::default(),
            lost: lost.clone(),
            steps: steps.clone(),
            leaving: false,
        };
        tasks.spawn(pump);
        let acting = actor.run(asked, bus.listen(), stop.clone());
        tasks.spawn(async move {
            let _silent_at_the_end = silence.drop_guard();
            acting.await;
        });
        let members = Arc::default();
        Self { commands, outbox, logs, status: seen, applied, lost, resets, counters, bus, members, steps, stop, tasks }
    }

    /// Tells every worker of a committed record. Never waits; if the bus is down the ledger brings it.
    pub fn publish(&self, record: &Record) {
        self.publish_all(std::slice::from_ref(record));
    }

    /// The same for records that were committed together: they travel together, and so reach a socket in one write.
    pub fn publish_all(&self, records: &[Record]) {
        for message in message::write(records) {
            self.outbox.send(Channel::Events, message.into());
        }
    }

    /// Tells every worker of log lines that this one has taken in, this one too. Never waits; what does not arrive becomes known, and comes
    /// from the archive.
    pub fn log(&self, batch: &Batch) {
        self.logs.send(batch, &self.outbox);
    }

    /// Those who read log lines on this worker.
    pub fn logs(&self) -> &LogHub {
        &self.logs
    }

    /// Makes a socket known. It hears nothing until it joins.
    ///
    /// # Errors
    /// [`Unavailable`] when the worker is too busy or closed: the socket is not known, try again.
    pub async fn attach(&self, outlet: Arc<dyn Outlet>) -> Result<MemberId, Unavailable> {
        let id = MemberId(self.members.fetch_add(1, Ordering::Relaxed));
        self.tell(Command::Attach(id, outlet)).await?;
        Ok(id)
    }

    /// Forgets a socket. Waits as long as it takes, since a socket that is not forgotten would be a leak.
    pub async fn detach(&self, member: MemberId) {
        let _ = self.commands.send(Command::Detach(member)).await;
    }

    /// Joins rooms, from a position where one is given. The caller has checked that the person may.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no answer within five seconds.
    pub async fn join(
        &self,
        member: MemberId,
        wishes: Vec<(Room, Option<Position>)>,
    ) -> Result<Vec<RoomAck>, Unavailable> {
        self.join_and(member, wishes, |_| {}).await
    }

    /// The same; `tell` is given the answers at the moment of the join: after every run that came before and ahead of every run that
    /// comes after. It must not wait. It is not called when the answer would come too late.
    ///
    /// # Errors
    /// As [`SyncManager::join`].
    pub async fn join_and(
        &self,
        member: MemberId,
        wishes: Vec<(Room, Option<Position>)>,
        tell: impl FnOnce(&[RoomAck]) + Send + 'static,
    ) -> Result<Vec<RoomAck>, Unavailable> {
        self.ask(|reply| Command::Join(member, wishes, Asked { tell: Box::new(tell), reply })).await
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// [`Unavailable`] when the worker is too busy or closed: the socket is still in the room.
    pub async fn leave(&self, member: MemberId, room: Room) -> Result<(), Unavailable> {
        self.tell(Command::Leave(member, room)).await
    }

    /// How all workers are, this one included.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no answer within five seconds.
    pub async fn workers(&self) -> Result<Vec<WorkerInfo>, Unavailable> {
        self.ask(Command::Workers).await
    }

    /// The rooms with somebody of this worker in them, and how many.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no answer within five seconds.
    pub async fn rooms(&self) -> Result<Vec<(Room, usize)>, Unavailable> {
        self.ask(Command::Rooms).await
    }

    /// What the wire between workers is made of: `memory` or `redis`.
    pub fn bus_kind(&self) -> &'static str {
        self.bus.kind()
    }

    /// How long a message to ourselves over the bus took last; measured every five seconds. Nothing in memory, and while it is down.
    pub fn bus_round_trip(&self) -> Option<Duration> {
        self.bus.round_trip()
    }

    /// Asks every page of this worker, and whichever comes from now on, to come back elsewhere, spread over five seconds.
    pub async fn farewell(&self) {
        let _ = self.ask(Command::Farewell).await;
    }

    /// How many steps this worker has taken along the road, and a wish for one more. Who asks again some seconds later and hears the
    /// same number looks at a worker that hangs: no step takes longer than a look into the ledger may, two seconds, whether the
    /// ledger answers or not. Never waits.
    pub fn steps(&self) -> u64 {
        // Where the queue is full there are steps enough to take.
        let _ = self.commands.try_send(Command::Step);
        self.steps.load(Ordering::Relaxed)
    }

    /// How this worker is, now and whenever it changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Every record this worker applies from now on. Who lags is told how many were missed; those that a reset skips are not among
    /// them, see [`SyncManager::resets`].
    pub fn applied(&self) -> broadcast::Receiver<Arc<Record>> {
        self.applied.subscribe()
    }

    /// Other workers that have fallen silent for ten seconds without saying that they go, as each was heard of last. Every worker that
    /// hears the others tells of it.
    pub fn lost(&self) -> broadcast::Receiver<Heartbeat> {
        self.lost.subscribe()
    }

    /// How often this worker has lost count, now and whenever it does. Each time it skips records of which nobody is told: whatever
    /// was concluded from those applied so far must be looked up anew.
    pub fn resets(&self) -> watch::Receiver<u64> {
        self.resets.clone()
    }

    /// What has happened so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Stops following and closes the bus.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = timeout(ANSWER_LIMIT, self.tasks.wait()).await;
        self.bus.close().await;
    }

    async fn tell(&self, command: Command) -> Result<(), Unavailable> {
        let told = timeout(ANSWER_LIMIT, self.commands.send(command)).await;
        told.map_err(|_| Unavailable)?.map_err(|_| Unavailable)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.commands.send(command(reply)).await.ok()?;
            answer.await.ok()
        };
        timeout(ANSWER_LIMIT, asked).await.ok().flatten().ok_or(Unavailable)
    }
}
