//! Reading what one was told, and putting it aside.

use lockstep_protocol::NoticesRead;

use super::{count_unread, hold_persons};
use crate::{
    PendingBatch, Store,
    engine::{Statement, sql},
    error::Error,
    ledger,
    row::parse_id,
};

/// Which notices of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// One, by its id.
    One(&'a str),
    /// One, which is put aside as well.
    Archive(&'a str),
    /// All there are.
    All,
}

impl Which<'_> {
    fn id(self) -> Option<String> {
        match self {
            Which::One(id) | Which::Archive(id) => Some(id.to_owned()),
            Which::All => None,
        }
    }
}

/// Notices that were marked.
#[derive(Debug)]
pub struct Marked {
    /// How many of the person's are unread now.
    pub unread: i64,
    /// The event that is still to be committed, and the mark with it; none where nothing was different.
    pub pending: Option<PendingBatch>,
}

impl Store {
    /// Marks notices of a person as read. `origin` is his page, by its `X-Client-Id`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when he has no such notice.
    pub async fn mark(&self, user: &str, which: Which<'_>, origin: Option<&str>) -> Result<Marked, Error> {
        let user = parse_id(user).ok_or(Error::NotFound)?;
        let id = which.id().map(|id| parse_id(&id).ok_or(Error::NotFound)).transpose()?;
        let mut tx = self.engine.write().await?;
        let persons = hold_persons(&mut tx, &[user]).await?;
        ledger::hold(&mut tx).await?;
        let changed = tx.run(update(user, id, which)).await?;
        if let (0, Some(id)) = (changed, id) {
            let select = sql("SELECT id FROM notice_recipients WHERE user_id = $1 AND id = $2").bind(user).bind(id);
            tx.first(select).await?.ok_or(Error::NotFound)?;
        }
        let unread = count_unread(&mut tx, &persons).await?.get(&user).copied().unwrap_or_default();
        if changed == 0 {
            return Ok(Marked { unread, pending: None });
        }
        let archived = matches!(which, Which::Archive(_));
        let read = NoticesRead { ids: which.id().map(|id| vec![id]), read: true, archived, unread };
        let draft = self.read_draft(user, &read, origin)?;
        Ok(Marked { unread, pending: Some(self.say(tx, vec![draft]).await?) })
    }
}

fn update(user: i64, id: Option<i64>, which: Which<'_>) -> Statement {
    let (set, open) = match which {
        Which::Archive(_) => ("read = 1, archived = 1", "archived = 0"),
        Which::One(_) | Which::All => ("read = 1", "read = 0"),
    };
    let mut update = sql("UPDATE notice_recipients SET ");
    update.push(set).push(" WHERE ").push(open).push(" AND user_id = ").push_bind(user);
    if let Some(id) = id {
        update.push(" AND id = ").push_bind(id);
    }
    update
}
