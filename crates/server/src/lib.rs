//! The faces: pages, JSON, Socket.IO, metrics, configuration, processes.

mod allowance;
pub mod cli;
mod client;
mod clock;
pub mod config;
mod credential;
pub mod database;
mod door;
pub mod http;
mod limits;
pub mod listen;
pub mod logging;
mod mark;
pub mod metrics;
mod origin;
pub mod state;
pub mod supervisor;
#[cfg(test)]
mod testing;
mod watch;
mod wire;
pub mod worker;
mod ws;

#[cfg(test)]
#[path = "../../protocol/tests/nasty/mod.rs"]
mod nasty;
