//! Imports from 1C: an exchange becomes rows of the catalogue, and the catalogue follows the exchange.
//!
//! An import is a job ([`crate::jobs`]): one at a time writes to the catalogue, it ends at somebody's wish within a second, and another worker
//! goes on with it when its own is lost. Its source lies below the root that the operator has named. Every file is read once before
//! anything is written; a broken one stops the import there, and a bad row is a problem that stops nothing. A second import of the same
//! source writes nothing. A dry run does all of it and keeps no more than what it counted.

mod asked;
mod begin;
mod cursor;
mod exchange;
mod folder;
mod full;
mod issues;
mod mark;
mod notice;
mod order;
mod plan;
mod preview;
mod read;
mod rows;
mod run;
mod session;
mod sets;
mod shelf;
mod stage;
mod start;
mod survey;
mod talk;
mod upload;

use cursor::Cursor;
use run::Run;

use crate::{
    App, Error,
    jobs::{Job, JobCtx, JobError, JobHandler, JobKind, Report},
};

pub use asked::issue_query;
pub use exchange::{Exchange, ExchangeError, Opened as OpenedExchange, Piece, Step};
pub use lockstep_commerceml::Limits as ImportLimits;
pub use lockstep_store::goods::{Issue, IssuePage, IssueQuery, IssueRow, IssueTotal, MAX_ISSUES, Severity};
pub use mark::{Answer as MarkAnswer, ImportMark, Seen as MarkSeen};
pub use order::{ImportOrder, ImportType, Only, UnknownImportType};
pub use plan::Broken as BrokenFile;
pub use preview::{Preview, PreviewFile, Why};
pub use session::ImportsQuery;
pub use shelf::SourceItem;
pub use start::{ImportSources, TypeReady};
pub use upload::ImportUpload;

pub(crate) use mark::Mirror;
pub(crate) use preview::Looks;
pub(crate) use shelf::Root;

/// Does imports of one type.
#[derive(Debug, Clone, Copy)]
pub struct Imports(pub ImportType);

impl JobHandler for Imports {
    type Payload = ImportOrder;

    fn kind(&self) -> JobKind {
        JobKind::Import(self.0)
    }

    async fn run(&self, order: ImportOrder, ctx: JobCtx) -> Result<Report, JobError> {
        let others = match self.0 {
            ImportType::Customers => Mirror::default(),
            _ => ctx.app().0.import_mirror.clone(),
        };
        let tasks = &ctx.app().0.road.tasks;
        let held = others.hold(tasks, ctx.id(), ctx.job().fence).await.map_err(|error| kept_out(&error))?;
        let work = async {
            let run = match ctx.cursor().and_then(Cursor::read) {
                Some(cursor) => Run::resume(ctx.clone(), order, cursor).await?,
                None => Run::begin(ctx.clone(), order).await?,
            };
            run.go_on().await
        };
        tokio::select! {
            done = work => done,
            error = held.lost() => Err(kept_out(&error)),
        }
    }

    async fn ended(&self, app: &App, job: &Job) -> Result<(), Error> {
        notice::tell(app, job).await
    }

    fn place(&self, cursor: &str) -> String {
        Cursor::read(cursor).map_or_else(|| cursor.to_owned(), |cursor| cursor.place())
    }
}

fn kept_out(error: &Error) -> JobError {
    JobError::fatal(error.code(), error.to_string())
}
