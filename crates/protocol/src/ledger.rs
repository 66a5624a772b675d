//! What a worker asks of the ledger: the committed events, in order.
//!
//! The store implements it; the actor reads through it. Every answer is of one moment: head and rows come from one transaction.

use std::future::Future;

use crate::{
    event::Record,
    position::{Epoch, Position, Seq},
    room::Scope,
};

/// Both ends of the ledger at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// Rows up to and including this seq have been trimmed away; zero when none has.
    pub floor: Seq,
    /// The newest row, zero when there has been none.
    pub top: Seq,
}

impl Head {
    /// The place of the newest row.
    pub fn position(&self) -> Position {
        Position::new(self.epoch.clone(), self.top)
    }
}

/// Some rows and the ends of the ledger, read in one transaction.
#[derive(Debug, Clone)]
pub struct Page {
    /// The ends.
    pub head: Head,
    /// Whether the seq that was asked about is a place of this ledger: zero, the floor or the seq of a row. A page may hold one of
    /// a history that a restored backup has undone.
    pub known: bool,
    /// Rows in rising order.
    pub rows: Vec<Record>,
}

/// The ledger cannot be read just now. Nothing is lost by that: the worker tries again.
#[derive(Debug, thiserror::Error)]
#[error("the ledger cannot be read")]
pub struct Unreadable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The committed events, in order.
pub trait Ledger: Send + Sync + 'static {
    /// Both ends.
    fn head(&self) -> impl Future<Output = Result<Head, Unreadable>> + Send;

    /// At most `limit` rows with a seq above `seq`.
    fn after(&self, seq: Seq, limit: usize) -> impl Future<Output = Result<Page, Unreadable>> + Send;

    /// The newest rows, at most `limit`.
    fn latest(&self, limit: usize) -> impl Future<Output = Result<Page, Unreadable>> + Send;

    /// At most `limit` rows with a seq above `seq` whose scope is one of `scopes`.
    fn of(&self, scopes: &[Scope], seq: Seq, limit: usize) -> impl Future<Output = Result<Page, Unreadable>> + Send;
}
