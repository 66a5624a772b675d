//! What a change must hold besides the shape of its fields: rules that need other rows. The database is asked within the change's own
//! transaction, so the answer still holds at the commit.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::steps::Edit;
use crate::{
    engine::{Turn, sql},
    entity::{Guard, admins},
    error::Error,
    lock,
    row::{Fields, parse_id},
};

impl Edit<'_> {
    /// Rules over many rows are looked at by one change at a time: two that each keep one may break it together.
    pub(super) async fn take_turn(&mut self) -> Result<(), Error> {
        match self.table.guard {
            Guard::Free => Ok(()),
            Guard::Tree => self.tx.take_turn(Turn::Tree).await,
            Guard::Admins => self.tx.take_turn(Turn::Admins).await,
        }
    }

    /// Refuses a row that somebody else has for himself. Whoever takes one holds it as this edit does, so that one comes after the other.
    pub(super) async fn heed_lock(&mut self, id: i64) -> Result<(), Error> {
        if !self.is_under_locks() {
            return Ok(());
        }
        match lock::live(&mut self.tx, self.entity, id, self.now).await? {
            Some(lease) if !lease.admits(self.author) => Err(Error::Locked { lease: Box::new(lease) }),
            _ => Ok(()),
        }
    }

    pub(super) fn is_under_locks(&self) -> bool {
        self.store.locked_entities().contains(&self.entity)
    }

    pub(super) async fn check_references(&mut self, fields: &Fields) -> Result<(), Error> {
        for column in self.table.columns {
            let (Some(count), Some(Json::String(id))) = (column.refers, fields.get(column.name)) else { continue };
            let found = match parse_id(id) {
                Some(id) => self.tx.number(sql(count).bind(id)).await?,
                None => 0,
            };
            if found == 0 {
                return Err(Error::NoSuch { field: column.name });
            }
        }
        Ok(())
    }

    pub(super) async fn check_tree(&mut self, id: i64, fields: &Fields) -> Result<(), Error> {
        let parent = fields.get("parent_id").and_then(Json::as_str).and_then(parse_id);
        let (Guard::Tree, Some(parent)) = (self.table.guard, parent) else { return Ok(()) };
        let ancestors = "WITH RECURSIVE up (id) AS (SELECT CAST($1 AS BIGINT) UNION \
                         SELECT c.parent_id FROM categories c JOIN up ON c.id = up.id WHERE c.parent_id IS NOT NULL) \
                         SELECT count(*) FROM up WHERE id = $2";
        match self.tx.number(sql(ancestors).bind(parent).bind(id)).await? {
            0 => Ok(()),
            _ => Err(Error::Cycle { field: "parent_id" }),
        }
    }

    pub(super) async fn check_unused(&mut self, id: i64) -> Result<(), Error> {
        let mut usage = BTreeMap::new();
        for user in self.table.usage {
            usage.insert(user.name, self.tx.number(sql(user.count).bind(id)).await?);
        }
        usage.retain(|_, count| *count > 0);
        if usage.is_empty() { Ok(()) } else { Err(Error::InUse { usage }) }
    }

    pub(super) async fn admins(&mut self) -> Result<i64, Error> {
        match self.table.guard {
            Guard::Admins => admins(&mut self.tx).await,
            Guard::Free | Guard::Tree => Ok(0),
        }
    }

    pub(super) async fn keep_an_admin(&mut self, before: i64) -> Result<(), Error> {
        if before > 0 && self.admins().await? == 0 { Err(Error::LastAdmin) } else { Ok(()) }
    }
}
