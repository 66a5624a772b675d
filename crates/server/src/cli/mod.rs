//! The command line.
//!
//! Exit codes: 0 done; 1 failed, with the reason on standard error; 2 wrong use, of the command line or of the configuration.
//! Data goes to standard output, alone; everything that is said to people about it goes to standard error.

mod accounts;
mod args;
mod check_config;
mod client;
mod data;
mod failure;
mod follow;
mod import;
mod log;
mod notify;
mod output;
mod publish;
mod scan;
mod serve;
mod tail;

use clap::Parser;

pub use self::args::Cli;
use self::{args::Command, failure::Failure};

/// Exit code for wrong use. The supervisor knows it: starting such a worker again cannot help.
pub(crate) const MISUSE: u8 = 2;

/// Does what the process's arguments say; returns its exit code.
pub fn main() -> u8 {
    // Wrong use ends in here with code 2, help and version with 0.
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => 0,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { config, command } = cli;
    match command {
        Command::CheckConfig { json } => check_config::run(config, json),
        Command::Serve(serve) => serve::run(config, &serve),
        Command::Worker(worker) => serve::worker(config, &worker),
        Command::User(user) => data::block_on(accounts::user(config, user)),
        Command::Key(key) => data::block_on(accounts::key(config, key)),
        Command::Publish(publish) => data::block_on(publish::run(config, publish)),
        Command::Log(log) => data::block_on(log::run(config, log)),
        Command::Notify(notify) => data::block_on(notify::run(config, notify)),
        Command::Scan(scan) => data::block_on(scan::run(config, scan)),
        Command::Import(import) => data::block_on(import::run(config, import)),
        Command::Tail(tail) => data::block_on(tail::run(config, tail)),
        Command::Migrate { new_epoch } => data::block_on(data::migrate(config, new_epoch)),
        Command::DemoData => data::block_on(data::demo(config)),
    }
}
