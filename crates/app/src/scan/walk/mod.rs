//! What lies in a folder and below it, piece by piece, in an order that can be gone on with later.
//!
//! A [`Walk`] gives [`Step`]s: some files of a directory, or a part of the tree that could not be looked into. Their [`Position`]s rise,
//! so whatever another list has between two of them and a step does not name is not there any more.
//! It never leaves the folder: links are told of and not followed, every name is opened relative to the directory it was found in. It
//! waits for no pipe and no device, and its memory has a bound however many names a directory holds, how deep the tree is and how often
//! it changes meanwhile. It knows neither the database nor who wants to know. It blocks: not for a thread that serves others.

mod files;
mod folder;
mod level;
mod look;
mod name;
#[cfg(test)]
mod tests;
mod trouble;

use std::{io, os::unix::ffi::OsStrExt, path::Path};

use folder::{Folder, From, Name, Sort};
use level::{Level, Stage};

pub(crate) use files::Files;
pub(crate) use look::{HEAD, mime};
use name::END;
pub(crate) use name::shown;
pub(crate) use trouble::{Note, Trouble};

/// Directories within one another, below the folder itself. More are a mistake, or an attempt to make us fall over.
const MAX_DEPTH: usize = 64;

/// Bytes of the text of a directory and a name in it. A database cannot find a longer one by its index; real ones have some hundred.
const MAX_PLACE: usize = 2_400;

/// A place in the order of all files: all up to it are done.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) struct Position {
    /// The directory, as text.
    pub(crate) directory: String,
    /// The name in it, as text; [`END`] is behind all of them.
    pub(crate) entry: String,
}

impl Position {
    /// Before everything.
    pub(crate) fn start() -> Self {
        Self::default()
    }

    /// Behind everything.
    pub(crate) fn end() -> Self {
        Self::new(END.to_owned(), END)
    }

    fn new(directory: String, entry: &str) -> Self {
        Self { directory, entry: entry.to_owned() }
    }
}

/// A file that is there.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its name as text.
    pub(crate) name: String,
    /// Its name as the system has it.
    raw: Vec<u8>,
    /// Bytes.
    pub(crate) size: u64,
    /// When it was written last, in nanoseconds since 1970.
    pub(crate) modified: i64,
}

impl Found {
    /// What its name says of its type.
    pub(crate) fn mime_by_name(&self) -> &'static str {
        look::by_name(&self.name)
    }
}

/// One step of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// Files of one directory.
    Files(Files),
    /// What lies between two places was not looked at: nothing is known of it.
    Skipped {
        /// From here.
        from: Position,
        /// Up to here.
        upto: Position,
        /// Why.
        note: Note,
    },
}

/// A walk under way.
#[derive(Debug)]
pub(crate) struct Walk {
    levels: Vec<Level>,
    from: Option<Position>,
}

impl Walk {
    /// Begins at `from`: everything up to there is left out. The folder lies below `root`, which is believed as it is; on the way from
    /// there no link is followed.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub(crate) fn begin(root: &Path, below: &Path, from: Position) -> io::Result<Self> {
        let mut folder = Folder::open(root)?;
        for step in below.components() {
            folder = folder.enter(step.as_os_str().as_bytes())?;
        }
        let mut walk = Self { levels: Vec::new(), from: Some(from) };
        walk.push(folder, String::new());
        Ok(walk)
    }

    /// The next step; nothing after the last.
    pub(crate) fn step(&mut self) -> Option<Step> {
        loop {
            let level = self.levels.last_mut()?;
            let step = match level.stage {
                Stage::Files => Some(level.files()),
                Stage::Folders => match level.name(Sort::Folders) {
                    Ok(Some(name)) => self.descend(&name),
                    Ok(None) => {
                        self.levels.pop();
                        None
                    }
                    Err(error) => Some(level.give_up(error)),
                },
            };
            if step.is_some() {
                return step;
            }
        }
    }

    /// Goes into a directory, or says why not.
    fn descend(&mut self, name: &Name) -> Option<Step> {
        let level = self.levels.last()?;
        let directory = name::below(&level.directory, &name.text);
        let skipped = |directory: &str, upto: String, trouble| Step::Skipped {
            from: Position::new(directory.to_owned(), ""),
            upto: Position::new(upto, ""),
            note: Note { place: shown(directory), trouble },
        };
        if self.levels.len() > MAX_DEPTH {
            return Some(skipped(&directory, name::beyond(&directory), Trouble::TooDeep));
        }
        if directory.len() > MAX_PLACE {
            return Some(skipped(&directory, name::beyond(&directory), Trouble::TooLong));
        }
        match level.folder.enter(&name.raw).map_err(Trouble::of) {
            Ok(folder) => {
                self.push(folder, directory);
                None
            }
            Err(trouble @ Trouble::Unreadable(_)) => Some(skipped(&directory, name::beyond(&directory), trouble)),
            Err(trouble) => Some(skipped(&directory, directory.clone(), trouble)),
        }
    }

    fn push(&mut self, folder: Folder, directory: String) {
        let (stage, next) = self.beginning(&directory);
        self.levels.push(Level::new(folder, directory, stage, next));
    }

    /// Where to begin in a directory, so that nothing up to `from` comes again.
    fn beginning(&mut self, directory: &str) -> (Stage, From) {
        let Some(from) = &self.from else { return (Stage::Files, From::First) };
        let below = match directory {
            "" => Some(from.directory.as_str()).filter(|rest| !rest.is_empty()),
            _ => from.directory.strip_prefix(directory).and_then(|rest| rest.strip_prefix(name::STEP)),
        };
        if let Some(rest) = below {
            let first = rest.split(name::STEP).next().unwrap_or_default();
            return (Stage::Folders, From::At(first.to_owned()));
        }
        let beginning = match from.entry.as_str() {
            _ if from.directory != directory => (Stage::Files, From::First),
            "" => (Stage::Files, From::First),
            END => (Stage::Folders, From::First),
            entry => (Stage::Files, From::After(entry.to_owned())),
        };
        self.from = None;
        beginning
    }
}
