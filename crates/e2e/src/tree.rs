//! Where things are: the repository and the binary under test.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The top of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The binary `lockstep` under test: the one that `LOCKSTEP_BINARY` names, else that of the profile this test was built in.
///
/// Cargo tells a test only of the binaries of its own package, so the binary is looked for beside the test's own executable, and
/// cargo is asked to bring it up to date first: once a test process, which costs a moment when there is nothing to do.
///
/// # Panics
/// When it cannot be built; cargo has then said why.
#[must_use]
pub fn lockstep() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(named) = std::env::var_os("LOCKSTEP_BINARY") {
            return PathBuf::from(named);
        }
        let profile = profile_directory();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(repository()).args([
            "build",
            "--quiet",
            "--locked",
            "-p",
            "lockstep-server",
            "--bin",
            "lockstep",
        ]);
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        let status = cargo.status().expect("cargo, which started this test, starts again");
        assert!(status.success(), "the binary under test was not built: {status}");
        profile.join("lockstep")
    })
}

/// `target/debug` or `target/release`: two levels up from a test in `deps/`, one from a binary of its own.
fn profile_directory() -> PathBuf {
    let own = std::env::current_exe().expect("a running program knows its file");
    let directory = own.parent().expect("a file is in a directory");
    let profile = if directory.ends_with("deps") { directory.parent() } else { Some(directory) };
    profile.expect("deps is below the profile's directory").to_path_buf()
}
