//! Files that people send: their bytes go to disk as they come, and become rows together, or not at all.
//!
//! An [`Upload`] takes one file after the other; [`Upload::finish`] gives the bytes their places and adds the rows in one transaction.
//! One that is dropped before, whatever the reason, leaves nothing behind, and neither does a process that dies in the middle
//! ([`shelf`]). Whoever sends is told how far it is and how it ended ([`news`]).
//! The name that a client gives is the name of a row and of nothing on disk.

mod bytes;
mod news;
mod shelf;
mod taking;

use std::{path::PathBuf, sync::Arc};

use lockstep_store::{Author, Entity, Error as StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub(crate) use shelf::blocking;
pub use taking::{NewUpload, Upload};

use crate::{App, Caller, Edited, Error, rights::Right};
use shelf::Shelf;

/// Files of one upload.
pub const MAX_FILES: usize = 20;

/// Uploads that a worker takes at once: each holds half a megabyte, and all of them share one disk.
const AT_ONCE: usize = 32;

/// When it makes sense to try again after that, in seconds.
const BUSY_S: u64 = 5;

/// What the application has for uploads.
pub(crate) struct Uploads {
    shelf: Option<Arc<Shelf>>,
    places: Arc<Semaphore>,
    closing: CancellationToken,
}

/// The bytes of a file, to be read.
#[derive(Debug)]
pub struct Content {
    /// An open file, at its beginning.
    pub file: std::fs::File,
    /// How many bytes.
    pub size: u64,
    /// The name of its row.
    pub name: String,
    /// The type, as the row says.
    pub mime: String,
}

impl Uploads {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        let shelf = directory.map(|directory| Arc::new(Shelf::new(directory)));
        Self { shelf, places: Arc::new(Semaphore::new(AT_ONCE)), closing: CancellationToken::new() }
    }

    /// Ends what is under way.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }

    /// A place among those that send something, whatever becomes of it.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.places.clone().try_acquire_owned().map_err(|_| Error::RateLimited { seconds: BUSY_S })
    }

    fn shelf(&self) -> Result<Arc<Shelf>, Error> {
        self.shelf.clone().ok_or(Error::NotFound)
    }
}

impl App {
    /// The bytes of a file that was uploaded.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`] when there is no such file, or it has no bytes here; [`Error::Unavailable`].
    pub async fn content(&self, caller: &Caller, id: &str) -> Result<Content, Error> {
        caller.must(Right::View(Entity::Files))?;
        let name = self.0.store.content(id).await?.ok_or(Error::NotFound)?;
        let (row, _) = self.0.store.get(Entity::Files, id).await?;
        let shelf = self.0.uploads.shelf()?;
        let (file, size) = shelf::blocking(move || shelf.open(&name)).await?;
        let text = |field: &str| row.value[field].as_str().unwrap_or_default().to_owned();
        Ok(Content { file, size, name: text("name"), mime: text("mime") })
    }

    /// The name of the bytes that go with a row. Whether there is such a row is for others to say.
    pub(crate) async fn content_of(&self, entity: Entity, id: &str) -> Result<Option<String>, Error> {
        if entity != Entity::Files {
            return Ok(None);
        }
        match self.0.store.content(id).await {
            Err(StoreError::NotFound) => Ok(None),
            content => Ok(content?),
        }
    }

    /// Deletes a file's row, and its bytes once that is committed, whether or not the caller still waits.
    pub(crate) async fn delete_with_content(
        &self,
        id: &str,
        expect: Option<i64>,
        author: Author,
        content: String,
    ) -> Result<Edited, Error> {
        let shelf = self.0.uploads.shelf()?;
        let (app, id) = (self.clone(), id.to_owned());
        let job = self.0.road.tasks.spawn(async move {
            let doubt = shelf.doubt(content).await;
            let deleted = app.delete_row(Entity::Files, &id, expect, &author).await;
            match &deleted {
                Ok(_) => doubt.gone().await,
                // It may be deleted: whoever sweeps up after us will know.
                Err(Error::InDoubt(_)) => {}
                Err(_) => doubt.kept().await,
            }
            deleted
        });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))?
    }

    /// Removes what processes that are gone have left of uploads that came to nothing, and of files that were deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep_uploads(&self) -> Result<(), Error> {
        let Some(shelf) = self.0.uploads.shelf.clone() else { return Ok(()) };
        let looked = shelf.clone();
        for left in shelf::blocking(move || Ok(looked.left_behind())).await? {
            let owned = self.0.store.owned_contents(&left.doubtful).await?;
            let shelf = shelf.clone();
            shelf::blocking(move || shelf.clear(left, &owned)).await?;
        }
        Ok(())
    }
}
