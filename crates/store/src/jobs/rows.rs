//! Rows of jobs: reading one, holding one, writing one back.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    debt::Debts,
    job::{Job, NewJob, Subject},
};
use crate::{
    engine::{Lock, Statement, Tuple, Tx, Value, sql},
    error::Error,
};

/// The columns of a row, in the order in which [`read`] takes them.
pub(super) const COLUMNS: &str = "id, kind, payload, lock_scope, host, subject, subject_name, room, event, state, priority, \
                                  run_at, attempt, max_attempts, fence, worker, boot, lease_until, deadline, cursor, \
                                  progress, cancel_requested, error, report, requested_by, retry_of, created_at, \
                                  started_at, finished_at, pending";

/// Where the debt stands among them.
const PENDING: usize = 29;

/// What may not run twice, as the index says it.
pub(super) const ACTIVE: &str = "state IN ('queued', 'running', 'retry_wait')";

pub(super) fn select() -> Statement {
    let mut select = sql("SELECT ");
    select.push(COLUMNS).push(" FROM jobs");
    select
}

pub(super) fn read(row: &Tuple) -> Result<Job, Error> {
    Ok(Job {
        id: row.some_int(0)?,
        kind: row.some_text(1)?,
        payload: from_json(&row.some_text(2)?)?,
        lock_scope: row.text(3)?,
        host: row.text(4)?,
        subject: subject(row.text(5)?, row.text(6)?)?,
        room: row.some_text(7)?.parse().map_err(corrupt)?,
        event: row.some_text(8)?.parse().map_err(corrupt)?,
        state: row.some_text(9)?.parse().map_err(corrupt)?,
        priority: row.some_int(10)?,
        run_at: row.some_int(11)?,
        attempt: row.some_int(12)?,
        max_attempts: row.some_int(13)?,
        fence: row.some_int(14)?,
        worker: row.int(15)?.map(u32::try_from).transpose().map_err(corrupt)?,
        boot: row.text(16)?,
        lease_until: row.some_int(17)?,
        deadline: row.int(18)?,
        cursor: row.text(19)?,
        progress: row.text(20)?.as_deref().map(from_json).transpose()?,
        cancel_requested: row.some_int(21)? != 0,
        error: row.text(22)?.as_deref().map(from_json).transpose()?,
        report: row.text(23)?.as_deref().map(from_json).transpose()?,
        requested_by: row.text(24)?.as_deref().map(from_json).transpose()?,
        retry_of: row.int(25)?,
        created_at: row.some_int(26)?,
        started_at: row.int(27)?,
        finished_at: row.int(28)?,
    })
}

/// What the row owes.
pub(super) fn read_debts(row: &Tuple) -> Result<Debts, Error> {
    Debts::read(row.text(PENDING)?.as_deref())
}

fn subject(key: Option<String>, name: Option<String>) -> Result<Option<Subject>, Error> {
    let Some(key) = key else { return Ok(None) };
    let (entity, id) = key.split_once(':').ok_or_else(|| corrupt("a subject without an entity"))?;
    Ok(Some(Subject { entity: entity.to_owned(), id: id.to_owned(), name: name.unwrap_or_default() }))
}

/// Takes the row of a job for this transaction, and what it owes.
pub(super) async fn hold(tx: &mut Tx, id: i64) -> Result<Option<(Job, Debts)>, Error> {
    let mut select = select();
    select.push(" WHERE id = ").push_bind(id).push(tx.lock(Lock::Change));
    let row = tx.first(select).await?;
    row.map(|row| Ok((read(&row)?, read_debts(&row)?))).transpose()
}

/// Adds a row and returns its id; nothing when another of its scope is alive.
pub(super) async fn insert(tx: &mut Tx, job: &NewJob, now: i64) -> Result<Option<i64>, Error> {
    let zero = 0_i64;
    let values: [(&'static str, Value); 20] = [
        ("kind", job.kind.as_str().into()),
        ("payload", job.payload.to_string().into()),
        ("lock_scope", job.lock_scope.clone().into()),
        ("host", job.host.clone().into()),
        ("subject", job.subject.as_ref().map(Subject::key).into()),
        ("subject_name", job.subject.as_ref().map(|subject| subject.name.clone()).into()),
        ("room", job.room.to_string().into()),
        ("event", job.event.as_str().into()),
        ("state", "queued".into()),
        ("priority", job.priority.into()),
        ("run_at", job.run_at.unwrap_or(now).into()),
        ("attempt", zero.into()),
        ("max_attempts", job.max_attempts.into()),
        ("fence", zero.into()),
        ("lease_until", zero.into()),
        ("cursor", job.cursor.clone().into()),
        ("cancel_requested", false.into()),
        ("requested_by", job.requested_by.as_ref().map(to_json).transpose()?.into()),
        ("retry_of", job.retry_of.into()),
        ("settled", false.into()),
    ];
    let mut insert = sql("INSERT INTO jobs (created_at");
    for (name, _) in &values {
        insert.push(", ").push(name);
    }
    insert.push(") VALUES (").push_bind(now);
    for (_, value) in values {
        insert.push(", ").push_bind(value);
    }
    insert.push(") ON CONFLICT (lock_scope) WHERE ").push(ACTIVE).push(" DO NOTHING RETURNING id");
    tx.first(insert).await?.map(|row| row.some_int(0)).transpose()
}

/// Writes back whatever may change of a row that is held. What it owes is written by itself.
pub(super) async fn write(tx: &mut Tx, job: &Job) -> Result<(), Error> {
    let values: [(&'static str, Value); 15] = [
        ("run_at", job.run_at.into()),
        ("attempt", job.attempt.into()),
        ("fence", job.fence.into()),
        ("worker", job.worker.map(i64::from).into()),
        ("boot", job.boot.clone().into()),
        ("lease_until", job.lease_until.into()),
        ("deadline", job.deadline.into()),
        ("cursor", job.cursor.clone().into()),
        ("progress", job.progress.as_ref().map(ToString::to_string).into()),
        ("cancel_requested", job.cancel_requested.into()),
        ("error", job.error.as_ref().map(to_json).transpose()?.into()),
        ("report", job.report.as_ref().map(ToString::to_string).into()),
        ("started_at", job.started_at.into()),
        ("finished_at", job.finished_at.into()),
        ("settled", false.into()),
    ];
    let mut update = sql("UPDATE jobs SET state = ");
    update.push_bind(job.state.name());
    for (name, value) in values {
        update.push(", ").push(name).push(" = ").push_bind(value);
    }
    update.push(" WHERE id = ").push_bind(job.id);
    tx.run(update).await?;
    Ok(())
}

pub(super) async fn write_debts(tx: &mut Tx, id: i64, debts: &Debts) -> Result<(), Error> {
    if let Some(pending) = debts.changed()? {
        tx.run(sql("UPDATE jobs SET pending = $1 WHERE id = $2").bind(pending).bind(id)).await?;
    }
    Ok(())
}

fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(corrupt)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(corrupt)
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
