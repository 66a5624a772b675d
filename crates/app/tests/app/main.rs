//! What a person may do, over a real store.

mod admin;
mod alerts;
mod common;
mod edits;
mod imports;
mod jobs;
mod locks;
mod logs;
mod notices;
mod publishing;
mod rights;
mod scans;
mod sessions;
mod uploads;
