//! How much a delivery costs, how long it takes, what an idle connection weighs.
//!
//! All systems of a round are up at the same time and take turns in slices of a second or less. A virtual machine's cores are moved
//! about by its host, and whether two of them share a cache changes the cost of everything threefold, for seconds on end. Slices that
//! follow each other closely mostly see the same weather, so that their ratio means something.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    cost,
    crowd::Crowd,
    publisher::Publisher,
    score::Score,
    system::{Kind, System},
};

/// How long the last deliveries may take once publishing has stopped. What is missing then is lost.
const SETTLE: Duration = Duration::from_secs(10);

/// Traffic before the clock starts: allocators, compilers and caches are warm after it.
const WARM: Duration = Duration::from_millis(1500);

/// Connections before the idle ones are counted, so that what a process needs once is not charged to them.
const FIRST_CONNECTIONS: usize = 200;

/// Rest after connecting, before memory is read: what was needed only to connect is given back.
const REST: Duration = Duration::from_secs(2);

/// Sizes of a run.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) sockets: usize,
    pub(crate) idle: usize,
    pub(crate) slices: usize,
    pub(crate) slice: Duration,
}

/// Publishes in flight in the second kind of traffic.
pub(crate) const MANY: usize = 32;

/// What is known of one system.
#[derive(Default)]
pub(crate) struct Figures {
    /// By slice.
    pub(crate) one: Vec<Phase>,
    /// By slice.
    pub(crate) many: Vec<Phase>,
    /// Resident bytes of the workers for one idle connection, by round.
    pub(crate) idle_bytes: Vec<f64>,
}

/// One slice of traffic.
pub(crate) struct Phase {
    pub(crate) deliveries_per_second: f64,
    /// Processor time of workers and Redis for one delivery, in microseconds.
    pub(crate) processor_micros: f64,
    /// From the publish until a socket had it: median and 99th percentile, in milliseconds.
    pub(crate) each: (f64, f64),
    /// From the publish until the last socket had it.
    pub(crate) last: (f64, f64),
    /// Mean size of a delivery's payload.
    pub(crate) bytes: f64,
}

/// A system with its crowd in the room.
struct Stand {
    kind: Kind,
    score: Rc<Score>,
    _crowd: Crowd,
    system: System,
}

/// One round in processes of its own: memory of each system alone, then traffic in turns. Adds to `all`.
pub(crate) async fn round(all: &mut [(Kind, Figures)], plan: Plan) -> Result<(), String> {
    let mut stands = Vec::new();
    for (kind, figures) in all.iter_mut() {
        figures.idle_bytes.push(idle(*kind, plan).await.map_err(named(*kind))?);
    }
    for (kind, _) in all.iter() {
        stands.push(Stand::build(*kind, plan).await.map_err(named(*kind))?);
    }
    for _ in 0..plan.slices {
        for ((_, figures), stand) in all.iter_mut().zip(&stands) {
            figures.one.push(stand.traffic(1, plan.slice).await?);
        }
        for ((_, figures), stand) in all.iter_mut().zip(&stands) {
            figures.many.push(stand.traffic(MANY, plan.slice).await?);
        }
    }
    Ok(())
}

fn named(kind: Kind) -> impl Fn(String) -> String {
    move |error| format!("{kind}: {error}")
}

impl Stand {
    async fn build(kind: Kind, plan: Plan) -> Result<Stand, String> {
        let system = System::start(kind).await;
        let score = Score::new(plan.sockets);
        let mut crowd = Crowd::new();
        crowd.grow(plan.sockets, &system.addresses, &system.greeting, &score).await?;
        let stand = Stand { kind, system, score, _crowd: crowd };
        stand.traffic(MANY, WARM).await?;
        Ok(stand)
    }

    async fn traffic(&self, window: usize, length: Duration) -> Result<Phase, String> {
        traffic(&self.system, &self.score, window, length).await.map_err(named(self.kind))
    }
}

async fn idle(kind: Kind, plan: Plan) -> Result<f64, String> {
    let system = System::start(kind).await;
    let score = Score::new(FIRST_CONNECTIONS + plan.idle);
    let mut crowd = Crowd::new();
    crowd.grow(FIRST_CONNECTIONS, &system.addresses, &system.greeting, &score).await?;
    tokio::time::sleep(REST).await;
    let before = cost::resident(system.workers());
    crowd.grow(plan.idle, &system.addresses, &system.greeting, &score).await?;
    tokio::time::sleep(REST).await;
    let after = cost::resident(system.workers());
    score.settle(Duration::ZERO).await?;
    Ok(after.saturating_sub(before) as f64 / plan.idle as f64)
}

/// Publishes for `length`, never more than `window` at a time that some socket still lacks, then waits for the rest.
async fn traffic(system: &System, score: &Rc<Score>, window: usize, length: Duration) -> Result<Phase, String> {
    let mut publishers = JoinSet::new();
    let mut open = Vec::new();
    for _ in 0..window {
        open.push(system.door.open().await.map_err(|error| format!("the publisher's connection: {error}"))?);
    }
    score.take();
    score.window.add_permits(window);
    let carriers = system.carriers();
    let (started, used) = (Instant::now(), cost::processor_time(&carriers));
    for publisher in open {
        publishers.spawn_local(publish(publisher, score.clone(), started + length));
    }
    while let Some(done) = publishers.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    score.settle(SETTLE).await?;
    let (taken, used) = (started.elapsed().as_secs_f64(), cost::processor_time(&carriers) - used);
    score.window.forget_permits(window);
    let tally = score.take();
    let deliveries = tally.deliveries as f64;
    Ok(Phase {
        deliveries_per_second: deliveries / taken,
        processor_micros: used.as_secs_f64() * 1e6 / deliveries,
        each: percentiles(tally.each),
        last: percentiles(tally.last),
        bytes: tally.bytes as f64 / deliveries,
    })
}

async fn publish(mut publisher: Publisher, score: Rc<Score>, end: Instant) -> Result<(), String> {
    while Instant::now() < end {
        let turn = tokio::time::timeout(SETTLE, score.window.acquire()).await;
        let Ok(Ok(permit)) = turn else { return score.settle(Duration::ZERO).await };
        permit.forget();
        score.published();
        publisher.publish().await.map_err(|error| format!("publishing: {error}"))?;
    }
    Ok(())
}

/// Median and 99th percentile in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at =
        |part: f64| times.get((times.len() as f64 * part) as usize).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    (at(0.5), at(0.99))
}
