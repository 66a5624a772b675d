//! What is measured of whom, and what came out.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// Which system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// This project.
    Lockstep,
    /// Socket.IO on Node with its Redis adapter.
    Node,
    /// socketioxide with its Redis adapter.
    Adapter,
    /// socketioxide with a plain re-emit.
    Reemit,
    /// A bare WebSocket writer, one write a delivery.
    Floor,
    /// A bare WebSocket writer that joins bursts.
    Bursts,
}

impl Kind {
    pub(crate) const ALL: [Kind; 6] =
        [Kind::Lockstep, Kind::Node, Kind::Adapter, Kind::Reemit, Kind::Floor, Kind::Bursts];

    /// The option's word for it.
    pub(crate) fn word(self) -> &'static str {
        ["lockstep", "node", "adapter", "reemit", "floor", "bursts"][self as usize]
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Lockstep => "Lockstep",
            Kind::Node => "Socket.IO on Node, redis-adapter",
            Kind::Adapter => "socketioxide, socketioxide-redis",
            Kind::Reemit => "socketioxide, plain re-emit",
            Kind::Floor => "floor: one write a delivery",
            Kind::Bursts => "floor: bursts in one write",
        }
    }

    /// Without bursts, or without traffic, the two floors are one.
    pub(crate) fn takes(self, measure: Measure) -> bool {
        self != Kind::Bursts || matches!(measure, Measure::Many | Measure::Small | Measure::Burst)
    }
}

/// A way of measuring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Measure {
    /// The next publish is sent when the last socket has the one before.
    One,
    /// Up to 32 publishes on their way.
    Many,
    /// A room of few sockets.
    Small,
    /// Latency at a steady, low rate.
    Paced,
    /// Everything at once.
    Burst,
    /// Memory of a connection.
    Idle,
    /// Connecting and joining.
    Connects,
    /// Lockstep alone: how fast its ledger takes events.
    Ledger,
    /// Lockstep alone: everybody comes back after a crash.
    Storm,
    /// Lockstep alone: what rooms and idle pages cost.
    Growth,
    /// Lockstep alone: what becomes of changes while many read the log.
    Readers,
    /// Lockstep alone: a large shop is imported while people work.
    Imports,
}

impl Measure {
    /// Those that have peers, in the order in which they are told.
    pub(crate) const COMPARED: [Measure; 7] =
        [Measure::Many, Measure::One, Measure::Small, Measure::Paced, Measure::Burst, Measure::Idle, Measure::Connects];

    pub(crate) const ALL: [Measure; 12] = [
        Measure::One,
        Measure::Many,
        Measure::Small,
        Measure::Paced,
        Measure::Burst,
        Measure::Idle,
        Measure::Connects,
        Measure::Ledger,
        Measure::Storm,
        Measure::Growth,
        Measure::Readers,
        Measure::Imports,
    ];
}

/// A number that a turn gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Quantity {
    /// Events that reached a socket, in a second.
    Deliveries,
    /// Events that reached all sockets, in a second.
    Publishes,
    /// Processor time of a delivery or a connect, in microseconds.
    Processor,
    /// From the publish until a socket had it, in milliseconds: median.
    EachMedian,
    /// The same: 99th percentile.
    EachTail,
    /// From the publish until the last socket had it, in milliseconds: median.
    LastMedian,
    /// The same: 99th percentile.
    LastTail,
    /// Share of the deliveries that arrived, in percent.
    Arrived,
    /// Resident memory of a connection, in KiB.
    Memory,
    /// Sockets connected and joined, in a second.
    Connects,
    /// Size of a delivery's payload.
    Bytes,
}

/// One turn. A turn in which events were lost has nothing but [`Quantity::Arrived`]: how fast a system loses is no figure.
pub(crate) type Slice = BTreeMap<Quantity, f64>;

/// The turns of all systems. The same place in two systems' lists means the same time.
#[derive(Default)]
pub(crate) struct Figures {
    slices: BTreeMap<(Measure, Kind), Vec<Slice>>,
}

impl Figures {
    pub(crate) fn add(&mut self, kind: Kind, measure: Measure, slice: Slice) {
        self.slices.entry((measure, kind)).or_default().push(slice);
    }

    pub(crate) fn slices(&self, kind: Kind, measure: Measure) -> &[Slice] {
        self.slices.get(&(measure, kind)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn values(&self, kind: Kind, measure: Measure, quantity: Quantity) -> Vec<f64> {
        self.slices(kind, measure).iter().filter_map(|slice| slice.get(&quantity).copied()).collect()
    }

    /// Ours by theirs, of neighbouring turns that both have the quantity.
    pub(crate) fn ratios(&self, ours: Kind, theirs: Kind, measure: Measure, quantity: Quantity) -> Vec<f64> {
        let pairs = self.slices(ours, measure).iter().zip(self.slices(theirs, measure));
        pairs.filter_map(|(ours, theirs)| Some(ours.get(&quantity)? / theirs.get(&quantity)?)).collect()
    }
}

/// Figures of Lockstep alone, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
}

pub(crate) struct Finding {
    pub(crate) measure: Measure,
    pub(crate) what: String,
    pub(crate) values: Vec<f64>,
    pub(crate) digits: usize,
}

impl Findings {
    /// Adds a value under this name.
    pub(crate) fn add(&mut self, measure: Measure, what: &str, digits: usize, value: f64) {
        match self.all.iter_mut().find(|finding| finding.measure == measure && finding.what == what) {
            Some(finding) => finding.values.push(value),
            None => self.all.push(Finding { measure, what: what.to_owned(), values: vec![value], digits }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_with_loss_takes_part_in_no_ratio() {
        let mut figures = Figures::default();
        for (ours, theirs) in [(2.0, Some(1.0)), (9.0, None), (8.0, Some(2.0))] {
            figures.add(Kind::Lockstep, Measure::Many, Slice::from([(Quantity::Deliveries, ours)]));
            let theirs = theirs.map_or((Quantity::Arrived, 26.0), |value| (Quantity::Deliveries, value));
            figures.add(Kind::Adapter, Measure::Many, Slice::from([theirs]));
        }

        let ratios = figures.ratios(Kind::Lockstep, Kind::Adapter, Measure::Many, Quantity::Deliveries);

        assert_eq!(ratios, [2.0, 4.0]);
    }

    #[test]
    fn the_two_floors_are_one_without_bursts() {
        assert!(!Kind::Bursts.takes(Measure::One));
        assert!(Kind::Bursts.takes(Measure::Many));
        assert!(Kind::Floor.takes(Measure::One));
    }
}
