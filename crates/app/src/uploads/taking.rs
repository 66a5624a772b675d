//! An upload from its first file to its rows.

use std::sync::Arc;

use lockstep_store::{Author, Entity, Fields};
use serde_json::{Value as Json, json};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    MAX_FILES,
    bytes::{Arrived, Incoming},
    news::News,
    shelf::{Doubt, Shelf, blocking},
};
use crate::{
    App, Caller, Edited, Error,
    edit::author,
    entities::check_new,
    error::{FieldError, FieldErrors},
    rights::Right,
};

/// The longest name of an upload, in bytes.
const MAX_NAME: usize = 64;

/// What is said of an upload before its first file.
#[derive(Debug, Clone, Default)]
pub struct NewUpload {
    /// The category of its files.
    pub category_id: Option<String>,
    /// The registrator of its files.
    pub registrator_id: Option<String>,
    /// The note of its files.
    pub note: Option<String>,
    /// The client's own name for it, at most 64 letters, digits and signs; by it the client knows its notices.
    pub upload_id: Option<String>,
    /// How many bytes will come in all, if that is known.
    pub total: Option<u64>,
}

impl NewUpload {
    fn fields(&self) -> Json {
        let Self { category_id, registrator_id, note, .. } = self;
        json!({"category_id": category_id, "registrator_id": registrator_id, "note": note.as_deref().unwrap_or_default()})
    }
}

/// Files on their way. Dropped before [`Upload::finish`], there are none.
pub struct Upload {
    app: App,
    shelf: Arc<Shelf>,
    common: Json,
    begun: Option<(Fields, Incoming)>,
    arrived: Vec<(Fields, Arrived)>,
    news: News,
    _place: OwnedSemaphorePermit,
}

impl App {
    /// Begins to take files.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] for what is said of it; [`Error::RateLimited`] when too many are under way.
    pub async fn upload(&self, caller: &Caller, new: &NewUpload) -> Result<Upload, Error> {
        caller.must(Right::Edit(Entity::Files))?;
        self.check_upload(new).await?;
        let uploads = &self.0.uploads;
        let place = uploads.place()?;
        let shelf = uploads.shelf()?;
        let news = News::begin(self, caller, new.upload_id.clone(), new.total);
        let (begun, arrived, common) = (None, Vec::new(), new.fields());
        Ok(Upload { app: self.clone(), shelf, common, begun, arrived, news, _place: place })
    }

    /// Refuses before the bytes come what would be refused after them.
    async fn check_upload(&self, new: &NewUpload) -> Result<(), Error> {
        let mut errors = match check_new(Entity::Files, &with_name(&new.fields(), "x")) {
            Ok(_) => FieldErrors::new(),
            Err(error) => error.fields(),
        };
        let sane = |id: &String| (1..=MAX_NAME).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if new.upload_id.as_ref().is_some_and(|id| !sane(id)) {
            errors.insert("upload_id".into(), FieldError::new("field.format"));
        }
        for (field, entity, id) in [
            ("category_id", Entity::Categories, &new.category_id),
            ("registrator_id", Entity::Registrators, &new.registrator_id),
        ] {
            let Some(id) = id.as_ref().filter(|id| !id.trim().is_empty() && !errors.contains_key(field)) else {
                continue;
            };
            match self.0.store.get(entity, id).await {
                Err(lockstep_store::Error::NotFound) => {
                    errors.insert(field.into(), FieldError::new("field.no_such"));
                }
                found => drop(found?),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid { fields: errors }) }
    }
}

impl Upload {
    /// The next file. Of the client's name what lies before the last `/` or `\` is left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the name, [`Error::TooLarge`] when there are [`MAX_FILES`] already, [`Error::NoSpace`],
    /// [`Error::Unavailable`].
    pub async fn begin_file(&mut self, name: &str) -> Result<(), Error> {
        self.end_file().await?;
        if self.arrived.len() == MAX_FILES {
            return Err(Error::TooLarge { max: MAX_FILES });
        }
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let fields = check_new(Entity::Files, &with_name(&self.common, name))?;
        self.begun = Some((fields, Incoming::begin(self.shelf.clone()).await?));
        self.news.file(name);
        Ok(())
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    /// [`Error::NoSpace`]; [`Error::Unavailable`], also when the process ends.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.app.0.uploads.closing.is_cancelled() {
            return Err(Error::Unavailable(Arc::new(std::io::Error::other("the worker ends"))));
        }
        let Some((_, incoming)) = &mut self.begun else { return Ok(()) };
        incoming.write(bytes).await
    }

    /// So many bytes of all have come.
    pub fn loaded(&self, bytes: u64) {
        self.news.loaded(bytes);
    }

    /// The file is whole.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Unavailable`].
    pub async fn end_file(&mut self) -> Result<(), Error> {
        let Some((mut fields, incoming)) = self.begun.take() else { return Ok(()) };
        let name = fields.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let arrived = incoming.finish(&name).await?;
        fields.insert("size".into(), arrived.size.into());
        fields.insert("mime".into(), arrived.mime.into());
        fields.insert("sha256".into(), arrived.sha256.as_str().into());
        fields.insert("content".into(), arrived.name.as_str().into());
        self.arrived.push((fields, arrived));
        Ok(())
    }

    /// How many files have come whole.
    pub fn files(&self) -> usize {
        self.arrived.len()
    }

    /// Adds the rows, all or none, whether or not the caller still waits. `origin` is his page, by its `X-Client-Id`.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NoSpace`], [`Error::Unavailable`], [`Error::InDoubt`].
    pub async fn finish(mut self, caller: &Caller, origin: Option<&str>) -> Result<Vec<Edited>, Error> {
        self.end_file().await?;
        let (author, tasks) = (author(caller, origin), self.app.0.road.tasks.clone());
        let job = tasks.spawn(async move {
            let added = self.add(&author).await;
            match &added {
                Ok(edited) => self.news.completed(edited.iter().map(|edited| edited.row.id.clone()).collect()),
                Err(error) => self.news.failed(error),
            }
            added
        });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))?
    }

    /// It comes to nothing, for this reason.
    pub fn fail(self, error: &Error) {
        self.news.failed(error);
    }

    /// The bytes first, so that no row is ever without.
    async fn add(&mut self, author: &Author) -> Result<Vec<Edited>, Error> {
        let (rows, arrived): (Vec<Fields>, Vec<Arrived>) = std::mem::take(&mut self.arrived).into_iter().unzip();
        let mut doubts = Vec::with_capacity(arrived.len());
        for arrived in &arrived {
            doubts.push(self.shelf.doubt(arrived.name.clone()).await);
        }
        let shelf = self.shelf.clone();
        let placed = blocking(move || {
            arrived.into_iter().try_for_each(|arrived| arrived.place(&shelf))?;
            shelf.sync()
        });
        let added = match placed.await {
            Ok(()) => self.commit(&rows, author).await,
            Err(error) => Err(error),
        };
        settle(doubts, &added).await;
        added
    }

    async fn commit(&self, rows: &[Fields], author: &Author) -> Result<Vec<Edited>, Error> {
        let pending = self.app.0.store.create_all(Entity::Files, rows, author).await?;
        self.app.0.road.settle_all(pending).await
    }
}

/// What nobody knows is left to whoever sweeps up after us.
async fn settle(doubts: Vec<Doubt>, added: &Result<Vec<Edited>, Error>) {
    for doubt in doubts {
        match added {
            Ok(_) => doubt.kept().await,
            Err(Error::InDoubt(_)) => {}
            Err(_) => doubt.gone().await,
        }
    }
}

fn with_name(common: &Json, name: &str) -> Json {
    let mut fields = common.clone();
    fields["name"] = name.into();
    fields
}
