//! Wanting an import: what there is, whether it may begin, and having one again.

use std::collections::BTreeSet;

use lockstep_commerceml::Part;
use lockstep_store::{
    goods::{FileState, ImportFile, IssueQuery, KeptFile, Severity},
    jobs::JobQuery,
};
use tokio::task::spawn_blocking;

use super::{
    ImportOrder, ImportType, SourceItem, Why,
    cursor::Cursor,
    shelf::{Root, ms},
};
use crate::{
    App, Caller, Error,
    jobs::{Job, JobKind, JobState, Wish},
    rights::Right,
};

/// Problems that are looked at at once.
const PAGE: u32 = 1_000;

/// What can be imported.
#[derive(Debug, Clone)]
pub struct ImportSources {
    /// Where sources lie, on this machine.
    pub root: String,
    /// Those that there are, one level below the root and one more.
    pub items: Vec<SourceItem>,
    /// Which types can begin just now.
    pub types: Vec<TypeReady>,
    /// The import of the catalogue that is under way, else one of customers.
    pub active: Option<Job>,
}

/// Whether a type of import can begin.
#[derive(Debug, Clone)]
pub struct TypeReady {
    /// The type.
    pub import_type: ImportType,
    /// Why it cannot.
    pub why: Option<Why>,
}

impl App {
    /// Wants an import.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`]; [`Error::ImportSource`] when there is nothing to read of that name;
    /// [`Error::CatalogRequired`] for stocks and prices while there are no products; [`Error::JobRunning`] with the import that is under way.
    pub async fn start_import(&self, caller: &Caller, order: ImportOrder) -> Result<Job, Error> {
        caller.must(Right::ImportsRun)?;
        order.check()?;
        self.import_root().open_for(&order.source).await?;
        self.must_be_alone(order.import_type).await?;
        self.enqueue(caller, wish(&order)?).await
    }

    /// Wants a session once more: from where it ended if the files are the same and it was not completed, else from the beginning. With
    /// `only_errors` only the files in which there were errors.
    ///
    /// # Errors
    /// As [`App::start_import`]; [`Error::NotFound`], [`Error::ImportNoErrors`].
    pub async fn retry_import(&self, caller: &Caller, id: &str, only_errors: bool) -> Result<Job, Error> {
        caller.must(Right::ImportsRun)?;
        let job = self.import(id).await?;
        if job.is_active() {
            return Err(Error::JobRunning { code: "import.running", job: Box::new(job) });
        }
        let mut order = order_of(&job)?;
        self.import_root().open_for(&order.source).await?;
        let cursor = match only_errors {
            true => {
                order.only_files = self.files_with_errors(&job).await?;
                None
            }
            false => self.cursor_to_go_on(&job, &order).await?,
        };
        let wish = Wish { cursor, retry_of: Some(job.id), ..wish(&order)? };
        self.must_be_alone(order.import_type).await?;
        self.enqueue(caller, wish).await
    }

    /// What lies below the root, and what can begin.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn import_sources(&self, caller: &Caller) -> Result<ImportSources, Error> {
        caller.must(Right::ImportsRun)?;
        let root = self.import_root().clone();
        let items = spawn_blocking(move || root.items()).await;
        let items = items.map_err(|error| Error::Internal(std::sync::Arc::new(error)))?;
        let mut types = Vec::new();
        for import_type in ImportType::ALL {
            types.push(TypeReady { import_type, why: self.type_not_ready(import_type).await? });
        }
        let active = match self.active_import(ImportType::Catalog).await? {
            Some(job) => Some(job),
            None => self.active_import(ImportType::Customers).await?,
        };
        Ok(ImportSources { root: self.import_root().path.display().to_string(), items, types, active })
    }

    /// Refuses an import of goods while the importer of somebody else is at work.
    async fn must_be_alone(&self, import_type: ImportType) -> Result<(), Error> {
        match import_type {
            ImportType::Customers => Ok(()),
            _ => self.0.import_mirror.must_be_free().await,
        }
    }

    /// Why an import of that type cannot begin just now, whatever its source.
    pub(super) async fn type_not_ready(&self, import_type: ImportType) -> Result<Option<Why>, Error> {
        if let Some(job) = self.active_import(import_type).await? {
            return Ok(Some(Why::new("import.running").with("job", job.id.to_string())));
        }
        let lacks = import_type.needs_products() && !self.0.store.has_products().await?;
        Ok(lacks.then(|| Why::new("import.catalog_required")))
    }

    /// The import that keeps one of that type from beginning.
    async fn active_import(&self, import_type: ImportType) -> Result<Option<Job>, Error> {
        let same = ImportType::ALL.into_iter().filter(|other| other.lock_scope() == import_type.lock_scope());
        let kinds = same.map(|import_type| JobKind::Import(import_type).name().to_owned()).collect();
        let query = JobQuery { kinds, active: true, limit: 1, ..JobQuery::default() };
        Ok(self.0.store.jobs(&query).await?.jobs.pop())
    }

    /// The job of that id, if it is an import.
    pub(super) async fn import(&self, id: &str) -> Result<Job, Error> {
        let job = self.0.store.job(id).await?;
        let is_import = matches!(JobKind::of(&job.kind), Some(JobKind::Import(_)));
        if is_import { Ok(job) } else { Err(Error::NotFound) }
    }

    pub(crate) fn import_root(&self) -> &Root {
        &self.0.import_root
    }

    /// The cursor of a session that did not come to its end, if what it had read is the same still. Of a full load, or a dry run, it
    /// is known no more what had been seen: that begins again.
    async fn cursor_to_go_on(&self, job: &Job, order: &ImportOrder) -> Result<Option<String>, Error> {
        let ended = matches!(job.state, JobState::Completed | JobState::CompletedWithErrors);
        let cursor = job.cursor.as_deref().and_then(Cursor::read).filter(|cursor| !cursor.remembers && !ended);
        let Some(cursor) = cursor.filter(|_| !order.dry_run) else { return Ok(None) };
        let same = self.has_same_files(job, order).await?;
        Ok(same.then(|| cursor.of_another(job.id).write()))
    }

    /// Whether the files of a session are there still, of the same size and time.
    async fn has_same_files(&self, job: &Job, order: &ImportOrder) -> Result<bool, Error> {
        let source = self.import_root().open_for(&order.source).await?;
        let known = self.0.store.import_files(job.id).await?;
        let same = known.iter().all(|KeptFile { file, .. }| {
            source.parts().iter().any(|part| part.name() == file.name && looks_like(part, file))
        });
        Ok(same && !known.is_empty())
    }

    /// The files of a session that are broken, or in which something was skipped.
    async fn files_with_errors(&self, job: &Job) -> Result<Vec<String>, Error> {
        let kept = self.0.store.import_files(job.id).await?.into_iter().map(|kept| kept.file);
        let broken = kept.filter(|file| file.state == FileState::Broken);
        let mut files: BTreeSet<String> = broken.map(|file| file.name).collect();
        let mut query = IssueQuery { severity: Some(Severity::Error), limit: PAGE, ..IssueQuery::default() };
        loop {
            let page = self.0.store.import_issues(job.id, &query).await?;
            files.extend(page.items.into_iter().filter_map(|issue| issue.row.file));
            let Some(next) = page.next else { break };
            query.after = next;
        }
        if files.is_empty() { Err(Error::ImportNoErrors) } else { Ok(files.into_iter().collect()) }
    }
}

/// Whether a file is of the size and the time that it was.
pub(super) fn looks_like(part: &Part, file: &ImportFile) -> bool {
    i64::try_from(part.size()).ok() == Some(file.bytes) && part.modified().map(ms) == file.modified
}

fn wish(order: &ImportOrder) -> Result<Wish, Error> {
    Ok(Wish {
        lock_scope: Some(order.import_type.lock_scope().to_owned()),
        needs_products: order.needs_products(),
        ..Wish::new(JobKind::Import(order.import_type), order)?
    })
}

pub(super) fn order_of(job: &Job) -> Result<ImportOrder, Error> {
    serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(std::sync::Arc::new(error)))
}
