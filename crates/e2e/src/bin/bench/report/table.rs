//! One table for each measure: the systems in rows, what was measured in columns, and how Lockstep stands to each.

use std::{fmt::Write, time::Duration};

use super::{
    conditions::plural,
    spread::{Spread, cell},
};
use crate::{
    arguments::Arguments,
    figures::{Figures, Kind, Measure, Quantity},
    measure::{BURST, BURST_ROOM, CONNECTS, MANY, PACE, PACED_ROOM, SMALL_ROOM, SMALL_WINDOW},
};

const TRAFFIC: &[Quantity] = &[
    Quantity::Deliveries,
    Quantity::Processor,
    Quantity::EachMedian,
    Quantity::EachTail,
    Quantity::LastMedian,
    Quantity::LastTail,
];

impl Quantity {
    fn title(self) -> &'static str {
        match self {
            Quantity::Deliveries => "deliveries/s",
            Quantity::Publishes => "publishes/s",
            Quantity::Processor => "µs CPU each",
            Quantity::EachMedian => "a socket has it: p50 ms",
            Quantity::EachTail => "p99 ms",
            Quantity::LastMedian => "the last has it: p50 ms",
            Quantity::LastTail => "p99 ms",
            Quantity::Arrived => "arrived, %",
            Quantity::Memory => "KB resident",
            Quantity::Connects => "connects/s",
            Quantity::Bytes => "bytes",
        }
    }

    pub(super) fn digits(self) -> usize {
        match self {
            Quantity::Deliveries | Quantity::Publishes | Quantity::Connects | Quantity::Bytes => 0,
            Quantity::Arrived | Quantity::Memory => 1,
            _ => 2,
        }
    }
}

/// Columns of values, and those of them that get a column of ratios, too.
fn columns(measure: Measure) -> (&'static [Quantity], &'static [Quantity]) {
    match measure {
        Measure::Small => (&[Quantity::Publishes, Quantity::Processor], &[Quantity::Publishes, Quantity::Processor]),
        Measure::Paced => (&TRAFFIC[1..], &[Quantity::EachMedian, Quantity::EachTail, Quantity::Processor]),
        Measure::Burst => (&[Quantity::Arrived, Quantity::Deliveries], &[Quantity::Deliveries]),
        Measure::Idle => (&[Quantity::Memory], &[Quantity::Memory]),
        Measure::Connects => (&[Quantity::Connects, Quantity::Processor], &[Quantity::Connects, Quantity::Processor]),
        _ => (TRAFFIC, &[Quantity::Deliveries, Quantity::Processor]),
    }
}

fn heading(measure: Measure, arguments: &Arguments) -> String {
    match measure {
        Measure::One => format!("One in flight, {} sockets", arguments.sockets),
        Measure::Many => format!("{MANY} in flight, {} sockets", arguments.sockets),
        Measure::Small => format!("A small room: {SMALL_ROOM} sockets, {SMALL_WINDOW} in flight"),
        Measure::Paced => format!(
            "Paced: {} publishes a second to {PACED_ROOM} sockets",
            Duration::from_secs(1).as_millis() / PACE.as_millis()
        ),
        Measure::Burst => format!("A burst: {BURST} events published at once to {BURST_ROOM} sockets"),
        Measure::Idle => format!("Memory of an idle connection, of {}", arguments.idle),
        _ => format!("Connecting and joining, {CONNECTS} sockets"),
    }
}

/// Of what was measured.
pub(super) fn all(figures: &Figures, arguments: &Arguments) -> String {
    Measure::COMPARED.iter().map(|measure| table(figures, *measure, &heading(*measure, arguments))).collect()
}

fn table(figures: &Figures, measure: Measure, heading: &str) -> String {
    let systems: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| !figures.slices(*kind, measure).is_empty()).collect();
    if systems.is_empty() {
        return String::new();
    }
    let (values, ratios) = columns(measure);
    let ratios = if systems.len() > 1 && systems.contains(&Kind::Lockstep) { ratios } else { &[] };
    let turns = systems.iter().map(|kind| figures.slices(*kind, measure).len()).max().unwrap_or(0);
    let mut text = format!("### {heading}; {}\n\n|", plural(turns, "turn"));
    for quantity in values {
        let _ = write!(text, " | {}", quantity.title());
    }
    for quantity in ratios {
        let _ = write!(text, " | Lockstep / it: {}", short(*quantity));
    }
    let _ = writeln!(text, " |\n|---{}|", "|---".repeat(values.len() + ratios.len()));
    for kind in systems {
        let _ = write!(text, "| {}", kind.title());
        for quantity in values {
            let _ = write!(text, " | {}", cell(figures, kind, measure, *quantity));
        }
        for quantity in ratios {
            let _ = write!(text, " | {}", ratio(figures, kind, measure, *quantity));
        }
        text.push_str(" |\n");
    }
    text + "\n"
}

fn short(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::EachMedian => "p50",
        Quantity::EachTail => "p99",
        Quantity::Processor => "CPU",
        Quantity::Memory => "KB",
        other => other.title(),
    }
}

fn ratio(figures: &Figures, kind: Kind, measure: Measure, quantity: Quantity) -> String {
    if kind == Kind::Lockstep {
        return String::new();
    }
    let ratios = figures.ratios(Kind::Lockstep, kind, measure, quantity);
    Spread::of(ratios).map(|spread| spread.text(2)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Slice;

    #[test]
    fn every_system_has_its_values_and_its_ratio_to_lockstep() {
        let mut figures = Figures::default();
        for (kind, kilobytes) in [(Kind::Lockstep, 16.0), (Kind::Node, 20.0)] {
            figures.add(kind, Measure::Idle, Slice::from([(Quantity::Memory, kilobytes)]));
        }

        let text = table(&figures, Measure::Idle, "Memory");

        let rows = "| Lockstep | 16.0 |  |\n| Socket.IO on Node, redis-adapter | 20.0 | 0.80 |\n\n";
        assert_eq!(text, format!("### Memory; 1 turn\n\n| | KB resident | Lockstep / it: KB |\n|---|---|---|\n{rows}"));
    }

    #[test]
    fn a_measure_that_was_not_taken_has_no_table() {
        assert_eq!(table(&Figures::default(), Measure::Idle, "Memory"), "");
    }
}
