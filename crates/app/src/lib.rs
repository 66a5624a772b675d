//! What a person may do: rights, validation, limits; the closed list of what can happen.
//!
//! [`App`] is the one face. Every call names its [`Caller`] and is refused with an [`Error`] that has a stable code; nothing is half
//! done after one. A change goes the one road: rights → validation → a transaction of the store that writes the row and its event →
//! commit → [`Wire::publish`]. Commit and publish happen under one lock, so a process publishes in the order of its commits.
//! It knows neither HTTP nor status codes, neither SQL nor sockets.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use lockstep_app::{App, Caller, Entity, Options};
//! use lockstep_store::{Options as StoreOptions, SharedClock, Store};
//! use serde_json::json;
//!
//! let store = Store::open(&StoreOptions::new("sqlite:lockstep.db"), SharedClock::system()).await?;
//! let app = App::new(store, |_: &[lockstep_protocol::Record]| {}, Options::default())?;
//! let row = app.create(&Caller::operator(), Entity::Categories, &json!({"name": "Contracts"}), None).await?;
//! app.close().await;
//! # Ok(())
//! # }
//! ```

mod alerts;
mod audit;
mod caller;
mod catalog;
mod demo;
mod edit;
mod entities;
mod error;
mod figures;
mod import;
pub mod jobs;
mod keys;
mod list;
mod lock;
mod log;
mod notice;
mod password;
mod people;
mod publish;
mod rights;
mod scan;
mod session;
mod sessions;
mod throttle;
mod token;
mod upkeep;
mod uploads;

use std::{path::PathBuf, sync::Arc};

use lockstep_protocol::{Position, Record, Room, ledger::Ledger, log::Batch};
use lockstep_store::{Answer, Error as StoreError, PendingBatch};
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use alerts::{Alert, DEAF_AFTER, DiskWatch, Hearing};
pub use audit::AuditQuery;
pub use caller::{Caller, User};
pub use catalog::{CatalogQuery, CustomerQuery};
pub use demo::DemoReport;
pub use edit::Edited;
pub use error::{Error, FieldError, FieldErrors};
pub use figures::{Activity, ActivityQuery, Figures};
pub use import::{
    BrokenFile, Exchange, ExchangeError, ImportLimits, ImportMark, ImportOrder, ImportSources, ImportType,
    ImportUpload, Imports, ImportsQuery, Issue, IssuePage, IssueQuery, IssueRow, IssueTotal, MAX_ISSUES, MarkAnswer,
    MarkSeen, Only, OpenedExchange, Piece, Preview, PreviewFile, Severity, SourceItem, Step, TypeReady,
    UnknownImportType, Why, issue_query,
};
pub use list::{DEFAULT_PER_PAGE, ListQuery, RowPage};
pub use lockstep_store::{
    AuditPage, Cursor, Entity, Export, Extent, KEYS_CHANGED, Key, LOCKS_CHANGED, Lease, Listed, Locks, LogExport,
    LogFacets, LogPage, MANY_EVENTS, MAX_LOG_EXPORT, NoticePage, OpenError, Options as StoreOptions, Receipt, Row,
    SESSION_ENDED, SharedClock, Store, Synchronous, clock,
};
pub use log::{LogFigures, LogOptions, LogWords, Logs, NewLine};
pub use notice::{NewNotice, NoticeQuery, Notified, To, WINDOW};
pub use people::NewUser;
pub use publish::{MAX_BATCH, Publication};
pub use rights::{Right, Rights, UnknownRight};
pub use scan::{Roots, ScanOptions, Scans};
pub use session::{Client, Session, Ticket};
pub use sessions::OpenSession;
pub use throttle::LoginLimits;
pub use upkeep::Keep;
pub use uploads::{Content, MAX_FILES, NewUpload, Upload};

use figures::Recent;
use notice::Errors;
use password::Passwords;
use publish::Publisher;
use sessions::Noting;
use throttle::Throttle;
use uploads::Uploads;

/// Where committed events, and log lines, go next: to all workers.
///
/// Must return at once and cannot fail: an event that gets lost behind it is found again in the ledger, a line among those that are kept.
pub trait Wire: Send + Sync + 'static {
    /// Sends events that were committed together, in their order. Called in the order of commits.
    fn publish(&self, records: &[Record]);

    /// Sends log lines that were gathered. Called in the order of their numbers.
    fn log(&self, batch: Batch) {
        drop(batch);
    }

    /// Says something that is true for a moment, such as how far a job is, to whoever is in `room` on any worker. It is written down
    /// nowhere and may get lost: what comes later says all that matters.
    fn tell(&self, room: &Room, name: &str, payload: Box<RawValue>) {
        let _ = (room, name, payload);
    }
}

impl<F: Fn(&[Record]) + Send + Sync + 'static> Wire for F {
    fn publish(&self, records: &[Record]) {
        self(records);
    }
}

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a session lasts, in hours.
    pub session_hours: u32,
    /// How often one may try to sign in.
    pub login: LoginLimits,
    /// What becomes of log lines.
    pub logs: LogOptions,
    /// Where folders of registrators may lie.
    pub scan_roots: Roots,
    /// The directory for the bytes of uploaded files, made when it is needed; without one nothing can be uploaded.
    pub uploads: Option<PathBuf>,
    /// Below which the sources of imports lie.
    pub import_root: PathBuf,
    /// How much of such a source is believed.
    pub import_limits: ImportLimits,
    /// The key of Redis that shows a running import to others.
    pub import_mark: Option<Arc<dyn ImportMark>>,
}

impl Default for Options {
    /// A fortnight, so that people who work daily need not sign in daily.
    fn default() -> Self {
        Self {
            session_hours: 14 * 24,
            login: LoginLimits::default(),
            logs: LogOptions::default(),
            scan_roots: Roots::default(),
            uploads: None,
            import_root: PathBuf::from("imports"),
            import_limits: ImportLimits::default(),
            import_mark: None,
        }
    }
}

/// The application. Clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    road: Road,
    publisher: Publisher,
    passwords: Passwords,
    throttle: Throttle,
    noting: Noting,
    recent: Recent,
    logs: Logs,
    log_days: u32,
    /// Ends the taking in of log lines.
    no_more_lines: CancellationToken,
    session_hours: u32,
    scan_roots: Roots,
    board: jobs::Board,
    import_root: import::Root,
    import_mirror: import::Mirror,
    looks: import::Looks,
    uploads: Uploads,
    errors: Arc<Errors>,
}

/// The last steps of every change: commit and publish, in one order.
#[derive(Clone)]
struct Road {
    wire: Arc<dyn Wire>,
    order: Arc<Mutex<()>>,
    tasks: TaskTracker,
}

impl Road {
    /// Commits and publishes events that belong to no row.
    async fn send(&self, pending: PendingBatch) -> Result<Vec<Answer>, StoreError> {
        let _order = self.order.lock().await;
        let published = pending.commit().await?;
        self.wire.publish(&published.records);
        Ok(published.answers)
    }

    /// The same, whether or not the caller still waits: between commit and publish nothing may come.
    async fn see_through(&self, pending: PendingBatch) -> Result<(), Error> {
        let road = self.clone();
        let job = self.tasks.spawn(async move { road.send(pending).await });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))??;
        Ok(())
    }
}

impl App {
    /// An application over `store` that hands committed events to `wire`. To be called within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Internal`] when the machine has no randomness.
    pub fn new(store: Store, wire: impl Wire, options: Options) -> Result<Self, Error> {
        let road = Road { wire: Arc::new(wire), order: Arc::default(), tasks: TaskTracker::new() };
        let passwords = Passwords::new()?;
        let log_days = options.logs.days;
        let errors = Arc::new(Errors::default());
        let (logs, no_more_lines) = Logs::start(&store, &road, options.logs, errors.clone());
        Ok(Self(Arc::new(Inner {
            publisher: Publisher::start(store.clone(), &road),
            passwords,
            throttle: Throttle::new(options.login, store.clock().clone()),
            noting: Noting::default(),
            recent: Recent::default(),
            board: jobs::Board::default(),
            errors,
            store,
            road,
            logs,
            log_days,
            no_more_lines,
            session_hours: options.session_hours,
            scan_roots: options.scan_roots,
            import_root: import::Root::new(options.import_root, options.import_limits),
            import_mirror: import::Mirror::new(options.import_mark),
            looks: import::Looks::default(),
            uploads: Uploads::new(options.uploads),
        })))
    }

    /// Finishes what has begun, takes nothing new that would write, and closes the store.
    pub async fn close(&self) {
        self.0.publisher.stop();
        self.0.uploads.close();
        self.0.no_more_lines.cancel();
        self.0.road.tasks.close();
        self.0.road.tasks.wait().await;
        self.0.store.close().await;
    }

    /// The store beneath, for the worker that follows its ledger.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        self.0.store.clock()
    }

    /// How far the ledger has come; with a `room`, only for those who may join it.
    ///
    /// # Errors
    /// As [`Caller::must_join`]; [`Error::Unavailable`].
    pub async fn position(&self, caller: &Caller, room: Option<&Room>) -> Result<Position, Error> {
        room.map_or(Ok(()), |room| caller.must_join(room))?;
        let head = self.0.store.head().await.map_err(|error| Error::Unavailable(Arc::new(error)))?;
        Ok(head.position())
    }

    /// The newest changes in the rooms that the caller may join, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn changes(&self, caller: &Caller, limit: u32) -> Result<Vec<Record>, Error> {
        let rooms: Vec<Room> = Room::NAMED.into_iter().filter(|room| caller.may_join(room)).collect();
        Ok(self.0.store.changes(&rooms, limit).await?)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}
