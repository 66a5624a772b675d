//! What an operator watches, in the text format of Prometheus.
//!
//! Names begin with `lockstep_`, units stand in the name, labels come from closed lists. The registry belongs to one worker; nothing
//! is global, so tests stay apart.

use std::sync::Arc;

use lockstep_sync_manager::SyncManager;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::listen::{KillReason, Traffic};

/// One label with a value of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Label {
    /// What the count is about; its meaning is the metric's.
    pub kind: &'static str,
}

/// Transport and outcome of a connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Connect {
    /// `websocket` or `polling`.
    pub transport: &'static str,
    /// `accepted` or why not.
    pub result: &'static str,
}

/// An answered HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The status's first digit: `2xx` and so on.
    pub status: &'static str,
}

/// The counts of one worker.
pub struct Metrics {
    registry: Registry,
    /// Socket.IO connects by transport and outcome.
    pub connects: Family<Connect, Counter>,
    /// Socket.IO disconnects by reason.
    pub disconnects: Family<Label, Counter>,
    /// Events from pages, by kind: `join`, `leave`, `pos`, `refused`, `spoofed`.
    pub client_events: Family<Label, Counter>,
    /// Requests refused because there were too many, by what was limited.
    pub rate_limited: Family<Label, Counter>,
    /// Upgrade requests that a proxy had stripped of their header.
    pub missing_upgrades: Counter,
    /// HTTP requests by method and class of status.
    pub requests: Family<Request, Counter>,
    /// How long HTTP requests took, in seconds.
    pub request_seconds: Histogram,
    /// From commit to the hub, in seconds, by the wall clocks of author and worker.
    pub commit_to_emit_seconds: Histogram,
}

impl Metrics {
    /// A registry that also tells what `sync` and `traffic` have counted.
    pub fn new(sync: SyncManager, traffic: Arc<Traffic>) -> Self {
        let mut registry = Registry::with_prefix("lockstep");
        let metrics = Self {
            connects: Family::default(),
            disconnects: Family::default(),
            client_events: Family::default(),
            rate_limited: Family::default(),
            missing_upgrades: Counter::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            commit_to_emit_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            registry: Registry::default(),
        };
        registry.register("connects", "Socket.IO connects", metrics.connects.clone());
        registry.register("disconnects", "Socket.IO disconnects", metrics.disconnects.clone());
        registry.register("client_events", "Events that pages sent", metrics.client_events.clone());
        registry.register("rate_limited", "Refused because there were too many", metrics.rate_limited.clone());
        registry.register(
            "missing_upgrades",
            "WebSocket requests without Upgrade header: a proxy does not pass it on",
            metrics.missing_upgrades.clone(),
        );
        registry.register("http_requests", "HTTP requests", metrics.requests.clone());
        registry.register("http_request_seconds", "Duration of HTTP requests", metrics.request_seconds.clone());
        registry.register(
            "commit_to_emit_seconds",
            "From the commit of an event until it was handed to the sockets",
            metrics.commit_to_emit_seconds.clone(),
        );
        registry.register_collector(Box::new(Road { sync, traffic }));
        Self { registry, ..metrics }
    }

    /// Everything as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }

    /// Counts one event from a page.
    pub fn client_event(&self, kind: &'static str) {
        self.client_events.get_or_create(&Label { kind }).inc();
    }
}

/// What others count, read when asked.
struct Road {
    sync: SyncManager,
    traffic: Arc<Traffic>,
}

impl std::fmt::Debug for Road {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Road")
    }
}

impl Road {
    fn counters(&self) -> Vec<(&'static str, &'static str, u64)> {
        let counters = self.sync.counters();
        vec![
            ("events_applied", "Committed events applied", counters.applied.get()),
            ("deliveries", "Events handed to sockets", counters.deliveries.get()),
            ("dropped", "Events lost for one socket whose queue was full", counters.dropped.get()),
            ("slow_consumers", "Sockets cut because they stayed behind", counters.slow_consumers.get()),
            ("repaired_by_chain", "Events read from the ledger: the bus had a hole", counters.repaired_by_chain.get()),
            ("repaired_by_tick", "Events read from the ledger in time", counters.repaired_by_tick.get()),
            ("joins_live", "Joins without position", counters.joins_live.get()),
            ("joins_recovered", "Joins that got what they had missed", counters.joins_recovered.get()),
            ("joins_refresh", "Joins that had to fetch", counters.joins_refresh.get()),
            ("resets", "Times that every page had to start afresh", counters.resets.get()),
            ("bus_publish_errors", "Events that could not be sent over the bus", counters.publish_errors.get()),
            ("bus_missed", "Messages known to be lost on the bus", counters.bus_missed.get()),
            ("bus_garbage", "Messages on the bus that are none of ours", counters.bus_garbage.get()),
            ("ledger_errors", "Times the ledger could not be read", counters.ledger_errors.get()),
            ("connections_accepted", "Connections taken", self.traffic.accepted()),
            ("write_stalls", "Connections that took nothing for too long", self.traffic.stalls()),
            ("received_bytes", "Bytes received", self.traffic.bytes_in()),
            ("sent_bytes", "Bytes sent", self.traffic.bytes_out()),
        ]
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, i64)> {
        let status = self.sync.status().borrow().clone();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        vec![
            ("clients", "Open Socket.IO sessions", count(status.sockets)),
            ("bus_up", "Whether the bus is heard", i64::from(status.bus)),
            ("ledger_up", "Whether the ledger answered last time", i64::from(status.ledger)),
            ("position", "The seq applied last", status.position.map_or(0, |position| position.seq.0)),
            ("connections", "Open connections", i64::try_from(self.traffic.open()).unwrap_or(i64::MAX)),
        ]
    }
}

impl Collector for Road {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, value) in self.counters() {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        for (name, help, value) in self.gauges() {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for reason in KillReason::ALL {
            let counter = ConstCounter::new(self.traffic.kills(reason));
            let name = format!("kills_{}", reason.name());
            counter.encode(encoder.encode_descriptor(
                &name,
                "Connections ended by us",
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}
