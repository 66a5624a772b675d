//! Folders that cannot be left: every name is opened alone, relative to the handle of the folder it is in, and links are not followed.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat};

use super::name;
use crate::{Error, Why};

/// An open folder. Errors name what lies in it by its path from the folder that was opened first.
#[derive(Debug)]
pub(super) struct Folder {
    handle: OwnedFd,
}

/// What a path leads to.
pub(super) enum Found {
    Folder(Folder),
    File(File),
}

/// A file or folder in a folder.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_folder: bool,
}

impl Folder {
    /// The only name that is believed as it is.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let shown = || path.display().to_string();
        let handle = open(path, flags, Mode::empty()).map_err(|error| Error::io(shown(), error))?;
        Ok(Self { handle })
    }

    /// The folder of that name in this one.
    pub(super) fn enter(&self, name: &str) -> Result<Self, Error> {
        match self.find(name)? {
            Found::Folder(folder) => Ok(folder),
            Found::File(_) => Err(Error::refused(name, Why::Link)),
        }
    }

    /// What lies at that path below; the empty one leads here.
    pub(super) fn find(&self, path: &str) -> Result<Found, Error> {
        let mut found =
            Found::Folder(Self { handle: self.handle.try_clone().map_err(|error| Error::io(path, error))? });
        for name in path.split('/').filter(|name| !name.is_empty()) {
            found = match found {
                Found::Folder(folder) => folder.step(name, path)?,
                Found::File(_) => return Err(Error::refused(path, Why::Missing)),
            };
        }
        Ok(found)
    }

    /// What is in it, in the order of names, without the pictures: they may be a hundred thousand.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(|error| Error::io("", error))? {
            let entry = entry.map_err(|error| Error::io("", error))?;
            let raw = entry.file_name().to_bytes();
            if raw == b"." || raw == b".." {
                continue;
            }
            let name = String::from_utf8_lossy(raw).into_owned();
            let is_folder = self.kind(raw, &name)? == FileType::Directory;
            entries.push(Entry { name, is_folder });
        }
        entries.sort_by(|one, other| name::natural(&one.name, &other.name));
        Ok(entries)
    }

    fn kind(&self, raw: &[u8], shown: &str) -> Result<FileType, Error> {
        let about = statat(&self.handle, OsStr::from_bytes(raw), AtFlags::SYMLINK_NOFOLLOW);
        Ok(FileType::from_raw_mode(about.map_err(|error| Error::io(shown, error))?.st_mode))
    }

    /// One name further down. A pipe or device would make us wait, so nothing is waited for.
    fn step(&self, name: &str, shown: &str) -> Result<Found, Error> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = openat(&self.handle, name, flags, Mode::empty()).map_err(|error| refused(error, shown))?;
        let about = rustix::fs::fstat(&handle).map_err(|error| Error::io(shown, error))?;
        match FileType::from_raw_mode(about.st_mode) {
            FileType::Directory => Ok(Found::Folder(Self { handle })),
            FileType::RegularFile => Ok(Found::File(handle.into())),
            _ => Err(Error::refused(shown, Why::Link)),
        }
    }
}

impl Found {
    /// The file, if it is one.
    pub(super) fn file(self, shown: &str) -> Result<File, Error> {
        match self {
            Self::File(file) => Ok(file),
            Self::Folder(_) => Err(Error::refused(shown, Why::Missing)),
        }
    }
}

fn refused(error: rustix::io::Errno, shown: &str) -> Error {
    match error {
        rustix::io::Errno::LOOP | rustix::io::Errno::NXIO => Error::refused(shown, Why::Link),
        rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR => Error::refused(shown, Why::Missing),
        error => Error::io(shown, io::Error::from(error)),
    }
}
