//! Folders into which files of others are written: each name is opened alone, relative to the handle of the folder it is in, and no link is
//! followed, so that nothing is ever written outside.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::Path,
};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, mkdirat, open, openat, renameat, statat, unlinkat};

/// For the owner and his group, as everything of ours.
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o750);
const FILE_MODE: Mode = Mode::from_raw_mode(0o640);

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// The only path that is believed as it is.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// The folder of that name in this one.
    pub(super) fn enter(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(openat(&self.0, name, flags, Mode::empty())?))
    }

    /// The same, made if it is missing.
    pub(super) fn make(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.0, name, FOLDER_MODE) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => self.enter(name),
            Err(error) => Err(error.into()),
        }
    }

    /// A new folder, in which nothing is.
    pub(super) fn make_new(&self, name: &str) -> io::Result<Self> {
        mkdirat(&self.0, name, FOLDER_MODE)?;
        self.enter(name)
    }

    /// A file to be written to from its end on, made if it is missing.
    pub(super) fn append(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)
    }

    /// A file that was not there before.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
    }

    /// All that a small file of ours holds.
    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file(name, OFlags::RDONLY)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Gives a file another name, in the place of what had it.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    /// Takes a file away.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Whether a file lies at that path below.
    pub(super) fn has_file(&self, path: &str) -> bool {
        let about = statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW);
        about.is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::RegularFile)
    }

    /// A pipe or device would make us wait, so nothing is waited for; and none is written to.
    fn file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let always = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = openat(&self.0, name, flags | always, FILE_MODE)?;
        match FileType::from_raw_mode(fstat(&handle)?.st_mode) {
            FileType::RegularFile => Ok(handle.into()),
            _ => Err(rustix::io::Errno::LOOP.into()),
        }
    }
}

/// Whether an error says that there is a link, or something else, where a folder or file should be.
pub(super) fn is_in_the_way(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let in_the_way = [Errno::LOOP, Errno::NOTDIR, Errno::ISDIR, Errno::NXIO];
    error.raw_os_error().is_some_and(|raw| in_the_way.iter().any(|errno| errno.raw_os_error() == raw))
}
