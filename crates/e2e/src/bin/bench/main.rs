//! `make bench`: what a delivery costs, against Socket.IO on Node and against the floor, in one run.
//!
//! The generator (this process) has core 0 to itself; two workers and Redis share core 1. Systems take turns within each round, so
//! that what else the machine does hits all of them alike. Figures of one machine are only good as ratios.

mod cost;
mod crowd;
mod floor;
mod measure;
mod publisher;
mod report;
mod score;
mod system;
mod wire;

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    measure::{Figures, Plan, round},
    system::Kind,
};

/// The generator's core.
const GENERATORS_CORE: usize = 0;

/// The core that workers and Redis share.
pub(crate) const SERVERS_CORE: usize = 1;

/// Measures fan-out and memory of Lockstep, its peer and the floor.
#[derive(Parser)]
struct Arguments {
    /// How often each system is started afresh.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Turns of each system in a round.
    #[arg(long, default_value_t = 8)]
    slices: usize,
    /// Milliseconds of traffic in a turn.
    #[arg(long, default_value_t = 700)]
    slice_ms: u64,
    /// Sockets in the room.
    #[arg(long, default_value_t = 1000)]
    sockets: usize,
    /// Idle connections for the memory figure.
    #[arg(long, default_value_t = 4000)]
    idle: usize,
    /// Let the generator sleep when nothing arrives, see `docs/performance.md`.
    #[arg(long)]
    doze: bool,
    /// Only these systems.
    #[arg(long, value_delimiter = ',', default_values_t = [Kind::Lockstep, Kind::Node, Kind::Floor])]
    only: Vec<Kind>,
    /// The document whose table is replaced by this run's.
    #[arg(long)]
    record: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Serves the floor; the benchmark starts it by itself.
    #[command(hide = true)]
    Floor { port: u16, redis: PathBuf },
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Kind::Lockstep => "lockstep",
            Kind::Node => "node",
            Kind::Floor => "floor",
        })
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime on one thread");
    let local = tokio::task::LocalSet::new();
    let outcome = match &arguments.part {
        Some(Part::Floor { port, redis }) => {
            local.block_on(&runtime, floor::serve(*port, redis)).map_err(|error| error.to_string())
        }
        None => local.block_on(&runtime, run(&arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    prepare(arguments)?;
    if !arguments.doze {
        tokio::task::spawn_local(stay_awake());
    }
    let slice = Duration::from_millis(arguments.slice_ms);
    let plan = Plan { sockets: arguments.sockets, idle: arguments.idle, slices: arguments.slices, slice };
    let mut all: Vec<(Kind, Figures)> = arguments.only.iter().map(|kind| (*kind, Figures::default())).collect();
    for number in 1..=arguments.rounds {
        tell(&format!("round {number} of {}", arguments.rounds));
        round(&mut all, plan).await.map_err(|error| format!("round {number}: {error}"))?;
    }
    let table = report::table(&all, plan);
    tell(&table);
    arguments.record.as_ref().map_or(Ok(()), |document| report::record(document, &table))
}

/// Refuses what would give worthless figures, and takes the generator's core.
fn prepare(arguments: &Arguments) -> Result<(), String> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Err("two cores are needed: one for the servers, one for the generator".to_owned());
    }
    if cfg!(debug_assertions) {
        return Err("this is a debug build; run `make bench`, which makes a release build".to_owned());
    }
    if arguments.only.contains(&Kind::Node) && !system::node_packages().is_dir() {
        return Err("the packages of the peer are missing; run `scripts/install.sh test` first".to_owned());
    }
    let limit = getrlimit(Resource::Nofile);
    let needed = arguments.idle.max(arguments.sockets * arguments.only.len()) as u64 + 1000;
    if limit.maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!("{needed} open files are needed; raise the hard limit (`ulimit -Hn`) or lower --idle"));
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .map_err(|error| error.to_string())?;
    pin()
}

/// Keeps the generator's thread from ever sleeping.
///
/// A send to a sleeping reader costs the sender the waking of another core, several times the send itself on a virtual machine. A
/// fast server finds the reader awake, a slow one lets it fall asleep, so each run would settle by chance in one of two states. Pages
/// are on other machines, where a send wakes nobody: the reader stays awake.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

fn pin() -> Result<(), String> {
    let own = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["-a", "-c", "-p", &GENERATORS_CORE.to_string(), &own]).stdout(Stdio::null());
    match taskset.status() {
        Ok(status) if status.success() => Ok(()),
        outcome => Err(format!("the generator was not bound to core {GENERATORS_CORE} by taskset: {outcome:?}")),
    }
}

/// To the person at the terminal.
fn tell(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
