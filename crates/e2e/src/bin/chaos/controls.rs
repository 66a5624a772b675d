//! Negative controls: with a detector switched off the checker must find the loss, or it would find none that matters.

use std::time::Duration;

use crate::{
    arguments::{Arguments, Pace},
    faults::Fault,
    stage::{Kind, Stage},
};

/// Which detector, and the fault that only it reveals.
const CONTROLS: [(&str, Fault); 3] =
    [("chain", Fault::MessagesLost), ("tick", Fault::Silence), ("beat", Fault::ReadersStopped)];

/// Brief, whatever the campaign takes: a page that stands still for ten seconds is cut, comes back, and so is told by other means.
const PACE: Pace = Pace { calm: Duration::from_secs(1), during: Duration::from_secs(4) };

/// What was found without a detector.
#[derive(Debug)]
pub(crate) struct Control {
    /// Which one was off.
    pub(crate) detector: &'static str,
    /// What happened.
    pub(crate) fault: Fault,
    /// What the checker found to be lost.
    pub(crate) lost: usize,
}

/// Another repair may come between by chance, as when a busy machine makes a worker think that Redis was away. Not always.
const TRIES: usize = 3;

/// Runs them all.
///
/// # Errors
/// When an installation could not be built or judged.
pub(crate) async fn run(arguments: &Arguments, tell: impl Fn(&str)) -> Result<Vec<Control>, String> {
    let mut controls = Vec::new();
    for (detector, fault) in CONTROLS {
        tell(&format!("without the {detector}: {}", fault.about()));
        let mut lost = 0;
        for _ in 0..TRIES {
            let mut stage = Stage::build(arguments, Kind::Blind(detector), arguments.seed).await?;
            lost = stage.endure_to_the_end(fault, PACE).await?.verdict.lost;
            tell(&format!("  lost {lost}"));
            if lost > 0 {
                break;
            }
        }
        controls.push(Control { detector, fault, lost });
    }
    Ok(controls)
}
