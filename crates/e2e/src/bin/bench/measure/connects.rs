//! How fast pages come, and what that costs.

use std::time::Instant;

use crate::{
    cost::Meter,
    crowd::Crowd,
    figures::{Quantity, Slice},
    score::Score,
    system::System,
};

/// Sockets that connect and join in a turn.
pub(crate) const CONNECTS: usize = 500;

/// From the first SYN until the last is in the room; then all of them go.
pub(super) async fn turn(system: &System) -> Result<Slice, String> {
    let mut crowd = Crowd::new(Score::new(CONNECTS));
    let (started, meter) = (Instant::now(), Meter::start(system.carriers()));
    crowd.grow(CONNECTS, &system.addresses, &system.greeting).await?;
    let (seconds, processor) = (started.elapsed().as_secs_f64(), meter.micros());
    Ok(Slice::from([
        (Quantity::Connects, CONNECTS as f64 / seconds),
        (Quantity::Processor, processor / CONNECTS as f64),
    ]))
}
