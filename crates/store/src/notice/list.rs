//! Looking at what one was told.

use lockstep_protocol::{Notice, Position};
use serde::Serialize;

use super::{Shape, corrupt, count_unread};
use crate::{
    Store,
    engine::{Statement, Tuple, sql},
    error::Error,
    ledger,
    row::{can_be_kept, parse_id},
};

/// The most notices of one answer.
const MAX_ITEMS: u32 = 200;

const COLUMNS: &str = "SELECT r.id, n.type, n.data, n.message, n.status, n.counted, r.count, r.told_at, r.read, r.archived \
                       FROM notice_recipients r JOIN notices n ON n.id = r.content WHERE r.user_id = ";

/// Which notices are wanted.
#[derive(Debug, Clone, Default)]
pub struct NoticeQuery {
    /// Only those that are unread.
    pub unread: bool,
    /// Those that were put aside, instead of the others.
    pub archived: bool,
    /// Only those of these kinds; all where none is named.
    pub kinds: Vec<String>,
    /// Only those before this id.
    pub before: Option<i64>,
    /// At most so many, from 1 to 200.
    pub limit: u32,
}

/// A notice and its id.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// The notice; how many are unread stands in the page.
    #[serde(flatten)]
    pub notice: Notice,
}

/// Notices of a person, newest first, and the position of the ledger at the same moment.
#[derive(Debug, Clone)]
pub struct NoticePage {
    /// The notices.
    pub items: Vec<Listed>,
    /// How many of all his notices are unread.
    pub unread: i64,
    /// Where to go on: there are more before this id.
    pub next: Option<String>,
    /// How far the ledger had come when they were read.
    pub position: Position,
}

impl Store {
    /// What a person was told.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn notices(&self, user: &str, query: &NoticeQuery) -> Result<NoticePage, Error> {
        let user = parse_id(user).ok_or(Error::NotFound)?;
        let limit = query.limit.clamp(1, MAX_ITEMS) as usize;
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let mut rows = tx.all(query.select(user, limit + 1)).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows.iter().map(read).collect::<Result<Vec<Listed>, Error>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id.clone());
        let unread = count_unread(&mut tx, &[user]).await?.get(&user).copied().unwrap_or_default();
        Ok(NoticePage { items, unread, next, position })
    }

    /// How many notices of a person are unread, and how far the ledger had come when they were counted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unread(&self, user: &str) -> Result<(i64, Position), Error> {
        let user = parse_id(user).ok_or(Error::NotFound)?;
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let unread = count_unread(&mut tx, &[user]).await?.get(&user).copied().unwrap_or_default();
        Ok((unread, position))
    }
}

impl NoticeQuery {
    fn select(&self, user: i64, limit: usize) -> Statement {
        let mut select = sql(COLUMNS);
        select.push_bind(user).push(" AND r.archived = ").push_bind(self.archived);
        if self.unread {
            select.push(" AND r.read = 0");
        }
        if !self.kinds.is_empty() {
            let kinds = self.kinds.iter().map(String::as_str).filter(|kind| can_be_kept(kind));
            select.push(" AND n.type IN (").push_list(kinds).push(")");
        }
        if let Some(before) = self.before {
            select.push(" AND r.id < ").push_bind(before);
        }
        select.push(" ORDER BY r.id DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        select
    }
}

fn read(row: &Tuple) -> Result<Listed, Error> {
    let shape = Shape {
        kind: row.some_text(1)?,
        data: row.some_text(2)?,
        message: row.text(3)?,
        status: row.text(4)?.map(|status| status.parse()).transpose().map_err(corrupt)?,
        counted: row.some_int(5)? != 0,
        count: row.some_int(6)?,
        told_at: row.some_int(7)?,
        read: row.some_int(8)? != 0,
        archived: row.some_int(9)? != 0,
        unread: None,
    };
    Ok(Listed { id: row.some_int(0)?.to_string(), notice: shape.notice()? })
}
