//! One directory of a walk, on the way down.

use std::{collections::VecDeque, io, sync::Arc};

use super::{
    END, Files, Note, Position, Step, Trouble,
    folder::{Folder, From, Name, Sort},
    name::{self, shown},
};

/// Files of a step: so many rows are compared and written at a time.
pub(super) const PIECE: usize = 1_000;

/// Names of a directory that are kept at a time. A directory of 100,000 is read seven times for it, in some 20 ms each.
pub(super) const FILES: usize = 16_384;

/// The same for directories in a directory, of which each level of the tree keeps some.
const FOLDERS: usize = 1_024;

/// A directory on the way down.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) folder: Arc<Folder>,
    pub(super) directory: String,
    pub(super) stage: Stage,
    next: From,
    window: VecDeque<Name>,
    more: bool,
}

/// What of a directory is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Files,
    Folders,
}

impl Level {
    pub(super) fn new(folder: Folder, directory: String, stage: Stage, next: From) -> Self {
        Self { folder: Arc::new(folder), directory, stage, next, window: VecDeque::new(), more: true }
    }

    /// The next name of that sort.
    pub(super) fn name(&mut self, sort: Sort) -> io::Result<Option<Name>> {
        if self.window.is_empty() && self.more {
            let most = if sort == Sort::Folders { FOLDERS } else { FILES };
            let (names, more) = self.folder.names(sort, &self.next, most)?;
            (self.window, self.more) = (names.into(), more);
        }
        let name = self.window.pop_front();
        if let Some(name) = &name {
            self.next = From::After(name.text.clone());
        }
        Ok(name)
    }

    /// The next files; the directories come after the last.
    pub(super) fn files(&mut self) -> Step {
        let mut files = Files {
            folder: self.folder.clone(),
            directory: self.directory.clone(),
            upto: self.position(),
            found: Vec::new(),
            unknown: Vec::new(),
            notes: Vec::new(),
        };
        for taken in 0..PIECE {
            match self.name(Sort::Others) {
                Ok(Some(name)) => files.add(name),
                Err(error) if taken == 0 => return self.give_up(error),
                // What was taken is told first; the next step meets the error again.
                Ok(None) | Err(_) => break,
            }
        }
        if self.window.is_empty() && !self.more {
            self.begin_folders();
        }
        files.upto = self.position();
        Step::Files(files)
    }

    fn begin_folders(&mut self) {
        (self.stage, self.next, self.more) = (Stage::Folders, From::First, true);
    }

    /// Up to where all is known.
    fn position(&self) -> Position {
        match (self.stage, &self.next) {
            (Stage::Files, From::First | From::At(_)) => Position::new(self.directory.clone(), ""),
            (Stage::Files, From::After(name)) => Position::new(self.directory.clone(), name),
            (Stage::Folders, From::First) => Position::new(self.directory.clone(), END),
            (Stage::Folders, From::At(name)) => Position::new(name::below(&self.directory, name), ""),
            (Stage::Folders, From::After(name)) => Position::new(name::beyond(&name::below(&self.directory, name)), ""),
        }
    }

    /// Nothing more can be read in this directory: nothing is known of the rest of it.
    pub(super) fn give_up(&mut self, error: io::Error) -> Step {
        let from = self.position();
        (self.stage, self.more) = (Stage::Folders, false);
        self.window.clear();
        let upto =
            if self.directory.is_empty() { Position::end() } else { Position::new(name::beyond(&self.directory), "") };
        Step::Skipped { from, upto, note: Note { place: shown(&self.directory), trouble: Trouble::Unreadable(error) } }
    }
}
