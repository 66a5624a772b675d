//! The steps of one change: read, write, say. Each runs in the change's own transaction.

use lockstep_protocol::{Draft, EventName, Reason, Scope};
use serde_json::{Value as Json, value::RawValue};

use super::{Author, Change, Pending, PendingRows};
use crate::{
    Store, crash,
    engine::{Lock, Tx, Value, sql},
    entity::{Entity, Table},
    error::Error,
    fold::fold,
    ledger,
    list::fetch,
    lock,
    row::{Fields, Row, parse_id},
};

/// One change under way.
pub(super) struct Edit<'a> {
    pub(super) store: &'a Store,
    pub(super) entity: Entity,
    pub(super) table: &'static Table,
    pub(super) author: &'a Author,
    pub(super) now: i64,
    pub(super) tx: Tx,
}

impl Edit<'_> {
    /// The row as it stands, held until the end for what this edit will do to it.
    pub(super) async fn current(&mut self, id: &str, expect: Option<i64>, lock: Lock) -> Result<(i64, Row), Error> {
        let id = parse_id(id).ok_or(Error::NotFound)?;
        self.take_turn().await?;
        let mut row = sql("SELECT id FROM ");
        row.push(self.table.name).push(" WHERE id = ").push_bind(id);
        self.tx.hold(row, lock).await?;
        let current = fetch(&mut self.tx, self.table, id).await?;
        self.heed_lock(id).await?;
        match expect {
            Some(rev) if rev != current.rev => Err(Error::Stale { current: Box::new(current) }),
            _ => Ok((id, current)),
        }
    }

    pub(super) fn unchanged(self, row: Row) -> Pending {
        Pending { tx: self.tx, change: Change { row, record: None } }
    }

    /// Ends the sessions of a person who may no longer do what he could, or whose password is another.
    pub(super) async fn revoke(&mut self, id: i64, before: &Row, fields: &Fields) -> Result<(), Error> {
        let differs = |name: &str| fields.get(name).is_some_and(|value| before.value.get(name) != Some(value));
        let revoked = ["enabled", "group_id", "password_hash"].into_iter().any(differs);
        if self.entity == Entity::Users && revoked {
            self.tx.run(sql("DELETE FROM sessions WHERE user_id = $1").bind(id)).await?;
        }
        Ok(())
    }

    pub(super) async fn insert(&mut self, fields: &Fields) -> Result<i64, Error> {
        let values = self.values(fields)?;
        let mut insert = sql("INSERT INTO ");
        insert.push(self.table.name).push(" (rev, created_at, updated_at, updated_by, folded, search");
        for (name, _) in &values {
            insert.push(", ").push(name);
        }
        insert.push(") VALUES (1, ").push_bind(self.now).push(", ").push_bind(self.now);
        insert.push(", ").push_bind(self.actor()).push(", ").push_bind(self.folded(fields));
        insert.push(", ").push_bind(self.searched(fields));
        for (_, value) in values {
            insert.push(", ").push_bind(value);
        }
        insert.push(") RETURNING id");
        let id = self.tx.number(insert).await.map_err(|error| self.refused(error))?;
        crash::point("edit:row");
        Ok(id)
    }

    pub(super) async fn write(&mut self, id: i64, current: &Row, fields: &Fields) -> Result<(), Error> {
        let mut whole = current.value.as_object().cloned().unwrap_or_default();
        whole.extend(fields.clone());
        let mut update = sql("UPDATE ");
        update.push(self.table.name).push(" SET rev = rev + 1, updated_at = ").push_bind(self.now);
        update.push(", updated_by = ").push_bind(self.actor());
        update.push(", folded = ").push_bind(self.folded(&whole));
        update.push(", search = ").push_bind(self.searched(&whole));
        for (name, value) in self.values(fields)? {
            update.push(", ").push(name).push(" = ").push_bind(value);
        }
        update.push(" WHERE id = ").push_bind(id);
        self.tx.run(update).await.map_err(|error| self.refused(error))?;
        crash::point("edit:row");
        Ok(())
    }

    pub(super) async fn remove(&mut self, id: i64) -> Result<(), Error> {
        let mut delete = sql("DELETE FROM ");
        delete.push(self.table.name).push(" WHERE id = ").push_bind(id);
        self.tx.run(delete).await?;
        if self.is_under_locks() {
            lock::forget(&mut self.tx, self.entity, id).await?;
        }
        crash::point("edit:row");
        Ok(())
    }

    pub(super) async fn finish(mut self, id: i64, reason: Reason) -> Result<Pending, Error> {
        let row = fetch(&mut self.tx, self.table, id).await?;
        let rev = row.rev;
        self.say(row, rev, reason).await
    }

    /// The same for several rows that were added.
    pub(super) async fn finish_added(mut self, ids: &[i64]) -> Result<PendingRows, Error> {
        let (mut rows, mut drafts) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
        for id in ids {
            let row = fetch(&mut self.tx, self.table, *id).await?;
            drafts.push((self.draft(&row, row.rev, Reason::Added)?, None));
            rows.push(row);
        }
        let records = ledger::append_all(&mut self.tx, self.now, drafts).await?;
        let changes = rows.into_iter().zip(records).map(|(row, record)| Change { row, record: Some(record) });
        Ok(PendingRows { changes: changes.collect(), tx: self.tx })
    }

    /// Writes the event, the last step.
    pub(super) async fn say(mut self, row: Row, rev: i64, reason: Reason) -> Result<Pending, Error> {
        let draft = self.draft(&row, rev, reason)?;
        let record = ledger::append(&mut self.tx, self.now, draft).await?;
        Ok(Pending { tx: self.tx, change: Change { row, record: Some(record) } })
    }

    fn draft(&self, row: &Row, rev: i64, reason: Reason) -> Result<Draft, Error> {
        let room = self.entity.room();
        let data = RawValue::from_string(row.value.to_string()).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Draft {
            event: EventName::changed(&room),
            reason,
            worker: self.store.worker,
            scope: Scope::Room(room),
            id: row.id.clone(),
            data: Some(data),
            rev: Some(rev),
            actor: self.author.actor.clone(),
            origin: self.author.origin.clone(),
        })
    }

    fn values(&self, fields: &Fields) -> Result<Vec<(&'static str, Value)>, Error> {
        let value = |(name, json): (&String, &Json)| {
            let column = self.table.column(name);
            let bound = column.and_then(|column| Some((column.name, column.kind.bind(json)?)));
            bound.ok_or_else(|| Error::Corrupt(format!("{} cannot keep `{name}`", self.entity)))
        };
        fields.iter().map(value).collect()
    }

    fn actor(&self) -> Option<String> {
        self.author.actor.as_ref().and_then(|actor| serde_json::to_string(actor).ok())
    }

    fn folded(&self, fields: &Fields) -> String {
        fold(text(fields, self.table.title))
    }

    fn searched(&self, fields: &Fields) -> String {
        let texts: Vec<&str> = self.table.search.iter().map(|name| text(fields, name)).collect();
        fold(&texts.join("\n"))
    }

    /// The database names no field; each entity has at most one that is unique. Of what is referred to, it notices when somebody else has
    /// removed it between our look and the write.
    fn refused(&self, error: Error) -> Error {
        let Some(constraint) = error.refused_reference() else {
            return match self.table.unique {
                Some(field) if error.is_unique_violation() => Error::Duplicate { field },
                _ => error,
            };
        };
        let references = self.table.columns.iter().filter(|column| column.refers.is_some());
        let mut refused = references.filter(|column| constraint.contains(column.name));
        refused.next().map_or(error, |column| Error::NoSuch { field: column.name })
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Json::as_str).unwrap_or_default()
}
