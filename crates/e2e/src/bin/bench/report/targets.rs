//! What was aimed at, and what came out.

use std::fmt::Write;

use super::spread::Spread;
use crate::{
    figures::{Figures, Findings, Kind, Measure, Quantity},
    own::{GROUPED, READERS, RECOVERED, Way, imports},
};

/// A ratio that was aimed at. It is met when the median meets it, against each of the systems.
struct Target {
    what: &'static str,
    measure: Measure,
    quantity: Quantity,
    aim: Aim,
    against: &'static [(Kind, &'static str)],
}

enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

const STOCK: &[(Kind, &str)] = &[(Kind::Reemit, "re-emit"), (Kind::Adapter, "redis adapter")];

const TARGETS: [Target; 8] = [
    Target {
        what: "32 in flight: deliveries/s at least 2 × stock socketioxide",
        measure: Measure::Many,
        quantity: Quantity::Deliveries,
        aim: Aim::AtLeast(2.0),
        against: STOCK,
    },
    Target {
        what: "one in flight: deliveries/s at least 0.85 × the floor",
        measure: Measure::One,
        quantity: Quantity::Deliveries,
        aim: Aim::AtLeast(0.85),
        against: &[(Kind::Floor, "floor")],
    },
    Target {
        what: "one in flight: deliveries/s at least 1.4 × stock",
        measure: Measure::One,
        quantity: Quantity::Deliveries,
        aim: Aim::AtLeast(1.4),
        against: STOCK,
    },
    Target {
        what: "small room: publishes/s at least 1.2 × stock",
        measure: Measure::Small,
        quantity: Quantity::Publishes,
        aim: Aim::AtLeast(1.2),
        against: STOCK,
    },
    Target {
        what: "paced: p50 at most stock's",
        measure: Measure::Paced,
        quantity: Quantity::EachMedian,
        aim: Aim::AtMost(1.0),
        against: STOCK,
    },
    Target {
        what: "paced: p99 at most stock's",
        measure: Measure::Paced,
        quantity: Quantity::EachTail,
        aim: Aim::AtMost(1.0),
        against: STOCK,
    },
    Target {
        what: "idle memory at most 0.9 × Node's",
        measure: Measure::Idle,
        quantity: Quantity::Memory,
        aim: Aim::AtMost(0.9),
        against: &[(Kind::Node, "Node")],
    },
    Target {
        what: "connects/s at least stock's",
        measure: Measure::Connects,
        quantity: Quantity::Connects,
        aim: Aim::AtLeast(1.0),
        against: STOCK,
    },
];

/// Only of what was measured; empty when nothing of it was.
pub(super) fn table(figures: &Figures, findings: &Findings) -> String {
    let rows: String =
        TARGETS.iter().filter_map(|target| row(figures, target)).chain(burst(figures)).chain(own(findings)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("### Targets\n\n| target | measured | met |\n|---|---|---|\n{rows}\n")
}

fn row(figures: &Figures, target: &Target) -> Option<String> {
    let (mut told, mut met) = (Vec::new(), true);
    for (kind, name) in target.against {
        let ratios = figures.ratios(Kind::Lockstep, *kind, target.measure, target.quantity);
        let Some(spread) = Spread::of(ratios) else { continue };
        met &= target.aim.is_met_by(spread.median);
        told.push(format!("{name}: {}", spread.text(2)));
    }
    (!told.is_empty()).then(|| format!("| {} | {} | {} |\n", target.what, told.join("; "), yes_or_no(met)))
}

/// The one target that is no ratio between systems.
fn burst(figures: &Figures) -> Option<String> {
    let arrived = figures.values(Kind::Lockstep, Measure::Burst, Quantity::Arrived);
    let worst = arrived.into_iter().reduce(f64::min)?;
    let mut row = String::new();
    let _ = writeln!(row, "| burst: 100 % arrives | {worst:.1} % in the worst turn | {} |", yes_or_no(worst >= 100.0));
    Some(row)
}

/// The targets of Lockstep alone.
fn own(findings: &Findings) -> Vec<String> {
    let target = |what: &str, name: &str, digits, aim: Aim| {
        let spread = Spread::of(values(findings, name).to_vec())?;
        Some(format!("| {what} | {} | {} |\n", spread.text(digits), yes_or_no(aim.is_met_by(spread.median))))
    };
    let ledger = target("ledger: at least 20,000 events/s in groups", GROUPED, 0, Aim::AtLeast(20_000.0));
    let storm = target("join storm: 100 % recovered", RECOVERED, 1, Aim::AtLeast(100.0));
    let readers = Way::ALL.into_iter().flat_map(|way| {
        let late = format!("{READERS} {} log readers: p99 of changes at most 50 ms", way.word());
        [target(&late, &way.late(), 1, Aim::AtMost(50.0)), silence(findings, way)]
    });
    let imports = [
        target("import of 100,000 goods: at most 60 s", imports::SECONDS, 1, Aim::AtMost(60.0)),
        target("import: memory grows by at most 64 MB", imports::GROWN, 1, Aim::AtMost(64.0)),
        target("import: p99 of pages at most 100 ms", imports::PAGE, 1, Aim::AtMost(100.0)),
        target("import: p99 of edits at most 100 ms", imports::EDIT, 1, Aim::AtMost(100.0)),
        target("import of the same once more: no row written", imports::WRITTEN, 0, Aim::AtMost(0.0)),
    ];
    [ledger, storm].into_iter().chain(readers).chain(imports).flatten().collect()
}

/// One line is one too many, whatever the other turns were like.
fn silence(findings: &Findings, way: Way) -> Option<String> {
    let worst = values(findings, &way.lost()).iter().copied().reduce(f64::max)?;
    let (word, met) = (way.word(), yes_or_no(worst <= 0.0));
    Some(format!("| {READERS} {word} log readers: no line lost in silence | {worst:.0} in the worst turn | {met} |\n"))
}

fn values<'a>(findings: &'a Findings, name: &str) -> &'a [f64] {
    findings.all.iter().find(|finding| finding.what == name).map_or(&[], |finding| &finding.values)
}

impl Aim {
    fn is_met_by(&self, value: f64) -> bool {
        match self {
            Aim::AtLeast(least) => value >= *least,
            Aim::AtMost(most) => value <= *most,
        }
    }
}

fn yes_or_no(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Slice;

    fn figures(many: &[(Kind, f64)]) -> Figures {
        let mut figures = Figures::default();
        for (kind, value) in many {
            figures.add(*kind, Measure::Many, Slice::from([(Quantity::Deliveries, *value)]));
        }
        figures
    }

    fn told(figures: &Figures) -> String {
        table(figures, &Findings::default())
    }

    #[test]
    fn a_target_is_met_only_against_every_stock_that_was_measured() {
        let both = figures(&[(Kind::Lockstep, 30.0), (Kind::Reemit, 10.0), (Kind::Adapter, 20.0)]);
        let one = figures(&[(Kind::Lockstep, 30.0), (Kind::Reemit, 10.0)]);

        assert!(told(&both).contains("| re-emit: 3.00; redis adapter: 1.50 | **no** |"));
        assert!(told(&one).contains("| re-emit: 3.00 | yes |"));
    }

    #[test]
    fn what_was_not_measured_has_no_row() {
        assert_eq!(told(&Figures::default()), "");
        assert!(!told(&figures(&[(Kind::Lockstep, 1.0), (Kind::Reemit, 1.0)])).contains("paced"));
    }

    #[test]
    fn a_line_lost_in_silence_in_one_turn_of_many_misses_the_target() {
        let mut findings = Findings::default();
        for lost in [0.0, 0.0, 1.0, 0.0, 0.0] {
            findings.add(Measure::Readers, &Way::Raw.lost(), 0, lost);
        }

        assert!(table(&Figures::default(), &findings).contains("lost in silence | 1 in the worst turn | **no** |"));
    }
}
