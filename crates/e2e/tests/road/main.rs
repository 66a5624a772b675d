//! The road, end to end: one edit, and every page on every worker follows.
//!
//! One test program, so that the harness is linked once. Every test builds an installation of its own; nothing is shared but the
//! binary.

mod admin;
mod browsers;
mod commands;
mod configuration;
mod crashes;
mod edits;
mod exchange;
mod exports;
mod foreign_clients;
mod hostile;
mod imports;
mod jobs;
mod live_logs;
mod locks;
mod logs;
#[path = "../../../protocol/tests/nasty/mod.rs"]
mod nasty;
mod notices;
mod orders;
mod outages;
mod postgres;
mod presence;
mod proxies;
mod raw_sockets;
mod refusals;
mod revocation;
mod rights;
mod rolling;
mod scan;
mod secrets;
mod slow;
mod storm;
mod story;
mod workers;
