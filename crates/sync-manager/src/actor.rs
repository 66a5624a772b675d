//! One task that keeps this worker in step with the ledger.
//!
//! Bus messages, joins, ticks and beats all come through its one loop, so recovery and live delivery cannot race.
//! It guarantees what [`lockstep_protocol::worker`] guarantees; here are only the clock, the ledger and the wire.
//! It never waits for a socket, and for the ledger at most [`READ_LIMIT`].

mod ask;
mod presence;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lockstep_protocol::{
    Position, Record,
    ledger::{Head, Ledger, Page, Unreadable},
    worker::{Heard, ResetWhy, Worker},
};
use tokio::{
    sync::{Notify, broadcast, mpsc, watch},
    task::yield_now,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    Options, Status,
    blind::{Detector, is_blind},
    bus::{Channel, Signal},
    counters::Counters,
    gather::BURST,
    hub::{BEAT_TURNS, Hub},
    logs::Ear,
    message,
    outbox::Outbox,
    roster::{HEARTBEAT, Heartbeat, Roster},
    run::Run,
    transient::Transient,
};

pub(crate) use ask::{Asked, Command};
pub(crate) use presence::{AboutPresence, Attendance, Shown};

/// How long one look into the ledger may take before it counts as out of reach.
const READ_LIMIT: Duration = Duration::from_secs(2);

/// Rows read at a time while catching up.
const PAGE: usize = 1_000;

/// How long a starting worker waits for the bus; after that it begins without and follows the ledger.
const BUS_PATIENCE: Duration = Duration::from_secs(3);

/// The most rows a starting worker fills its ring with: more might take longer than one look may.
const FIRST_LOOK: usize = 10_000;

/// Looks into the ledger that messages may cause in vain between two ticks: what the ledger does not know is of a life that ended, and
/// who recorded it could send it again and again.
const VAIN_LOOKS: u32 = 8;

/// The pause before a ledger that could not be read at the start is tried again.
const START_PAUSE: Duration = Duration::from_millis(500);

/// Who noticed that something was missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NoticedBy {
    Chain,
    Tick,
}

pub(crate) struct Actor<L> {
    pub(crate) ledger: Arc<L>,
    pub(crate) options: Options,
    pub(crate) outbox: Outbox,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) applied: broadcast::Sender<Arc<Record>>,
    pub(crate) resets: watch::Sender<u64>,
    pub(crate) hub: Hub,
    pub(crate) roster: Roster,
    pub(crate) lost: broadcast::Sender<Heartbeat>,
    pub(crate) attendance: Attendance,
    /// Where log lines are heard: not here.
    pub(crate) logs: Ear,
    /// Steps taken so far. None is longer than a look into the ledger may be.
    pub(crate) steps: Arc<AtomicU64>,
    /// Pages have been asked to come back elsewhere; who comes now is asked at once.
    pub(crate) leaving: bool,
}

/// The actor once it knows where it stands.
struct Live<L> {
    actor: Actor<L>,
    worker: Worker,
    turn: u32,
    /// Since the last tick.
    vain_looks: u32,
}

impl<L: Ledger> Actor<L> {
    /// Runs until `stop`.
    pub(crate) async fn run(
        self,
        mut commands: mpsc::Receiver<Command>,
        mut signals: mpsc::Receiver<Signal>,
        stop: CancellationToken,
    ) {
        let started = async {
            let up = timeout(BUS_PATIENCE, self.until_up(&mut signals)).await == Ok(true);
            self.status.send_modify(|status| status.bus = up);
            self.first_look().await
        };
        let Some(page) = stop.run_until_cancelled(started).await else { return };
        let worker = Worker::with_memory(self.options.fanout.clone(), page, self.options.ring);
        info!(position = %worker.position(), "in step with the ledger at {}", worker.position());
        let mut live = Live { actor: self, worker, turn: 0, vain_looks: 0 };
        live.publish_status();
        live.follow(&mut commands, &mut signals, stop).await;
    }

    /// Waits until the bus is up. What is heard before is in the ledger when that is read.
    async fn until_up(&self, signals: &mut mpsc::Receiver<Signal>) -> bool {
        while let Some(signal) = signals.recv().await {
            match signal {
                Signal::Up => return true,
                Signal::Forged(count) => self.count_forged(count),
                Signal::Message(Channel::Logs, text) => self.logs.hear(text),
                Signal::Message(..) | Signal::Down | Signal::Missed(_) => {}
            }
        }
        false
    }

    fn count_forged(&self, count: u64) {
        if self.counters.bus_forged.get() == 0 {
            warn!(
                "somebody else publishes on our channels; it is dropped and counted. Give this installation a [redis] prefix of its \
                 own, or Redis an ACL; during an upgrade from a build that did not sign its messages it is that"
            );
        }
        self.counters.bus_forged.add(count);
    }

    async fn first_look(&self) -> Page {
        loop {
            match self.read(self.ledger.latest(self.options.ring.min(FIRST_LOOK))).await {
                Some(page) => return page,
                None => sleep(START_PAUSE).await,
            }
        }
    }

    /// Waits for a look into the ledger; nothing when it is out of reach, which is said once.
    async fn read<T>(&self, look: impl Future<Output = Result<T, Unreadable>>) -> Option<T> {
        let answer = match timeout(READ_LIMIT, look).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Unreadable(source))) => Err(source.to_string()),
            Err(_) => Err(format!("no answer within {READ_LIMIT:?}")),
        };
        self.step();
        let was = self.status.borrow().ledger;
        if was != answer.is_ok() {
            self.status.send_modify(|status| status.ledger = answer.is_ok());
        }
        answer
            .map_err(|reason| {
                self.counters.ledger_errors.add(1);
                // A worker that goes closes its database before its ears: nothing to wake anybody for.
                if was && !self.leaving {
                    warn!(reason, "the ledger is out of reach ({reason}); pages stand still until it is back");
                }
            })
            .ok()
    }

    fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }
}

impl<L: Ledger> Live<L> {
    async fn follow(
        &mut self,
        commands: &mut mpsc::Receiver<Command>,
        signals: &mut mpsc::Receiver<Signal>,
        stop: CancellationToken,
    ) {
        let nudge = self.actor.nudge.clone();
        let between_beats = self.actor.options.beat / BEAT_TURNS;
        let mut tick = pin!(sleep_until(self.next_tick()));
        let mut beat = pin!(sleep(between_beats));
        let mut heartbeat = pin!(sleep(Duration::ZERO));
        let mut presence = pin!(sleep(Duration::ZERO));
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.actor.leaving = true;
                    self.say_how_we_are();
                    return self.say_bye();
                }
                Some(signal) = signals.recv() => self.hear(signal, signals).await,
                Some(command) = commands.recv() => self.obey(command).await,
                () = nudge.notified() => {
                    self.repair(NoticedBy::Tick).await;
                }
                () = &mut tick => {
                    self.vain_looks = 0;
                    if !is_blind(Detector::Tick) {
                        self.repair(NoticedBy::Tick).await;
                    }
                    tick.as_mut().reset(self.next_tick());
                }
                () = &mut beat => {
                    self.beat();
                    beat.as_mut().reset(Instant::now() + between_beats);
                }
                () = &mut heartbeat => {
                    self.say_how_we_are();
                    self.look_for_lost();
                    heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
                }
                () = &mut presence => {}
            }
            self.attend().await;
            let wake = self.actor.attendance.wake();
            if presence.is_elapsed() || presence.deadline() != wake {
                presence.as_mut().reset(wake);
            }
            self.publish_status();
            self.actor.step();
        }
    }

    /// Sooner while the bus is down. Early by up to two fifths, so that workers do not all ask at once, and always by a bit: what the
    /// look finds is to have reached the pages when the interval is over.
    fn next_tick(&self) -> Instant {
        let bus = self.actor.status.borrow().bus;
        let every = if bus { self.actor.options.tick } else { self.actor.options.tick_without_bus };
        Instant::now() + every.mul_f64(rand::random_range(0.6..=0.85))
    }

    fn publish_status(&self) {
        let (position, sockets) = (self.worker.position(), self.actor.hub.len());
        self.actor.status.send_if_modified(|status| {
            let changed = status.sockets != sockets || status.position.as_ref() != Some(&position);
            status.sockets = sockets;
            status.position = Some(position);
            changed
        });
    }

    /// One signal and those that are ready behind it, or are after one turn for others: what leaves together costs a socket one write.
    async fn hear(&mut self, first: Signal, signals: &mut mpsc::Receiver<Signal>) {
        self.hear_one(first).await;
        self.hear_ready(signals).await;
        yield_now().await;
        self.hear_ready(signals).await;
        self.actor.hub.flush().await;
        yield_now().await;
    }

    async fn hear_ready(&mut self, signals: &mut mpsc::Receiver<Signal>) {
        for _ in 0..BURST {
            let Ok(signal) = signals.try_recv() else { return };
            self.hear_one(signal).await;
        }
    }

    async fn hear_one(&mut self, signal: Signal) {
        match signal {
            Signal::Message(Channel::Events, text) => self.hear_events(&text).await,
            Signal::Message(Channel::Workers, text) => match serde_json::from_str(&text) {
                Ok(heartbeat) => self.hear_heartbeat(heartbeat),
                Err(_) => self.actor.counters.bus_garbage.add(1),
            },
            Signal::Message(Channel::Presence, text) => {
                if !self.actor.attendance.hear(&text) {
                    self.actor.counters.bus_garbage.add(1);
                }
            }
            Signal::Message(Channel::Logs, text) => self.actor.logs.hear(text),
            Signal::Message(Channel::Transient, text) => match serde_json::from_str(&text) {
                Ok(transient) => self.pass_on(transient).await,
                Err(_) => self.actor.counters.bus_garbage.add(1),
            },
            Signal::Up => {
                self.actor.status.send_modify(|status| status.bus = true);
                self.actor.roster.excuse();
                self.actor.logs.is_doubtful();
                self.actor.attendance.is_doubtful();
                self.repair(NoticedBy::Tick).await;
            }
            Signal::Down => self.actor.status.send_modify(|status| status.bus = false),
            Signal::Missed(count) => {
                self.actor.counters.bus_missed.add(count);
                self.actor.roster.excuse();
                self.actor.attendance.is_doubtful();
                self.repair(NoticedBy::Chain).await;
            }
            Signal::Forged(count) => self.actor.count_forged(count),
        }
    }

    /// Tells our pages of the room, after all events that came before.
    async fn pass_on(&mut self, transient: Transient) {
        let Transient { room, event, payload } = transient;
        if self.actor.hub.is_live(&room) {
            self.actor.hub.flush().await;
            self.actor.hub.tell_room(&room, &Run::said(event, payload)).await;
        }
    }

    fn hear_heartbeat(&mut self, heartbeat: Heartbeat) {
        self.actor.attendance.lives(&heartbeat.name);
        self.actor.roster.hear(heartbeat);
    }

    async fn hear_events(&mut self, text: &str) {
        let Ok(records) = message::read(text) else {
            self.actor.counters.bus_garbage.add(1);
            return debug!("a message on the bus that is no event");
        };
        for record in records {
            match self.worker.hear(&record) {
                Heard::Apply => self.apply(Arc::new(record)).await,
                Heard::Drop => {}
                Heard::Repair if is_blind(Detector::Chain) => self.apply(Arc::new(record)).await,
                Heard::Repair if self.vain_looks < VAIN_LOOKS => {
                    if !self.repair(NoticedBy::Chain).await {
                        self.vain_looks += 1;
                    }
                }
                Heard::Repair => {}
            }
        }
    }

    /// Applies the next record; what pages hear of it leaves when the turn ends.
    async fn apply(&mut self, record: Arc<Record>) {
        let emissions = self.worker.apply(record.clone(), self.actor.hub.live_rooms());
        for emission in emissions {
            if !self.actor.hub.is_live(&emission.room) {
                self.worker.forget(&emission.room);
            }
            self.actor.hub.gather(emission).await;
        }
        self.actor.counters.applied.add(1);
        let _ = self.actor.applied.send(record);
    }

    /// Reads what the ledger has after the cursor and applies it; or gives everything up when nothing can be proved. Ends the turn.
    /// False when the look was in vain.
    async fn repair(&mut self, noticed: NoticedBy) -> bool {
        self.actor.hub.flush().await;
        let mut found = false;
        loop {
            let look = self.actor.ledger.after(self.worker.position().seq, PAGE);
            let Some(page) = self.actor.read(look).await else { return found };
            if let Err(why) = self.worker.judge(&page) {
                self.reset(why, page.head);
                return true;
            }
            let rows = page.rows.len();
            found |= rows > 0;
            self.count_repaired(noticed, rows);
            self.apply_page(page).await;
            if rows < PAGE {
                return found;
            }
        }
    }

    fn count_repaired(&self, noticed: NoticedBy, rows: usize) {
        let Counters { repaired_by_chain, repaired_by_tick, .. } = &*self.actor.counters;
        let counter = if noticed == NoticedBy::Chain { repaired_by_chain } else { repaired_by_tick };
        counter.add(rows as u64);
    }

    async fn apply_page(&mut self, page: Page) {
        for (number, record) in page.rows.into_iter().enumerate() {
            self.apply(Arc::new(record)).await;
            if number % BURST == BURST - 1 {
                self.actor.step();
                yield_now().await;
            }
        }
        self.actor.hub.flush().await;
    }

    fn reset(&mut self, why: ResetWhy, head: Head) {
        warn!(%why, from = %self.worker.position(), to = %head.position(), "lost count ({why}); every page fetches its data afresh");
        self.worker.reset(head);
        self.actor.counters.resets.add(1);
        self.actor.resets.send_modify(|resets| *resets += 1);
        let Position { epoch, seq } = self.worker.position();
        let payload = serde_json::json!({"epoch": epoch, "seq": seq, "why": why.to_string()});
        self.actor.hub.tell_all("sync:reset", || payload.clone());
    }

    fn beat(&mut self) {
        if is_blind(Detector::Beat) {
            return;
        }
        self.turn = self.turn.wrapping_add(1);
        let Self { actor, worker, turn, .. } = self;
        let back = actor.hub.beat(*turn, &worker.position(), |room| worker.last(room));
        for id in back {
            let rooms = self.actor.hub.rooms_of(id);
            self.introduce(id, &rooms);
        }
    }

    fn heartbeat(&self) -> Heartbeat {
        let status = self.actor.status.borrow();
        let identity = &self.actor.options.identity;
        Heartbeat {
            worker: identity.worker,
            name: identity.name.clone(),
            host: identity.host.clone(),
            started: identity.started,
            build: identity.build.clone(),
            sockets: self.actor.hub.len(),
            cursor: self.worker.position().seq,
            bus: status.bus,
            rss: resident_bytes(),
            leaving: self.actor.leaving,
        }
    }

    /// Tells of workers that have fallen silent, as long as we hear at all.
    fn look_for_lost(&mut self) {
        if !self.actor.status.borrow().bus {
            self.actor.roster.excuse();
        }
        for heartbeat in self.actor.roster.lost(&self.actor.options.identity.name) {
            warn!(
                worker = heartbeat.worker,
                host = heartbeat.host,
                "lost worker {} at {}",
                heartbeat.worker,
                heartbeat.host
            );
            let _ = self.actor.lost.send(heartbeat);
        }
    }

    pub(crate) fn say_how_we_are(&self) {
        let text = serde_json::to_string(&self.heartbeat()).expect("a heartbeat has string keys");
        self.actor.outbox.send(Channel::Workers, text.into());
    }
}

/// Resident memory of this process in bytes, from `/proc`; zero where there is none.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
