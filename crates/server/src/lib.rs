//! The faces: pages, JSON, Socket.IO, metrics, configuration, processes.

pub mod cli;
mod clock;
pub mod config;
pub mod database;
mod door;
pub mod http;
pub mod listen;
pub mod logging;
pub mod metrics;
mod origin;
pub mod state;
pub mod supervisor;
pub mod worker;
