//! The binary `lockstep`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(lockstep_server::cli::main())
}
