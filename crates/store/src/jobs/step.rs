//! One step of one or more jobs: rows, then the events that tell of them, then the commit.

use lockstep_protocol::{Draft, Reason, Record, Room, Scope};
use serde_json::value::RawValue;

use super::{
    debt::{Debts, Speaker},
    job::Job,
    rows,
};
use crate::{Store, crash, engine::Tx, error::Error, ledger};

/// A step that is written and stamped. Dropped, it never was.
#[derive(Debug)]
pub struct PendingStep<T> {
    tx: Tx,
    outcome: T,
    records: Vec<Record>,
    /// Where a test may kill the process once it is committed.
    point: &'static str,
}

impl<T> PendingStep<T> {
    /// Makes it last. What it has led to, and the events to publish.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing was changed. [`Error::InDoubt`]: all of it or nothing.
    pub async fn commit(self) -> Result<(T, Vec<Record>), Error> {
        self.tx.commit().await?;
        crash::point(self.point);
        Ok((self.outcome, self.records))
    }

    /// The same, dying elsewhere.
    pub(super) fn at(self, point: &'static str) -> Self {
        Self { point, ..self }
    }
}

/// A step under way. Its events are gathered and written down last: on PostgreSQL whoever has written one holds up all others.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) tx: Tx,
    pub(super) now: i64,
    worker: u32,
    drafts: Vec<Draft>,
}

impl Store {
    pub(super) async fn begin_step(&self) -> Result<Step, Error> {
        let tx = self.engine.write().await?;
        Ok(Step { tx, now: self.clock.now_ms(), worker: self.worker, drafts: Vec::new() })
    }
}

impl Step {
    /// The number that this process puts into its events.
    pub(super) fn worker(&self) -> u32 {
        self.worker
    }

    /// Adds an event.
    pub(super) fn say(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// The event that tells how a job stands: in its room, and of an import to those who watch it alone.
    pub(super) fn tell(&mut self, job: &Job, reason: Reason) -> Result<(), Error> {
        let data = RawValue::from_string(job.shown().to_string());
        let data = data.map_err(|error| Error::Corrupt(error.to_string()))?;
        let alone = job.import_type().map(|_| Room::Import(job.id.to_string().into()));
        for room in [Some(job.room.clone()), alone].into_iter().flatten() {
            self.say(Draft {
                event: job.event.clone(),
                reason,
                worker: self.worker,
                scope: Scope::Room(room),
                id: job.id.to_string(),
                data: Some(data.clone()),
                rev: None,
                actor: job.requested_by.clone(),
                origin: None,
            });
        }
        Ok(())
    }

    /// Writes a job that is held, with the event of it, and before that all that it owes.
    pub(super) async fn change(&mut self, job: &Job, mut debts: Debts) -> Result<(), Error> {
        rows::write(&mut self.tx, job).await?;
        self.pay(job, &mut debts, true).await?;
        self.tell(job, Reason::Updated)
    }

    /// Adds the events that a job owes: those that are due, or all.
    pub(super) async fn pay(&mut self, job: &Job, debts: &mut Debts, all: bool) -> Result<(), Error> {
        let speaker = Speaker { job: job.id, worker: self.worker, actor: job.requested_by.clone() };
        self.drafts.extend(debts.pay(self.now, all, &speaker)?);
        rows::write_debts(&mut self.tx, job.id, debts).await
    }

    /// Writes down the events, the last thing before the commit.
    pub(super) async fn done<T>(mut self, outcome: T) -> Result<PendingStep<T>, Error> {
        let drafts = self.drafts.into_iter().map(|draft| (draft, None)).collect();
        let records = ledger::append_all(&mut self.tx, self.now, drafts).await?;
        Ok(PendingStep { tx: self.tx, outcome, records, point: "job:step" })
    }
}
