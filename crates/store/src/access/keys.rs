//! Keys of programs.

use lockstep_protocol::{Actor, Reason, Room};
use serde_json::{Value as Json, json};

use super::{KEYS_CHANGED, News, list};
use crate::{
    PendingBatch, Store,
    engine::{Tuple, sql},
    error::Error,
    row::parse_id,
};

/// Milliseconds between two notes of a key's use, so that a busy key costs a write a minute and not one a call.
const TOUCH_EVERY_MS: i64 = 60_000;

/// A program with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The key's id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// A key, as an operator sees it: all but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose it is and what it may do.
    pub program: Program,
    /// Who made it; nobody, where it was the operator.
    pub created_by: Option<Actor>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was used last, to about a minute.
    pub last_used_at: Option<i64>,
}

impl Store {
    /// Adds a key for a program, by the digest of its token, and says so: [`KEYS_CHANGED`]. Returns its id.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when there is a key of that name.
    pub async fn add_key(
        &self,
        name: &str,
        token: &str,
        scopes: &[String],
        by: Option<&Actor>,
    ) -> Result<(String, PendingBatch), Error> {
        let insert = "INSERT INTO api_keys (name, token, scopes, created_by, created_at) \
                      VALUES ($1, $2, $3, $4, $5) RETURNING id";
        let insert = sql(insert)
            .bind(name)
            .bind(token)
            .bind(Json::from(scopes).to_string())
            .bind(by.and_then(|actor| serde_json::to_string(actor).ok()))
            .bind(self.clock.now_ms());
        let mut tx = self.engine.write().await?;
        let id = tx.number(insert).await;
        let id =
            id.map_err(|error| if error.is_unique_violation() { Error::Duplicate { field: "name" } } else { error })?;
        let program = Program { id: id.to_string(), name: name.to_owned(), scopes: scopes.to_vec() };
        let pending = self.announce(tx, news(&program, Reason::Added, by)).await?;
        Ok((program.id, pending))
    }

    /// The program of a key, by the digest of its token. Notes about once a minute that it was used.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn key(&self, token: &str) -> Result<Option<Program>, Error> {
        let select = sql("SELECT id, name, scopes, last_used_at FROM api_keys WHERE token = $1").bind(token);
        let Some(row) = self.engine.first(select).await? else { return Ok(None) };
        let (id, now) = (row.some_int(0)?, self.clock.now_ms());
        if row.int(3)?.is_none_or(|used| used + TOUCH_EVERY_MS <= now) {
            self.touch_key(id, now).await?;
        }
        program(&row).map(Some)
    }

    /// The program of a key, by the key's id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn key_by_id(&self, id: &str) -> Result<Option<Program>, Error> {
        let Some(id) = parse_id(id) else { return Ok(None) };
        let select = sql("SELECT id, name, scopes FROM api_keys WHERE id = $1").bind(id);
        let row = self.engine.first(select).await?;
        row.map(|row| program(&row)).transpose()
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keys(&self) -> Result<Vec<Key>, Error> {
        let select = sql("SELECT id, name, scopes, created_by, created_at, last_used_at FROM api_keys ORDER BY id");
        self.engine.all(select).await?.iter().map(key).collect()
    }

    /// Withdraws a key and says so to whoever keeps a connection open for it: [`KEYS_CHANGED`].
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_key(&self, id: &str, by: Option<&Actor>) -> Result<PendingBatch, Error> {
        let number = parse_id(id).ok_or(Error::NotFound)?;
        let mut tx = self.engine.write().await?;
        let delete = sql("DELETE FROM api_keys WHERE id = $1 RETURNING id, name, scopes").bind(number);
        let row = tx.first(delete).await?.ok_or(Error::NotFound)?;
        self.announce(tx, news(&program(&row)?, Reason::Deleted, by)).await
    }

    async fn touch_key(&self, id: i64, now: i64) -> Result<(), Error> {
        let mut tx = self.engine.write().await?;
        tx.run(sql("UPDATE api_keys SET last_used_at = $1 WHERE id = $2").bind(now).bind(id)).await?;
        tx.commit().await
    }
}

fn program(row: &Tuple) -> Result<Program, Error> {
    Ok(Program { id: row.some_int(0)?.to_string(), name: row.some_text(1)?, scopes: list(&row.some_text(2)?)? })
}

fn key(row: &Tuple) -> Result<Key, Error> {
    let created_by = row.text(3)?.and_then(|actor| serde_json::from_str(&actor).ok());
    Ok(Key { program: program(row)?, created_by, created_at: row.some_int(4)?, last_used_at: row.int(5)? })
}

fn news(program: &Program, reason: Reason, by: Option<&Actor>) -> News<'static> {
    let Program { id, name, scopes } = program;
    let data = json!({"id": id, "name": name, "scopes": scopes});
    News { event: KEYS_CHANGED, reason, room: Room::Admin, id: id.clone(), data, by: by.cloned() }
}
