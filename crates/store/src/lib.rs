//! What is remembered: entities, people, tokens, and the ledger.
//!
//! The only crate that knows SQL. Every change of a row is committed together with its event ([`Store::create`], [`Store::update`],
//! [`Store::toggle`], [`Store::delete`]), and events without a row go the same way ([`Store::publish`]), so there is no edit without
//! its event and no event without its edit, whenever the process dies.
//! It is kept in a file of SQLite or by a PostgreSQL server, and nobody can tell which from what the store does.
//! Lists are read together with the position of the ledger at the same moment ([`Store::list`]).
//! It never validates more than the database must know, and it never speaks to Redis or HTTP.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use lockstep_store::{Author, Entity, Fields, Options, SharedClock, Store};
//!
//! let store = Store::open(&Options::new("sqlite:lockstep.db"), SharedClock::system()).await?;
//! let fields = Fields::from_iter([("enabled".to_owned(), false.into())]);
//! let pending = store.update(Entity::Categories, "7", Some(3), &fields, &Author::default()).await?;
//! let change = pending.commit().await?;
//! # Ok(())
//! # }
//! ```

mod access;
mod audit;
mod catalog;
pub mod clock;
mod content;
pub mod crash;
mod edit;
mod engine;
mod entity;
mod error;
mod export;
mod figures;
mod fold;
pub mod goods;
mod host;
pub mod jobs;
mod ledger;
mod list;
mod lock;
mod log;
mod notice;
mod publish;
mod row;
mod scan;
mod secret;

use std::{fmt, path::PathBuf, sync::Arc};

use engine::Engine;
use lockstep_protocol::SharedSecret;

pub use access::{
    Credentials, KEYS_CHANGED, Key, MAX_SESSIONS, NewSession, Person, Program, SEEN_EVERY_MS, SESSION_ENDED, SignedIn,
};
pub use audit::{Audit, AuditPage, Whom};
pub use catalog::{CustomersQuery, Deleted, ProductsQuery};
pub use clock::{Clock, SharedClock, SystemClock};
pub use edit::{Author, Change, Pending, PendingRows};
pub use entity::{Entity, UnknownEntity};
pub use error::{Error, OpenError};
pub use export::{Export, MAX_EXPORT};
pub use figures::{Extent, MANY_EVENTS, Steps};
pub use fold::fold;
pub use ledger::MAX_CHANGES;
pub use list::{MAX_PER_PAGE, Query};
pub use lock::{LOCKS_CHANGED, Lease, Locks, Taken};
pub use log::{
    BadCursor, Cursor, LogExport, LogFacets, LogPage, LogQuery, MAX_FACETS, MAX_LOG_EXPORT, MAX_LOG_PAGE,
    Place as LogPlace,
};
pub use notice::{
    Audience, Key as NoticeKey, Listed, MAX_RECIPIENTS, Marked, NewNotice, NoticePage, NoticeQuery, Told, Which,
};
pub use publish::{Answer, KeyReused, PendingBatch, Publication, Published, Receipt};
pub use row::{Fields, Row, Rows};
pub use scan::{KnownFile, Place, ScanCounts, ScanState, ScannedFile, ScannedFiles, Stretch};

/// When a commit counts as safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When the disk of the database has it: survives a power cut.
    #[default]
    Full,
    /// Sooner: survives the death of this process, and is faster. SQLite: when the system has it, so only a power cut can lose it.
    /// PostgreSQL: when the server has it in memory, so the newest commits, of about half a second, go when the server itself crashes.
    Normal,
}

/// Connections that only read, by default. Reads take well under a millisecond; more connections only compete for the same cores.
const READERS: u32 = 4;

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:/path/to/file.db` or `postgres://user:password@host/name`. Never printed.
    pub url: String,
    /// When a commit counts as safe.
    pub synchronous: Synchronous,
    /// Connections that only read.
    pub readers: u32,
    /// The number that this process puts into its events.
    pub worker: u32,
    /// The name of this machine; when known, a second machine is refused where the database is one of a single machine.
    pub host: Option<String>,
    /// Which rows can be taken by one page alone.
    pub locks: Locks,
}

impl Options {
    /// The defaults for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        let worker = std::process::id();
        Self {
            url: url.into(),
            synchronous: Synchronous::default(),
            readers: READERS,
            worker,
            host: None,
            locks: Locks::default(),
        }
    }

    /// Whether it is a file on this machine, and not a server that others can use, too.
    pub fn is_file(&self) -> bool {
        Engine::is_file(self)
    }

    /// Whether the URL is one of a database that can be kept; it may still be missing or out of reach.
    ///
    /// # Errors
    /// [`OpenError::Url`] or what the engine says of the URL.
    pub fn check(&self) -> Result<(), OpenError> {
        Engine::check(self)
    }

    /// The file that holds everything, where the database is one.
    pub fn file(&self) -> Option<PathBuf> {
        Engine::file(self)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, synchronous, readers, worker, host, locks } = self;
        let mut shown = f.debug_struct("Options");
        shown.field("synchronous", synchronous).field("readers", readers).field("worker", worker).field("host", host);
        shown.field("locks", locks);
        shown.finish_non_exhaustive()
    }
}

/// The database, open. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    clock: SharedClock,
    worker: u32,
    host: Option<String>,
    secret: SharedSecret,
    locks: Arc<Locks>,
}

impl Store {
    /// Opens the database and brings its tables up to date. SQLite's file is made when it is missing; the database of a server must be
    /// there.
    ///
    /// # Errors
    /// [`OpenError`], which names the cure.
    pub async fn open(options: &Options, clock: SharedClock) -> Result<Self, OpenError> {
        let engine = Engine::open(options).await?;
        let host = options.host.clone().filter(|_| options.is_file());
        let mut tx = engine.write().await?;
        ledger::begin(&mut tx).await?;
        let secret = secret::begin(&mut tx).await?;
        if let Some(host) = &host {
            host::claim(&mut tx, host, clock.now_ms()).await?;
        }
        tx.commit().await?;
        let locks = Arc::new(options.locks.clone());
        Ok(Self { engine, clock, worker: options.worker, host, secret, locks })
    }

    /// The clock it was given.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The number that this process puts into its events.
    pub fn worker(&self) -> u32 {
        self.worker
    }

    /// Whether it is a file, which has one writer at a time, and not a server.
    pub fn is_file(&self) -> bool {
        self.engine.kind() == "sqlite"
    }

    /// Closes all connections and waits for it.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
