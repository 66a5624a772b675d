//! A thousand people read the log while others change data: what the readers get, and what becomes of the changes.
//!
//! Both dialects take turns in installations of their own, so that the memory of one is not what the other has left behind. Before the
//! readers come, the same changes and the same lines are measured without them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::lines::{MARK, Outcome, Readers};
use crate::{
    cost::{self, Meter},
    crowd::Crowd,
    figures::{Findings, Kind, Measure, Quantity, Slice},
    measure::{Stand, in_flight, paced},
    member::Greeting,
    publisher::{Door, Publisher},
    score::Score,
    system::{
        EVENT, ROOM,
        lockstep::{Lockstep, Setup, event},
    },
};

/// Readers of the log.
pub(crate) const READERS: usize = 1000;

/// Pages that hear the changes.
pub(crate) const PAGES: usize = 100;

/// All that are connected at a time.
pub(crate) const CONNECTIONS: usize = READERS + PAGES;

/// Lines written a second.
pub(crate) const RATE: u64 = 500;

/// Lines of a request, and the time between two.
const BATCH: u64 = 25;
const EVERY: Duration = Duration::from_millis(1000 * BATCH / RATE);

/// How long it is looked at, without readers and with them.
const LENGTH: Duration = Duration::from_secs(4);

/// Changes before the clock starts.
const WARM: Duration = Duration::from_millis(500);

/// Rest before the readers come: what was written before reaches none of them.
const REST: Duration = Duration::from_secs(1);

/// Whoever reads here is one person at one address. Of the lines only few are kept in memory, so that it has its size before the
/// readers come and is not charged to them; and Lockstep adds none of its own.
const SETUP: Setup = Setup {
    workers: 1,
    settings: &[
        ("LOCKSTEP__LIMITS__WS_PER_USER", "10000"),
        ("LOCKSTEP__LIMITS__WS_PER_ADDRESS", "10000"),
        ("LOCKSTEP__LOGS__RING_LINES", "1000"),
        ("LOCKSTEP__LOGS__OWN_LEVEL", "off"),
    ],
};

/// A dialect of log readers.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `/ws/logs/stream/`.
    Raw,
    /// The room `logs`.
    SocketIo,
}

impl Way {
    pub(crate) const ALL: [Way; 2] = [Way::Raw, Way::SocketIo];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Way::Raw => "raw",
            Way::SocketIo => "Socket.IO",
        }
    }

    /// What the tail of the changes' latency is called.
    pub(crate) fn late(self) -> String {
        self.row("a page has a change: p99 ms")
    }

    /// What the lines are called that were lost in silence.
    pub(crate) fn lost(self) -> String {
        self.row("lines that neither came nor were told of as a gap")
    }

    fn row(self, what: &str) -> String {
        format!("{} readers: {what}", self.word())
    }

    /// How a reader comes in, without lines from before: a stream greets and says that there are none, the room shows them first.
    fn greeting(self, lockstep: &Lockstep) -> Greeting {
        match self {
            Way::Raw => Greeting {
                path: "/ws/logs/stream/?backfill=0",
                cookie: lockstep.cookie.clone(),
                steps: vec![("{", String::new()), ("{", String::new())],
                event: String::new(),
            },
            Way::SocketIo => {
                let mut greeting = lockstep.greeting(&json!({"room": "logs"}), "log");
                greeting.steps.push(("42[\"log:backfill\"", String::new()));
                greeting
            }
        }
    }
}

pub(super) async fn turn(findings: &mut Findings) -> Result<(), String> {
    for way in Way::ALL {
        dialect(findings, way).await.map_err(|error| format!("{}: {error}", way.word()))?;
    }
    Ok(())
}

async fn dialect(findings: &mut Findings, way: Way) -> Result<(), String> {
    let lockstep = Lockstep::start_as(SETUP).await;
    let stand = pages(&lockstep).await?;
    in_flight(&stand, 1, WARM).await?;
    let quiet = look(&lockstep, &stand).await?;
    quiet.add(findings, |what| format!("nobody reads: {what}"));
    tokio::time::sleep(REST).await;
    let before = cost::resident(&lockstep.workers());
    let readers = Readers::come(&lockstep, &way.greeting(&lockstep), READERS).await?;
    let busy = look(&lockstep, &stand).await?;
    let outcome = readers.settle(busy.sent).await?;
    let grown = cost::resident(&lockstep.workers()).saturating_sub(before);
    busy.add(findings, |what| way.row(what));
    add_lines(findings, way, &busy, &outcome);
    findings.add(Measure::Readers, &way.row("KB resident, each"), 1, grown as f64 / 1024.0 / READERS as f64);
    Ok(())
}

/// The pages that hear the changes.
async fn pages(lockstep: &Lockstep) -> Result<Stand, String> {
    let score = Score::new(PAGES);
    let mut crowd = Crowd::new(score.clone());
    crowd.grow(PAGES, &lockstep.addresses, &lockstep.greeting(&json!({"room": ROOM}), EVENT)).await?;
    Ok(Stand::new(Kind::Lockstep, lockstep.carriers(), lockstep.door(&event(EVENT)), score, crowd, PAGES))
}

/// What was seen while changes were published and lines written.
struct Look {
    began: Instant,
    /// Lines written.
    sent: u64,
    changes: Slice,
    /// Of a core, in percent.
    processor: f64,
}

async fn look(lockstep: &Lockstep, stand: &Stand) -> Result<Look, String> {
    let door = lockstep.log_door(&Value::Array(vec![line(); BATCH as usize]));
    let (began, meter) = (Instant::now(), Meter::start(lockstep.workers()));
    let (changes, sent) = tokio::join!(paced(stand, LENGTH), write(&door, began + LENGTH));
    let processor = meter.micros() / began.elapsed().as_secs_f64() / 1e4;
    Ok(Look { began, sent: sent?, changes: changes?, processor })
}

/// Writes lines at their pace until `end`; gives their number.
async fn write(door: &Door, end: Instant) -> Result<u64, String> {
    let failed = |error| format!("writing lines: {error}");
    let mut publisher: Publisher = door.open().await.map_err(failed)?;
    let (mut next, mut sent) = (Instant::now(), 0);
    while next < end {
        tokio::time::sleep_until(next.into()).await;
        publisher.publish().await.map_err(failed)?;
        sent += BATCH;
        next += EVERY;
    }
    Ok(sent)
}

/// As long as lines are.
fn line() -> Value {
    let mark = char::from(MARK);
    let message = format!("{mark} 1,204 of 3,377 files read below /srv/share/projects/2026, 17 of them are new");
    json!({"message": message, "type": "scan", "source": "scan-17"})
}

impl Look {
    fn add(&self, findings: &mut Findings, name: impl Fn(&str) -> String) {
        let mut add = |what, value| findings.add(Measure::Readers, &name(what), 1, value);
        add("a page has a change: p50 ms", self.changes[&Quantity::EachMedian]);
        add("a page has a change: p99 ms", self.changes[&Quantity::EachTail]);
        add("the worker's processor time, % of a core", self.processor);
    }
}

fn add_lines(findings: &mut Findings, way: Way, look: &Look, outcome: &Outcome) {
    let seconds = (outcome.latest - look.began).as_secs_f64();
    let expected = (look.sent * READERS as u64) as f64;
    let mut add = |what, digits, value| findings.add(Measure::Readers, &way.row(what), digits, value);
    add("lines delivered/s", 0, outcome.all.got as f64 / seconds);
    add("lines told of as a gap, %", 2, outcome.all.told as f64 / expected * 100.0);
    findings.add(Measure::Readers, &way.lost(), 0, outcome.silent as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_at_their_rate_and_have_the_mark_once() {
        let text = line().to_string();

        assert_eq!(EVERY.as_millis() as u64 * RATE, 1000 * BATCH);
        assert_eq!(text.bytes().filter(|byte| *byte == MARK).count(), 1);
    }
}
