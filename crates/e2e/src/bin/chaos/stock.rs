//! The same faults and the same checker for socketioxide with its own Redis adapter, as its documentation sets it up.
//!
//! Its application is as careful as one can be without a ledger: an author whose request fails sends it again, a process that dies is
//! started again, and a page that connects anew fetches all data afresh, which here always succeeds at once. So what is counted is only
//! what no page could know of.

mod author;
mod reader;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicI64},
    time::Duration,
};

use lockstep_e2e::{Address, LIMIT, Launch, Process, Redis, Relay, eventually, free_port, peers};
use lockstep_protocol::Room;
use rand::{SeedableRng, rngs::StdRng};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use self::author::Author;
use crate::{
    arguments::{Arguments, Pace},
    check::{Truth, Verdict},
    crowd::{Order, track::Track},
    faults::{Debris, Fault, Target},
};

/// The room everybody is in.
const ROOM: Room = Room::Files;

/// How long pages are waited for in the end: nothing comes later than that which will come at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two starts of a process that died.
const RESTART: Duration = Duration::from_millis(500);

/// What pages of both kinds know of each other.
pub(crate) struct Shared {
    /// Where the processes listen.
    addresses: Vec<Address>,
    /// The newest event that was answered for.
    published: AtomicI64,
}

struct Page {
    orders: watch::Sender<Order>,
    track: Arc<Mutex<Track>>,
}

/// Its installation.
pub(crate) struct Stock {
    _pages_running: JoinSet<()>,
    pages: Vec<Page>,
    author: Author,
    shared: Arc<Shared>,
    servers: Vec<Process>,
    relay: Relay,
    redis: Redis,
    debris: Debris,
    random: StdRng,
    directory: TempDir,
}

impl Stock {
    /// Builds one and waits until every page is in the room.
    ///
    /// # Errors
    /// When it could not be built.
    pub(crate) async fn build(arguments: &Arguments) -> Result<Stock, String> {
        let directory = tempfile::Builder::new().prefix("stock-").tempdir().map_err(|error| error.to_string())?;
        let redis = Redis::start(directory.path()).await;
        let relay = Relay::start(directory.path(), &redis, arguments.seed);
        let ports: Vec<u16> = (0..arguments.workers).map(|_| free_port()).collect();
        let servers = ports.iter().map(|port| launch(*port, &relay, directory.path())).collect();
        let addresses: Vec<Address> = ports.iter().copied().map(Address::port).collect();
        for address in &addresses {
            eventually("the peer listens", LIMIT, || async { address.connect().await.ok() }).await;
        }
        let shared = Arc::new(Shared { addresses, published: AtomicI64::new(0) });
        let author = Author::begin(&shared, arguments.edits);
        let (mut running, mut pages) = (JoinSet::new(), Vec::new());
        for number in 0..arguments.pages as usize {
            let (orders, obeyed) = watch::channel(Order::Read);
            let track = Arc::<Mutex<Track>>::default();
            running.spawn(reader::run(number, shared.clone(), obeyed, track.clone()));
            pages.push(Page { orders, track });
        }
        let random = StdRng::seed_from_u64(arguments.seed);
        let stock = Stock {
            _pages_running: running,
            pages,
            author,
            shared,
            servers,
            relay,
            redis,
            debris: Debris::default(),
            random,
            directory,
        };
        let everybody = || std::future::ready(stock.tracks().all(|track| track.live).then_some(()));
        eventually("every page in the room", LIMIT, everybody).await;
        Ok(stock)
    }

    /// Tries one fault.
    ///
    /// # Errors
    /// That it means nothing here, or cannot be made.
    pub(crate) async fn endure(&mut self, fault: Fault, pace: Pace) -> Result<Verdict, String> {
        self.tracks().for_each(|mut track| track.rebase());
        self.author.resume();
        sleep(pace.calm).await;
        self.begin(fault, pace).await?;
        sleep(pace.during).await;
        fault.end_anywhere(self).await?;
        sleep(pace.calm).await;
        self.author.pause().await;
        Ok(self.judge().await)
    }

    async fn begin(&mut self, fault: Fault, pace: Pace) -> Result<(), String> {
        match fault {
            Fault::KillAtEachStep => self.restart_some(1, Signal::KILL).await,
            Fault::RollingRestart => self.restart_some(self.servers.len(), Signal::TERM).await,
            _ => return fault.begin_anywhere(self, pace).await,
        }
        Ok(())
    }

    /// Ends processes one after the other and starts each again.
    async fn restart_some(&mut self, count: usize, signal: Signal) {
        for number in 0..count {
            self.servers[number].signal(signal);
            self.servers[number].ended().await;
            sleep(RESTART).await;
            let Address::Tcp(address) = &self.shared.addresses[number] else { continue };
            self.servers[number] = launch(address.port(), &self.relay, self.directory.path());
            let address = Address::Tcp(*address);
            eventually("the peer listens again", LIMIT, || async { address.connect().await.ok() }).await;
        }
    }

    async fn judge(&self) -> Verdict {
        let history = self.author.history(&ROOM);
        let top = history.tops().get(&ROOM).copied().unwrap_or_default();
        let all = || self.tracks().all(|track| track.live && track.place() >= top);
        let started = std::time::Instant::now();
        while !all() && started.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50)).await;
        }
        let rows: BTreeMap<Room, HashMap<String, i64>> = BTreeMap::new();
        let truth = Truth { now: &history, before: None, rows: &rows };
        let mut verdict = Verdict::default();
        self.tracks().for_each(|track| verdict.add(&ROOM, &track, &truth));
        verdict
    }

    fn tracks(&self) -> impl Iterator<Item = std::sync::MutexGuard<'_, Track>> {
        self.pages.iter().map(|page| page.track.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn launch(port: u16, relay: &Relay, directory: &Path) -> Process {
    Launch::new(&format!("peer-{port}"), peers::oxide_binary(), directory)
        .args(["adapter", &port.to_string(), &relay.socket().display().to_string()])
        .start()
}

impl Target for Stock {
    fn redis(&mut self) -> &mut Redis {
        &mut self.redis
    }

    fn relay(&self) -> &Relay {
        &self.relay
    }

    fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn workers(&self) -> Vec<u32> {
        self.servers.iter().map(Process::pid).collect()
    }

    fn order(&mut self, order: Order) {
        for page in self.pages.iter().step_by(10) {
            page.orders.send_replace(order);
        }
    }

    fn random(&mut self) -> &mut StdRng {
        &mut self.random
    }

    fn debris(&mut self) -> &mut Debris {
        &mut self.debris
    }
}
