//! What a page and a room cost when there are ten times as many.

use std::time::Duration;

use serde_json::json;

use crate::{
    arguments::Arguments,
    cost::{self, Meter},
    crowd::{CONNECTING, Crowd},
    figures::{Findings, Kind, Measure, Quantity},
    measure::{FIRST_CONNECTIONS, Stand, in_flight},
    score::Score,
    system::{
        EVENT, ROOM,
        lockstep::{Lockstep, event},
    },
};

/// From the smaller number to the larger one.
const TIMES: usize = 10;

/// Other rooms beside the one that hears the event, in the smaller installation.
const FEW_ROOMS: usize = 10;

/// Pages in each room.
const PAGES_IN_ROOM: usize = 10;

/// Rest after connecting, before anything is read.
const REST: Duration = Duration::from_secs(2);

/// How long idle pages are watched: one heartbeat of each.
const WATCHED: Duration = Duration::from_secs(10);

pub(super) async fn turn(findings: &mut Findings, arguments: &Arguments) -> Result<(), String> {
    idle_pages(findings, arguments.pages).await?;
    rooms(findings, arguments).await
}

async fn idle_pages(findings: &mut Findings, pages: usize) -> Result<(), String> {
    let lockstep = Lockstep::start().await;
    let greeting = lockstep.greeting(&json!({"room": ROOM}), EVENT);
    let mut crowd = Crowd::new(Score::new(FIRST_CONNECTIONS + pages));
    crowd.grow(FIRST_CONNECTIONS, &lockstep.addresses, &greeting).await?;
    tokio::time::sleep(REST).await;
    let before = cost::resident(&lockstep.workers());
    let mut here = 0;
    for pages in [pages / TIMES, pages] {
        crowd.grow(pages - here, &lockstep.addresses, &greeting).await?;
        here = pages;
        tokio::time::sleep(REST).await;
        let grown = cost::resident(&lockstep.workers()).saturating_sub(before);
        let memory = grown as f64 / 1024.0 / pages as f64;
        findings.add(Measure::Growth, &format!("{pages} idle pages: KB resident, each"), 1, memory);
        let meter = Meter::start(lockstep.carriers());
        tokio::time::sleep(WATCHED).await;
        let micros = meter.micros() / (pages + FIRST_CONNECTIONS) as f64 / WATCHED.as_secs_f64();
        findings.add(Measure::Growth, &format!("{pages} idle pages: µs CPU a second, each"), 1, micros);
    }
    Ok(())
}

/// Publishes to one small room, in an installation with few other rooms and in one with many, in turns.
async fn rooms(findings: &mut Findings, arguments: &Arguments) -> Result<(), String> {
    let (few, many) = (Lockstep::start().await, Lockstep::start().await);
    let (few, many) = (furnish(&few, FEW_ROOMS).await?, furnish(&many, FEW_ROOMS * TIMES).await?);
    for turn in 0..=arguments.slices {
        let mut costs = [0.0; 2];
        for (cost, (_, stand)) in costs.iter_mut().zip([&few, &many]) {
            let slice = in_flight(stand, 1, arguments.slice()).await?;
            *cost = slice[&Quantity::Processor] * PAGES_IN_ROOM as f64;
        }
        // The first turn is for warming up.
        if turn > 0 {
            for (cost, rooms) in costs.iter().zip([FEW_ROOMS, FEW_ROOMS * TIMES]) {
                let what =
                    format!("{rooms} other rooms of {PAGES_IN_ROOM} pages: µs CPU a publish to one of {PAGES_IN_ROOM}");
                findings.add(Measure::Growth, &what, 0, *cost);
            }
            findings.add(Measure::Growth, "the publish among ten times the rooms, as a ratio", 2, costs[1] / costs[0]);
        }
    }
    Ok(())
}

/// Pages in the room that hears the event, and in so many others.
async fn furnish(lockstep: &Lockstep, others: usize) -> Result<(Crowd, Stand), String> {
    let here = lockstep.greeting(&json!({"room": ROOM}), EVENT);
    let score = Score::new(PAGES_IN_ROOM);
    let mut crowd = Crowd::new(score.clone());
    crowd.grow(PAGES_IN_ROOM, &lockstep.addresses, &here).await?;
    let elsewhere =
        |page: usize| lockstep.greeting(&json!({"room": format!("import:{}", page / PAGES_IN_ROOM)}), EVENT);
    let pages = others * PAGES_IN_ROOM;
    let mut neighbours = Crowd::new(Score::new(pages));
    neighbours.admit(pages, &lockstep.addresses, CONNECTING, elsewhere, |_, _| Ok(())).await?;
    let stand =
        Stand::new(Kind::Lockstep, lockstep.carriers(), lockstep.door(&event(EVENT)), score, crowd, PAGES_IN_ROOM);
    Ok((neighbours, stand))
}
