//! Changing a row: the row and its event are written in one transaction, or neither is.
//!
//! A change comes back as [`Pending`]: written, stamped, not yet committed. Whoever commits it may hold a lock over the commit and
//! what follows, so that events leave in the order of commits.

mod checks;
mod steps;

use lockstep_protocol::{Actor, Reason, Record};
use serde_json::Value as Json;

use crate::{
    Store, crash,
    engine::{Lock, Tx},
    entity::Entity,
    error::Error,
    row::{Fields, Row},
};
use steps::Edit;

/// Who changes something, for the row and for its event.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// Who.
    pub actor: Option<Actor>,
    /// The page, by its `X-Client-Id`.
    pub origin: Option<String>,
}

/// A change that is written and stamped. Dropped, it never was.
#[derive(Debug)]
pub struct Pending {
    tx: Tx,
    change: Change,
}

/// A committed change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The row as it is now; of a deleted one as it was.
    pub row: Row,
    /// The event; none when nothing was different.
    pub record: Option<Record>,
}

impl Pending {
    /// Makes it last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing was changed. [`Error::InDoubt`]: all of it or nothing.
    pub async fn commit(self) -> Result<Change, Error> {
        self.tx.commit().await?;
        crash::point("edit:commit");
        Ok(self.change)
    }
}

/// Rows that are written and stamped together. Dropped, they never were.
#[derive(Debug)]
pub struct PendingRows {
    tx: Tx,
    changes: Vec<Change>,
}

impl PendingRows {
    /// Makes all of them last.
    ///
    /// # Errors
    /// As [`Pending::commit`].
    pub async fn commit(self) -> Result<Vec<Change>, Error> {
        self.tx.commit().await?;
        crash::point("edit:commit");
        Ok(self.changes)
    }
}

impl Store {
    /// Adds several rows, all or none of them; see [`Store::create`].
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::NoSuch`].
    pub async fn create_all(&self, entity: Entity, rows: &[Fields], author: &Author) -> Result<PendingRows, Error> {
        let mut edit = self.begin(entity, author).await?;
        let mut ids = Vec::with_capacity(rows.len());
        for fields in rows {
            edit.check_references(fields).await?;
            ids.push(edit.insert(fields).await?);
        }
        edit.finish_added(&ids).await
    }

    /// Adds a row with these fields; all that may not be null must be there.
    ///
    /// # Errors
    /// [`Error::Duplicate`], [`Error::NoSuch`].
    pub async fn create(&self, entity: Entity, fields: &Fields, author: &Author) -> Result<Pending, Error> {
        let mut edit = self.begin(entity, author).await?;
        edit.check_references(fields).await?;
        let id = edit.insert(fields).await?;
        edit.finish(id, Reason::Added).await
    }

    /// Changes some fields of a row. `expect` is the revision the caller has seen. Nothing happens when nothing is different.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Locked`], [`Error::Stale`], [`Error::Duplicate`], [`Error::NoSuch`], [`Error::Cycle`],
    /// [`Error::LastAdmin`].
    pub async fn update(
        &self,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        fields: &Fields,
        author: &Author,
    ) -> Result<Pending, Error> {
        let mut edit = self.begin(entity, author).await?;
        let (id, current) = edit.current(id, expect, Lock::Change).await?;
        if fields.iter().all(|(name, value)| current.value.get(name) == Some(value)) {
            return Ok(edit.unchanged(current));
        }
        edit.check_references(fields).await?;
        edit.check_tree(id, fields).await?;
        let admins = edit.admins().await?;
        edit.write(id, &current, fields).await?;
        edit.keep_an_admin(admins).await?;
        edit.revoke(id, &current, fields).await?;
        edit.finish(id, Reason::Updated).await
    }

    /// Switches a row on or off: to `enabled`, or to the other state.
    ///
    /// # Errors
    /// As [`Store::update`]; [`Error::BadQuery`] for an entity without a switch.
    pub async fn toggle(
        &self,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        enabled: Option<bool>,
        author: &Author,
    ) -> Result<Pending, Error> {
        if !entity.has_enabled() {
            return Err(Error::BadQuery { field: "enabled".into() });
        }
        let mut edit = self.begin(entity, author).await?;
        let (id, current) = edit.current(id, expect, Lock::Change).await?;
        let was = current.value.get("enabled").and_then(Json::as_bool).unwrap_or_default();
        let enabled = enabled.unwrap_or(!was);
        if enabled == was {
            return Ok(edit.unchanged(current));
        }
        let fields = Fields::from_iter([("enabled".to_owned(), Json::Bool(enabled))]);
        let admins = edit.admins().await?;
        edit.write(id, &current, &fields).await?;
        edit.keep_an_admin(admins).await?;
        edit.revoke(id, &current, &fields).await?;
        edit.finish(id, Reason::Toggled).await
    }

    /// Deletes a row that nobody refers to. Its event carries the row as it was, at the revision after its last.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Locked`], [`Error::Stale`], [`Error::InUse`], [`Error::LastAdmin`].
    pub async fn delete(
        &self,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        author: &Author,
    ) -> Result<Pending, Error> {
        let mut edit = self.begin(entity, author).await?;
        let (id, current) = edit.current(id, expect, Lock::Remove).await?;
        edit.check_unused(id).await?;
        let admins = edit.admins().await?;
        edit.remove(id).await?;
        edit.keep_an_admin(admins).await?;
        let rev = current.rev + 1;
        edit.say(current, rev, Reason::Deleted).await
    }

    async fn begin<'a>(&'a self, entity: Entity, author: &'a Author) -> Result<Edit<'a>, Error> {
        let tx = self.engine.write().await?;
        crash::point("edit:begin");
        Ok(Edit { store: self, entity, table: entity.table(), author, now: self.clock.now_ms(), tx })
    }
}
