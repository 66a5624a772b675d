//! `make bench`: what fan-out costs, against Socket.IO on Node, against socketioxide and against the floor, in one run.
//!
//! The generator (this process) has core 0 to itself; two workers and Redis share core 1. Systems take turns within each round, so
//! that what else the machine does hits all of them alike. Figures of one machine are only good as ratios.

mod arguments;
mod cost;
mod crowd;
mod figures;
mod floor;
mod measure;
mod member;
mod own;
mod peers;
mod publisher;
mod report;
mod score;
mod system;
mod wire;

use std::{
    io::Write,
    process::{Command, ExitCode, Stdio},
};

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    arguments::{Arguments, Part},
    figures::{Figures, Findings},
};

/// The generator's core.
const GENERATORS_CORE: usize = 0;

/// The core that workers and Redis share.
pub(crate) const SERVERS_CORE: usize = 1;

/// Open files besides the crowd's: the publishers of a burst, pipes, logs.
const SPARE_FILES: u64 = 2000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime on one thread");
    let local = tokio::task::LocalSet::new();
    let outcome = match &arguments.part {
        Some(Part::Floor { port, redis, bursts }) => {
            local.block_on(&runtime, floor::serve(*port, redis, *bursts)).map_err(|error| error.to_string())
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
    let (mut figures, mut findings) = (Figures::default(), Findings::default());
    for number in 1..=arguments.rounds {
        tell(&format!("round {number} of {}", arguments.rounds));
        let failed = |error| format!("round {number}: {error}");
        measure::round(&mut figures, arguments).await.map_err(failed)?;
        own::round(&mut findings, arguments).await.map_err(failed)?;
    }
    let report = report::Report::new(&figures, &findings, arguments);
    tell(&report.text);
    arguments.record.as_ref().map_or(Ok(()), |document| report.record(document))
}

/// Refuses what would give worthless figures, makes the peers, and takes the generator's core.
fn prepare(arguments: &Arguments) -> Result<(), String> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Err("two cores are needed: one for the servers, one for the generator".to_owned());
    }
    if cfg!(debug_assertions) {
        return Err("this is a debug build; run `make bench`, which makes a release build".to_owned());
    }
    if !cost::counts() {
        return Err("this kernel does not count the time of threads (`/proc/PID/task/*/schedstat` is empty)".to_owned());
    }
    let limit = getrlimit(Resource::Nofile);
    let needed = arguments.connections() as u64 + SPARE_FILES;
    if limit.maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!(
            "{needed} open files are needed; raise the hard limit (`ulimit -Hn`) or lower --idle and --pages"
        ));
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .map_err(|error| error.to_string())?;
    if arguments.compares() {
        peers::prepare(&arguments.only, tell)?;
    }
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
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
