//! How fast the ledger takes events: every answer means that the event survives a power cut.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    cost::Meter,
    figures::{Findings, Measure},
    publisher::Publisher,
    system::{
        EVENT,
        lockstep::{Lockstep, event},
    },
};

/// How long each way of publishing is kept up.
const LENGTH: Duration = Duration::from_secs(2);

/// The most events that one request may bring.
const ARRAY: usize = 256;

/// The figure that group commit is there for.
pub(crate) const GROUPED: &str = "8 connections, each with arrays of 256: events/s";

/// A way of publishing: what it is called, over how many connections, how many events in a request.
const WAYS: [(&str, usize, usize); 3] = [
    ("one connection, one event at a time", 1, 1),
    ("64 connections, each one event at a time", 64, 1),
    ("8 connections, each with arrays of 256", 8, ARRAY),
];

pub(super) async fn turn(findings: &mut Findings) -> Result<(), String> {
    let lockstep = Lockstep::start().await;
    for (name, connections, events) in WAYS {
        let body = if events == 1 { event(EVENT) } else { Value::Array(vec![event(EVENT); events]) };
        let door = lockstep.door(&body);
        let mut publishers = Vec::new();
        for _ in 0..connections {
            publishers.push(door.open().await.map_err(|error| format!("the publisher's connection: {error}"))?);
        }
        let (started, meter) = (Instant::now(), Meter::start(lockstep.carriers()));
        let published = (publish_all(publishers, started + LENGTH).await? * events) as f64;
        let (seconds, processor) = (started.elapsed().as_secs_f64(), meter.micros());
        findings.add(Measure::Ledger, &format!("{name}: events/s"), 0, published / seconds);
        findings.add(Measure::Ledger, &format!("{name}: µs CPU an event"), 1, processor / published);
    }
    Ok(())
}

/// Publishes over all of them until `end`; gives the number of requests.
async fn publish_all(publishers: Vec<Publisher>, end: Instant) -> Result<usize, String> {
    let mut running = JoinSet::new();
    for mut publisher in publishers {
        running.spawn_local(async move {
            let mut requests = 0;
            while Instant::now() < end {
                publisher.publish().await?;
                requests += 1;
            }
            std::io::Result::Ok(requests)
        });
    }
    let mut requests = 0;
    while let Some(done) = running.join_next().await {
        requests += done.map_err(|error| error.to_string())?.map_err(|error| format!("publishing: {error}"))?;
    }
    Ok(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_about_one_of_the_ways() {
        assert!(WAYS.iter().any(|(name, ..)| format!("{name}: events/s") == GROUPED));
    }
}
