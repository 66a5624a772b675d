//! Files that a person sends to be imported: one set, which is there whole or not at all.

use std::{
    fs::{self, File},
    path::PathBuf,
    sync::Arc,
};

use tokio::{io::AsyncWriteExt, sync::OwnedSemaphorePermit};

use super::{
    folder::Folder,
    sets::{UPLOADS, begin},
};
use crate::{
    App, Caller, Error,
    error::FieldError,
    rights::Right,
    uploads::{MAX_FILES, blocking},
};

/// What a file is called until all of the set is there: nobody looks into files whose names begin with a point.
const COMING: &str = ".coming-";

/// Endings of what can be imported.
const ENDINGS: [&str; 2] = [".xml", ".zip"];

/// A set on its way. Dropped before [`ImportUpload::finish`], it is gone.
#[derive(Debug)]
pub struct ImportUpload {
    path: PathBuf,
    name: String,
    folder: Option<Arc<Folder>>,
    file: Option<tokio::fs::File>,
    /// As they will be called, in the order in which they came.
    names: Vec<String>,
    _place: OwnedSemaphorePermit,
}

impl App {
    /// Begins to take a set.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::RateLimited`] when too many uploads are under way; [`Error::Unavailable`], [`Error::NoSpace`].
    pub async fn import_upload(&self, caller: &Caller) -> Result<ImportUpload, Error> {
        caller.must(Right::ImportsRun)?;
        let place = self.0.uploads.place()?;
        let (root, now) = (self.import_root().path.clone(), self.clock().now_ms());
        // Made over there, so that it is gone even when nobody waits for it any more.
        let begin = move || {
            let (id, folder) = begin(&root, UPLOADS, now)?;
            let name = format!("{UPLOADS}/{id}");
            let (path, folder) = (root.join(&name), Some(Arc::new(folder)));
            Ok(ImportUpload { path, name, folder, file: None, names: Vec::new(), _place: place })
        };
        blocking(begin).await
    }
}

impl ImportUpload {
    /// The next file. Of the client's name what lies before the last `/` or `\` is left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the name, [`Error::TooLarge`] when there are [`MAX_FILES`] already, [`Error::NoSpace`],
    /// [`Error::Unavailable`].
    pub async fn begin_file(&mut self, name: &str) -> Result<(), Error> {
        self.end_file().await?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned();
        self.check(&name)?;
        let (folder, temporary) = (self.folder.clone(), self.temporary(self.names.len()));
        let file = blocking(move || folder.as_ref().map(|folder| folder.create(&temporary)).transpose()).await?;
        self.file = file.map(tokio::fs::File::from_std);
        self.names.push(name);
        Ok(())
    }

    fn check(&self, name: &str) -> Result<(), Error> {
        let wrong = |code| Err(Error::field("file", FieldError::new(code)));
        let lower = name.to_lowercase();
        if self.names.len() == MAX_FILES {
            return Err(Error::TooLarge { max: MAX_FILES });
        }
        if !ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            return Err(Error::field("file", FieldError::new("field.not_allowed").with("allowed", ENDINGS.as_slice())));
        }
        match lockstep_commerceml::within(name) {
            Ok(_) if name.starts_with('.') => wrong("field.format"),
            Ok(_) if self.names.iter().any(|taken| taken.to_lowercase() == lower) => wrong("field.taken"),
            Ok(_) => Ok(()),
            Err(_) => wrong("field.format"),
        }
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Unavailable`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.file {
            Some(file) => file.write_all(bytes).await.map_err(Error::of_disk),
            None => Ok(()),
        }
    }

    /// The file is whole.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Unavailable`].
    pub async fn end_file(&mut self) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.flush().await.map_err(Error::of_disk)?;
        file.sync_all().await.map_err(Error::of_disk)
    }

    /// How many files have come.
    pub fn files(&self) -> usize {
        self.names.len()
    }

    /// The set is whole; answers its name, which an order calls `source`.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Unavailable`].
    pub async fn finish(mut self) -> Result<String, Error> {
        self.end_file().await?;
        blocking(move || {
            let Some(folder) = &self.folder else { return Ok(String::new()) };
            for (place, name) in self.names.iter().enumerate() {
                folder.rename(&self.temporary(place), name)?;
            }
            File::open(&self.path)?.sync_all()?;
            self.folder = None;
            Ok(std::mem::take(&mut self.name))
        })
        .await
    }

    fn temporary(&self, place: usize) -> String {
        format!("{COMING}{place}")
    }
}

impl Drop for ImportUpload {
    fn drop(&mut self) {
        if self.folder.is_some() {
            // What cannot be removed now is removed when it is old.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
