//! What bulk work owes its rooms: the news that rows have changed, without an event for each of them.
//!
//! Each batch adds to the debt in its own transaction, and the debt stands in the job's row. The first news of a room leaves at once,
//! the next ones not more often than once a second, of whatever entity, the last ones at the end. So a crash can delay news and never lose it, and a
//! job that has ended owes nothing.

use lockstep_protocol::{Actor, Draft, EventName, Reason, Room, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use crate::error::Error;

/// Time between two events of a room, in milliseconds.
const PAUSE_MS: i64 = 1_000;

/// Ids that an event carries at most. With more, pages look again at whatever they show.
const MAX_IDS: usize = 200;

/// How many rows a piece of work has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New ones.
    pub created: u64,
    /// Changed ones.
    pub updated: u64,
    /// Those that are gone.
    pub deleted: u64,
}

impl Counts {
    /// Whether nothing has changed.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, more: Counts) {
        self.created += more.created;
        self.updated += more.updated;
        self.deleted += more.deleted;
    }
}

/// What one room has not been told of one entity.
#[derive(Debug, Serialize, Deserialize)]
struct Debt {
    room: Room,
    entity: String,
    #[serde(flatten)]
    counts: Counts,
    /// Too many to be named: nothing.
    ids: Option<Vec<String>>,
    /// When the room was told last.
    told: Option<i64>,
}

impl Debt {
    /// Whether there is something to tell.
    fn is_owed(&self) -> bool {
        !self.counts.is_zero()
    }

    /// Whether a room is to be left alone for now, since this has been told.
    fn is_fresh(&self, now: i64) -> bool {
        self.told.is_some_and(|told| (told..told + PAUSE_MS).contains(&now))
    }
}

/// All that a job owes.
#[derive(Debug, Default)]
pub(super) struct Debts {
    debts: Vec<Debt>,
    touched: bool,
}

/// Who speaks: the job, the process, and the person who wanted it.
pub(super) struct Speaker {
    pub(super) job: i64,
    pub(super) worker: u32,
    pub(super) actor: Option<Actor>,
}

impl Debts {
    /// Reads what the row says.
    pub(super) fn read(pending: Option<&str>) -> Result<Self, Error> {
        let debts = pending.map(serde_json::from_str).transpose().map_err(corrupt)?.unwrap_or_default();
        Ok(Self { debts, touched: false })
    }

    /// What the row is to say now, where that is something else.
    pub(super) fn changed(&self) -> Result<Option<String>, Error> {
        self.touched.then(|| serde_json::to_string(&self.debts).map_err(corrupt)).transpose()
    }

    /// Whether some room has not been told all.
    pub(super) fn is_owing(&self) -> bool {
        self.debts.iter().any(Debt::is_owed)
    }

    /// Adds rows that have changed, by their ids or, with none, unnamed.
    pub(super) fn add(
        &mut self,
        room: &Room,
        entity: &str,
        counts: Counts,
        ids: Option<impl IntoIterator<Item = String>>,
    ) {
        if counts.is_zero() {
            return;
        }
        self.touched = true;
        let known = self.debts.iter().position(|debt| debt.room == *room && debt.entity == entity);
        let place = known.unwrap_or_else(|| {
            let (room, entity, counts) = (room.clone(), entity.to_owned(), Counts::default());
            self.debts.push(Debt { room, entity, counts, ids: Some(Vec::new()), told: None });
            self.debts.len() - 1
        });
        let debt = &mut self.debts[place];
        debt.counts.add(counts);
        debt.ids = debt.ids.take().zip(ids).and_then(|(named, ids)| join(named, ids));
    }

    /// The events that are due, or with `all` everything that is owed. What has waited longest comes first.
    pub(super) fn pay(&mut self, now: i64, all: bool, speaker: &Speaker) -> Result<Vec<Draft>, Error> {
        let mut turns: Vec<usize> = (0..self.debts.len()).filter(|place| self.debts[*place].is_owed()).collect();
        turns.sort_by_key(|place| self.debts[*place].told);
        let mut drafts = Vec::new();
        for place in turns {
            if !all && self.is_told(&self.debts[place].room, now) {
                continue;
            }
            let debt = &mut self.debts[place];
            drafts.push(event(debt, speaker)?);
            (debt.counts, debt.ids, debt.told) = (Counts::default(), Some(Vec::new()), Some(now));
            self.touched = true;
        }
        Ok(drafts)
    }

    /// Whether a room has been told something within the last second.
    fn is_told(&self, room: &Room, now: i64) -> bool {
        self.debts.iter().any(|debt| debt.room == *room && debt.is_fresh(now))
    }
}

/// All of them, each once; nothing when they are too many.
fn join(mut named: Vec<String>, ids: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    for id in ids {
        if !named.contains(&id) {
            named.push(id);
        }
        if named.len() > MAX_IDS {
            return None;
        }
    }
    Some(named)
}

fn event(debt: &Debt, speaker: &Speaker) -> Result<Draft, Error> {
    let Debt { room, entity, counts: Counts { created, updated, deleted }, ids, .. } = debt;
    let job = speaker.job.to_string();
    let data = json!({"bulk": true, "entity": entity, "job": job, "created": created, "updated": updated,
        "deleted": deleted, "ids": ids});
    Ok(Draft {
        event: EventName::changed(room),
        reason: Reason::Updated,
        worker: speaker.worker,
        scope: Scope::Room(room.clone()),
        id: "*".into(),
        data: Some(RawValue::from_string(data.to_string()).map_err(corrupt)?),
        rev: None,
        actor: speaker.actor.clone(),
        origin: None,
    })
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
