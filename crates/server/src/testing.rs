//! A worker's parts for tests: a database in a directory of its own, everything else in memory.

use std::{
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use lockstep_sync_manager::{Identity, Options, SyncManager, bus::Memory};
use tempfile::TempDir;

use crate::{
    config::{self, Settings},
    database,
    listen::{Conn, Guard, GuardedListener, bind},
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
    database::make_scan_root(&settings);
    database::make_import_root(&settings);
    let app = database::application(&settings, store, Road(sync.clone()), "test").expect("opens");
    (State::new(Arc::new(settings), app, sync), directory)
}

/// Serves on a port of its own, on a listening socket that is prepared; its connections inherit its options.
pub(crate) async fn serve(state: &State, service: Router, prepare: impl FnOnce(OwnedFd)) -> SocketAddr {
    let listener = bind(&"127.0.0.1:0".parse().expect("an address"), &state.settings.server).await.expect("binds");
    prepare(listener.as_fd().try_clone_to_owned().expect("a descriptor is left"));
    let guard = Guard {
        traffic: state.traffic.clone(),
        connections: state.settings.limits.connections,
        bounds: state.settings.limits.bounds(),
        header: Duration::from_secs(10),
    };
    let listener = GuardedListener::new(listener, guard);
    let address = axum::serve::Listener::local_addr(&listener).expect("bound").expect("TCP");
    tokio::spawn(axum::serve(listener, service.into_make_service_with_connect_info::<Conn>()).into_future());
    address
}
