//! Rows that one page edits alone, for as long as it says so.
//!
//! Where an entity is under locks ([`Locks`]), a page takes a row, keeps it by taking it again before its time is over, and gives it back.
//! Meanwhile every edit by somebody else is refused, within the edit's own transaction: whoever takes a row and whoever edits it hold the
//! row itself, so one comes after the other. Whose time is over has nothing, and anybody may take a row over from whoever has it: locks
//! are against accidents, not against colleagues.
//! Taking, taking over and giving back are events (`locks:changed` in the entity's room), written down with what they tell of; keeping
//! a row and the end of its time are none.

use lockstep_protocol::{Actor, Draft, EventName, Reason, Scope};
use serde_json::{json, value::RawValue};

use crate::{
    Author, PendingBatch, Store,
    engine::{Lock, Statement, Tuple, Tx, sql},
    entity::Entity,
    error::Error,
    ledger,
    row::parse_id,
};

/// The event in the room of an entity when a row of it was taken, taken over or given back; `id` is the row's.
pub const LOCKS_CHANGED: &str = EventName::LOCKS;

/// Which rows can be taken, and for how long.
#[derive(Debug, Clone)]
pub struct Locks {
    /// Whose rows can be. Edits of others ask for no lock.
    pub entities: Vec<Entity>,
    /// How long a row is held after it was taken, in milliseconds.
    pub lease_ms: i64,
}

impl Default for Locks {
    /// None. Three quarters of a minute, so that a page that keeps its row each fifteen seconds may fail twice.
    fn default() -> Self {
        Self { entities: Vec::new(), lease_ms: 45_000 }
    }
}

/// Who has a row, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What kind of row.
    pub entity: Entity,
    /// The row.
    pub id: String,
    /// The page, by its `X-Client-Id`.
    pub client: String,
    /// The person or program.
    pub user: Actor,
    /// When it was taken, in milliseconds since 1970.
    pub since: i64,
    /// When it ends unless it is kept, in milliseconds since 1970.
    pub expires_at: i64,
}

impl Lease {
    /// Whether this page of this person has it. The page alone would not do: its name is told to everybody in the room.
    pub fn is_of(&self, user: &Actor, client: &str) -> bool {
        self.user.id == user.id && self.client == client
    }

    /// Whether an edit of this author goes by it.
    pub(crate) fn admits(&self, author: &Author) -> bool {
        let (user, client) = (author.actor.as_ref(), author.origin.as_deref());
        user.zip(client).is_some_and(|(user, client)| self.is_of(user, client))
    }
}

/// A row that was taken or kept.
#[derive(Debug)]
pub struct Taken {
    /// What the page has now.
    pub lease: Lease,
    /// The event that is still to be committed, and the taking with it; none where the row was only kept, which is done.
    pub pending: Option<PendingBatch>,
}

impl Store {
    /// The entities whose rows can be taken.
    pub fn locked_entities(&self) -> &[Entity] {
        &self.locks.entities
    }

    /// Who has a row just now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such row.
    pub async fn lease(&self, entity: Entity, id: &str) -> Result<Option<Lease>, Error> {
        let id = parse_id(id).ok_or(Error::NotFound)?;
        let mut select = sql("SELECT id FROM ");
        select.push(entity.table().name).push(" WHERE id = ").push_bind(id);
        self.engine.first(select).await?.ok_or(Error::NotFound)?;
        let row = self.engine.first(select_live(entity, id, self.clock.now_ms())).await?;
        row.map(|row| read(entity, id, &row)).transpose()
    }

    /// Takes a row for a page, or keeps it; `over` takes it from whoever has it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Locked`] when somebody else has it and `over` is not set.
    pub async fn take_lock(
        &self,
        entity: Entity,
        id: &str,
        user: &Actor,
        client: &str,
        over: bool,
    ) -> Result<Taken, Error> {
        let mut tx = self.engine.write().await?;
        let id = hold(&mut tx, entity, id).await?.ok_or(Error::NotFound)?;
        let now = self.clock.now_ms();
        let expires_at = now + self.locks.lease_ms;
        let reason = match live(&mut tx, entity, id, now).await? {
            Some(lease) if lease.is_of(user, client) => {
                return keep(tx, id, Lease { expires_at, ..lease }).await;
            }
            Some(lease) if !over => return Err(Error::Locked { lease: Box::new(lease) }),
            Some(_) => Reason::Updated,
            None => Reason::Added,
        };
        let (user, client) = (user.clone(), client.to_owned());
        let lease = Lease { entity, id: id.to_string(), client, user, since: now, expires_at };
        write(&mut tx, id, &lease).await?;
        sweep(&mut tx, now).await?;
        let pending = self.tell(tx, now, reason, &lease).await?;
        Ok(Taken { lease, pending: Some(pending) })
    }

    /// Gives a row back that this page has; nothing to commit where it has not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn give_back(
        &self,
        entity: Entity,
        id: &str,
        user: &Actor,
        client: &str,
    ) -> Result<Option<PendingBatch>, Error> {
        let mut tx = self.engine.write().await?;
        let Some(id) = hold(&mut tx, entity, id).await? else { return Ok(None) };
        let now = self.clock.now_ms();
        let held = live(&mut tx, entity, id, now).await?.filter(|lease| lease.is_of(user, client));
        let Some(lease) = held else { return Ok(None) };
        forget(&mut tx, entity, id).await?;
        self.tell(tx, now, Reason::Deleted, &lease).await.map(Some)
    }

    /// Writes down who has the row, or had it, as the last step.
    async fn tell(&self, mut tx: Tx, now: i64, reason: Reason, lease: &Lease) -> Result<PendingBatch, Error> {
        let Lease { entity, id, client, user, since, expires_at } = lease;
        let data =
            json!({"entity": entity.name(), "user": user, "since": since, "expires_at": expires_at, "client": client});
        let corrupt = |error: &dyn std::fmt::Display| Error::Corrupt(error.to_string());
        let draft = Draft {
            event: LOCKS_CHANGED.parse().map_err(|error| corrupt(&error))?,
            reason,
            worker: self.worker,
            scope: Scope::Room(entity.room()),
            id: id.clone(),
            data: Some(RawValue::from_string(data.to_string()).map_err(|error| corrupt(&error))?),
            rev: None,
            actor: Some(user.clone()),
            origin: Some(client.clone()),
        };
        let record = ledger::append(&mut tx, now, draft).await?;
        Ok(PendingBatch::one(tx, record))
    }
}

/// Who has a row at this moment.
pub(crate) async fn live(tx: &mut Tx, entity: Entity, id: i64, now: i64) -> Result<Option<Lease>, Error> {
    let row = tx.first(select_live(entity, id, now)).await?;
    row.map(|row| read(entity, id, &row)).transpose()
}

/// Takes a row away from whoever has it, without a word.
pub(crate) async fn forget(tx: &mut Tx, entity: Entity, id: i64) -> Result<(), Error> {
    tx.run(sql("DELETE FROM locks WHERE entity = $1 AND id = $2").bind(entity.name()).bind(id)).await?;
    Ok(())
}

/// Holds the row itself, as an edit does, and returns its number; nothing where there is no such row.
async fn hold(tx: &mut Tx, entity: Entity, id: &str) -> Result<Option<i64>, Error> {
    let Some(id) = parse_id(id) else { return Ok(None) };
    let mut select = sql("SELECT id FROM ");
    select.push(entity.table().name).push(" WHERE id = ").push_bind(id).push(tx.lock(Lock::Change));
    Ok(tx.first(select).await?.map(|_| id))
}

/// What is over counts as none.
fn select_live(entity: Entity, id: i64, now: i64) -> Statement {
    let select = "SELECT client, user_id, user_name, since, expires_at FROM locks \
                  WHERE entity = $1 AND id = $2 AND expires_at > $3";
    sql(select).bind(entity.name()).bind(id).bind(now)
}

fn read(entity: Entity, id: i64, row: &Tuple) -> Result<Lease, Error> {
    Ok(Lease {
        entity,
        id: id.to_string(),
        client: row.some_text(0)?,
        user: Actor { id: row.some_text(1)?, name: row.some_text(2)? },
        since: row.some_int(3)?,
        expires_at: row.some_int(4)?,
    })
}

async fn keep(mut tx: Tx, id: i64, lease: Lease) -> Result<Taken, Error> {
    let update = sql("UPDATE locks SET expires_at = $1 WHERE entity = $2 AND id = $3");
    tx.run(update.bind(lease.expires_at).bind(lease.entity.name()).bind(id)).await?;
    tx.commit().await?;
    Ok(Taken { lease, pending: None })
}

async fn write(tx: &mut Tx, id: i64, lease: &Lease) -> Result<(), Error> {
    let upsert = "INSERT INTO locks (entity, id, client, user_id, user_name, since, expires_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (entity, id) DO UPDATE SET \
                  client = excluded.client, user_id = excluded.user_id, user_name = excluded.user_name, \
                  since = excluded.since, expires_at = excluded.expires_at";
    let upsert = sql(upsert)
        .bind(lease.entity.name())
        .bind(id)
        .bind(lease.client.as_str())
        .bind(lease.user.id.as_str())
        .bind(lease.user.name.as_str())
        .bind(lease.since)
        .bind(lease.expires_at);
    tx.run(upsert).await?;
    Ok(())
}

/// Removes what is over. A row of it that somebody takes at this moment is left to him.
async fn sweep(tx: &mut Tx, now: i64) -> Result<(), Error> {
    let mut sweep = sql("DELETE FROM locks WHERE (entity, id) IN (SELECT entity, id FROM locks WHERE expires_at <= $1");
    sweep.push(tx.lock(Lock::Skip)).push(")");
    tx.run(sweep.bind(now)).await?;
    Ok(())
}
