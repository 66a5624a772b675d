//! The bytes of one file on their way to disk.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use super::shelf::{Shelf, blocking, remove};
use crate::{
    Error,
    scan::{HEAD, mime},
};

/// Bytes that are gathered before they are summed and written: few trips to another thread, and little memory.
const STEP: usize = 256 * 1024;

/// What is written with.
struct Pen {
    file: File,
    sha: Sha256,
}

/// Bytes on their way. Dropped, they are gone.
pub(super) struct Incoming {
    part: PathBuf,
    /// The name they will have.
    name: String,
    pen: Option<Pen>,
    waiting: Vec<u8>,
    head: Vec<u8>,
    size: u64,
}

/// Bytes that are on disk, whole. Dropped before they are placed, they are gone.
pub(super) struct Arrived {
    part: PathBuf,
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) mime: &'static str,
}

impl Incoming {
    pub(super) async fn begin(shelf: Arc<Shelf>) -> Result<Self, Error> {
        // Made over there, so that it is gone even when nobody waits for it any more.
        let begin = move || {
            let (file, name, part) = shelf.begin()?;
            let pen = Some(Pen { file, sha: Sha256::new() });
            Ok(Self { part, name, pen, waiting: Vec::with_capacity(STEP), head: Vec::new(), size: 0 })
        };
        blocking(begin).await
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.size += bytes.len() as u64;
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() < STEP { Ok(()) } else { self.flush(false).await }
    }

    /// Waits until all bytes are on disk. `name` is the client's, which says something of the type.
    pub(super) async fn finish(mut self, name: &str) -> Result<Arrived, Error> {
        self.flush(true).await?;
        let sha = self.pen.take().map(|pen| pen.sha.finalize()).unwrap_or_default();
        Ok(Arrived {
            part: std::mem::take(&mut self.part),
            name: std::mem::take(&mut self.name),
            size: self.size,
            sha256: sha.iter().map(|byte| format!("{byte:02x}")).collect(),
            mime: mime(&self.head, name),
        })
    }

    /// Whoever is interrupted in here has lost the pen and cannot go on, which nobody wants to.
    async fn flush(&mut self, to_disk: bool) -> Result<(), Error> {
        let mut pen = self.pen.take().ok_or(Error::NotFound)?;
        let bytes = std::mem::take(&mut self.waiting);
        let (pen, mut bytes) = blocking(move || {
            pen.sha.update(&bytes);
            pen.file.write_all(&bytes)?;
            if to_disk {
                pen.file.sync_all()?;
            }
            Ok((pen, bytes))
        })
        .await?;
        bytes.clear();
        (self.pen, self.waiting) = (Some(pen), bytes);
        Ok(())
    }
}

impl Arrived {
    /// Gives them their place. From here on they stay.
    pub(super) fn place(mut self, shelf: &Shelf) -> std::io::Result<()> {
        let part = std::mem::take(&mut self.part);
        shelf.place(&part, &self.name).inspect_err(|_| drop(remove(&part)))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        discard(&self.part);
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        discard(&self.part);
    }
}

/// An empty path is one of bytes that somebody else cares for.
fn discard(part: &Path) {
    if !part.as_os_str().is_empty() {
        let _ = remove(part);
    }
}
