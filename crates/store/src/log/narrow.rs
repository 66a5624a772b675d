//! A question about lines in SQL: as narrow as the database can make it cheaply. The filter itself has the last word.

use lockstep_protocol::log::{Filter, Level, LogType};

use super::{
    read::{Cursor, LogQuery, Way},
    row::{COLUMNS, GRAVE, number},
};
use crate::{
    engine::{Statement, sql},
    fold::{beginning, fold},
    row::can_be_kept,
};

/// What is behind every name that begins with another: the last letter there is.
const LAST: char = char::MAX;

/// A question, one way.
pub(super) struct Narrow<'a> {
    query: &'a LogQuery,
    way: Way,
}

impl<'a> Narrow<'a> {
    pub(super) fn new(query: &'a LogQuery, way: Way) -> Self {
        Self { query, way }
    }

    /// Whether what comes back are, but for rare letters, the lines that fit.
    pub(super) fn is_exact(&self) -> bool {
        !self.query.filter.text().is_some_and(|(_, is_expression)| is_expression)
    }

    /// The place of the last line of a look of so many, where there are as many. Only conditions that an index answers count.
    pub(super) fn end(&self, start: Option<Cursor>, look: i64) -> Statement {
        let mut select = sql("SELECT at, key FROM log_lines WHERE 1 = 1");
        self.within(&mut select, start, None);
        self.by_index(&mut select);
        self.ordered(&mut select, 1);
        select.push(" OFFSET ").push_bind(look - 1);
        select
    }

    /// Lines after `start`, up to and with `end`.
    pub(super) fn rows(&self, start: Option<Cursor>, end: Option<Cursor>, limit: usize) -> Statement {
        let mut select = sql(COLUMNS);
        select.push(" WHERE 1 = 1");
        self.within(&mut select, start, end);
        self.conditions(&mut select);
        self.ordered(&mut select, limit);
        select
    }

    /// The keys of all lines that fit.
    pub(super) fn keys(&self, limit: usize) -> Statement {
        let mut select = sql("SELECT key FROM log_lines WHERE 1 = 1");
        self.within(&mut select, None, None);
        self.conditions(&mut select);
        self.ordered(&mut select, limit);
        select
    }

    fn within(&self, select: &mut Statement, start: Option<Cursor>, end: Option<Cursor>) {
        let (beyond, up_to) = match self.way {
            Way::Older => (" AND (at, key) < (", " AND (at, key) >= ("),
            Way::Newer => (" AND (at, key) > (", " AND (at, key) <= ("),
        };
        for (words, place) in [(beyond, start), (up_to, end)] {
            if let Some(Cursor { at, key }) = place {
                select.push(words).push_bind(at).push(", ").push_bind(key).push(")");
            }
        }
        if let Some(from) = self.query.from {
            select.push(" AND at >= ").push_bind(from);
        }
        if let Some(to) = self.query.to {
            select.push(" AND at <= ").push_bind(to);
        }
    }

    fn ordered(&self, select: &mut Statement, limit: usize) {
        select.push(match self.way {
            Way::Older => " ORDER BY at DESC, key DESC LIMIT ",
            Way::Newer => " ORDER BY at, key LIMIT ",
        });
        select.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    }

    /// One source alone, or grave lines alone.
    fn by_index(&self, select: &mut Statement) {
        let filter = &self.query.filter;
        if filter.sources().and_then(only).is_some() {
            names(select, SOURCE, filter.sources());
        } else if is_grave(filter) {
            select.push(GRAVE);
        }
    }

    fn conditions(&self, select: &mut Statement) {
        let filter = &self.query.filter;
        if let Some(levels) = filter.levels() {
            select.push(if is_grave(filter) { GRAVE } else { "" });
            select.push(" AND level IN (").push_list(levels.iter().copied().map(number)).push(")");
        }
        if let Some(types) = filter.types() {
            select.push(" AND kind IN (").push_list(types.iter().copied().map(LogType::word)).push(")");
        }
        names(select, SOURCE, filter.sources());
        names(select, ENVIRONMENT, filter.environments());
        match filter.text() {
            Some((text, false)) if can_be_kept(text) => {
                let pattern = format!("%{}", beginning(&fold(text)));
                select.push(" AND search LIKE ").push_bind(pattern).push(" ESCAPE '\\'");
            }
            Some((_, false)) => drop(select.push(" AND 1 = 0")),
            _ => {}
        }
    }
}

fn is_grave(filter: &Filter) -> bool {
    filter.levels().is_some_and(|levels| levels.iter().all(|level| *level >= Level::Error))
}

/// A column, and the same as no index knows it: lines are looked through in the order of their times, never gathered and sorted.
type Column = (&'static str, &'static str);

const SOURCE: Column = ("source", "(source || '')");

/// There are few environments, so none of them is a short cut; its index is for their names alone.
const ENVIRONMENT: Column = ("(environment || '')", "(environment || '')");

/// One of these; one that ends with `*` is a beginning.
fn names(select: &mut Statement, (column, unknown): Column, names: Option<&[String]>) {
    let Some(names) = names else { return };
    if let Some(one) = only(names) {
        select.push(" AND ").push(column).push(" = ").push_bind(one);
        return;
    }
    select.push(" AND (1 = 0");
    for name in names.iter().filter(|name| can_be_kept(name)) {
        select.push(" OR ").push(unknown);
        match name.strip_suffix('*') {
            Some(begin) => {
                select.push(" >= ").push_bind(begin).push(" AND ").push(unknown);
                select.push(" < ").push_bind(format!("{begin}{LAST}"));
            }
            None => drop(select.push(" = ").push_bind(name.as_str())),
        }
    }
    select.push(")");
}

/// The one whole name that is wanted, if it is one.
fn only(names: &[String]) -> Option<&str> {
    match names {
        [one] if !one.ends_with('*') && can_be_kept(one) => Some(one),
        _ => None,
    }
}
