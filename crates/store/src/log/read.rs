//! Looking through lines: a page before or after a place, the lines around one, those that a worker missed.

use std::{fmt, str::FromStr};

use lockstep_protocol::log::{Archive, Filter, Line, Reading};

use super::{
    narrow::Narrow,
    oldest,
    row::{self, COLUMNS},
};
use crate::{
    Store,
    engine::{Tuple, Tx, sql},
    error::Error,
};

/// The most lines of a page.
pub const MAX_LOG_PAGE: u32 = 1000;

/// Lines that one call looks at for those that fit. Where fewer fit than were asked for, the next call goes on from there.
pub(super) const LOOK: i64 = 50_000;

/// Lines that are read at a time where the database cannot tell which of them fit.
const STEP: usize = 1000;

/// A place between lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(super) at: i64,
    pub(super) key: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.key)
    }
}

/// Text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place between lines; give back the one that an answer held")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (at, key) = text.rsplit_once('-').ok_or(BadCursor)?;
        Ok(Self { at: at.parse().map_err(|_| BadCursor)?, key: key.parse().map_err(|_| BadCursor)? })
    }
}

/// Where a page lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// At the newest end.
    #[default]
    Newest,
    /// Directly before this place.
    Before(Cursor),
    /// Directly after it.
    After(Cursor),
    /// Around the line with this id, which is among them whatever the filter says.
    Around(String),
}

/// What is wanted of the lines.
#[derive(Debug, Clone)]
pub struct LogQuery {
    /// Which lines.
    pub filter: Filter,
    /// Those of this time and later, in milliseconds since 1970.
    pub from: Option<i64>,
    /// Those of this time and earlier.
    pub to: Option<i64>,
    /// Where.
    pub place: Place,
    /// At most so many, from 1 to [`MAX_LOG_PAGE`].
    pub limit: u32,
}

/// Lines, the oldest first.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// They.
    pub lines: Vec<Line>,
    /// Where to go on to older ones; none when there are none. A page may hold fewer lines than were asked for, and still have this.
    pub before: Option<Cursor>,
    /// Where to go on to newer ones; none when there were none.
    pub after: Option<Cursor>,
    /// The time of the oldest line that is kept, whatever the filter, in milliseconds since 1970.
    pub oldest_at: Option<i64>,
}

impl Store {
    /// A page of lines.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no line to look around; [`Error::Unavailable`].
    pub async fn log_lines(&self, query: &LogQuery) -> Result<LogPage, Error> {
        let limit = query.limit.clamp(1, MAX_LOG_PAGE) as usize;
        let mut tx = self.engine.read().await?;
        let oldest_at = oldest(&mut tx).await?;
        let (lines, before, after) = match &query.place {
            Place::Newest => {
                let (lines, before) = older(&mut tx, query, None, limit).await?;
                (lines, before, None)
            }
            Place::Before(place) => {
                let (lines, before) = older(&mut tx, query, Some(*place), limit).await?;
                let after = lines.last().map_or(*place, |(last, _)| *last);
                (lines, before, Some(after))
            }
            Place::After(place) => {
                let (lines, after) = walk(&mut tx, query, Way::Newer, Some(*place), limit).await?;
                let before = lines.first().map_or(*place, |(first, _)| *first);
                (lines, Some(before), after)
            }
            Place::Around(id) => around(&mut tx, query, id, limit).await?,
        };
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        Ok(LogPage { lines, before, after, oldest_at })
    }
}

impl Archive for Store {
    fn between<'a>(&'a self, from: &'a str, first: u64, last: u64) -> Reading<'a> {
        Box::pin(async move { self.missed(from, first, last).await.unwrap_or_default() })
    }

    fn newest<'a>(&'a self, filter: &'a Filter, limit: usize) -> Reading<'a> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let query = LogQuery { filter: filter.clone(), from: None, to: None, place: Place::Newest, limit };
        Box::pin(async move { self.log_lines(&query).await.map(|page| page.lines).unwrap_or_default() })
    }
}

impl Store {
    async fn missed(&self, from: &str, first: u64, last: u64) -> Result<Vec<Line>, Error> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut select = sql(COLUMNS);
        select.push(" WHERE writer = ").push_bind(from).push(" AND n >= ").push_bind(number(first));
        select.push(" AND n <= ").push_bind(number(last)).push(" ORDER BY n LIMIT ").push_bind(LOOK);
        self.engine.all(select).await?.iter().map(row::read).collect()
    }
}

/// Lines and their places.
pub(super) type Found = Vec<(Cursor, Line)>;

async fn older(
    tx: &mut Tx,
    query: &LogQuery,
    place: Option<Cursor>,
    limit: usize,
) -> Result<(Found, Option<Cursor>), Error> {
    let (mut lines, next) = walk(tx, query, Way::Older, place, limit).await?;
    lines.reverse();
    Ok((lines, next))
}

async fn around(
    tx: &mut Tx,
    query: &LogQuery,
    id: &str,
    limit: usize,
) -> Result<(Found, Option<Cursor>, Option<Cursor>), Error> {
    let mut select = sql(COLUMNS);
    select.push(" WHERE id = ").push_bind(id).push(" ORDER BY at, key LIMIT 1");
    let middle = match crate::row::can_be_kept(id) {
        true => tx.first(select).await?.ok_or(Error::NotFound)?,
        false => return Err(Error::NotFound),
    };
    let middle = found(&middle)?;
    let (mut lines, before) = older(tx, query, Some(middle.0), limit / 2).await?;
    let (newer, after) = walk(tx, query, Way::Newer, Some(middle.0), limit - limit / 2 - 1).await?;
    lines.push(middle);
    lines.extend(newer);
    Ok((lines, before, after))
}

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Older,
    Newer,
}

/// The lines that fit, in the order in which they are met, and where to go on when there may be more.
pub(super) async fn walk(
    tx: &mut Tx,
    query: &LogQuery,
    way: Way,
    start: Option<Cursor>,
    limit: usize,
) -> Result<(Found, Option<Cursor>), Error> {
    let narrow = Narrow::new(query, way);
    let end = tx.first(narrow.end(start, LOOK)).await?.map(|row| place(&row)).transpose()?;
    let step = if narrow.is_exact() { limit + 1 } else { STEP };
    let (mut lines, mut from) = (Vec::new(), start);
    loop {
        let rows = tx.all(narrow.rows(from, end, step)).await?;
        for row in &rows {
            let (place, line) = found(row)?;
            from = Some(place);
            if !query.filter.matches(&line) {
                continue;
            }
            if lines.len() == limit {
                let next = lines.last().map(|(last, _)| *last).or(start);
                return Ok((lines, next));
            }
            lines.push((place, line));
        }
        if rows.len() < step {
            return Ok((lines, end));
        }
    }
}

fn found(row: &Tuple) -> Result<(Cursor, Line), Error> {
    Ok((place(row)?, row::read(row)?))
}

fn place(row: &Tuple) -> Result<Cursor, Error> {
    Ok(Cursor { at: row.some_int(0)?, key: row.some_int(1)? })
}
