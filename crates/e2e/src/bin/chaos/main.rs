//! `make chaos`: breaks a whole installation in every way we know and counts what pages lose by it.
//!
//! It drives a debug build of the binary, since only that can be told to die in the middle of an edit or to look away.

mod arguments;
mod authors;
mod check;
mod controls;
mod crowd;
mod faults;
mod history;
mod report;
mod stage;
mod stock;

use std::{collections::BTreeMap, io::Write, process::ExitCode};

use clap::Parser;
use lockstep_e2e::peers;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    arguments::Arguments,
    check::Verdict,
    faults::Fault,
    stage::{Finding, Kind, Stage},
    stock::Stock,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.expect("a runtime on two threads").block_on(run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the promise was kept.
async fn run(arguments: &Arguments) -> Result<bool, String> {
    let mut campaign = Campaign::default();
    for round in 0..arguments.rounds {
        campaign.round(arguments, round).await?;
    }
    let controls = if arguments.no_controls { Vec::new() } else { controls::run(arguments, tell).await? };
    let strangers = if arguments.alone || arguments.short { BTreeMap::new() } else { compare(arguments).await? };
    let text = report::text(arguments, &mut campaign.findings, &controls, &campaign.skipped, &strangers);
    tell(&text);
    if let Some(document) = &arguments.record {
        report::record(document, &text)?;
    }
    let blind = controls.iter().any(|control| control.lost == 0);
    // How fast a busy machine is proves nothing; the long campaign is for a quiet one.
    let kept = |finding: &mut Finding| finding.is_whole() && (arguments.short || finding.is_in_time());
    Ok(!blind && campaign.findings.iter_mut().all(kept))
}

#[derive(Default)]
struct Campaign {
    findings: Vec<Finding>,
    skipped: Vec<String>,
}

impl Campaign {
    async fn round(&mut self, arguments: &Arguments, round: u64) -> Result<(), String> {
        let seed = arguments.seed.wrapping_add(round);
        let mut faults = arguments.wanted()?;
        if round > 0 {
            faults.shuffle(&mut StdRng::seed_from_u64(seed));
        }
        for kind in [Kind::Plain, Kind::Clock, Kind::Postgres] {
            let faults = faults.iter().copied().filter(|fault| fault.kind() == kind).collect();
            self.on(arguments, kind, seed, faults).await?;
        }
        Ok(())
    }

    /// Tries these faults one after the other on one installation; after one that leaves damage, on a new one.
    async fn on(&mut self, arguments: &Arguments, kind: Kind, seed: u64, faults: Vec<Fault>) -> Result<(), String> {
        let mut stage = None;
        for fault in faults {
            let mut installation = match stage.take() {
                Some(stage) => stage,
                None => Stage::build(arguments, kind, seed).await?,
            };
            match installation.endure(fault, arguments.pace()).await {
                Ok(mut finding) => {
                    tell(&report::line(&mut finding));
                    stage = Some(installation).filter(|_| finding.recovery.is_some() && finding.verdict.is_clean());
                    self.findings.push(finding);
                }
                Err(reason) => {
                    tell(&format!("{}: not run: {reason}", fault.word()));
                    self.skipped.push(format!("{}: {reason}", fault.about()));
                }
            }
        }
        Ok(())
    }
}

/// The same faults for socketioxide with its own Redis adapter, each on an installation of its own.
async fn compare(arguments: &Arguments) -> Result<BTreeMap<&'static str, Verdict>, String> {
    tell("building the socketioxide peer: a minute or two the first time");
    peers::build_oxide()?;
    let mut verdicts = BTreeMap::new();
    for fault in arguments.wanted()? {
        let mut stock = Stock::build(arguments).await?;
        // What means nothing there is left out.
        if let Ok(verdict) = stock.endure(fault, arguments.pace()).await {
            let Verdict { lost, doubled, disordered, .. } = &verdict;
            tell(&format!("stock: {}: lost {lost}, doubled {doubled}, out of order {disordered}", fault.about()));
            verdicts.insert(fault.word(), verdict);
        }
    }
    Ok(verdicts)
}

/// To the person at the terminal.
fn tell(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
