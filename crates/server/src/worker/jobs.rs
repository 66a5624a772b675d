//! A worker's part in long work: it does jobs, and hears of those that others want or end.

use lockstep_app::{
    App, ImportType, Imports, Roots, Scans,
    jobs::{Handlers, JobOptions},
};
use lockstep_sync_manager::SyncManager;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::{config::Settings, database::machine, state::State};

/// Where in the data directory the workers of this machine show each other that they live.
const LOCKS: &str = "jobs";

/// Does jobs until the worker is told to go.
pub(super) async fn run(state: State, leaving: CancellationToken) {
    let options = options(&state.settings);
    state.app.run_jobs(handlers(&state.settings), options, leaving.cancelled_owned()).await;
}

/// All that a worker can do, on this machine.
fn handlers(settings: &Settings) -> Handlers {
    let imports = ImportType::ALL.into_iter().map(Imports);
    let handlers = imports.fold(Handlers::default(), Handlers::with);
    if Roots::new(settings.scan_roots()).are_here() { handlers.with(Scans) } else { handlers }
}

fn options(settings: &Settings) -> JobOptions {
    JobOptions {
        concurrency: settings.jobs.concurrency,
        max_runtime: settings.jobs.max_runtime(),
        locks: Some(settings.server.data_dir.join(LOCKS)),
        host: machine(),
        alone: settings.server.workers <= 1,
    }
}

/// Passes on what the ledger says of jobs. Whoever wrote it, it comes within a second, over the bus or past it.
pub(super) async fn listen(app: App, sync: SyncManager, stop: CancellationToken) {
    let (mut applied, mut resets) = (sync.applied(), sync.resets());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = applied.recv() => match heard {
                Ok(record) => app.hear_job(&record),
                Err(RecvError::Lagged(_)) => app.look_at_jobs(),
                Err(RecvError::Closed) => return,
            },
            Ok(()) = resets.changed() => app.look_at_jobs(),
        }
    }
}
