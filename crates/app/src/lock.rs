//! Rows that one page edits alone, where the operator wants that: taking one, keeping it, giving it back.
//!
//! Who may edit a row may take it, also from somebody else who has it: locks are against accidents, not against colleagues.

use lockstep_store::{Entity, Lease};

use crate::{App, Caller, Error, rights::Right};

impl App {
    /// The entities whose rows can be taken.
    pub fn locked_entities(&self) -> &[Entity] {
        self.0.store.locked_entities()
    }

    /// Who has a row just now.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::LocksOff`], [`Error::NotFound`].
    pub async fn lease(&self, caller: &Caller, entity: Entity, id: &str) -> Result<Option<Lease>, Error> {
        caller.must(Right::View(entity))?;
        self.must_be_under_locks(entity)?;
        Ok(self.0.store.lease(entity, id).await?)
    }

    /// Takes a row for a page of the caller, or keeps it; `over` takes it from whoever has it.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::LocksOff`], [`Error::NotFound`]; [`Error::Locked`] when somebody else has it and `over` is not set.
    pub async fn lock(
        &self,
        caller: &Caller,
        entity: Entity,
        id: &str,
        page: &str,
        over: bool,
    ) -> Result<Lease, Error> {
        caller.must(Right::Edit(entity))?;
        self.must_be_under_locks(entity)?;
        self.no_one_above(caller, entity, id).await?;
        let user = caller.actor().ok_or(Error::Unauthorized)?;
        let taken = self.0.store.take_lock(entity, id, &user, page, over).await?;
        if let Some(pending) = taken.pending {
            self.0.road.see_through(pending).await?;
        }
        Ok(taken.lease)
    }

    /// Gives a row back that a page of the caller has. One that it has not is left alone.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::LocksOff`].
    pub async fn unlock(&self, caller: &Caller, entity: Entity, id: &str, page: &str) -> Result<(), Error> {
        caller.must(Right::Edit(entity))?;
        self.must_be_under_locks(entity)?;
        let user = caller.actor().ok_or(Error::Unauthorized)?;
        match self.0.store.give_back(entity, id, &user, page).await? {
            Some(pending) => self.0.road.see_through(pending).await,
            None => Ok(()),
        }
    }

    fn must_be_under_locks(&self, entity: Entity) -> Result<(), Error> {
        if self.locked_entities().contains(&entity) { Ok(()) } else { Err(Error::LocksOff) }
    }
}
