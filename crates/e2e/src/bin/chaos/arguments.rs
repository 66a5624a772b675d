//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::faults::Fault;

/// Breaks a whole installation in every way we know, while people edit and pages follow, and checks that no page misses, doubles or
/// reorders anything.
///
/// Each fault is judged on its own: every event that the database holds, against what each page applied. Then the detectors are
/// switched off one by one, and the checker must find the loss. The same faults, where they apply, meet socketioxide with its own
/// Redis adapter, for comparison.
#[derive(Debug, Clone, Parser)]
#[command(name = "chaos", max_term_width = 100)]
pub(crate) struct Arguments {
    /// Every fault once and briefly, about five minutes in all: what `make test` runs.
    #[arg(long)]
    pub(crate) short: bool,
    /// Only these faults; `--fault list` prints their names.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// Which victims and moments are chosen. The same number makes the same choices.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How often the whole list is gone through, each time with another seed and in another order.
    #[arg(long, default_value_t = 1)]
    pub(crate) rounds: u64,
    /// Worker processes.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(2..=16))]
    pub(crate) workers: u16,
    /// Open pages.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=5000))]
    pub(crate) pages: u32,
    /// Edits a second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(8..=500))]
    pub(crate) edits: u32,
    /// Leave the comparison with socketioxide out.
    #[arg(long)]
    pub(crate) alone: bool,
    /// Leave the negative controls out.
    #[arg(long)]
    pub(crate) no_controls: bool,
    /// Puts the tables into this document, in place of those before.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

/// How long each part of a trial takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Undisturbed, before the fault and after it.
    pub(crate) calm: Duration,
    /// With the fault.
    pub(crate) during: Duration,
}

impl Arguments {
    /// How long each part of a trial takes.
    pub(crate) fn pace(&self) -> Pace {
        let (calm, during) = if self.short { (1, 4) } else { (3, 12) };
        Pace { calm: Duration::from_secs(calm), during: Duration::from_secs(during) }
    }

    /// The faults to try.
    ///
    /// # Errors
    /// The names there are, when one is not among them.
    pub(crate) fn wanted(&self) -> Result<Vec<Fault>, String> {
        if self.faults.is_empty() {
            return Ok(Fault::ALL.to_vec());
        }
        let named = |name: &String| Fault::ALL.into_iter().find(|fault| fault.word() == *name);
        let wanted: Option<Vec<Fault>> = self.faults.iter().map(named).collect();
        wanted.ok_or_else(|| format!("the faults are {}", Fault::ALL.map(Fault::word).join(", ")))
    }
}
