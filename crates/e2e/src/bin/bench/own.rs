//! The measures of Lockstep alone: what its peers do not have, or where only its own growth is of interest.

mod growth;
pub(crate) mod imports;
mod ledger;
mod lines;
mod readers;
mod storm;

use crate::{
    arguments::Arguments,
    figures::{Findings, Kind, Measure},
};

pub(crate) use ledger::GROUPED;
pub(crate) use readers::{
    CONNECTIONS as READERS_CONNECTIONS, PAGES as READERS_PAGES, RATE as LINES_A_SECOND, READERS, Way,
};
pub(crate) use storm::{RECOVERED, ROOMS as STORM_ROOMS};

/// One round of those that were asked for, each in processes of its own.
pub(crate) async fn round(findings: &mut Findings, arguments: &Arguments) -> Result<(), String> {
    if !arguments.only.contains(&Kind::Lockstep) {
        return Ok(());
    }
    if arguments.wants(Measure::Ledger) {
        ledger::turn(findings).await.map_err(|error| format!("ledger: {error}"))?;
    }
    if arguments.wants(Measure::Storm) {
        storm::turn(findings, arguments.pages).await.map_err(|error| format!("storm: {error}"))?;
    }
    if arguments.wants(Measure::Growth) {
        growth::turn(findings, arguments).await.map_err(|error| format!("growth: {error}"))?;
    }
    if arguments.wants(Measure::Readers) {
        readers::turn(findings).await.map_err(|error| format!("readers: {error}"))?;
    }
    if arguments.wants(Measure::Imports) {
        imports::turn(findings).await.map_err(|error| format!("imports: {error}"))?;
    }
    Ok(())
}
