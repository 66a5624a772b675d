//! What can be asked of a run.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

use crate::{
    figures::{Kind, Measure},
    own::READERS_CONNECTIONS,
};

/// Fewer turns than this say nothing about the latency of paced traffic: its tail is made by whatever else the machine does.
const PACED_TURNS: usize = 7;

/// Measures Lockstep beside its peers and the floor, all in one run on this machine.
///
/// Systems: lockstep · node (Socket.IO with its Redis adapter) · adapter (socketioxide with socketioxide-redis) · reemit (socketioxide
/// with a plain re-emit) · floor (bare frames, one write a delivery) · bursts (bare frames, a burst in one write).
///
/// Measures: one (publish in flight) · many (32 in flight) · small (room) · paced (latency) · burst · idle (memory) · connects · and of
/// Lockstep alone: ledger (publish throughput) · storm (rejoin after a crash) · growth (cost per room and idle page) · readers (changes
/// beside a thousand readers of the log) · imports (a hundred thousand goods from 1C while people work).
#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    bench                                          everything: about a quarter of an hour\n  \
    bench --rounds 1 --measures one,many           a first look\n  \
    bench --only lockstep,reemit --measures paced --slices 12\n  \
    bench --record docs/performance.md             and write tables and plot down; only what this run has measured")]
pub(crate) struct Arguments {
    /// How often each system is started afresh.
    #[arg(long, default_value_t = 3, value_parser = positive())]
    pub(crate) rounds: usize,
    /// Turns of each system in a round, for each measure.
    #[arg(long, default_value_t = 4, value_parser = positive())]
    pub(crate) slices: usize,
    /// Milliseconds of traffic in a turn; paced traffic has three times as long.
    #[arg(long, default_value_t = 700, value_parser = clap::value_parser!(u64).range(50..))]
    pub(crate) slice_ms: u64,
    /// Sockets in the large room.
    #[arg(long, default_value_t = 1000, value_parser = positive())]
    pub(crate) sockets: usize,
    /// Idle connections for the memory figure.
    #[arg(long, default_value_t = 4000, value_parser = positive())]
    pub(crate) idle: usize,
    /// Pages that come back at once after the crash; also the larger number of idle pages.
    #[arg(long, default_value_t = 5000, value_parser = positive())]
    pub(crate) pages: usize,
    /// Let the generator sleep when nothing arrives, see `docs/performance.md`.
    #[arg(long)]
    pub(crate) doze: bool,
    /// Only these systems.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Kind::ALL)]
    pub(crate) only: Vec<Kind>,
    /// Only these measures.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Measure::ALL)]
    pub(crate) measures: Vec<Measure>,
    /// The document whose tables are replaced by this run's; the plot is written beside it.
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
}

#[derive(Subcommand)]
pub(crate) enum Part {
    /// Serves the floor; the benchmark starts it by itself.
    #[command(hide = true)]
    Floor {
        port: u16,
        redis: PathBuf,
        /// Everything that is ready leaves in one write.
        #[arg(long)]
        bursts: bool,
    },
}

impl Arguments {
    pub(crate) fn slice(&self) -> Duration {
        Duration::from_millis(self.slice_ms)
    }

    pub(crate) fn wants(&self, measure: Measure) -> bool {
        self.measures.contains(&measure)
    }

    /// Whether anything is measured that has a peer.
    pub(crate) fn compares(&self) -> bool {
        self.measures.iter().any(|measure| Measure::COMPARED.contains(measure))
    }

    /// The systems that this measure tells something about.
    pub(crate) fn kinds(&self, measure: Measure) -> impl Iterator<Item = Kind> {
        self.only.iter().copied().filter(move |kind| kind.takes(measure))
    }

    /// Turns of one system in a round.
    pub(crate) fn turns(&self, measure: Measure) -> usize {
        match measure {
            Measure::Paced => self.slices.max(PACED_TURNS.div_ceil(self.rounds)),
            _ => self.slices,
        }
    }

    /// Connections that the largest of the chosen measures keeps open at a time.
    pub(crate) fn connections(&self) -> usize {
        let all_at_once = self.sockets * self.only.len();
        let pages = if self.wants(Measure::Storm) || self.wants(Measure::Growth) { self.pages } else { 0 };
        let idle = if self.wants(Measure::Idle) { self.idle } else { 0 };
        let readers = if self.wants(Measure::Readers) { READERS_CONNECTIONS } else { 0 };
        all_at_once.max(pages).max(idle).max(readers)
    }
}

/// At least one: a run of nothing has no figures.
fn positive() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32).range(1..).map(|number| number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["bench"], words].concat()).expect("these are right")
    }

    #[test]
    fn by_default_everything_is_measured() {
        let arguments = arguments(&[]);

        assert_eq!(arguments.only, Kind::ALL);
        assert_eq!(arguments.measures, Measure::ALL);
    }

    #[test]
    fn paced_latency_has_at_least_seven_turns() {
        assert_eq!(arguments(&["--rounds", "1", "--slices", "2"]).turns(Measure::Paced), 7);
        assert_eq!(arguments(&["--rounds", "3", "--slices", "5"]).turns(Measure::Paced), 5);
        assert_eq!(arguments(&["--rounds", "1", "--slices", "2"]).turns(Measure::Small), 2);
    }

    #[test]
    fn nothing_is_no_number_of_rounds() {
        assert!(Arguments::try_parse_from(["bench", "--rounds", "0"]).is_err());
    }
}
