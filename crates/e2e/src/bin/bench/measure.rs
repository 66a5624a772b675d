//! The measures that compare.
//!
//! All systems of a round are up at the same time and take turns of a second or less. A virtual machine's cores are moved about by its
//! host, and whether two of them share a cache changes the cost of everything threefold, for seconds on end. Turns that follow each
//! other closely mostly see the same weather, so that their ratio means something.

mod connects;
mod idle;
mod stand;
mod traffic;
mod turn;

use std::time::Duration;

use crate::{
    arguments::Arguments,
    figures::{Figures, Kind, Measure},
    system::System,
};

pub(crate) use connects::CONNECTS;
pub(crate) use idle::FIRST_CONNECTIONS;
pub(crate) use stand::Stand;
pub(crate) use traffic::{BURST, MANY, PACE, PACED_LENGTH, SMALL_WINDOW, in_flight, paced};
pub(crate) use turn::percentiles;

/// Sockets of the small room.
pub(crate) const SMALL_ROOM: usize = 50;

/// Sockets that hear paced traffic.
pub(crate) const PACED_ROOM: usize = 500;

/// Sockets that hear the burst.
pub(crate) const BURST_ROOM: usize = 100;

/// Traffic before the clock starts, for processes that have just started: allocators, compilers and caches are warm after it.
const WARM: Duration = Duration::from_millis(1500);

/// Traffic before the clock starts in a room that has just filled.
const SETTLE_IN: Duration = Duration::from_millis(200);

/// Rest after a crowd has gone, so that its farewell is not charged to what follows.
const FAREWELL: Duration = Duration::from_millis(500);

/// One round in processes of its own: memory of each system alone, then the rest in turns.
pub(crate) async fn round(figures: &mut Figures, arguments: &Arguments) -> Result<(), String> {
    for kind in arguments.kinds(Measure::Idle).filter(|_| arguments.wants(Measure::Idle)) {
        let slice = idle::turn(kind, arguments.idle).await.map_err(named(kind))?;
        figures.add(kind, Measure::Idle, slice);
    }
    let rooms = [
        (arguments.sockets, &[Measure::One, Measure::Many][..]),
        (SMALL_ROOM, &[Measure::Small]),
        (PACED_ROOM, &[Measure::Paced]),
        (BURST_ROOM, &[Measure::Burst]),
    ];
    let wanted = rooms.map(|(sockets, measures)| {
        (sockets, measures.iter().copied().filter(|measure| arguments.wants(*measure)).collect::<Vec<_>>())
    });
    let wanted: Vec<_> = wanted.into_iter().filter(|(_, measures)| !measures.is_empty()).collect();
    if wanted.is_empty() && !arguments.wants(Measure::Connects) {
        return Ok(());
    }
    let systems = start_all(arguments).await?;
    for (sockets, measures) in wanted {
        in_turns(figures, arguments, &systems, sockets, &measures).await?;
    }
    connects_in_turns(figures, arguments, &systems).await
}

/// All systems that something is measured of, warm.
async fn start_all(arguments: &Arguments) -> Result<Vec<System>, String> {
    let mut systems = Vec::new();
    let measured = |kind: &&Kind| arguments.measures.iter().any(|measure| kind.takes(*measure));
    for kind in arguments.only.iter().filter(measured) {
        let system = System::start(*kind).await;
        let stand = Stand::build(&system, SMALL_ROOM).await.map_err(named(*kind))?;
        traffic::warm(&stand, WARM).await.map_err(named(*kind))?;
        systems.push(system);
    }
    Ok(systems)
}

async fn in_turns(
    figures: &mut Figures,
    arguments: &Arguments,
    systems: &[System],
    sockets: usize,
    measures: &[Measure],
) -> Result<(), String> {
    let mut stands = Vec::new();
    for system in systems.iter().filter(|system| measures.iter().any(|measure| system.kind.takes(*measure))) {
        let stand = Stand::build(system, sockets).await.map_err(named(system.kind))?;
        traffic::warm(&stand, SETTLE_IN).await.map_err(named(system.kind))?;
        stands.push(stand);
    }
    let most = measures.iter().map(|measure| arguments.turns(*measure)).max().unwrap_or(0);
    for _ in 0..most {
        for measure in measures {
            for stand in stands.iter().filter(|stand| stand.kind.takes(*measure)) {
                let slice = traffic::turn(*measure, stand, arguments.slice()).await.map_err(named(stand.kind))?;
                figures.add(stand.kind, *measure, slice);
            }
        }
    }
    drop(stands);
    tokio::time::sleep(FAREWELL).await;
    Ok(())
}

async fn connects_in_turns(figures: &mut Figures, arguments: &Arguments, systems: &[System]) -> Result<(), String> {
    if !arguments.wants(Measure::Connects) {
        return Ok(());
    }
    for _ in 0..arguments.turns(Measure::Connects) {
        for system in systems.iter().filter(|system| system.kind.takes(Measure::Connects)) {
            let slice = connects::turn(system).await.map_err(named(system.kind))?;
            figures.add(system.kind, Measure::Connects, slice);
            tokio::time::sleep(FAREWELL).await;
        }
    }
    Ok(())
}

fn named(kind: Kind) -> impl Fn(String) -> String {
    move |error| format!("{}: {error}", kind.word())
}
