//! `serve`: one worker in this process, or a supervisor with several.

use std::{ffi::OsString, future::Future, io, path::PathBuf, sync::Arc, time::Duration};

use super::{
    args::{Serve, Worker},
    data,
    failure::Failure,
};
use crate::{
    config::{Effective, Loaded, Settings},
    listen::{Listener, bind},
    logging,
    supervisor::{self, Check, Pace, Plan, Reporter, Signals, parent_gone},
};

/// What a worker may need beyond its drain: closing the bus and the database.
const AFTER_DRAIN: Duration = Duration::from_secs(10);

pub(super) fn run(config: Option<PathBuf>, serve: &Serve) -> Result<(), Failure> {
    let loaded = data::load(config, serve.settings())?;
    logging::start(&loaded.settings, None);
    match loaded.settings.server.workers {
        1 => data::runtime()?.block_on(alone(loaded.settings)),
        _ => data::small_runtime()?.block_on(supervise(loaded, serve)),
    }
}

pub(super) fn worker(config: Option<PathBuf>, worker: &Worker) -> Result<(), Failure> {
    let Loaded { settings, .. } = data::load(config, worker.serve.settings())?;
    logging::start(&settings, Some(worker.number));
    data::runtime()?.block_on(async {
        let signals = Signals::listen().map_err(|error| Failure::because(&error))?;
        let listen = settings.server.listen.for_worker(worker.number);
        let line = |error| Failure::Failed(format!("standard input is no line to a supervisor: {error}"));
        let reporter = Reporter::at_stdin().map_err(line)?;
        let take = || reporter.listener().and_then(|descriptor| Listener::inherited(&listen, descriptor));
        let listener = worker.inherited.then(take).transpose().map_err(line)?;
        let parent = worker.parent;
        let shutdown = async move {
            tokio::select! {
                () = signals.stop() => {}
                () = parent_gone(parent) => tracing::warn!("the supervisor is gone, stopping"),
            }
        };
        work(settings, worker.number, listener, Some(reporter), shutdown).await
    })
}

async fn alone(settings: Settings) -> Result<(), Failure> {
    let signals = Signals::listen().map_err(|error| Failure::because(&error))?;
    work(settings, 0, None, None, signals.stop()).await
}

async fn work(
    settings: Settings,
    number: u16,
    listener: Option<Listener>,
    reporter: Option<Reporter>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let done = crate::worker::run(Arc::new(settings), number, listener, reporter, shutdown).await;
    done.map_err(|error| Failure::because(&error))
}

async fn supervise(loaded: Loaded, serve: &Serve) -> Result<(), Failure> {
    // Before anything is started: a signal in between must not orphan it.
    let mut signals = Signals::listen().map_err(|error| Failure::because(&error))?;
    let shown = loaded.effective();
    let Loaded { settings, file, .. } = loaded;
    let listener = match settings.shares_listener() {
        true => Some(bind(&settings.server.listen, &settings.server).await.map_err(|error| Failure::because(&error))?),
        false => None,
    };
    let plan = Plan {
        program: program().map_err(|error| Failure::because(&error))?,
        check: check(file.clone(), serve, &shown, listener.is_some()),
        arguments: arguments(file, serve, listener.is_some()),
        workers: settings.server.workers,
        listener,
        grace: Duration::from_secs(settings.server.drain_s) + AFTER_DRAIN,
        pace: Pace::default(),
    };
    supervisor::run(plan, async move || signals.next().await).await.map_err(|error| Failure::because(&error))
}

/// Where the program is, and where its next version will be. Called by its whole path it is left at that: behind a link there may be
/// another file by then.
fn program() -> io::Result<PathBuf> {
    let called = std::env::args_os().next().map(PathBuf::from);
    match called.filter(|called| called.is_absolute() && called.is_file()) {
        Some(called) => Ok(called),
        None => std::env::current_exe(),
    }
}

/// How the workers' settings are checked before they are restarted. `shown` are those that the supervisor goes by.
fn check(file: Option<PathBuf>, serve: &Serve, shown: &[Effective], shares_listener: bool) -> Check {
    let mut arguments: Vec<OsString> = Vec::new();
    if let Some(file) = file {
        arguments.extend(["--config".into(), file.into()]);
    }
    arguments.extend(["check-config".into(), "--json".into()]);
    let variable = |key: &str| format!("LOCKSTEP__{}", key.replace('.', "__").to_uppercase());
    let environment = serve.settings().into_iter().map(|(_, key, value)| (variable(key), value)).collect();
    let named = shown.iter().map(|shown| (format!("{}.{}", shown.section, shown.key), shown.value.clone()));
    let is_fixed = |(name, _): &(String, String)| match name.as_str() {
        "server.workers" | "server.drain_s" => true,
        "server.listen" | "server.socket_mode" | "server.socket_group" => shares_listener,
        _ => false,
    };
    Check { arguments, environment, fixed: named.filter(is_fixed).collect() }
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

    #[test]
    fn the_settings_are_checked_with_what_the_workers_are_started_with() {
        let serve = Serve { workers: Some(3), listen: None };
        let effective = |key: &str| Effective {
            section: "server".into(),
            key: key.into(),
            value: "3".into(),
            origin: "--workers".into(),
        };

        let check = check(Some("/etc/config.ini".into()), &serve, &[effective("workers"), effective("listen")], false);

        let line = std::iter::once(OsString::from("lockstep")).chain(check.arguments);
        let cli = Cli::try_parse_from(line).expect("understood");
        assert!(matches!(cli.command, Command::CheckConfig { json: true }));
        assert_eq!(cli.config, Some("/etc/config.ini".into()));
        assert_eq!(check.environment, [("LOCKSTEP__SERVER__WORKERS".to_owned(), "3".to_owned())]);
        assert_eq!(check.fixed, [("server.workers".to_owned(), "3".to_owned())]);
    }
}
