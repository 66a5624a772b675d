//! The foreign programs: is what the peers need there, and how is it made.

use std::path::PathBuf;

use lockstep_e2e::{peers::build_oxide, repository};

use crate::figures::Kind;

/// The script of Node's peer.
pub(crate) fn node_script() -> PathBuf {
    repository().join("crates/e2e/peers/node/server.mjs")
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
        return build_oxide().map_err(|error| format!("{error}. Without them: `--only lockstep,node,floor,bursts`"));
    }
    Ok(())
}
