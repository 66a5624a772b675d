//! Builds the crate again when the front end has changed.
//!
//! The built pages and the catalogues of words are embedded at compile time; Cargo does not know of files that were not there the
//! last time, so it is told which directories to look at.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=../../static/js/i18n");
    // A path that does not exist would make Cargo build anew each time; until there is a build its parent is watched for one.
    let built = Path::new("../../static/dist");
    let watched = if built.exists() { built } else { Path::new("../../static") };
    println!("cargo:rerun-if-changed={}", watched.display());
}
