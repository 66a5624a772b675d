//! The wire between workers: in memory or over Redis.
//!
//! A bus carries short messages to every worker, the sender too, fast and without any promise: it may lose, double, delay or reorder.
//! It carries nothing but what workers of the same installation said.
//! What it guarantees is honesty: it says when it is up, when it went down and when it knows that it missed something, so that the
//! actor reads the ledger instead.
//! A bus holds no truth and never makes an edit wait.

mod memory;
mod redis;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::mpsc;

pub use memory::Memory;
pub use redis::{BadUrl, Redis, RedisAddress, RedisHost, RedisOptions, Sentinels};

/// What is spoken about. A name on the wire below the configured prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Committed events.
    Events,
    /// How the workers are.
    Workers,
    /// Who is present.
    Presence,
    /// Log lines.
    Logs,
    /// What is true for a moment, such as how far a job is.
    Transient,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 5] =
        [Channel::Events, Channel::Workers, Channel::Presence, Channel::Logs, Channel::Transient];

    /// The name without prefix.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Events => "events",
            Channel::Workers => "workers",
            Channel::Presence => "presence",
            Channel::Logs => "logs",
            Channel::Transient => "transient",
        }
    }
}

/// What a bus tells its one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A message, as some worker of this installation sent it, perhaps long ago and not for the first time.
    Message(Channel, Arc<str>),
    /// The wire works in both directions. What was said before may have been missed.
    Up,
    /// It does not, or cannot be proved to.
    Down,
    /// So many messages were lost on the way to us.
    Missed(u64),
    /// So many were none of our installation's.
    Forged(u64),
}

/// A message that was not, or perhaps not, sent. The ledger brings it all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// There is no connection.
    #[error("no connection to the bus")]
    Down,
    /// No answer in time; the message may still arrive.
    #[error("the bus did not answer in time")]
    Timeout,
    /// The bus refused it.
    #[error("the bus refused the message: {0}")]
    Refused(String),
}

/// The longest message, in bytes; longer ones are refused. An event is at most 32 KiB of data and a few hundred bytes around it.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Signals a listener may fall behind before the bus itself begins to lag. At 50,000 events a second this is a tenth of a second.
pub(crate) const SIGNALS: usize = 4096;

fn fits(message: &str) -> Result<(), BusError> {
    let refused = || BusError::Refused(format!("it has {} bytes, {MAX_MESSAGE_BYTES} are allowed", message.len()));
    if message.len() <= MAX_MESSAGE_BYTES { Ok(()) } else { Err(refused()) }
}

/// A future without a name.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The wire. One worker holds one bus and is its only listener.
pub trait Bus: Send + Sync + 'static {
    /// Sends `message` to every worker, this one too. Takes at most a third of a second.
    fn publish(&self, channel: Channel, message: Arc<str>) -> Answer<'_, Result<(), BusError>>;

    /// Begins to listen. The first [`Signal::Up`] says that nothing published from then on goes unheard unless it is told.
    /// A second call gets a receiver on which nothing ever comes.
    fn listen(&self) -> mpsc::Receiver<Signal>;

    /// What it is made of: `memory` or `redis`.
    fn kind(&self) -> &'static str;

    /// How long a message to ourselves took last, over the whole way; nothing where there is no way, or none was heard since it was down.
    fn round_trip(&self) -> Option<Duration>;

    /// Ends the connections, within a second.
    fn close(&self) -> Answer<'_, ()>;
}
