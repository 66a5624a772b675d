//! `serve`: one worker in this process, or a supervisor with several.

use std::{ffi::OsString, future::Future, path::PathBuf, sync::Arc, time::Duration};

use super::{
    args::{Serve, Worker},
    data,
    failure::Failure,
};
use crate::{
    config::{Loaded, Settings},
    listen::{Listener, bind},
    logging,
    supervisor::{self, Plan, Signals, parent_gone},
};

/// What a worker may need beyond its drain: closing the bus and the database.
const AFTER_DRAIN: Duration = Duration::from_secs(10);

pub(super) fn run(config: Option<PathBuf>, serve: &Serve) -> Result<(), Failure> {
    let loaded = data::load(config, serve.settings())?;
    logging::start(&loaded.settings.log, None);
    match loaded.settings.server.workers {
        1 => data::runtime()?.block_on(alone(loaded.settings)),
        _ => data::small_runtime()?.block_on(supervise(loaded, serve)),
    }
}

pub(super) fn worker(config: Option<PathBuf>, worker: &Worker) -> Result<(), Failure> {
    let Loaded { settings, .. } = data::load(config, worker.serve.settings())?;
    logging::start(&settings.log, Some(worker.number));
    data::runtime()?.block_on(async {
        let signals = Signals::listen().map_err(|error| Failure::because(&error))?;
        let listen = settings.server.listen.for_worker(worker.number);
        let listener = worker.inherited.then(|| Listener::inherited(&listen)).transpose();
        let listener = listener.map_err(|error| Failure::Failed(format!("standard input is no listener: {error}")))?;
        let parent = worker.parent;
        let shutdown = async move {
            tokio::select! {
                () = signals.stop() => {}
                () = parent_gone(parent) => tracing::warn!("the supervisor is gone, stopping"),
            }
        };
        work(settings, worker.number, listener, shutdown).await
    })
}

async fn alone(settings: Settings) -> Result<(), Failure> {
    let signals = Signals::listen().map_err(|error| Failure::because(&error))?;
    work(settings, 0, None, signals.stop()).await
}

async fn work(
    settings: Settings,
    number: u16,
    listener: Option<Listener>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let done = crate::worker::run(Arc::new(settings), number, listener, shutdown).await;
    done.map_err(|error| Failure::because(&error))
}

async fn supervise(loaded: Loaded, serve: &Serve) -> Result<(), Failure> {
    // Before anything is started: a signal in between must not orphan it.
    let mut signals = Signals::listen().map_err(|error| Failure::because(&error))?;
    let Loaded { settings, file, .. } = loaded;
    let listener = match settings.shares_listener() {
        true => Some(bind(&settings.server.listen, &settings.server).await.map_err(|error| Failure::because(&error))?),
        false => None,
    };
    let plan = Plan {
        program: std::env::current_exe().map_err(|error| Failure::because(&error))?,
        arguments: arguments(file, serve, listener.is_some()),
        workers: settings.server.workers,
        listener,
        grace: Duration::from_secs(settings.server.drain_s) + AFTER_DRAIN,
    };
    supervisor::run(plan, async move || signals.next().await).await.map_err(|error| Failure::because(&error))
}

/// What each worker is started with; its number follows. Values of the command line are passed on, those of the environment are
/// inherited.
fn arguments(file: Option<PathBuf>, serve: &Serve, inherited: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if let Some(file) = file {
        arguments.extend(["--config".into(), file.into()]);
    }
    arguments.extend(["worker".into(), "--parent".into(), std::process::id().to_string().into()]);
    if inherited {
        arguments.push("--inherited".into());
    }
    for (option, _, value) in serve.settings() {
        arguments.extend([option.into(), value.into()]);
    }
    arguments.push("--number".into());
    arguments
}

impl Serve {
    /// As a layer of the configuration.
    fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        let workers = self.workers.map(|workers| ("--workers", "server.workers", workers.to_string()));
        let listen = self.listen.clone().map(|listen| ("--listen", "server.listen", listen));
        workers.into_iter().chain(listen).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, args::Command};

    #[test]
    fn a_worker_understands_what_the_supervisor_starts_it_with() {
        let serve = Serve { workers: Some(3), listen: Some("unix:/run/worker-{n}.sock".into()) };

        let mut line = vec![OsString::from("lockstep")];
        line.extend(arguments(Some("/etc/config.ini".into()), &serve, true));
        line.push("2".into());
        let cli = Cli::try_parse_from(line).expect("understood");

        let Command::Worker(worker) = cli.command else { panic!("another command") };
        assert_eq!((cli.config, worker.number, worker.inherited), (Some("/etc/config.ini".into()), 2, true));
        assert_eq!(worker.serve.settings(), serve.settings());
    }
}
