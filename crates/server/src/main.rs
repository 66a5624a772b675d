//! The binary `lockstep`.

use std::process::ExitCode;

/// With glibc's, whose arenas threads share, an idle connection weighed a quarter more after some starts than after others; see
/// `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(lockstep_server::cli::main())
}
