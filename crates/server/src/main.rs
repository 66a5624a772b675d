//! The binary `lockstep`.

use std::process::ExitCode;

/// Connections are made and left by several threads. glibc keeps what one of them leaves behind from the others, by which an idle
/// connection weighed a quarter more on some starts than on others.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(lockstep_server::cli::main())
}
