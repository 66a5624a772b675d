//! The kinds of long work there are: a closed list, known to every process whether it does that work or not.

use lockstep_protocol::{EventName, Room};
use lockstep_store::Entity;

use crate::rights::Right;

/// A kind of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// A registrator's folder is compared with the files known of it.
    Scan,
}

impl JobKind {
    /// All of them.
    pub const ALL: [JobKind; 1] = [JobKind::Scan];

    /// The name that rows and lists have for it.
    pub fn name(self) -> &'static str {
        match self {
            JobKind::Scan => "scan",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Option<Self> {
        JobKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Who hears how it goes.
    pub fn room(self) -> Room {
        match self {
            JobKind::Scan => Room::Registrators,
        }
    }

    /// The event that tells how a job stands.
    pub fn event(self) -> EventName {
        EventName::JOBS.parse().expect("a name of the protocol")
    }

    /// The name under which the room is told how far it is.
    pub fn progress_event(self) -> &'static str {
        match self {
            JobKind::Scan => "scan:progress",
        }
    }

    /// What the subject is called there.
    pub(crate) fn subject_name(self) -> &'static str {
        match self {
            JobKind::Scan => "registrator",
        }
    }

    /// Who may see such jobs.
    pub fn view(self) -> Right {
        match self {
            JobKind::Scan => Right::View(Entity::Registrators),
        }
    }

    /// Who may want one, end one and have it done again.
    pub fn run(self) -> Right {
        match self {
            JobKind::Scan => Right::ScansRun,
        }
    }

    /// The code for who wants one that is under way already.
    pub fn running_code(self) -> &'static str {
        match self {
            JobKind::Scan => "scan.running",
        }
    }
}
