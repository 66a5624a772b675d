//! Everybody comes back: all pages rejoin with their positions after supervisor and workers were killed and started again.
//!
//! Each page says how far it had come, and must be given exactly what it lacks. One that is given anything else fails the run; one that
//! is told to fetch its data afresh is counted.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    crowd::Crowd,
    figures::{Findings, Measure},
    score::Score,
    system::lockstep::{Lockstep, event},
};

/// Rooms that the pages are spread over. None of them hears of the others' events.
pub(crate) const ROOMS: [&str; 4] = ["files", "users", "groups", "products"];

/// The figure that must be 100.
pub(crate) const RECOVERED: &str = "pages that were given what they lacked (`recovered`), %";

/// How a join can be answered, and what the share of such answers is called.
const MODES: [(&str, &str); 3] = [
    ("recovered", RECOVERED),
    ("refresh", "pages that must fetch their data (`refresh`), %"),
    ("live", "pages whose position was ignored (`live`), %"),
];

/// Where a worker counts the rejoins for which it read the ledger; all others were answered from memory.
const LEDGER_RESUMES: &str = "lockstep_ledger_resumes_total ";

/// Events in each room before the crash. A page has heard some of them: the first, the first two, … all.
const EVENTS: usize = 10;

/// Pages that are on their way at a time: as many as the kernel keeps for a server that has not accepted them yet.
const ARRIVING: usize = 1000;

/// The events of a room.
struct History {
    epoch: String,
    seqs: Vec<u64>,
}

pub(super) async fn turn(findings: &mut Findings, pages: usize) -> Result<(), String> {
    let mut lockstep = Lockstep::start().await;
    let rooms = fill(&lockstep).await?;
    // They are there when it happens: the server has their connections to lose.
    let crowd = come(&lockstep, pages, |_| None, |_, _| Ok(())).await?;
    let crashed = Instant::now();
    lockstep.crash();
    drop(crowd);
    lockstep.restart().await;
    let ready = Instant::now();
    let mut modes = MODES.map(|(mode, _)| (mode, 0));
    let judge = |page: usize, answer: &str| judge(&rooms[page % ROOMS.len()], heard(page), answer, &mut modes);
    let _crowd = come(&lockstep, pages, |page| Some(position(&rooms, page)), judge).await?;
    let (down, storm) = ((ready - crashed).as_secs_f64(), ready.elapsed().as_secs_f64());
    findings.add(Measure::Storm, "from the crash until all workers are ready again, s", 2, down);
    findings.add(Measure::Storm, "from then until the last page has its answer, s", 2, storm);
    for ((_, name), (_, count)) in MODES.iter().zip(modes) {
        findings.add(Measure::Storm, name, 1, f64::from(count) / pages as f64 * 100.0);
    }
    let from_ledger = counted(&lockstep.metrics().await?, LEDGER_RESUMES);
    findings.add(Measure::Storm, "rejoins for which the ledger was read", 0, from_ledger);
    Ok(())
}

/// Publishes the history of every room.
async fn fill(lockstep: &Lockstep) -> Result<Vec<History>, String> {
    let mut rooms = Vec::new();
    for room in ROOMS {
        let mut history = History { epoch: String::new(), seqs: Vec::new() };
        for _ in 0..EVENTS {
            let answer = lockstep.publish(&event(&format!("{room}:changed"))).await?;
            history.epoch = answer["epoch"].as_str().unwrap_or_default().to_owned();
            history.seqs.push(answer["seq"].as_u64().ok_or_else(|| format!("no seq in {answer}"))?);
        }
        rooms.push(history);
    }
    Ok(rooms)
}

/// How many events of its room a page has heard, at least one.
fn heard(page: usize) -> usize {
    page / ROOMS.len() % EVENTS + 1
}

fn position(rooms: &[History], page: usize) -> (String, u64) {
    let room = &rooms[page % ROOMS.len()];
    (room.epoch.clone(), room.seqs[heard(page) - 1])
}

/// All pages connect and join, with or without a position; `hear` gets each answer.
async fn come(
    lockstep: &Lockstep,
    pages: usize,
    position: impl Fn(usize) -> Option<(String, u64)>,
    hear: impl FnMut(usize, &str) -> Result<(), String>,
) -> Result<Crowd, String> {
    let mut crowd = Crowd::new(Score::new(pages));
    let greeting = |page: usize| {
        let room = ROOMS[page % ROOMS.len()];
        let wish = match position(page) {
            Some((epoch, seq)) => json!({"room": room, "epoch": epoch, "seq": seq}),
            None => json!({"room": room}),
        };
        lockstep.greeting(&wish, "nothing is published while they are here")
    };
    crowd.admit(pages, &lockstep.addresses, ARRIVING, greeting, hear).await?;
    Ok(crowd)
}

/// Counts the answer, and says whether it brings exactly the events after the first `heard`.
fn judge(room: &History, heard: usize, answer: &str, modes: &mut [(&str, u32)]) -> Result<(), String> {
    let packet = answer.trim_start_matches(|character: char| character.is_ascii_digit());
    let parsed: Value = serde_json::from_str(packet).map_err(|error| format!("`{answer}`: {error}"))?;
    let answer = &parsed[0];
    let mode = answer["mode"].as_str().unwrap_or_default();
    let known = modes.iter_mut().find(|(known, _)| *known == mode);
    known.ok_or_else(|| format!("no known mode in {answer}"))?.1 += 1;
    if mode != "recovered" {
        return Ok(());
    }
    let events = answer["events"].as_array().map_or(&[][..], Vec::as_slice);
    let missed: Vec<Option<u64>> = events.iter().map(|event| event["seq"].as_u64()).collect();
    let expected: Vec<Option<u64>> = room.seqs[heard..].iter().copied().map(Some).collect();
    if missed == expected { Ok(()) } else { Err(format!("a page that lacked {expected:?} was given {missed:?}")) }
}

/// The sum of a metric's lines over all workers.
fn counted(metrics: &str, name: &str) -> f64 {
    metrics.lines().filter_map(|line| line.strip_prefix(name)?.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heard: usize, answer: &str) -> Result<u32, String> {
        let room = History { epoch: "e".to_owned(), seqs: vec![5, 6, 9] };
        let mut modes = MODES.map(|(mode, _)| (mode, 0));
        judge(&room, heard, answer, &mut modes).map(|()| modes[0].1)
    }

    #[test]
    fn a_page_must_be_given_exactly_what_it_lacks() {
        let both = r#"430[{"ok":true,"mode":"recovered","events":[{"seq":6},{"seq":9}]}]"#;

        assert_eq!(check(1, both), Ok(1));
        assert!(check(2, both).is_err());
        assert_eq!(check(3, r#"430[{"ok":true,"mode":"recovered","events":[]}]"#), Ok(1));
        assert_eq!(check(1, r#"430[{"ok":true,"mode":"refresh"}]"#), Ok(0));
        assert!(check(1, r#"430[{"ok":true}]"#).is_err());
    }

    #[test]
    fn a_counter_is_summed_over_the_workers() {
        let metrics =
            "lockstep_ledger_resumes_total 3\nlockstep_joins_total{mode=\"live\"} 9\nlockstep_ledger_resumes_total 4\n";

        assert_eq!(counted(metrics, LEDGER_RESUMES), 7.0);
    }
}
