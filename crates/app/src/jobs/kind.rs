//! The kinds of long work there are: a closed list, known to every process whether it does that work or not.

use lockstep_protocol::{EventName, Room};
use lockstep_store::{Entity, jobs::Job};

use crate::{import::ImportType, rights::Right};

/// A kind of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// A registrator's folder is compared with the files known of it.
    Scan,
    /// An exchange of 1C becomes rows of the catalogue.
    Import(ImportType),
}

impl JobKind {
    /// All of them.
    pub const ALL: [JobKind; 5] = [
        JobKind::Scan,
        JobKind::Import(ImportType::Catalog),
        JobKind::Import(ImportType::Stocks),
        JobKind::Import(ImportType::Prices),
        JobKind::Import(ImportType::Customers),
    ];

    /// The name that rows and lists have for it.
    pub fn name(self) -> &'static str {
        match self {
            JobKind::Scan => "scan",
            JobKind::Import(ImportType::Catalog) => "import.catalog",
            JobKind::Import(ImportType::Stocks) => "import.stocks",
            JobKind::Import(ImportType::Prices) => "import.prices",
            JobKind::Import(ImportType::Customers) => "import.customers",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Option<Self> {
        JobKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What its jobs are called in the log, before their number.
    pub(crate) fn source(self) -> &'static str {
        match self {
            JobKind::Scan => "scan",
            JobKind::Import(_) => "import",
        }
    }

    /// Who hears how it goes.
    pub fn room(self) -> Room {
        match self {
            JobKind::Scan => Room::Registrators,
            JobKind::Import(_) => Room::Imports,
        }
    }

    /// All rooms that hear how one of its jobs goes: of an import also those who watch it alone.
    pub(crate) fn rooms(self, job: &Job) -> Vec<Room> {
        match self {
            JobKind::Scan => vec![self.room()],
            JobKind::Import(_) => vec![self.room(), Room::Import(job.id.to_string().into())],
        }
    }

    /// The event that tells how a job stands.
    pub fn event(self) -> EventName {
        match self {
            JobKind::Scan => EventName::JOBS.parse().expect("a name of the protocol"),
            JobKind::Import(_) => EventName::changed(&Room::Imports),
        }
    }

    /// The name under which the room is told how far it is.
    pub fn progress_event(self) -> &'static str {
        match self {
            JobKind::Scan => "scan:progress",
            JobKind::Import(_) => "import:progress",
        }
    }

    /// What the room is told there of what the job is about.
    pub(crate) fn about(self, job: &Job) -> (&'static str, Option<String>) {
        match self {
            JobKind::Scan => ("registrator", job.subject.as_ref().map(|subject| subject.id.clone())),
            JobKind::Import(import_type) => ("type", Some(import_type.to_string())),
        }
    }

    /// Who may see such jobs.
    pub fn view(self) -> Right {
        match self {
            JobKind::Scan => Right::View(Entity::Registrators),
            JobKind::Import(_) => Right::ImportsRun,
        }
    }

    /// Who may want one, end one and have it done again.
    pub fn run(self) -> Right {
        match self {
            JobKind::Scan => Right::ScansRun,
            JobKind::Import(_) => Right::ImportsRun,
        }
    }

    /// The code for who wants one that is under way already.
    pub fn running_code(self) -> &'static str {
        match self {
            JobKind::Scan => "scan.running",
            JobKind::Import(_) => "import.running",
        }
    }
}
