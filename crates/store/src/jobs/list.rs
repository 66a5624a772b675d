//! Looking at jobs, and forgetting those that ended long ago.

use lockstep_protocol::Position;

use super::{
    job::{Job, JobState},
    rows,
};
use crate::{Store, engine::sql, error::Error, ledger, row::parse_id};

/// The most jobs that are given at once.
pub const MAX_JOBS: u32 = 200;

/// Jobs that one transaction forgets at most.
const FORGET_STEP: i64 = 1_000;

/// Which jobs are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// Of these kinds.
    pub kinds: Vec<String>,
    /// About this, as `registrators:5`.
    pub subject: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
    /// Only those that have not ended.
    pub active: bool,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most so many; 1 to [`MAX_JOBS`].
    pub limit: u32,
}

/// Some jobs.
#[derive(Debug, Clone)]
pub struct JobPage {
    /// They, newest first.
    pub jobs: Vec<Job>,
    /// What `before` is to be for those that follow, if there are any.
    pub next: Option<String>,
    /// How far the ledger had come when they were read.
    pub position: Position,
}

impl Store {
    /// One job.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn job(&self, id: &str) -> Result<Job, Error> {
        let mut select = rows::select();
        select.push(" WHERE id = ").push_bind(parse_id(id).ok_or(Error::NotFound)?);
        let row = self.engine.first(select).await?.ok_or(Error::NotFound)?;
        rows::read(&row)
    }

    /// Some jobs.
    ///
    /// # Errors
    /// [`Error::BadQuery`] when `before` is no id.
    pub async fn jobs(&self, query: &JobQuery) -> Result<JobPage, Error> {
        let mut select = rows::select();
        select.push(" WHERE kind IN (").push_list(query.kinds.iter().map(String::as_str)).push(")");
        if let Some(subject) = &query.subject {
            select.push(" AND subject = ").push_bind(subject.as_str());
        }
        if let Some(state) = query.state {
            select.push(" AND state = ").push_bind(state.name());
        }
        if query.active {
            select.push(" AND ").push(rows::ACTIVE);
        }
        if let Some(before) = &query.before {
            let id = parse_id(before).ok_or_else(|| Error::BadQuery { field: "before".into() })?;
            select.push(" AND id < ").push_bind(id);
        }
        let limit = query.limit.clamp(1, MAX_JOBS) as usize;
        select.push(" ORDER BY id DESC LIMIT ").push_bind(i64::try_from(limit + 1).unwrap_or(i64::MAX));
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let mut jobs = tx.all(select).await?.iter().map(rows::read).collect::<Result<Vec<Job>, Error>>()?;
        let more = jobs.len() > limit;
        jobs.truncate(limit);
        let next = jobs.last().filter(|_| more).map(|job| job.id.to_string());
        Ok(JobPage { jobs, next, position })
    }

    /// Forgets jobs that ended before `before_ms`. Returns how many are gone; call again while some are.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_jobs(&self, before_ms: i64) -> Result<u64, Error> {
        let old = "SELECT id FROM jobs WHERE finished_at < $1 AND settled = 1 ORDER BY finished_at LIMIT $2";
        let old = |limit| sql(old).bind(before_ms).bind(limit);
        if self.engine.first(old(1_i64)).await?.is_none() {
            return Ok(0);
        }
        let ids = self.engine.read().await?.numbers(old(FORGET_STEP)).await?;
        for id in &ids {
            self.sweep_import(*id).await?;
        }
        let mut tx = self.engine.write().await?;
        let mut delete = sql("DELETE FROM jobs WHERE id IN (");
        delete.push_list(ids).push(")");
        let gone = tx.run(delete).await?;
        tx.commit().await?;
        Ok(gone)
    }
}
