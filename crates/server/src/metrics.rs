//! What an operator watches, in the text format of Prometheus.
//!
//! Names begin with `lockstep_`, units stand in the name, labels come from closed lists. The registry belongs to one worker; nothing
//! is global, so tests stay apart.

use std::{collections::BTreeMap, sync::Arc};

use lockstep_app::App;
use lockstep_sync_manager::SyncManager;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use tracing::warn;

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
    road: Road,
    /// Socket.IO connects by transport and outcome.
    pub connects: Family<Connect, Counter>,
    /// Socket.IO disconnects by reason.
    pub disconnects: Family<Label, Counter>,
    /// Socket.IO sessions by the way their events take: `lane`, `engine`, `unopened`.
    pub ways: Family<Label, Counter>,
    /// Events from pages, by kind: `join`, `leave`, `pos`, `presence`, `refused`, `spoofed`.
    pub client_events: Family<Label, Counter>,
    /// Pages that were not taken into the list of who is present, by the refusal's code.
    pub presence_refused: Family<Label, Counter>,
    /// Refused because there were too many, by who asked: `person`, `address`, `key`, `login` (attempts to sign in), `socket` (events
    /// of one page).
    pub rate_limited: Family<Label, Counter>,
    /// Open raw WebSockets by door: `notifications`, `log_stream`, `logs`.
    pub ws_connections: Family<Label, Gauge>,
    /// Raw WebSockets that were refused or closed by us, by close code.
    pub ws_closes: Family<Label, Counter>,
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
    /// A registry that also tells what `app`, `sync` and `traffic` have counted.
    pub fn new(app: App, sync: SyncManager, traffic: Arc<Traffic>) -> Self {
        let mut registry = Registry::with_prefix("lockstep");
        let metrics = Self {
            connects: Family::default(),
            disconnects: Family::default(),
            ways: Family::default(),
            client_events: Family::default(),
            presence_refused: Family::default(),
            rate_limited: Family::default(),
            ws_connections: Family::default(),
            ws_closes: Family::default(),
            missing_upgrades: Counter::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            commit_to_emit_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            registry: Registry::default(),
            road: Road { app, sync, traffic },
        };
        registry.register("connects", "Socket.IO sign-ins, by transport and outcome", metrics.connects.clone());
        registry.register(
            "disconnects",
            "Signed-in Socket.IO sessions that ended, by reason",
            metrics.disconnects.clone(),
        );
        registry.register(
            "ways",
            "Socket.IO sessions by the way their events take: `lane`, `engine` (long polling, or switched off), or `unopened`: a \
             WebSocket whose output was not understood, served by the engine",
            metrics.ways.clone(),
        );
        registry.register("client_events", "Events that pages sent, by kind", metrics.client_events.clone());
        registry.register(
            "presence_refused",
            "Pages that may not say what they show, or not that, or not more of it; by reason",
            metrics.presence_refused.clone(),
        );
        registry.register(
            "rate_limited",
            "Requests, sign-ins and events refused because there were too many, by who asked",
            metrics.rate_limited.clone(),
        );
        registry.register("ws_connections", "Open raw WebSockets, by door", metrics.ws_connections.clone());
        registry.register(
            "ws_closes",
            "Raw WebSockets that were refused or closed by us, by close code",
            metrics.ws_closes.clone(),
        );
        registry.register(
            "missing_upgrades",
            "WebSocket requests without Upgrade header: a proxy does not pass it on",
            metrics.missing_upgrades.clone(),
        );
        registry.register(
            "http_requests",
            "HTTP requests but those of Socket.IO, by method and class of status",
            metrics.requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "Duration of HTTP requests but those of Socket.IO",
            metrics.request_seconds.clone(),
        );
        registry.register(
            "commit_to_emit_seconds",
            "From the commit of an event until it was handed to the sockets",
            metrics.commit_to_emit_seconds.clone(),
        );
        registry.register_collector(Box::new(metrics.road.clone()));
        Self { registry, ..metrics }
    }

    /// Everything as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }

    /// What the road and the connections of this worker have counted since its start: the names of the metrics without prefix, and
    /// where a metric has a label that stands behind its name, as in `joins_live`.
    pub fn road(&self) -> BTreeMap<String, u64> {
        let plain = self.road.counters().into_iter().map(|((name, _), count)| (name.to_owned(), count));
        let families = self.road.families().into_iter();
        let labelled = families.flat_map(|((name, _), _, counts)| {
            counts.into_iter().map(move |(label, count)| (format!("{name}_{label}"), count))
        });
        plain.chain(labelled).collect()
    }

    /// A WebSocket was asked for without its Upgrade header. Said in the log the first time, with the cure.
    pub fn note_missing_upgrade(&self) {
        if self.missing_upgrades.inc() == 0 {
            warn!(
                "a WebSocket request came without its Upgrade header: the proxy in front does not pass it on. For nginx: \
                 proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"
            );
        }
    }

    /// Counts one event from a page.
    pub fn client_event(&self, kind: &'static str) {
        self.client_events.get_or_create(&Label { kind }).inc();
    }
}

/// What others count, read when asked.
#[derive(Clone)]
struct Road {
    app: App,
    sync: SyncManager,
    traffic: Arc<Traffic>,
}

impl std::fmt::Debug for Road {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Road")
    }
}

/// Name and help.
type Named = (&'static str, &'static str);

/// A label's value and the count.
type Labelled = (&'static str, u64);

impl Road {
    fn counters(&self) -> Vec<(Named, u64)> {
        let (counters, jobs) = (self.sync.counters(), self.app.job_counts());
        let lines = self.app.logs().figures();
        vec![
            (("events_applied", "Committed events applied"), counters.applied.get()),
            (("deliveries", "Events handed to sockets"), counters.deliveries.get()),
            (("dropped", "Events lost for one socket because its queue was full; it is told"), counters.dropped.get()),
            (("slow_consumers", "Sockets cut because they stayed behind"), counters.slow_consumers.get()),
            (
                ("ledger_resumes", "Rejoins for which the ledger was read, because the ring did not reach back"),
                counters.ledger_resumes.get(),
            ),
            (("resets", "Times that every page had to start afresh"), counters.resets.get()),
            (("bus_publish_errors", "Events that could not be sent over the bus"), counters.publish_errors.get()),
            (("bus_missed", "Messages known to be lost on the bus"), counters.bus_missed.get()),
            (
                ("bus_garbage", "Messages on the bus that another build of ours sent and this one cannot read"),
                counters.bus_garbage.get(),
            ),
            (
                ("bus_forged", "Messages on the bus that no worker of this installation sent; dropped"),
                counters.bus_forged.get(),
            ),
            (("ledger_errors", "Times that the ledger could not be read"), counters.ledger_errors.get()),
            (("log_lines", "Log lines heard, of all workers"), counters.logs.heard.get()),
            (("log_deliveries", "Log lines handed to readers"), counters.logs.delivered.get()),
            (
                ("log_repaired", "Log lines that got lost between workers and came from the database"),
                counters.logs.repaired.get(),
            ),
            (("log_lost", "Log lines that got lost and are not kept; every reader is told"), counters.logs.lost.get()),
            (
                ("log_slow", "Log lines lost for one reader because he was too slow; he is told"),
                counters.logs.slow.get(),
            ),
            (("jobs_claimed", "Jobs begun or gone on with"), jobs.claimed.get()),
            (("jobs_taken_over", "Jobs taken over from a worker that was lost"), jobs.taken_over.get()),
            (("job_batches", "Batches of jobs committed"), jobs.batches.get()),
            (("connections_accepted", "Connections taken, of any kind"), self.traffic.accepted()),
            (("write_stalls", "Writes that stood still for the whole limit"), self.traffic.stalls()),
            (("log_lines", "Log lines that this worker took in"), lines.numbered),
            (("log_lines_dropped", "Of these, lines that found the queue full; readers see a hole"), lines.dropped),
            (("log_lines_unkept", "Lines that were shown but never got into the database"), lines.unkept),
            (("received_bytes", "Bytes received on all connections"), self.traffic.bytes_in()),
            (("sent_bytes", "Bytes that the kernel took from us on all connections"), self.traffic.bytes_out()),
        ]
    }

    /// Families with one label from a closed list: name and help, label, counts.
    fn families(&self) -> [(Named, &'static str, Vec<Labelled>); 4] {
        let counters = self.sync.counters();
        let repaired = vec![("chain", counters.repaired_by_chain.get()), ("tick", counters.repaired_by_tick.get())];
        let joins = vec![
            ("live", counters.joins_live.get()),
            ("recovered", counters.joins_recovered.get()),
            ("refresh", counters.joins_refresh.get()),
        ];
        let jobs = self.app.job_counts();
        let ends = vec![
            ("completed", jobs.completed.get()),
            ("failed", jobs.failed.get()),
            ("cancelled", jobs.cancelled.get()),
            ("retried", jobs.retried.get()),
            ("released", jobs.released.get()),
            ("fenced", jobs.fenced.get()),
        ];
        let kills = KillReason::ALL.map(|why| (why.name(), self.traffic.kills(why))).to_vec();
        [
            (("repaired", "Events that the ledger brought, by who noticed that they were missing"), "by", repaired),
            (("joins", "Rooms joined, by what the page was told: go on, what it missed, or fetch"), "mode", joins),
            (("kills", "Connections that we ended, by reason"), "why", kills),
            (("job_runs", "Runs of jobs that ended on this worker, by how"), "end", ends),
        ]
    }

    fn gauges(&self) -> Vec<(Named, i64)> {
        let status = self.sync.status().borrow().clone();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        vec![
            (("clients", "Signed-in Socket.IO sessions"), count(status.sockets)),
            (("presence_entries", "What pages show, of all workers"), count(self.sync.counters().present.get())),
            (("jobs_running", "Jobs that run on this worker"), count(self.app.running_jobs())),
            (("log_readers", "Open log views"), count(self.sync.counters().logs.readers.get())),
            (("bus_up", "1 while the bus is heard"), i64::from(status.bus)),
            (("ledger_up", "1 while the ledger answers"), i64::from(status.ledger)),
            (("log_lines_waiting", "Log lines that wait for the database"), count(self.app.logs().figures().waiting)),
            (("position", "The seq applied last"), status.position.map_or(0, |position| position.seq.0)),
            (("connections", "Open connections, of any kind"), i64::try_from(self.traffic.open()).unwrap_or(i64::MAX)),
        ]
    }
}

impl Collector for Road {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for ((name, help), value) in self.counters() {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        for ((name, help), label, counts) in self.families() {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (value, count) in counts {
                ConstCounter::new(count).encode(family.encode_family(&[(label, value)])?)?;
            }
        }
        for ((name, help), value) in self.gauges() {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
