//! Who changed what, from what to what: read out of the ledger.
//!
//! What an edit changed is not written down; it is the difference between the row in its event and the row in the event before it, by
//! way of an index of the edits of each row. Where that one is gone, or does not directly precede, nothing is said rather than guessed.
//! Events are read as they lie there: one that another build wrote, or a program, is shown as far as it is understood.
//! Never shown are columns that rows never show, such as the hash of a password: events do not hold them.

mod changes;

use std::collections::BTreeMap;

use lockstep_protocol::{Actor, EventName, Reason, Scope};
use serde_json::{Map, Value as Json, json};

use crate::{
    Store,
    engine::{Statement, Tuple, Tx, sql},
    entity::Entity,
    error::Error,
    fold::beginning,
    ledger,
    row::can_be_kept,
};

/// Events that one call looks at for those that fit. Where fewer fit than were asked for, the next call goes on from there.
const LOOK: i64 = 20_000;

/// What is nothing that was done: who takes a record, who was told what, and who has read it.
const NOTHING_DONE: [&str; 3] = [EventName::LOCKS, EventName::NOTIFICATION, EventName::NOTICES_READ];

/// The most events of one answer.
const MAX_ITEMS: u32 = 200;

const COLUMNS: &str = "SELECT l.seq, l.committed_at, l.worker, l.event, l.scope, l.id, l.reason, l.data, l.actor, l.origin, l.rev, \
                       (SELECT q.seq FROM sync_log q WHERE q.event = l.event AND q.id = l.id AND q.seq < l.seq \
                       AND q.rev IS NOT NULL ORDER BY q.seq DESC LIMIT 1) FROM sync_log l WHERE l.seq < ";

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// Those of this entity's room.
    pub entity: Option<Entity>,
    /// Those about this id; with an entity, the edits of this one row.
    pub id: Option<String>,
    /// Those by him.
    pub actor: Option<Whom>,
    /// Those with this reason.
    pub reason: Option<Reason>,
    /// Those before this seq.
    pub before: Option<i64>,
    /// At most so many, from 1 to 200.
    pub limit: u32,
}

/// Somebody who does things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// A person by his id, or a program by `key:<id>`.
    Id(String),
    /// The operator of the machine, whose edits carry no name.
    Nobody,
}

/// Events, newest first.
#[derive(Debug, Clone)]
pub struct AuditPage {
    /// `{seq, at, worker, event, entity, id, name, reason, actor, origin, rev, changes}`. `at` is in milliseconds since 1970; `changes`
    /// is `{field: {from, to}}`, of a reference with the names of both as `from_name` and `to_name`, or null where it is not known.
    pub items: Vec<Json>,
    /// Where to go on: there may be more before this seq. A page may hold fewer items than were asked for, and still have a next.
    pub next: Option<i64>,
    /// When the oldest event that is kept was committed; none when there is none.
    pub since: Option<i64>,
}

impl Store {
    /// A page of what was done.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn audit(&self, query: &Audit) -> Result<AuditPage, Error> {
        let limit = query.limit.clamp(1, MAX_ITEMS) as usize;
        let mut tx = self.engine.read().await?;
        let since = ledger::oldest(&mut tx).await?;
        let floor = if query.is_of_one_row() { None } else { query.floor(&mut tx).await? };
        let mut rows = tx.all(query.select(sql(COLUMNS), floor, limit + 1)).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|row| row.some_int(0)).transpose()? } else { floor };
        let before = predecessors(&mut tx, &rows).await?;
        let items = rows.iter().map(|row| item(row, &before)).collect::<Result<_, _>>()?;
        Ok(AuditPage { items, next, since })
    }
}

impl Audit {
    /// Whether the index of edits leads to exactly what is wanted.
    fn is_of_one_row(&self) -> bool {
        self.entity.is_some() && self.id.is_some()
    }

    fn before(&self) -> i64 {
        self.before.unwrap_or(i64::MAX)
    }

    /// The last event of this look, where there are as many.
    async fn floor(&self, tx: &mut Tx) -> Result<Option<i64>, Error> {
        let mut select = sql("SELECT l.seq FROM sync_log l WHERE l.seq < ");
        select.push_bind(self.before());
        self.of_room(&mut select);
        select.push(" ORDER BY l.seq DESC LIMIT 1 OFFSET ").push_bind(LOOK - 1);
        tx.first(select).await?.map(|row| row.some_int(0)).transpose()
    }

    fn select(&self, mut select: Statement, floor: Option<i64>, limit: usize) -> Statement {
        select.push_bind(self.before());
        if let Some(floor) = floor {
            select.push(" AND l.seq >= ").push_bind(floor);
        }
        match self.entity.filter(|_| self.id.is_some()) {
            Some(entity) => {
                select.push(" AND l.rev IS NOT NULL AND l.event = ").push_bind(entity.room().changed());
            }
            None => {
                self.of_room(&mut select);
                select.push(" AND l.event NOT IN (").push_list(NOTHING_DONE).push(")");
            }
        }
        self.narrow(&mut select);
        select.push(" ORDER BY l.seq DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        select
    }

    fn of_room(&self, select: &mut Statement) {
        if let Some(entity) = self.entity {
            select.push(" AND l.scope = ").push_bind(Scope::Room(entity.room()).to_string());
        }
    }

    fn narrow(&self, select: &mut Statement) {
        if let Some(id) = &self.id {
            equal(select, " AND l.id = ", id);
        }
        match &self.actor {
            Some(Whom::Id(id)) if can_be_kept(id) => {
                // An actor is kept as JSON that begins with his id.
                let begins = format!("{{\"id\":{},", Json::from(id.as_str()));
                select.push(" AND l.actor LIKE ").push_bind(beginning(&begins)).push(" ESCAPE '\\'");
            }
            Some(Whom::Id(_)) => drop(select.push(" AND 1 = 0")),
            Some(Whom::Nobody) => drop(select.push(" AND l.actor IS NULL")),
            None => {}
        }
        if let Some(reason) = self.reason {
            select.push(" AND l.reason = ").push_bind(reason.to_string());
        }
    }
}

fn equal(select: &mut Statement, column: &'static str, text: &str) {
    match can_be_kept(text) {
        true => select.push(column).push_bind(text),
        false => select.push(" AND 1 = 0"),
    };
}

/// Revision and row of an edit.
type Edit = (i64, Option<Map<String, Json>>);

/// The edits directly before those of `rows`, by their seq.
async fn predecessors(tx: &mut Tx, rows: &[Tuple]) -> Result<BTreeMap<i64, Edit>, Error> {
    let wanted = rows.iter().filter_map(|row| row.int(11).transpose()).collect::<Result<Vec<i64>, _>>()?;
    let mut select = sql("SELECT seq, rev, data FROM sync_log WHERE seq IN (");
    select.push_list(wanted).push(")");
    let found = tx.all(select).await?;
    found.iter().map(|row| Ok((row.some_int(0)?, (row.some_int(1)?, object(row.text(2)?))))).collect()
}

/// What was kept as a JSON object, if it is one.
fn object(text: Option<String>) -> Option<Map<String, Json>> {
    serde_json::from_str(&text?).ok()
}

fn item(row: &Tuple, edits: &BTreeMap<i64, Edit>) -> Result<Json, Error> {
    let (event, id, reason, rev) = (row.some_text(3)?, row.some_text(5)?, row.some_text(6)?, row.int(10)?);
    let entity = row.some_text(4)?.strip_prefix("room:").and_then(|room| room.parse::<Entity>().ok());
    let data = object(row.text(7)?);
    let before = row.int(11)?.and_then(|seq| edits.get(&seq));
    let actor: Option<Actor> = row.text(8)?.and_then(|actor| serde_json::from_str(&actor).ok());
    let edited = entity.filter(|entity| rev.is_some() && event == entity.room().changed());
    let changes = edited.and_then(|entity| changes::of(entity, &reason, rev?, data.as_ref()?, before));
    Ok(json!({
        "seq": row.some_int(0)?,
        "at": row.some_int(1)?,
        "worker": row.some_int(2)?,
        "event": event,
        "entity": entity.map(Entity::name),
        "id": id,
        "name": data.as_ref().and_then(|data| data.get("name")).and_then(Json::as_str),
        "reason": reason,
        "actor": actor,
        "origin": row.text(9)?,
        "rev": rev,
        "changes": changes,
    }))
}

#[cfg(test)]
mod tests {
    use crate::{Options, SharedClock};

    use super::*;

    async fn plan(query: &Audit) -> Vec<String> {
        let dir = tempfile::TempDir::new().expect("a directory");
        let options = Options::new(format!("sqlite:{}", dir.path().join("test.db").display()));
        let store = Store::open(&options, SharedClock::system()).await.expect("opened");
        let mut explain = sql("EXPLAIN QUERY PLAN ");
        explain.push(COLUMNS);
        let rows = store.engine.all(query.select(explain, Some(1), 50)).await.expect("a plan");
        rows.iter().map(|row| row.some_text(3).expect("a step")).collect()
    }

    /// Each event asks for the one before it of the same row; a walk through the ledger for each would stop the database.
    #[tokio::test]
    async fn no_question_walks_through_the_whole_ledger() {
        let (entity, id) = (Some(Entity::Files), Some("7".to_owned()));
        let of_one = Audit { entity, id: id.clone(), ..Audit::default() };
        let by_one = Audit { actor: Some(Whom::Id("1".into())), ..Audit::default() };
        for query in [Audit::default(), Audit { entity, ..Audit::default() }, Audit { id, ..Audit::default() }, by_one]
        {
            let plan = plan(&query).await;
            assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP B-TREE")), "{plan:?}");
            assert!(
                plan.iter().any(|step| step.contains("INDEX sync_log_edits (event=? AND id=? AND seq<?)")),
                "{plan:?}"
            );
        }
        let plan = plan(&of_one).await;
        let by_index = plan.iter().filter(|step| step.starts_with("SEARCH") && step.contains("INDEX sync_log_edits"));
        assert_eq!(by_index.count(), 2, "{plan:?}");
    }
}
