//! How the rows of one entity look: columns, joined names and counts, what may be searched, sorted and filtered by, who refers to it.

use crate::{
    engine::{Statement, Tuple, sql},
    error::Error,
    row::{Kind, Row},
};
use serde_json::{Map, Value as Json};

/// The shape of one entity. All text is SQL of ours, in words that every engine understands; `t` is the entity's own table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The table, and the entity's name.
    pub(crate) name: &'static str,
    /// Its own columns, beyond the ones that all have.
    pub(crate) columns: &'static [Column],
    /// What a row shows of others: names and counts.
    pub(crate) shown: &'static [Shown],
    /// The joins that `shown` needs, with a leading space.
    pub(crate) joins: &'static str,
    /// The column by which people know a row.
    pub(crate) title: &'static str,
    /// The column that no two rows share.
    pub(crate) unique: Option<&'static str>,
    /// Columns that are searched.
    pub(crate) search: &'static [&'static str],
    /// Further ways to sort: the name and the SQL, never null.
    pub(crate) sorts: &'static [(&'static str, &'static str)],
    /// Who may refer to a row; as long as one does, it is not deleted.
    pub(crate) usage: &'static [Usage],
    /// A rule of its own.
    pub(crate) guard: Guard,
}

/// A rule that concerns more than one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// None.
    Free,
    /// Rows form a tree by `parent_id`.
    Tree,
    /// A change may take away the last administrator.
    Admins,
}

/// A column that edits write.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name, in the table and in JSON.
    pub(crate) name: &'static str,
    /// How it is kept.
    pub(crate) kind: Kind,
    /// Counts the rows it refers to, `$1` the id, when it refers to any.
    pub(crate) refers: Option<&'static str>,
    /// Whether lists may be filtered by it.
    pub(crate) filter: bool,
    /// Whether it is never shown.
    pub(crate) hidden: bool,
}

impl Column {
    /// A plain column.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, refers: None, filter: false, hidden: false }
    }

    /// A reference to another table; lists can be filtered by it.
    pub(crate) const fn reference(name: &'static str, count: &'static str) -> Self {
        Self { name, kind: Kind::Id, refers: Some(count), filter: true, hidden: false }
    }

    /// The same, and lists can be filtered by it.
    pub(crate) const fn filtered(mut self) -> Self {
        self.filter = true;
        self
    }

    /// The same, but never shown.
    pub(crate) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

/// Something that a row shows of others.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// How it is read.
    pub(crate) kind: Kind,
    /// The SQL of it.
    pub(crate) sql: &'static str,
}

/// Others that refer to a row.
#[derive(Debug)]
pub(crate) struct Usage {
    /// What they are called in the answer.
    pub(crate) name: &'static str,
    /// Counts them, `$1` the row's id.
    pub(crate) count: &'static str,
}

/// Columns that every entity has, and how they are read; they come first, in this order.
const COMMON: [(&str, Kind); 5] = [
    ("id", Kind::Id),
    ("rev", Kind::Number),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
    ("updated_by", Kind::Json),
];

impl Table {
    /// `SELECT` of whole rows, up to and without `WHERE`.
    pub(crate) fn select(&self) -> Statement {
        let mut statement = sql("SELECT t.id, t.rev, t.created_at, t.updated_at, t.updated_by");
        for column in self.visible() {
            statement.push(", t.").push(column.name);
        }
        for shown in self.shown {
            statement.push(", ").push(shown.sql);
        }
        statement.push(" FROM ").push(self.name).push(" t").push(self.joins);
        statement
    }

    /// The row that [`Table::select`] has read.
    pub(crate) fn row(&self, tuple: &Tuple) -> Result<Row, Error> {
        let columns = self.visible().map(|column| (column.name, column.kind));
        let shown = self.shown.iter().map(|shown| (shown.name, shown.kind));
        let mut value = Map::new();
        for (n, (name, kind)) in COMMON.into_iter().chain(columns).chain(shown).enumerate() {
            value.insert(name.to_owned(), kind.read(tuple, n)?);
        }
        Ok(Row { id: tuple.some_int(0)?.to_string(), rev: tuple.some_int(1)?, value: Json::Object(value) })
    }

    /// The column of that name, if edits write one.
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The SQL to sort by for a name, if it is known.
    pub(crate) fn sort(&self, name: &str) -> Option<&'static str> {
        match name {
            "id" => Some("t.id"),
            "created_at" => Some("t.created_at"),
            "updated_at" => Some("t.updated_at"),
            _ if name == self.title => Some("t.folded"),
            _ => self.sorts.iter().find(|(known, _)| *known == name).map(|(_, sql)| *sql),
        }
    }

    fn visible(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|column| !column.hidden)
    }
}
