//! The tables of Lockstep alone.

use std::fmt::Write;

use super::spread::{Spread, number};
use crate::{
    arguments::Arguments,
    figures::{Findings, Measure},
    own::{LINES_A_SECOND, READERS, READERS_PAGES, STORM_ROOMS, imports::PRODUCTS},
};

/// One table for each measure of which there is something to say.
pub(super) fn all(findings: &Findings, arguments: &Arguments) -> String {
    let measures = [Measure::Ledger, Measure::Storm, Measure::Growth, Measure::Readers, Measure::Imports];
    let headings = measures.map(|measure| (measure, heading(measure, arguments)));
    headings.iter().map(|(measure, heading)| table(findings, *measure, heading)).collect()
}

fn table(findings: &Findings, measure: Measure, heading: &str) -> String {
    let mut rows = String::new();
    for finding in findings.all.iter().filter(|finding| finding.measure == measure) {
        let Some(spread) = Spread::of(finding.values.clone()) else { continue };
        let _ = writeln!(rows, "| {} | {} |", finding.what, spread.text(finding.digits));
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("### {heading}\n\n| | Lockstep |\n|---|---|\n{rows}\n")
}

fn heading(measure: Measure, arguments: &Arguments) -> String {
    match measure {
        Measure::Ledger => {
            "The ledger: publishing over HTTP, nobody listening, SQLite with `synchronous = full`".to_owned()
        }
        Measure::Storm => {
            format!("A join storm: {} pages in {} rooms after a crash", arguments.pages, STORM_ROOMS.len())
        }
        Measure::Readers => format!(
            "Log readers: {LINES_A_SECOND} lines a second for each of {READERS} on one worker, beside 20 changes a second for {READERS_PAGES} pages"
        ),
        Measure::Imports => {
            format!("An import of {} goods from 1C, SQLite, everything on one core", number(PRODUCTS as f64, 0))
        }
        _ => "Growth: what a page and a room cost when there are ten times as many".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_for_each_finding_and_none_for_what_was_not_looked_for() {
        let mut findings = Findings::default();
        for value in [1000.0, 3000.0, 2000.0] {
            findings.add(Measure::Ledger, "events/s", 0, value);
        }

        let text = table(&findings, Measure::Ledger, "The ledger");

        assert_eq!(text, "### The ledger\n\n| | Lockstep |\n|---|---|\n| events/s | 2,000 [1,000–3,000] |\n\n");
        assert_eq!(table(&findings, Measure::Storm, "A storm"), "");
    }
}
