//! A look into a source before it is imported: what is in it, what is wrong with it, and whether it can be done.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use lockstep_commerceml::{Error as ReadError, Source};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    ImportOrder, ImportType,
    plan::{Broken, is_full, missing},
    stage::Stage,
    survey::{Surveyed, survey},
};
use crate::{App, Caller, Error, rights::Right};

/// How long a look may take: as long as somebody waits for a page.
const LONGEST: Duration = Duration::from_secs(60);

/// When to ask again while somebody else looks.
const BUSY_S: u64 = 5;

/// Looks that are under way at a time: each takes a core.
#[derive(Debug)]
pub(crate) struct Looks(Arc<Semaphore>);

impl Default for Looks {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// What a source holds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The source.
    pub source: String,
    /// Its files, in the order of work.
    pub files: Vec<PreviewFile>,
    /// Kind → rows, in all files.
    pub counts: BTreeMap<String, u64>,
    /// Files besides, such as pictures.
    pub ignored: u64,
    /// Orders, which are not read.
    pub documents: u64,
    /// Kinds that this type takes and of which there are none, when there is nothing for it at all.
    pub missing: Vec<&'static str>,
    /// Whether something that this type takes is a full load: what is not in it will be marked as deleted.
    pub full: bool,
    /// Whether it has products.
    pub brings_goods: bool,
    /// Whether it can be imported as that type just now.
    pub ready: bool,
    /// Why it cannot.
    pub why: Option<Why>,
}

/// What one file of it holds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewFile {
    /// Its name in the source.
    pub name: String,
    /// Its bytes, unpacked.
    pub bytes: u64,
    /// Such as `UTF-8`; unknown of a broken one.
    pub encoding: Option<String>,
    /// Such as `3.1`.
    pub schema: Option<String>,
    /// Kind → rows.
    pub kinds: BTreeMap<String, u64>,
    /// Sections that are everything there is: `classifier`, `catalog`, `package`, `customers`.
    pub full: Vec<String>,
    /// Code → problems that the file alone shows.
    pub problems: BTreeMap<String, u64>,
    /// Why it cannot be read to its end.
    pub error: Option<Broken>,
    /// The newest session that read the same bytes.
    pub seen_before: Option<String>,
}

/// Why something cannot be imported just now: a code and the values for its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The code, such as `import.catalog_required`.
    pub code: &'static str,
    /// Values for the sentence.
    pub params: Map<String, Json>,
}

impl Why {
    pub(super) fn new(code: &'static str) -> Self {
        Self { code, params: Map::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

impl App {
    /// Reads all files of a source and says what an import of that type would find. One at a time in a process.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::ImportSource`]; [`Error::RateLimited`] while somebody else looks; [`Error::ImportTooLong`] for more
    /// than can be read in a minute.
    pub async fn preview_import(
        &self,
        caller: &Caller,
        import_type: ImportType,
        source: &str,
    ) -> Result<Preview, Error> {
        caller.must(Right::ImportsRun)?;
        let looks = self.0.looks.0.clone();
        let turn = looks.try_acquire_owned().map_err(|_| Error::RateLimited { seconds: BUSY_S })?;
        let opened = Arc::new(self.import_root().open_for(source).await?);
        let files = {
            let opened = opened.clone();
            // The turn goes along: what was given up goes on for a moment.
            spawn_blocking(move || (look(&opened), turn).0).await
        };
        let files = files.map_err(|error| Error::Internal(Arc::new(error)))?;
        let files = files.map_err(|error| self.import_root().refused(source, &error))?;
        let files = files.ok_or(Error::ImportTooLong { seconds: LONGEST.as_secs() })?;
        self.previewed(import_type, source, &opened, files).await
    }

    async fn previewed(
        &self,
        import_type: ImportType,
        source: &str,
        opened: &Source,
        files: Vec<Surveyed>,
    ) -> Result<Preview, Error> {
        let order = ImportOrder::new(import_type, source);
        let rows = |stage: Stage| files.iter().map(|file| file.totals.rows(stage)).sum();
        let missing = missing(&order.stages(), rows);
        let mut counts = BTreeMap::<String, u64>::new();
        for (kind, number) in files.iter().flat_map(|file| &file.totals.kinds) {
            *counts.entry(kind.clone()).or_default() += number;
        }
        let why = self.why_not(import_type, &missing, &files).await?;
        let mut shown = Vec::new();
        for file in &files {
            shown.push(self.shown_file(file).await?);
        }
        Ok(Preview {
            source: source.to_owned(),
            ignored: opened.ignored(),
            documents: files.iter().map(|file| file.totals.documents).sum(),
            full: order.stages().into_iter().any(|stage| is_full(stage, files.iter().map(|file| &file.totals))),
            brings_goods: rows(Stage::Products) > 0,
            files: shown,
            counts,
            missing,
            ready: why.is_none(),
            why,
        })
    }

    /// The first thing that stands in the way.
    async fn why_not(
        &self,
        import_type: ImportType,
        missing: &[&'static str],
        files: &[Surveyed],
    ) -> Result<Option<Why>, Error> {
        if let Some(why) = self.type_not_ready(import_type).await? {
            return Ok(Some(why));
        }
        if let Some((file, broken)) = files.iter().find_map(|file| Some((file, file.totals.error.as_ref()?))) {
            let (name, why) = (file.part.name(), broken.said_of(file.part.name()));
            return Ok(Some(Why::new("import.broken_file").with("file", name).with("why", why)));
        }
        Ok((!missing.is_empty()).then(|| Why::new("import.nothing").with("missing", missing.join(", "))))
    }

    async fn shown_file(&self, file: &Surveyed) -> Result<PreviewFile, Error> {
        let seen_before = match &file.sha256 {
            Some(sum) => self.0.store.import_seen_before(sum).await?,
            None => None,
        };
        let totals = file.totals.clone();
        Ok(PreviewFile {
            name: file.part.name().to_owned(),
            bytes: file.part.size(),
            encoding: file.encoding.clone(),
            schema: totals.schema,
            kinds: totals.kinds,
            full: totals.full,
            problems: totals.problems,
            error: totals.error,
            seen_before: seen_before.map(|job| job.to_string()),
        })
    }
}

/// All files one after the other; nothing when it takes too long.
fn look(source: &Source) -> Result<Option<Vec<Surveyed>>, ReadError> {
    let until = Instant::now() + LONGEST;
    let mut files = Vec::new();
    for part in source.parts() {
        match survey(source, part, || Instant::now() < until)? {
            Some(file) => files.push(file),
            None => return Ok(None),
        }
    }
    Ok(Some(files))
}
