//! What is known of a set, in a file within it.

use std::{fs::File, io, io::Write, path::Path};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::import::{folder::Folder, sets::EXCHANGE};

/// Files of ours in a set; what 1C sends may not begin with a point.
const STATE: &str = ".exchange.json";
const NEW_STATE: &str = ".exchange.new";
const LOCK: &str = ".lock";

/// What is known of a set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// Digest of the secret that 1C shows.
    pub(super) secret: String,
    /// Digest of the session of the person who opened it.
    pub(super) session: Option<String>,
    /// The key of the program that opened it.
    pub(super) key: Option<String>,
    /// The round that takes files.
    pub(super) round: u32,
    /// The file of the last piece, which the next piece of that name belongs to.
    pub(super) last: Option<String>,
    /// Files that have come, and their bytes.
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// The import that is under way.
    pub(super) doing: Option<Doing>,
    /// Whether a part of the catalogue, and the customers, were told to be everything there is, and the whole set is still to be gone
    /// through for that.
    pub(super) full: bool,
    pub(super) full_customers: bool,
}

/// An import of a round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Doing {
    pub(super) job: i64,
    pub(super) round: u32,
    /// The second one of a round, of the customers in it.
    pub(super) customers: bool,
}

impl State {
    pub(super) fn new(secret: String, session: Option<&str>, key: Option<&str>) -> Self {
        Self {
            secret,
            session: session.map(ToOwned::to_owned),
            key: key.map(ToOwned::to_owned),
            round: 1,
            last: None,
            files: 0,
            bytes: 0,
            doing: None,
            full: false,
            full_customers: false,
        }
    }

    fn read(folder: &Folder) -> io::Result<Self> {
        serde_json::from_slice(&folder.read(STATE)?).map_err(io::Error::other)
    }

    /// Written whole or not at all.
    pub(super) fn save(&self, folder: &Folder) -> io::Result<()> {
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        let mut file = folder.append(NEW_STATE)?;
        file.set_len(0)?;
        file.write_all(&bytes)?;
        folder.rename(NEW_STATE, STATE)
    }
}

/// A set that nobody else works on meanwhile.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) folder: Folder,
    pub(super) state: State,
    /// The system takes the lock away with it.
    _lock: File,
}

impl Set {
    /// What is known of the set just now.
    pub(super) fn look(root: &Path, id: &str) -> io::Result<State> {
        State::read(&folder(root, id)?)
    }

    /// The set for this process alone; nothing while somebody else has it.
    pub(super) fn lock(root: &Path, id: &str) -> io::Result<Option<Self>> {
        let folder = folder(root, id)?;
        let lock = folder.append(LOCK)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { state: State::read(&folder)?, folder, _lock: lock })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn save(&self) -> io::Result<()> {
        self.state.save(&self.folder)
    }

    /// Whether a file of that name was sent in that round.
    pub(super) fn has(&self, round: u32, name: &str) -> bool {
        self.folder.has_file(&format!("{round}/{name}"))
    }

    /// Whether it was sent in a round that takes no files any more.
    pub(super) fn had(&self, name: &str) -> bool {
        (1..self.state.round).any(|round| self.has(round, name))
    }

    /// Whether the round that takes files has any.
    pub(super) fn has_more(&self) -> bool {
        self.folder.enter(&self.state.round.to_string()).is_ok()
    }
}

fn folder(root: &Path, id: &str) -> io::Result<Folder> {
    Folder::open(root)?.enter(EXCHANGE)?.enter(id)
}
