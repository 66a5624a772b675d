//! Why something was not done, by what the caller can do about it; each with a stable code.
//!
//! Codes and parameters go out to pages, which have a sentence for each in every language. Nothing is half done after an error.

use std::{collections::BTreeMap, sync::Arc};

use lockstep_store::{Lease, Row, jobs::Job};
use serde_json::{Map, Value as Json};

use crate::rights::Right;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The code, such as `field.too_long`.
    pub code: &'static str,
    /// Values for the sentence, such as `max`.
    pub params: Map<String, Json>,
}

impl FieldError {
    /// A code without parameters.
    pub fn new(code: &'static str) -> Self {
        Self { code, params: Map::new() }
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// All that is wrong with the fields of a request, by field.
pub type FieldErrors = BTreeMap<String, FieldError>;

/// Why something was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the session or key is no longer good.
    #[error("not signed in")]
    Unauthorized,
    /// No such login, or another password.
    #[error("login and password do not fit")]
    BadCredentials,
    /// He may not.
    #[error("the right `{right}` is missing")]
    Forbidden {
        /// What he would need.
        right: Right,
    },
    /// Only a person has this; a program or the operator of the machine has not.
    #[error("only a person has this")]
    PersonsOnly,
    /// The session's token was not repeated.
    #[error("the token of the session was not repeated")]
    Csrf,
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// Some fields are wrong; all of them are named.
    #[error("wrong fields: {}", .fields.keys().cloned().collect::<Vec<_>>().join(", "))]
    Invalid {
        /// What is wrong, by field.
        fields: FieldErrors,
    },
    /// The row has changed since he saw it.
    #[error("the row has changed, it is at revision {}", .current.rev)]
    Stale {
        /// The row as it stands.
        current: Box<Row>,
    },
    /// Somebody else has the row for himself.
    #[error("{} is editing the row alone; try again when that is over", .lease.user.name)]
    Locked {
        /// Who, and until when.
        lease: Box<Lease>,
    },
    /// Rows of this entity cannot be taken.
    #[error("rows of this entity are not under locks")]
    LocksOff,
    /// Others refer to the row.
    #[error("the row is in use: {usage:?}")]
    InUse {
        /// Kind of row → how many.
        usage: BTreeMap<&'static str, i64>,
    },
    /// Another row has this value.
    #[error("another row has the same `{field}`")]
    Duplicate {
        /// The field.
        field: &'static str,
    },
    /// Such work is under way already, and there can be only one of it.
    #[error("job {} does that already; wait for it, or end it", .job.id)]
    JobRunning {
        /// What it is called for this kind of work, such as `scan.running`.
        code: &'static str,
        /// The job.
        job: Box<Job>,
    },
    /// The job has ended, so it cannot be ended.
    #[error("job {} has ended already", .job.id)]
    JobFinished {
        /// The job.
        job: Box<Job>,
    },
    /// The registrator is switched off.
    #[error("the registrator is switched off")]
    ScanDisabled,
    /// The folder of the registrator cannot be scanned.
    #[error("the folder `{folder}` is not there, or not below a scan root; these are {roots}")]
    ScanNoRoot {
        /// The folder.
        folder: String,
        /// Where it would have to be.
        roots: String,
    },
    /// Stocks and prices belong to products, and there are none.
    #[error("there are no products yet; import a catalogue first")]
    CatalogRequired,
    /// The source of an import cannot be read, or holds nothing.
    #[error("`{name}` cannot be imported: it {why}; it must lie below [jobs] import_root, {root}")]
    ImportSource {
        /// The source, as it was named.
        name: String,
        /// Where it would have to be.
        root: String,
        /// What is wrong with it, a word of `commerceml`, such as `missing`.
        code: &'static str,
        /// The same for people.
        why: String,
    },
    /// So much is in the source that a look takes too long.
    #[error("reading all of it takes longer than {seconds} s; start the import, which begins with that")]
    ImportTooLong {
        /// How long was tried.
        seconds: u64,
    },
    /// The importer of somebody else has put its mark into Redis.
    #[error("another importer is at work: it holds the key `{key}` in redis ([jobs] redis_lock_key)")]
    ImportMarked {
        /// The key.
        key: String,
    },
    /// No file of the session had an error, so none can be had again for that.
    #[error("none of its files had an error")]
    ImportNoErrors,
    /// Nobody would be left who may administer.
    #[error("the last enabled administrator stays")]
    LastAdmin,
    /// The name of an event is ill-formed or reserved.
    #[error("`{event}` cannot be published")]
    BadEvent {
        /// The name.
        event: String,
    },
    /// No such room, or one that is not open to anybody in this way.
    #[error("`{room}` is no room for this")]
    BadRoom {
        /// The room or scope.
        room: String,
    },
    /// The publisher has used this key for another event.
    #[error("the key `{key}` stands for another event")]
    KeyReused {
        /// The key, as its publisher wrote it.
        key: String,
    },
    /// Too often.
    #[error("too often, try again in {seconds} s")]
    RateLimited {
        /// When to try again.
        seconds: u64,
    },
    /// Too much at once.
    #[error("more than {max}")]
    TooLarge {
        /// The limit: bytes of data, items of a batch, or rows of an export.
        max: usize,
    },
    /// The disk of the data directory is full.
    #[error("the disk of the data directory is full; make room there")]
    NoSpace,
    /// Not possible just now; it may be in a moment.
    #[error("not possible just now")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The database went away in the moment of the commit: it may be done, whole, or not at all. Look before doing it again.
    #[error("it may be done or not")]
    InDoubt(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("something that should never happen")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Why something was not written to disk, or read from it.
    pub(crate) fn of_disk(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{NotFound, QuotaExceeded, StorageFull};
        match error.kind() {
            NotFound => Error::NotFound,
            StorageFull | QuotaExceeded => Error::NoSpace,
            _ => Error::Unavailable(Arc::new(error)),
        }
    }

    /// One wrong field.
    pub fn field(name: impl Into<String>, error: FieldError) -> Self {
        Error::Invalid { fields: FieldErrors::from([(name.into(), error)]) }
    }

    /// The stable name of it.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Unauthorized => "unauthorized",
            Error::BadCredentials => "bad_credentials",
            Error::Forbidden { .. } => "forbidden",
            Error::PersonsOnly => "persons_only",
            Error::Csrf => "csrf",
            Error::NotFound => "not_found",
            Error::Invalid { .. } => "invalid",
            Error::Stale { .. } => "stale",
            Error::Locked { .. } => "locked",
            Error::LocksOff => "locks.off",
            Error::InUse { .. } => "in_use",
            Error::Duplicate { .. } => "duplicate",
            Error::JobRunning { code, .. } => code,
            Error::JobFinished { .. } => "job.finished",
            Error::ScanDisabled => "scan.disabled",
            Error::ScanNoRoot { .. } => "scan.no_root",
            Error::CatalogRequired => "import.catalog_required",
            Error::ImportSource { .. } => "import.no_source",
            Error::ImportTooLong { .. } => "import.too_long",
            Error::ImportMarked { .. } => "import.running",
            Error::ImportNoErrors => "import.no_errors",
            Error::LastAdmin => "last_admin",
            Error::BadEvent { .. } => "bad_event",
            Error::BadRoom { .. } => "bad_room",
            Error::KeyReused { .. } => "key_reused",
            Error::RateLimited { .. } => "rate_limited",
            Error::TooLarge { .. } => "too_large",
            Error::NoSpace => "no_space",
            Error::Unavailable(_) => "unavailable",
            Error::InDoubt(_) => "in_doubt",
            Error::Internal(_) => "internal",
        }
    }

    /// Values for the sentence that a person reads.
    pub fn params(&self) -> Map<String, Json> {
        let one = |name: &str, value: Json| Map::from_iter([(name.to_owned(), value)]);
        match self {
            Error::Forbidden { right } => one("right", right.to_string().into()),
            Error::Locked { lease } => one("user", lease.user.name.as_str().into()),
            Error::Duplicate { field } => one("field", (*field).into()),
            Error::JobRunning { job, .. } | Error::JobFinished { job } => one("job", job.id.to_string().into()),
            Error::ScanNoRoot { folder, roots } => Map::from_iter([
                ("folder".to_owned(), folder.as_str().into()),
                ("roots".to_owned(), roots.as_str().into()),
            ]),
            Error::ImportSource { name, root, code, .. } => Map::from_iter([
                ("source".to_owned(), name.as_str().into()),
                ("root".to_owned(), root.as_str().into()),
                ("why".to_owned(), (*code).into()),
            ]),
            Error::ImportMarked { key } => one("key", key.as_str().into()),
            Error::ImportTooLong { seconds } => one("seconds", (*seconds).into()),
            Error::BadEvent { event } => one("event", event.as_str().into()),
            Error::BadRoom { room } => one("room", room.as_str().into()),
            Error::KeyReused { key } => one("key", key.as_str().into()),
            Error::RateLimited { seconds } => one("seconds", (*seconds).into()),
            Error::TooLarge { max } => one("max", (*max).into()),
            _ => Map::new(),
        }
    }

    /// What is wrong with which field.
    pub fn fields(&self) -> FieldErrors {
        match self {
            Error::Invalid { fields } => fields.clone(),
            Error::Duplicate { field } => FieldErrors::from([((*field).to_owned(), FieldError::new("field.taken"))]),
            _ => FieldErrors::new(),
        }
    }
}

impl From<lockstep_store::Error> for Error {
    fn from(error: lockstep_store::Error) -> Self {
        use lockstep_store::Error as Store;
        match error {
            Store::NotFound => Error::NotFound,
            Store::Stale { current } => Error::Stale { current },
            Store::Locked { lease } => Error::Locked { lease },
            Store::InUse { usage } => Error::InUse { usage },
            Store::Duplicate { field } => Error::Duplicate { field },
            Store::NoSuch { field } => Error::field(field, FieldError::new("field.no_such")),
            Store::Cycle { field } => Error::field(field, FieldError::new("field.cycle")),
            Store::LastAdmin => Error::LastAdmin,
            Store::BadQuery { field } => Error::field(field, FieldError::new("field.not_allowed")),
            Store::TooMany { max } => Error::TooLarge { max },
            Store::Corrupt(_) => Error::Internal(Arc::new(error)),
            Store::Unavailable(_) => Error::Unavailable(Arc::new(error)),
            Store::InDoubt(_) => Error::InDoubt(Arc::new(error)),
        }
    }
}
