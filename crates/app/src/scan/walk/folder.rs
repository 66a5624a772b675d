//! Directories that cannot be left: every name is opened alone, relative to the handle of the directory it is in, and links are not
//! followed.

use std::{
    collections::BinaryHeap,
    ffi::OsStr,
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, statat};

use super::name::encode;

/// An open directory.
#[derive(Debug)]
pub(super) struct Folder {
    handle: OwnedFd,
}

/// A name in a directory; names sort by their text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// As text.
    pub(super) text: String,
    /// As the system has it.
    pub(super) raw: Vec<u8>,
}

/// What is looked for in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Directories.
    Folders,
    /// All else.
    Others,
}

/// Where in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// At the first.
    First,
    /// At this one, or the next.
    At(String),
    /// At the one after this.
    After(String),
}

impl From {
    fn admits(&self, text: &str) -> bool {
        match self {
            From::First => true,
            From::At(first) => text >= first.as_str(),
            From::After(last) => text > last.as_str(),
        }
    }
}

impl Folder {
    /// The only name that is believed as it is, links and all.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let handle = open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { handle })
    }

    /// The directory of that name in this one.
    pub(super) fn enter(&self, name: &[u8]) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(&self.handle, OsStr::from_bytes(name), flags, Mode::empty())?;
        Ok(Self { handle })
    }

    /// What that name stands for; of a link the link itself.
    pub(super) fn about(&self, name: &[u8]) -> io::Result<Stat> {
        Ok(statat(&self.handle, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Opens a file for reading, and says what it is now. A pipe or device would make us wait, so nothing is waited for.
    pub(super) fn read(&self, name: &[u8]) -> io::Result<(File, Stat)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = openat(&self.handle, OsStr::from_bytes(name), flags, Mode::empty())?;
        let about = fstat(&handle)?;
        match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => Ok((handle.into(), about)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file any more")),
        }
    }

    /// The first `most` names from there on, in their order, and whether there are more. Reads the whole directory each time and keeps
    /// no more than these, so memory has a bound however many names there are.
    pub(super) fn names(&self, sort: Sort, from: &From, most: usize) -> io::Result<(Vec<Name>, bool)> {
        let mut first = BinaryHeap::new();
        let mut more = false;
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let raw = entry.file_name().to_bytes();
            if raw == b"." || raw == b".." {
                continue;
            }
            let text = encode(raw);
            if !from.admits(&text) || (sort == Sort::Folders) != self.is_folder(raw, entry.file_type()) {
                continue;
            }
            first.push(Name { text, raw: raw.to_vec() });
            if first.len() > most {
                first.pop();
                more = true;
            }
        }
        Ok((first.into_sorted_vec(), more))
    }

    /// Not every file system says it with the name. What cannot be asked is no directory for now; whoever asks again finds out why.
    fn is_folder(&self, name: &[u8], said: FileType) -> bool {
        match said {
            FileType::Unknown => {
                self.about(name).is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Directory)
            }
            said => said == FileType::Directory,
        }
    }
}
