//! Other people's servers, built to stand beside ours.

use std::{path::PathBuf, process::Command};

use crate::repository;

/// The binary of the socketioxide peers, where [`build_oxide`] puts it.
#[must_use]
pub fn oxide_binary() -> PathBuf {
    oxide_target().join("release/lockstep-peer-oxide")
}

fn oxide_target() -> PathBuf {
    repository().join("target/peers")
}

/// Builds it, which takes a minute or two the first time. It has a lock file of its own: what it needs is not the product's business.
///
/// # Errors
/// That it could not be built; cargo has then said why.
pub fn build_oxide() -> Result<(), String> {
    let package = repository().join("crates/e2e/peers/oxide");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(package).args(["build", "--release", "--locked", "--quiet", "--target-dir"]).arg(oxide_target());
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the socketioxide peers were not built; cargo has said why".to_owned()),
        Err(error) => Err(format!("cargo, which builds the socketioxide peers, did not start: {error}")),
    }
}
