//! Files of one directory, and a look into each.

use std::sync::Arc;

use rustix::fs::{FileType, Stat};

use super::{
    Found, MAX_PLACE, Position,
    folder::{Folder, Name},
    look::{self, Looked},
    name::{END, below, shown},
    trouble::{Note, Trouble},
};

/// Some files of a directory, in their order; the last ones of it when `upto` is its [`END`].
#[derive(Debug)]
pub(crate) struct Files {
    pub(super) folder: Arc<Folder>,
    /// The directory, as text.
    pub(crate) directory: String,
    /// Up to here they are all.
    pub(crate) upto: Position,
    /// What is there.
    pub(crate) found: Vec<Found>,
    /// Names of which nothing is known but that something is there.
    pub(crate) unknown: Vec<String>,
    /// What was left out, and why.
    pub(crate) notes: Vec<Note>,
}

impl Files {
    /// Looks into one of them, see [`Looked`]. Reads at most 8 KiB, but for a digest all of a file that is not larger than `digest` bytes.
    pub(crate) fn look(&self, found: &Found, digest: Option<u64>, stop: &dyn Fn() -> bool) -> Looked {
        look::look(&self.folder, found, digest, stop)
    }

    /// Whether they are the last of their directory.
    pub(crate) fn is_last(&self) -> bool {
        self.upto.entry == END
    }

    /// How the place of one of its files is written for people.
    pub(crate) fn shown(&self, name: &str) -> String {
        shown(&below(&self.directory, name))
    }
}

impl Files {
    /// Adds what a name stands for just now.
    pub(super) fn add(&mut self, Name { text, raw }: Name) {
        let about = match self.folder.about(&raw).map_err(Trouble::of) {
            Ok(about) => about,
            Err(trouble) => {
                let unknown = trouble.is_failure();
                self.note(&text, trouble);
                return if unknown {
                    self.unknown.push(text);
                };
            }
        };
        match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile if self.directory.len() + text.len() >= MAX_PLACE => {
                self.note(&text, Trouble::TooLong);
            }
            FileType::RegularFile => {
                let size = u64::try_from(about.st_size).unwrap_or_default();
                self.found.push(Found { name: text, raw, size, modified: modified(&about) });
            }
            // It was something else when the names were read; as a directory it is entered, should it still be one.
            FileType::Directory => {}
            FileType::Symlink => self.note(&text, Trouble::Link),
            _ => self.note(&text, Trouble::Special),
        }
    }

    pub(super) fn note(&mut self, name: &str, trouble: Trouble) {
        self.notes.push(Note { place: self.shown(name), trouble });
    }
}

/// When a file was written last, in nanoseconds since 1970, as far as that goes.
#[expect(clippy::useless_conversion, reason = "nanoseconds are of another type on other machines")]
pub(super) fn modified(about: &Stat) -> i64 {
    let nanoseconds = i64::try_from(about.st_mtime_nsec).unwrap_or_default();
    i64::from(about.st_mtime).saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}
