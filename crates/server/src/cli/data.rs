//! What commands stand on: the configuration, a runtime, the database.

use std::{future::Future, path::PathBuf};

use lockstep_app::App;
use lockstep_protocol::Record;
use tokio::runtime::{Builder, Runtime};

use super::{failure::Failure, output};
use crate::{
    config::{self, Inputs, Loaded},
    database,
};

/// The configuration from file, environment and these arguments.
pub(super) fn load(
    file: Option<PathBuf>,
    arguments: Vec<(&'static str, &'static str, String)>,
) -> Result<Loaded, Failure> {
    // A variable that is no text cannot be one of ours, or its value is one that no key takes.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(config::load(&Inputs { file, environment: environment.collect(), arguments })?)
}

/// A runtime for a worker: a thread for each processor it may use.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    build(Builder::new_multi_thread())
}

/// A runtime for one who mostly waits.
pub(super) fn small_runtime() -> Result<Runtime, Failure> {
    build(Builder::new_current_thread())
}

fn build(mut builder: Builder) -> Result<Runtime, Failure> {
    builder.enable_all().build().map_err(|error| Failure::Failed(format!("the system gives no threads: {error}")))
}

/// Runs a command to its end.
pub(super) fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    small_runtime()?.block_on(command)
}

/// Does `work` with the application over the configured database. Workers that run hear of its changes from the ledger, within a
/// second.
pub(super) async fn with_app<T>(
    config: Option<PathBuf>,
    work: impl AsyncFnOnce(&App) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = load(config, Vec::new())?.settings;
    let app = database::open(&settings, |_: &[Record]| {}).await.map_err(|error| Failure::because(&error))?;
    let done = work(&app).await;
    app.close().await;
    done
}

/// `migrate`: opening the database is all it takes, unless its ledger is to begin a new life.
pub(super) async fn migrate(config: Option<PathBuf>, new_epoch: bool) -> Result<(), Failure> {
    let epoch = with_app(config, async |app| match new_epoch {
        true => app.new_epoch().await.map(Some).map_err(|error| Failure::because(&error)),
        false => Ok(None),
    })
    .await?;
    output::note("the database is up to date");
    if let Some(epoch) = epoch {
        output::note(&format!("its ledger begins a new life, `{epoch}`: every page and worker reads its data anew"));
    }
    Ok(())
}

/// `demo-data`.
pub(super) async fn demo(config: Option<PathBuf>) -> Result<(), Failure> {
    const STEP: usize = 50;
    let report = with_app(config, async |app| {
        let progress = |done: usize, total: usize| {
            if done.is_multiple_of(STEP) {
                output::note(&format!("{done} of {total}"));
            }
        };
        app.demo_data(progress).await.map_err(|error| Failure::because(&error))
    })
    .await?;
    output::note(&format!("{} rows added, {} were there already", report.added, report.present));
    Ok(())
}
