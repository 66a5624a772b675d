//! The edit road: rights → validation → the store's transaction → commit and publish.

use std::sync::Arc;

use lockstep_protocol::{Position, Record};
use lockstep_store::{Author, Change, Entity, Error as StoreError, Fields, Pending, PendingRows, Row, crash};
use serde_json::Value as Json;

use crate::{
    App, Caller, Error, Road,
    entities::{check_change, check_new},
    rights::{Right, Rights},
};

/// What an edit has led to.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The row as it is now; of a deleted one as it was.
    pub row: Row,
    /// Where its event stands; none when nothing was different.
    pub position: Option<Position>,
}

impl App {
    /// Adds a row. `origin` is the page, by its `X-Client-Id`; it comes back in the event.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Duplicate`].
    pub async fn create(
        &self,
        caller: &Caller,
        entity: Entity,
        given: &Json,
        origin: Option<&str>,
    ) -> Result<Edited, Error> {
        caller.must(Right::Edit(entity))?;
        let fields = self.with_hash(check_new(entity, given)?).await?;
        self.no_folder_outside(entity, &fields)?;
        self.no_more_than_own(caller, entity, &fields).await?;
        let pending = self.0.store.create(entity, &fields, &author(caller, origin)).await?;
        self.0.road.settle(pending).await
    }

    /// Changes the given fields of a row. `expect` is the revision that the caller has seen.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Locked`], [`Error::Stale`], [`Error::Invalid`], [`Error::Duplicate`],
    /// [`Error::LastAdmin`].
    pub async fn patch(
        &self,
        caller: &Caller,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        given: &Json,
        origin: Option<&str>,
    ) -> Result<Edited, Error> {
        caller.must(Right::Edit(entity))?;
        let fields = check_change(entity, given)?;
        self.no_folder_outside(entity, &fields)?;
        self.no_one_above(caller, entity, id).await?;
        self.no_more_than_own(caller, entity, &fields).await?;
        let fields = self.with_hash(fields).await?;
        let pending = self.0.store.update(entity, id, expect, &fields, &author(caller, origin)).await?;
        self.0.road.settle(pending).await
    }

    /// Switches a row to `enabled`, or to the other state.
    ///
    /// # Errors
    /// As [`App::patch`]; [`Error::Invalid`] for an entity without a switch.
    pub async fn toggle(
        &self,
        caller: &Caller,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        enabled: Option<bool>,
        origin: Option<&str>,
    ) -> Result<Edited, Error> {
        caller.must(Right::Edit(entity))?;
        self.no_one_above(caller, entity, id).await?;
        let pending = self.0.store.toggle(entity, id, expect, enabled, &author(caller, origin)).await?;
        self.0.road.settle(pending).await
    }

    /// Deletes a row that nobody refers to.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Locked`], [`Error::Stale`], [`Error::InUse`], [`Error::LastAdmin`].
    pub async fn delete(
        &self,
        caller: &Caller,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        origin: Option<&str>,
    ) -> Result<Edited, Error> {
        caller.must(Right::Edit(entity))?;
        self.no_one_above(caller, entity, id).await?;
        match self.content_of(entity, id).await? {
            Some(content) => self.delete_with_content(id, expect, author(caller, origin), content).await,
            None => self.delete_row(entity, id, expect, &author(caller, origin)).await,
        }
    }

    pub(crate) async fn delete_row(
        &self,
        entity: Entity,
        id: &str,
        expect: Option<i64>,
        author: &Author,
    ) -> Result<Edited, Error> {
        let pending = self.0.store.delete(entity, id, expect, author).await?;
        self.0.road.settle(pending).await
    }

    /// A password is kept as its hash alone.
    async fn with_hash(&self, mut fields: Fields) -> Result<Fields, Error> {
        if let Some(Json::String(password)) = fields.remove("password") {
            let hash = self.0.passwords.hash(password).await?;
            fields.insert("password_hash".into(), hash.into());
        }
        Ok(fields)
    }

    /// What is scanned lies below the directories that the operator has named.
    fn no_folder_outside(&self, entity: Entity, fields: &Fields) -> Result<(), Error> {
        let folder = fields.get("folder").and_then(Json::as_str).filter(|_| entity == Entity::Registrators);
        let admitted = folder.map_or(Ok(()), |folder| self.roots().admit(folder));
        admitted.map_err(|error| Error::field("folder", error))
    }

    /// Nobody gives to others, or to himself, what he may not do.
    async fn no_more_than_own(&self, caller: &Caller, entity: Entity, fields: &Fields) -> Result<(), Error> {
        let rights = match (entity, fields.get("permissions"), fields.get("group_id").and_then(Json::as_str)) {
            (Entity::Groups, Some(permissions), _) => read_rights(permissions),
            (Entity::Users, _, Some(group)) => self.rights_of_group(group).await?,
            _ => return Ok(()),
        };
        within(caller, &rights)
    }

    /// Nobody changes a person or a group that may do what he may not: he could make himself that person.
    pub(crate) async fn no_one_above(&self, caller: &Caller, entity: Entity, id: &str) -> Result<(), Error> {
        let rights = match entity {
            Entity::Groups => self.rights_of_group(id).await?,
            Entity::Users => {
                let (user, _) = self.0.store.get(Entity::Users, id).await?;
                let group = user.value.get("group_id").and_then(Json::as_str).unwrap_or_default();
                self.rights_of_group(group).await?
            }
            Entity::Files | Entity::Categories | Entity::Registrators => return Ok(()),
        };
        within(caller, &rights)
    }

    /// The rights of a group; none when there is no such group, which the store will say better.
    async fn rights_of_group(&self, id: &str) -> Result<Rights, Error> {
        match self.0.store.get(Entity::Groups, id).await {
            Ok((group, _)) => Ok(group.value.get("permissions").map(read_rights).unwrap_or_default()),
            Err(StoreError::NotFound) => Ok(Rights::default()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Road {
    /// Commits and publishes, whether or not the caller still waits: between the two nothing may come.
    async fn settle(&self, pending: Pending) -> Result<Edited, Error> {
        let road = self.clone();
        let job = self.tasks.spawn(async move {
            let _order = road.order.lock().await;
            let Change { row, record } = pending.commit().await?;
            let position = record.as_ref().map(Record::position);
            if let Some(record) = record {
                road.wire.publish(std::slice::from_ref(&record));
                crash::point("edit:publish");
            }
            Ok(Edited { row, position })
        });
        job.await.map_err(|error| Error::Internal(Arc::new(error)))?
    }

    /// Commits and publishes rows that were added together. Not to be left in the middle.
    pub(crate) async fn settle_all(&self, pending: PendingRows) -> Result<Vec<Edited>, Error> {
        let _order = self.order.lock().await;
        let changes = pending.commit().await?;
        let records: Vec<Record> = changes.iter().filter_map(|change| change.record.clone()).collect();
        self.wire.publish(&records);
        crash::point("edit:publish");
        let edited = |Change { row, record }| Edited { row, position: record.as_ref().map(Record::position) };
        Ok(changes.into_iter().map(edited).collect())
    }
}

pub(crate) fn author(caller: &Caller, origin: Option<&str>) -> Author {
    Author { actor: caller.actor(), origin: origin.map(ToOwned::to_owned) }
}

fn read_rights(permissions: &Json) -> Rights {
    Rights::read(permissions.as_array().into_iter().flatten().filter_map(Json::as_str))
}

fn within(caller: &Caller, rights: &Rights) -> Result<(), Error> {
    match caller.rights().lacks(rights) {
        Some(right) => Err(Error::Forbidden { right }),
        None => Ok(()),
    }
}
