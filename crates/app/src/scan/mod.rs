//! The scan of a registrator's folder: its files become rows, and rows follow their files.
//!
//! A scan is a job ([`crate::jobs`]): one at a time for each registrator, ended at somebody's wish within a second, gone on with by another
//! worker when its own is lost. It walks the folder ([`walk`]) and gives what it finds to the store a stretch at a time; what is read
//! of files is read outside of any transaction. A second scan of a folder that nobody has touched writes nothing.
//! Folders lie below the directories that the operator has named ([`Roots`]).

mod notice;
mod roots;
mod run;
mod take;
mod talk;
mod walk;

use std::time::Duration;

use lockstep_store::Entity;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use roots::Roots;
pub(crate) use walk::{HEAD, mime};

use crate::{
    App, Caller, Error,
    jobs::{Job, JobCtx, JobError, JobHandler, JobKind, Report, Subject, Wish},
    rights::Right,
};
use run::Run;

/// What a scan is to do beside looking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanOptions {
    /// Sum the bytes of each file that has no sum yet.
    pub sha256: bool,
    /// Believe it when most of the files are gone.
    pub force: bool,
}

/// What a job is given: the registrator, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScanOrder {
    /// The id of the registrator.
    registrator: String,
    sha256: bool,
    force: bool,
}

impl App {
    /// Has the folder of a registrator scanned.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`]; [`Error::ScanDisabled`] for a registrator that is switched off; [`Error::ScanNoRoot`]
    /// when its folder is not there, or not below a scan root; [`Error::JobRunning`] with the scan of it that is under way.
    pub async fn scan(&self, caller: &Caller, registrator: &str, options: ScanOptions) -> Result<Job, Error> {
        caller.must(Right::ScansRun)?;
        let (row, _) = self.0.store.get(Entity::Registrators, registrator).await?;
        let text = |name: &str| row.value.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        if row.value.get("enabled") != Some(&Json::Bool(true)) {
            return Err(Error::ScanDisabled);
        }
        let (roots, folder) = (self.roots().clone(), text("folder"));
        let shown = roots.to_string();
        let located = tokio::task::spawn_blocking(move || roots.locate(&folder)).await;
        if !matches!(located, Ok(Some(_))) {
            return Err(Error::ScanNoRoot { folder: text("folder"), roots: shown });
        }
        let ScanOptions { sha256, force } = options;
        let order = ScanOrder { registrator: row.id.clone(), sha256, force };
        let subject =
            Subject { entity: Entity::Registrators.name().to_owned(), id: row.id.clone(), name: text("name") };
        let lock_scope = Some(format!("scan:{}", row.id));
        let wish = Wish { lock_scope, subject: Some(subject), ..Wish::new(JobKind::Scan, &order)? };
        self.enqueue(caller, wish).await
    }

    /// The id of the registrator of that name, or with that id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn find_registrator(&self, caller: &Caller, name: &str) -> Result<String, Error> {
        caller.must(Right::View(Entity::Registrators))?;
        if let Some(id) = self.by_name(Entity::Registrators, name).await? {
            return Ok(id);
        }
        Ok(self.0.store.get(Entity::Registrators, name).await?.0.id)
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.0.scan_roots
    }
}

/// Does scans, on a machine that has the folders.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scans;

/// How soon another worker may try, where this one's machine lacks the folder.
const ELSEWHERE: Duration = Duration::from_secs(2);

impl JobHandler for Scans {
    type Payload = ScanOrder;

    fn kind(&self) -> JobKind {
        JobKind::Scan
    }

    async fn run(&self, order: ScanOrder, ctx: JobCtx) -> Result<Report, JobError> {
        let row = ctx.app().store().get(Entity::Registrators, &order.registrator).await;
        let (row, _) = row.map_err(run::deleted)?;
        let folder = row.value.get("folder").and_then(Json::as_str).unwrap_or_default().to_owned();
        let (roots, wanted) = (ctx.app().roots().clone(), folder.clone());
        match tokio::task::spawn_blocking(move || roots.locate(&wanted)).await {
            Ok(Some(located)) => Run::scan(ctx, order, &folder, located).await,
            _ => Err(nowhere(&ctx, &folder)),
        }
    }

    async fn ended(&self, app: &App, job: &Job) -> Result<(), Error> {
        notice::tell(app, job).await
    }
}

/// A folder that is not there may be on another machine of the same database; with a file there is no other.
fn nowhere(ctx: &JobCtx, folder: &str) -> JobError {
    let why = format!("the folder {folder} is not there; look whether it is mounted, and below [jobs] scan_roots");
    if ctx.app().store().is_file() || ctx.attempt() >= ctx.job().max_attempts {
        return JobError::fatal("scan.no_root", why);
    }
    JobError::Retry { why, after: Some(ELSEWHERE) }
}
