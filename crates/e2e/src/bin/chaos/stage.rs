//! The installation that is broken and watched: workers, Redis behind a relay, nginx, people who edit, pages that follow.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lockstep_e2e::{Api, Cluster, Redis, Relay, Shape, Stream};
use lockstep_protocol::Room;
use rand::{SeedableRng, rngs::StdRng};
use tokio::time::sleep;

use crate::{
    arguments::{Arguments, Pace},
    authors::Authors,
    check::{Truth, Verdict},
    crowd::{Crowd, Order, snapshot},
    faults::{Debris, Fault, Target},
    history::History,
};

/// Files in here tell a worker at which step of an edit to die.
pub(crate) const CRASHES: &str = "crashes";

/// Holds what the workers' clock is off by.
pub(crate) const CLOCK: &str = "clock";

/// Room for the database and for all edits of a campaign.
const DISK_MB: u32 = 64;

/// How long pages may take until they all follow, at the start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long pages are waited for where a detector is off: longer than any detector takes that is on.
const CONTROL_PATIENCE: Duration = Duration::from_secs(5);

/// How many packets may wait for a page: few, so that a slow one is soon behind.
const QUEUE_PACKETS: &str = "64";

/// What an installation is to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it is.
    Plain,
    /// With a clock that can be set.
    Clock,
    /// On PostgreSQL.
    Postgres,
    /// With one detector switched off.
    Blind(&'static str),
}

/// What was found of one fault.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Which.
    pub(crate) fault: Fault,
    /// Events that were committed meanwhile.
    pub(crate) events: usize,
    /// What the checker says.
    pub(crate) verdict: Verdict,
    /// From the end of the fault until an edit was answered for, and every page had all that had been committed by then; nothing when
    /// that never came.
    pub(crate) recovery: Option<Duration>,
}

impl Finding {
    /// Whether every page got everything, once and in order.
    pub(crate) fn is_whole(&self) -> bool {
        self.recovery.is_some() && self.verdict.is_clean()
    }

    /// Whether it got it as soon as was promised.
    pub(crate) fn is_in_time(&mut self) -> bool {
        self.verdict.staleness.quantile(1.0).is_none_or(|worst| worst <= self.fault.allowed().limit())
    }
}

/// The installation.
pub(crate) struct Stage {
    // Pages and authors go first: they would only complain.
    pub(crate) crowd: Crowd,
    pub(crate) authors: Authors,
    pub(crate) cluster: Cluster,
    pub(crate) random: StdRng,
    debris: Debris,
    /// Connections that nobody needs.
    pub(crate) knocks: Vec<Box<dyn Stream>>,
    /// The ledger before a backup took its place, and when.
    pub(crate) restored: Option<(History, Instant)>,
    admin: Api,
}

impl Stage {
    /// Builds one and waits until every page follows.
    ///
    /// # Errors
    /// What is missing, or did not come up.
    pub(crate) async fn build(arguments: &Arguments, kind: Kind, seed: u64) -> Result<Stage, String> {
        let cluster = shape(arguments, kind, seed)?.start().await;
        fs::create_dir_all(cluster.directory().join(CRASHES)).map_err(|error| error.to_string())?;
        let proxy = cluster.nginx().address();
        let admin = Api::sign_in_admin(&proxy).await;
        let authors = Authors::begin(&admin, arguments.edits, seed).await?;
        let crowd = Crowd::open(arguments.pages as usize, &proxy, cluster.all(), &admin);
        let stage = Stage {
            crowd,
            authors,
            cluster,
            random: StdRng::seed_from_u64(seed),
            debris: Debris::default(),
            knocks: Vec::new(),
            restored: None,
            admin,
        };
        stage.authors.pause().await;
        match stage.crowd.arrive(&stage.history()?.tops(), START_LIMIT).await {
            Some(_) => Ok(stage),
            None => Err("not every page follows, though nothing is broken yet".to_owned()),
        }
    }

    /// Tries one fault. Edits go on through all of it, and for a while afterwards.
    ///
    /// # Errors
    /// Why the fault could not be made, or not be judged.
    pub(crate) async fn endure(&mut self, fault: Fault, pace: Pace) -> Result<Finding, String> {
        self.crowd.rebase();
        self.authors.resume();
        sleep(pace.calm).await;
        let begun = fault.begin(self, pace).await;
        if begun.is_ok() {
            sleep(pace.during).await;
        }
        fault.end(self).await?;
        begun?;
        let edited = self.authors.succeed(fault.patience()).await;
        let arrived = self.crowd.arrive(&self.history()?.tops(), fault.patience()).await;
        let recovery = edited.zip(arrived).map(|(edited, arrived)| edited.max(arrived));
        sleep(pace.calm).await;
        self.authors.pause().await;
        self.judge(fault, fault.patience(), recovery).await
    }

    /// The same, but the last edits fall into the fault: what is missing then no later event shows.
    ///
    /// # Errors
    /// Why the fault could not be made, or not be judged.
    pub(crate) async fn endure_to_the_end(&mut self, fault: Fault, pace: Pace) -> Result<Finding, String> {
        self.crowd.rebase();
        self.authors.resume();
        sleep(pace.calm).await;
        fault.begin(self, pace).await?;
        sleep(pace.during).await;
        self.authors.pause().await;
        fault.end(self).await?;
        self.judge(fault, CONTROL_PATIENCE, None).await
    }

    /// Nobody edits any more: waits for the pages, and holds what they saw against the database.
    async fn judge(&mut self, fault: Fault, patience: Duration, recovery: Option<Duration>) -> Result<Finding, String> {
        let history = self.history()?;
        let arrived = self.crowd.arrive(&history.tops(), patience).await;
        let (rows, before) = (self.rows().await, self.restored.take());
        let truth = Truth { now: &history, before: before.as_ref().map(|(old, at)| (old, *at)), rows: &rows };
        let (mut verdict, mut base) = (Verdict::default(), None);
        self.crowd.look(|room, track| {
            verdict.add(room, track, &truth);
            base = base.max(Some(track.base));
        });
        let events = history.events_after(base.unwrap_or_default());
        Ok(Finding { fault, events, verdict, recovery: recovery.filter(|_| arrived.is_some()) })
    }

    /// The ledger as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn history(&self) -> Result<History, String> {
        let known = self.authors.known();
        match self.cluster.database_server() {
            Some(server) => History::read_from(server, &known),
            None => History::read(&self.cluster.directory().join("data/lockstep.db"), &known),
        }
    }

    /// Waits until every worker is ready.
    pub(crate) async fn all_ready(&mut self) {
        for number in 0..self.cluster.all().len() {
            self.cluster.ready(number).await;
        }
    }

    /// Time for some edits.
    pub(crate) async fn let_edits_go_on(&self) {
        sleep(Duration::from_secs(2)).await;
    }

    async fn rows(&self) -> BTreeMap<Room, HashMap<String, i64>> {
        let mut all = BTreeMap::new();
        for room in [Room::Categories, Room::Files, Room::Registrators] {
            let snapshot = snapshot::fetch(&self.admin, room.clone(), 0).await;
            all.insert(room, snapshot.rows);
        }
        all
    }
}

impl Target for Stage {
    fn redis(&mut self) -> &mut Redis {
        self.cluster.redis()
    }

    fn relay(&self) -> &Relay {
        self.cluster.relay()
    }

    fn directory(&self) -> &Path {
        self.cluster.directory()
    }

    fn workers(&self) -> Vec<u32> {
        self.cluster.worker_processes()
    }

    fn order(&mut self, order: Order) {
        self.crowd.order(&self.crowd.neighbours(), order);
    }

    fn random(&mut self) -> &mut StdRng {
        &mut self.random
    }

    fn debris(&mut self) -> &mut Debris {
        &mut self.debris
    }
}

fn shape(arguments: &Arguments, kind: Kind, seed: u64) -> Result<Shape, String> {
    let shape = Shape::workers(arguments.workers)
        .behind_nginx("lockstep.conf")
        .through_a_relay(seed)
        .set("log", "level", "info")
        .set("database", "synchronous", "normal")
        .set("limits", "socket_queue_packets", QUEUE_PACKETS)
        .env("LOCKSTEP_CRASH_WHEN", CRASHES);
    Ok(match kind {
        Kind::Plain => shape.on_a_disk_of(DISK_MB),
        // What a server that dies has not written is no commit; a file survives the death of a worker either way.
        Kind::Postgres => shape.on_postgres().set("database", "synchronous", "full"),
        Kind::Blind(detector) => shape.env("LOCKSTEP_BLIND", detector),
        Kind::Clock => shape
            .env("LD_PRELOAD", &faketime()?.display().to_string())
            .env("FAKETIME_TIMESTAMP_FILE", CLOCK)
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("FAKETIME_CACHE_DURATION", "1"),
    })
}

/// The library that lies about the clock.
fn faketime() -> Result<PathBuf, String> {
    let places = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let library = |place: fs::DirEntry| place.path().join("faketime/libfaketimeMT.so.1");
    places.map(library).find(|path| path.exists()).ok_or_else(|| "the package faketime is not installed".to_owned())
}
