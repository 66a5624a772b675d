//! The directory of uploads, and how nothing is left in it.
//!
//! The bytes of a row lie in the directory itself, under a name of 32 hexadecimal digits. Each process has a desk, a directory of its own
//! in `under_way`, which others know to be abandoned by a lock that the system takes away when the process ends. On it lie bytes
//! that are still coming (`<name>.part`), and an empty file `<name>` for bytes whose row is being added or deleted just now: written before
//! the commit and removed after it. So whoever clears an abandoned desk need ask the database of those names alone, and nothing that is
//! not on a desk is ever removed.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tracing::warn;
use uuid::Uuid;

use crate::{
    Error,
    jobs::boot::{Boot, Grave, SUFFIX},
};

/// For the owner and his group, as the database.
const DIRECTORY_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o640;

/// Where the desks are.
const UNDER_WAY: &str = "under_way";

/// How bytes are called that are still coming.
const PART: &str = "part";

/// The directory of uploads.
pub(super) struct Shelf {
    root: PathBuf,
    desk: Mutex<Option<Desk>>,
}

/// A process's own directory.
struct Desk {
    path: PathBuf,
    _life: Boot,
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Not while something lies on it: that is for whoever comes after.
        let _ = fs::remove_dir(&self.path);
    }
}

/// An abandoned desk.
pub(super) struct Left {
    path: PathBuf,
    parts: Vec<PathBuf>,
    /// Bytes that may have a row or not.
    pub(super) doubtful: Vec<String>,
    grave: Option<Grave>,
}

impl Shelf {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, desk: Mutex::default() }
    }

    /// A new file on our desk, its name and its path.
    pub(super) fn begin(&self) -> io::Result<(File, String, PathBuf)> {
        let name = Uuid::new_v4().simple().to_string();
        let path = self.desk()?.join(&name).with_extension(PART);
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path)?;
        Ok((file, name, path))
    }

    /// Gives finished bytes their place.
    pub(super) fn place(&self, part: &Path, name: &str) -> io::Result<()> {
        fs::rename(part, self.root.join(name))
    }

    /// Makes names of the directory last.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()
    }

    /// The bytes of that name, and how many.
    pub(super) fn open(&self, name: &str) -> io::Result<(File, u64)> {
        let file = File::open(self.root.join(name))?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    /// Notes that a commit is about to decide over these bytes. Without the note nobody sweeps up after us, and that is all.
    pub(super) async fn doubt(self: &Arc<Self>, name: String) -> Doubt {
        let (shelf, noted) = (self.clone(), name.clone());
        let note = blocking(move || {
            let note = shelf.desk()?.join(noted);
            File::create(&note).map(|_| note)
        });
        let note =
            note.await.inspect_err(|error| warn!(%error, "cannot note what happens to the bytes of a file: {error}"));
        Doubt { shelf: self.clone(), name, note: note.ok() }
    }

    /// Desks whose process is gone. What lies on them does not change any more.
    pub(super) fn left_behind(&self) -> Vec<Left> {
        let own = self.desk.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|desk| desk.path.clone());
        let entries = fs::read_dir(self.root.join(UNDER_WAY)).into_iter().flatten().flatten();
        entries.filter_map(|entry| Left::open(entry.path(), own.as_deref())).collect()
    }

    /// Clears an abandoned desk: of what lay in doubt `owned` stays.
    pub(super) fn clear(&self, left: Left, owned: &[String]) -> io::Result<()> {
        left.parts.iter().try_for_each(|part| remove(part))?;
        for name in &left.doubtful {
            if !owned.contains(name) {
                remove(&self.root.join(name))?;
            }
            remove(&left.path.join(name))?;
        }
        match fs::remove_dir(&left.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        left.grave.into_iter().for_each(Grave::close);
        Ok(())
    }

    /// Our desk, made when it is needed first.
    fn desk(&self) -> io::Result<PathBuf> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = &*desk {
            return Ok(desk.path.clone());
        }
        let all = self.root.join(UNDER_WAY);
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path);
        make(&all)?;
        let life = Boot::begin(std::process::id(), Some(&all));
        if !life.is_shown() {
            return Err(io::Error::other(format!("no lock can be held in `{}`", all.display())));
        }
        let path = all.join(life.name());
        make(&path)?;
        *desk = Some(Desk { path: path.clone(), _life: life });
        Ok(path)
    }
}

impl Left {
    fn open(path: PathBuf, own: Option<&Path>) -> Option<Self> {
        if Some(path.as_path()) == own || !path.is_dir() {
            return None;
        }
        let lock = path.with_file_name(format!("{}{SUFFIX}", path.file_name()?.to_str()?));
        // Without a lock its process has ended in order and left something in doubt.
        let grave = Grave::open(&lock, "");
        if grave.is_none() && lock.exists() {
            return None;
        }
        let (mut parts, mut doubtful) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().ok()?;
            match Uuid::try_parse(&name) {
                Ok(_) => doubtful.push(name),
                Err(_) => parts.push(entry.path()),
            }
        }
        Some(Self { path, parts, doubtful, grave })
    }
}

/// Bytes over which a commit decides.
pub(super) struct Doubt {
    shelf: Arc<Shelf>,
    name: String,
    note: Option<PathBuf>,
}

impl Doubt {
    /// They have a row.
    pub(super) async fn kept(self) {
        self.settle(false).await;
    }

    /// They have none.
    pub(super) async fn gone(self) {
        self.settle(true).await;
    }

    async fn settle(self, gone: bool) {
        let settled = blocking(move || {
            if gone {
                remove(&self.shelf.root.join(&self.name))?;
            }
            self.note.as_deref().map_or(Ok(()), remove)
        });
        if let Err(error) = settled.await {
            warn!(%error, "cannot tidy up among uploads, the next start does: {error}");
        }
    }
}

/// Removes a file, unless it is gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Does what waits for the disk where nobody is kept waiting.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(Arc::new(error)))?;
    done.map_err(Error::of_disk)
}
