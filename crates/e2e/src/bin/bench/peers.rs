//! The foreign programs: is what the peers need there, and how is it made.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use lockstep_e2e::repository;

use crate::figures::Kind;

/// The script of Node's peer.
pub(crate) fn node_script() -> PathBuf {
    repository().join("crates/e2e/peers/node/server.mjs")
}

/// The binary of both socketioxide peers.
pub(crate) fn oxide_binary() -> PathBuf {
    oxide_target().join("release/lockstep-peer-oxide")
}

fn oxide_target() -> PathBuf {
    repository().join("target/peers")
}

/// Makes what is not there yet.
///
/// # Errors
/// What is missing, and its cure.
pub(crate) fn prepare(kinds: &[Kind], tell: impl Fn(&str)) -> Result<(), String> {
    if kinds.contains(&Kind::Node) && !node_script().with_file_name("node_modules").is_dir() {
        return Err("the packages of Node's peer are missing; run `scripts/install.sh test` first".to_owned());
    }
    if kinds.contains(&Kind::Adapter) || kinds.contains(&Kind::Reemit) {
        tell("building the socketioxide peers: a minute or two the first time");
        return build_oxide(&repository().join("crates/e2e/peers/oxide"));
    }
    Ok(())
}

/// They have a lock file of their own: what they need is not the product's business.
fn build_oxide(package: &Path) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(package).args(["build", "--release", "--locked", "--quiet", "--target-dir"]).arg(oxide_target());
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the socketioxide peers were not built; cargo has said why. Without them: `--only lockstep,node,floor,bursts`"
            .to_owned()),
        Err(error) => Err(format!("cargo, which builds the socketioxide peers, did not start: {error}")),
    }
}
