//! Traffic into a room: kept in flight, paced, or all at once.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{Stand, turn::Turn};
use crate::{
    figures::{Measure, Slice},
    publisher::Publisher,
    score::Score,
};

/// Publishes in flight: enough that bursts form at every station of the road.
pub(crate) const MANY: usize = 32;

/// Publishes in flight in the small room.
pub(crate) const SMALL_WINDOW: usize = 24;

/// Time between two paced publishes: twenty a second.
pub(crate) const PACE: Duration = Duration::from_millis(50);

/// Connections that paced publishes take in turn, so that none waits for the answer to the one before.
const PACERS: u32 = 4;

/// Slices of paced traffic are longer, by this: it has few publishes.
pub(crate) const PACED_LENGTH: u32 = 3;

/// Publishes of a burst, each over a connection of its own, all at the same moment.
pub(crate) const BURST: usize = 400;

/// Silence after which what is missing is lost. Disks and garbage collectors may pause for less.
const QUIET: Duration = Duration::from_secs(5);

/// The same after a burst, where loss is a figure and not an accident.
const QUIET_AFTER_BURST: Duration = Duration::from_secs(2);

/// One turn of one measure.
pub(crate) async fn turn(measure: Measure, stand: &Stand, length: Duration) -> Result<Slice, String> {
    match measure {
        Measure::Paced => paced(stand, length * PACED_LENGTH).await,
        Measure::Burst => burst(stand).await,
        Measure::One => in_flight(stand, 1, length).await,
        Measure::Small => in_flight(stand, SMALL_WINDOW, length).await,
        _ => in_flight(stand, MANY, length).await,
    }
}

/// Traffic that nobody counts.
pub(crate) async fn warm(stand: &Stand, length: Duration) -> Result<(), String> {
    in_flight(stand, MANY, length).await.map(drop)
}

/// Publishes for `length`, never more than `window` at a time that some socket still lacks.
pub(crate) async fn in_flight(stand: &Stand, window: usize, length: Duration) -> Result<Slice, String> {
    let publishers = stand.publishers(window).await?;
    stand.score.begin(window);
    let turn = Turn::begin(stand);
    let end = Instant::now() + length;
    let publish = |publisher| keep_in_flight(publisher, stand.score.clone(), end);
    all(publishers.into_iter().map(publish)).await?;
    turn.end(QUIET).await?.whole()
}

async fn keep_in_flight(mut publisher: Publisher, score: Rc<Score>, end: Instant) -> Result<(), String> {
    while Instant::now() < end {
        // No place for so long: events are lost, and it is for the end of the turn to say how many.
        let Ok(Ok(permit)) = tokio::time::timeout(QUIET, score.window.acquire()).await else { break };
        permit.forget();
        publish(&mut publisher, &score).await?;
    }
    Ok(())
}

/// Publishes at a steady pace, whatever has become of those before.
pub(crate) async fn paced(stand: &Stand, length: Duration) -> Result<Slice, String> {
    let publishers = stand.publishers(PACERS as usize).await?;
    stand.score.begin(0);
    let turn = Turn::begin(stand);
    let start = Instant::now();
    let pace = |(number, publisher)| at_pace(publisher, stand.score.clone(), start + PACE * number, start + length);
    all((0..PACERS).zip(publishers).map(pace)).await?;
    turn.end(QUIET).await?.whole()
}

async fn at_pace(mut publisher: Publisher, score: Rc<Score>, first: Instant, end: Instant) -> Result<(), String> {
    let mut next = first;
    while next < end {
        tokio::time::sleep_until(next.into()).await;
        publish(&mut publisher, &score).await?;
        next += PACE * PACERS;
    }
    Ok(())
}

/// Publishes everything at once.
async fn burst(stand: &Stand) -> Result<Slice, String> {
    let publishers = stand.publishers(BURST).await?;
    // The server has taken all connections when the burst begins.
    tokio::time::sleep(PACE).await;
    stand.score.begin(0);
    let turn = Turn::begin(stand);
    let once = |mut publisher: Publisher| {
        let score = stand.score.clone();
        async move { publish(&mut publisher, &score).await }
    };
    all(publishers.into_iter().map(once)).await?;
    Ok(turn.end(QUIET_AFTER_BURST).await?.in_part())
}

async fn publish(publisher: &mut Publisher, score: &Score) -> Result<(), String> {
    score.published();
    publisher.publish().await.map_err(|error| format!("publishing: {error}"))
}

async fn all(
    publishers: impl Iterator<Item = impl Future<Output = Result<(), String>> + 'static>,
) -> Result<(), String> {
    let mut running = JoinSet::new();
    for publisher in publishers {
        running.spawn_local(publisher);
    }
    while let Some(done) = running.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    Ok(())
}
