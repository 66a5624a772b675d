//! The sign of life that cannot be forged: a lock that the system takes away when the process ends.
//!
//! Jobs go by it, and bytes that are being uploaded.
//! Each worker holds the lock of a file named after its own life. Who gets the lock of another's file knows that the other is dead, and
//! need not wait for the leases that it left. A process that is merely stopped keeps its lock.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use tracing::debug;

/// How the files end.
pub(crate) const SUFFIX: &str = ".lock";

/// This process's own life.
#[derive(Debug)]
pub(crate) struct Boot {
    name: String,
    held: Option<(PathBuf, File)>,
}

impl Boot {
    /// Begins a life, with a lock in `directory` where there is one. Without a lock others wait for its leases, which is only slower.
    pub(crate) fn begin(worker: u32, directory: Option<&Path>) -> Self {
        let name = format!("{worker}-{}", uuid::Uuid::new_v4().simple());
        let held = directory.and_then(|directory| match take(directory, &name) {
            Ok(held) => Some(held),
            Err(error) => {
                debug!(%error, "no lock that shows this worker's life in {}: {error}", directory.display());
                None
            }
        });
        Self { name, held }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether others can see that it lasts.
    pub(crate) fn is_shown(&self) -> bool {
        self.held.is_some()
    }

    /// The lives of this machine that are over. Their files stay until [`Grave::close`].
    pub(crate) fn graves(&self) -> Vec<Grave> {
        let directory = self.held.as_ref().and_then(|(path, _)| path.parent());
        let entries = directory.and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten();
        entries.filter_map(|entry| Grave::open(&entry.ok()?.path(), &self.name)).collect()
    }
}

impl Drop for Boot {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.held {
            let _ = fs::remove_file(path);
        }
    }
}

/// A life that is over, and the proof of it.
#[derive(Debug)]
pub(crate) struct Grave {
    name: String,
    path: PathBuf,
    _proof: File,
}

impl Grave {
    /// The life behind this lock, if it is over and not `own`.
    pub(crate) fn open(path: &Path, own: &str) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
        if name == own {
            return None;
        }
        let file = File::options().write(true).open(path).ok()?;
        match file.try_lock() {
            Ok(()) => Some(Self { name: name.to_owned(), path: path.to_owned(), _proof: file }),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its jobs are free; nobody need look here again.
    pub(crate) fn close(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The file gets its name once it is locked: nobody ever finds one of a living process without a lock.
fn take(directory: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(directory)?;
    let (fresh, path) = (directory.join(format!("{name}.new")), directory.join(format!("{name}{SUFFIX}")));
    let file = File::create_new(&fresh)?;
    file.lock()?;
    fs::rename(&fresh, &path)?;
    Ok((path, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(boot: &Boot) -> Vec<String> {
        boot.graves().iter().map(|grave| grave.name().to_owned()).collect()
    }

    #[test]
    fn a_life_that_is_over_is_found_once_and_one_that_lasts_never() {
        let directory = tempfile::TempDir::new().expect("a directory");
        let own = Boot::begin(1, Some(directory.path()));
        let other = Boot::begin(2, Some(directory.path()));
        assert!(found(&own).is_empty() && found(&other).is_empty());

        // What a killed process leaves behind: its file, without its lock.
        fs::write(directory.path().join("3-dead.lock"), "").expect("written");

        assert_eq!(found(&own), ["3-dead"]);
        own.graves().into_iter().for_each(Grave::close);
        assert!(found(&own).is_empty() && found(&other).is_empty());
    }

    #[test]
    fn who_ends_in_order_leaves_nothing_behind() {
        let directory = tempfile::TempDir::new().expect("a directory");

        drop(Boot::begin(1, Some(directory.path())));

        assert_eq!(fs::read_dir(directory.path()).expect("there").count(), 0);
    }
}
