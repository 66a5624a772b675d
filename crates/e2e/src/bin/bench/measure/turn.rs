//! The bookkeeping of one turn of traffic: from the first publish until the last delivery.

use std::time::{Duration, Instant};

use super::Stand;
use crate::{
    cost::Meter,
    figures::{Kind, Quantity, Slice},
    score::{Loss, Tally},
};

/// A turn that is being measured.
pub(super) struct Turn<'a> {
    stand: &'a Stand,
    started: Instant,
    meter: Meter,
}

/// What came of it.
pub(super) struct Outcome {
    kind: Kind,
    expected: u64,
    loss: Option<Loss>,
    seconds: f64,
    processor_micros: f64,
    tally: Tally,
}

impl<'a> Turn<'a> {
    pub(super) fn begin(stand: &'a Stand) -> Turn<'a> {
        Turn { stand, started: Instant::now(), meter: Meter::start(stand.carriers.clone()) }
    }

    pub(super) async fn end(self, quiet: Duration) -> Result<Outcome, String> {
        let loss = self.stand.score.settle(quiet).await?;
        let tally = self.stand.score.take();
        let seconds = tally.latest.map_or(0.0, |latest| (latest - self.started).as_secs_f64());
        Ok(Outcome {
            kind: self.stand.kind,
            expected: tally.publishes * self.stand.sockets as u64,
            loss,
            seconds,
            processor_micros: self.meter.micros(),
            tally,
        })
    }
}

impl Outcome {
    /// Where every event must arrive. A peer that loses some has only its share as figure; Lockstep must not lose any.
    pub(super) fn whole(self) -> Result<Slice, String> {
        match &self.loss {
            None => Ok(self.slice()),
            Some(_) if self.kind != Kind::Lockstep => Ok(Slice::from([(Quantity::Arrived, self.arrived())])),
            Some(loss) => Err(format!(
                "{} of {} deliveries did not arrive; the server has closed {} connections",
                loss.deliveries, self.expected, loss.closed
            )),
        }
    }

    /// Where the share that arrives is the figure.
    pub(super) fn in_part(self) -> Slice {
        let arrived = (Quantity::Arrived, self.arrived());
        let rate = (Quantity::Deliveries, self.tally.deliveries as f64 / self.seconds);
        Slice::from([arrived, rate])
    }

    fn arrived(&self) -> f64 {
        self.tally.deliveries as f64 / self.expected as f64 * 100.0
    }

    fn slice(self) -> Slice {
        let deliveries = self.tally.deliveries as f64;
        let (each, last) = (percentiles(self.tally.each), self.tally.last);
        let publishes = last.len() as f64 / self.seconds;
        let last = percentiles(last);
        Slice::from([
            (Quantity::Deliveries, deliveries / self.seconds),
            (Quantity::Publishes, publishes),
            (Quantity::Processor, self.processor_micros / deliveries),
            (Quantity::EachMedian, each.0),
            (Quantity::EachTail, each.1),
            (Quantity::LastMedian, last.0),
            (Quantity::LastTail, last.1),
            (Quantity::Bytes, self.tally.bytes as f64 / deliveries),
        ])
    }
}

/// Median and 99th percentile in milliseconds.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at =
        |part: f64| times.get((times.len() as f64 * part) as usize).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    (at(0.5), at(0.99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let times: Vec<Duration> = (0..100).rev().map(Duration::from_millis).collect();

        assert_eq!(percentiles(times), (50.0, 99.0));
        assert_eq!(percentiles(vec![Duration::from_millis(7)]), (7.0, 7.0));
    }
}
