//! Looking at sessions: the job as pages know it, its files, and what was wrong with their rows.

use lockstep_protocol::Position;
use lockstep_store::{
    goods::{FileState, IssuePage, IssueQuery, KeptFile},
    jobs::JobQuery,
};
use serde_json::{Value as Json, json};

use super::{ImportType, cursor::Cursor, plan::Totals, stage::Stage, start::order_of};
use crate::{
    App, Caller, Error,
    error::FieldError,
    jobs::{Job, JobKind, JobPage, JobState, MAX_JOBS},
    list::{self, flag, number},
    rights::Right,
};

/// Sessions that are given when nobody says how many.
const DEFAULT_LIMIT: u32 = 50;

/// The longest word of such a question, in bytes.
const MAX_WORD: usize = 128;

/// Which sessions somebody wants to see, newest first.
#[derive(Debug, Clone, Default)]
pub struct ImportsQuery {
    /// Of this type.
    pub import_type: Option<ImportType>,
    /// In this state.
    pub state: Option<JobState>,
    /// Only those that have not ended.
    pub active: bool,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most so many; nothing: 50.
    pub limit: Option<u32>,
}

impl ImportsQuery {
    /// Reads `type`, `state`, `active` (1 or 0), `before` (an id) and `limit`. An empty value is as good as none.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        list::read(words, Self::default(), Self::take)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), FieldError> {
        let allowed = |names: &[&str]| FieldError::new("field.not_allowed").with("allowed", names);
        match name {
            "type" => {
                let known = ImportType::ALL.map(ImportType::name);
                self.import_type = Some(value.parse().map_err(|_| allowed(&known))?);
            }
            "state" => {
                let known = JobState::ALL.map(JobState::name);
                self.state = Some(value.parse().map_err(|_| allowed(&known))?);
            }
            "before" if value.len() > MAX_WORD => return Err(FieldError::new("field.too_long").with("max", MAX_WORD)),
            "before" => self.before = Some(value),
            "active" => self.active = flag(&value)?,
            "limit" => self.limit = Some(number(&value, MAX_JOBS)?),
            _ => return Err(FieldError::new("field.unknown")),
        }
        Ok(())
    }
}

impl App {
    /// Some sessions. Each is shown by [`Job::shown`].
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn import_sessions(&self, caller: &Caller, query: &ImportsQuery) -> Result<JobPage, Error> {
        caller.must(Right::ImportsRun)?;
        let types = ImportType::ALL.into_iter().filter(|any| query.import_type.is_none_or(|wanted| wanted == *any));
        let kinds = types.map(|import_type| JobKind::Import(import_type).name().to_owned()).collect();
        let ImportsQuery { state, active, before, limit, .. } = query.clone();
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        Ok(self.0.store.jobs(&JobQuery { kinds, state, active, before, limit, ..JobQuery::default() }).await?)
    }

    /// One session with its files, and how far the ledger had come before it was read.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn import_session(&self, caller: &Caller, id: &str) -> Result<(Json, Position), Error> {
        caller.must(Right::ImportsRun)?;
        let position = self.position(caller, None).await?;
        let job = self.import(id).await?;
        let files = self.0.store.import_files(job.id).await?;
        let mut shown = job.shown();
        shown["files"] = shown_files(&job, &files)?;
        Ok((shown, position))
    }

    /// Ends a session: at once where it waits, in a moment where it runs. What it has written stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::JobFinished`] when it has ended.
    pub async fn cancel_import(&self, caller: &Caller, id: &str) -> Result<Job, Error> {
        caller.must(Right::ImportsRun)?;
        self.import(id).await?;
        self.cancel_job(caller, id).await
    }

    /// What was wrong with rows of a session, in the order in which it was found.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn import_issues(&self, caller: &Caller, id: &str, query: &IssueQuery) -> Result<IssuePage, Error> {
        caller.must(Right::ImportsRun)?;
        let job = self.import(id).await?;
        Ok(self.0.store.import_issues(job.id, query).await?)
    }
}

/// The files of a session, each with how far it is.
fn shown_files(job: &Job, files: &[KeptFile]) -> Result<Json, Error> {
    let stages = order_of(job)?.stages();
    let cursor = job.cursor.as_deref().and_then(Cursor::read);
    let over = matches!(job.state, JobState::Completed | JobState::CompletedWithErrors);
    let at =
        cursor.as_ref().and_then(|cursor| files.iter().position(|kept| Some(&kept.file.name) == cursor.file.as_ref()));
    let shown = files.iter().enumerate().map(|(place, KeptFile { file, .. })| {
        let totals: Totals = serde_json::from_value(file.totals.clone()).unwrap_or_default();
        let rows: u64 = stages.iter().map(|stage| totals.rows(*stage)).sum();
        let done = match &cursor {
            _ if over => rows,
            Some(cursor) => done(cursor, &stages, &totals, at.map(|at| place.cmp(&at))),
            None => 0,
        };
        let state = match file.state {
            FileState::Broken | FileState::Skipped => file.state,
            _ if done >= rows && (over || cursor.is_some()) => FileState::Done,
            _ if at == Some(place) && job.is_active() => FileState::Running,
            _ => FileState::Waiting,
        };
        json!({"name": file.name, "kinds": file.kinds, "bytes": file.bytes, "encoding": file.encoding, "rows": rows,
            "done": done, "state": state.name(), "error": file.error})
    });
    Ok(shown.collect())
}

/// Rows of a file that are done: all of the steps before, and of the one under way those of the files before the cursor's, and its own up
/// to there.
fn done(cursor: &Cursor, stages: &[Stage], totals: &Totals, place: Option<std::cmp::Ordering>) -> u64 {
    let before: u64 = stages.iter().filter(|stage| **stage < cursor.stage).map(|stage| totals.rows(*stage)).sum();
    let rows = totals.rows(cursor.stage);
    before
        + match place {
            Some(std::cmp::Ordering::Less) => rows,
            Some(std::cmp::Ordering::Equal) => cursor.done.min(rows),
            _ => 0,
        }
}
