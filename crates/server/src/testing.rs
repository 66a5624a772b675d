//! A worker's parts for tests: a database in a directory of its own, everything else in memory.

use std::sync::Arc;

use lockstep_sync_manager::{Identity, Options, SyncManager, bus::Memory};
use tempfile::TempDir;

use crate::{
    config::{self, Settings},
    database,
    state::State,
    wire::Road,
};

/// Settings with `environment` over the defaults, and the directory that they name.
pub(crate) fn settings(environment: &[(&str, &str)]) -> (Settings, TempDir) {
    let directory = TempDir::new().expect("a directory");
    let data = directory.path().to_str().expect("text").to_owned();
    let own = [("LOCKSTEP__SERVER__DATA_DIR", data.as_str()), ("LOCKSTEP__DATABASE__SYNCHRONOUS", "normal")];
    let environment = own.iter().chain(environment).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let inputs = config::Inputs { environment: environment.collect(), ..config::Inputs::default() };
    (config::load(&inputs).expect("right").settings, directory)
}

/// A worker that follows its ledger and serves nothing yet.
pub(crate) async fn worker(environment: &[(&str, &str)]) -> (State, TempDir) {
    let (settings, directory) = settings(environment);
    let store = database::open_store(&settings).await.expect("opens");
    let sync = SyncManager::start(Arc::new(store.clone()), Arc::new(Memory::new()), Options::new(Identity::default()));
    let app = database::application(&settings, store, Road(sync.clone()), "test").expect("opens");
    (State::new(Arc::new(settings), app, sync), directory)
}
