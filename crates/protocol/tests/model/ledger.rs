//! The ledger in memory: what the store keeps, with the numbers 1, 2, 3 … for seqs.
//!
//! It answers as `store/src/ledger.rs` does: rows are read under the name of the present life, a new life keeps the rows and moves the
//! floor to the top.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use lockstep_protocol::{
    Draft, Epoch, EventName, Position, Reason, Record, Room, Scope, Seq,
    ledger::{Head, Page},
};

/// What an edit is about, seen from the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Its own room.
    Own,
    /// A room that its own depends on.
    Source,
    /// A room that is none of its business.
    Other,
    /// All rooms.
    Global,
}

/// The rooms of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Setting {
    /// The page shows the files; categories are a source of them.
    Files,
    /// The page shows one import; another import is the other room. Workers forget both when nobody is there.
    Import,
}

impl Setting {
    pub(crate) fn room(self, kind: Kind) -> Room {
        match (self, kind) {
            (Setting::Files, Kind::Own) => Room::Files,
            (Setting::Files, Kind::Source) => Room::Categories,
            (Setting::Files, _) => Room::Users,
            (Setting::Import, Kind::Other) => Room::Import("2".into()),
            (Setting::Import, _) => Room::Import("1".into()),
        }
    }
}

/// One committed edit.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// As the bus carries it: under the name of the life in which it was committed.
    pub(crate) record: Arc<Record>,
}

impl Row {
    fn new(setting: Setting, kind: Kind, epoch: Epoch, seq: Seq, gprev: Seq) -> Self {
        let room = setting.room(kind);
        let draft = Draft {
            event: EventName::changed(&room),
            reason: Reason::Updated,
            worker: 1,
            scope: if kind == Kind::Global { Scope::Global } else { Scope::Room(room) },
            id: "1".into(),
            data: None,
            rev: None,
            actor: None,
            origin: None,
        };
        Self { kind, record: Arc::new(draft.stamped(epoch, seq, gprev)) }
    }

    pub(crate) fn seq(&self) -> Seq {
        self.record.seq
    }

    fn is_heard(&self) -> bool {
        self.kind != Kind::Other
    }

    fn identity(&self) -> (Kind, &Epoch, Seq, Seq) {
        (self.kind, &self.record.epoch, self.record.seq, self.record.gprev)
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Row {}

impl Hash for Row {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.identity().hash(hasher);
    }
}

/// The data too: what has been trimmed is still committed, so the rows stay here and only reading passes over them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ledger {
    pub(crate) epoch: Epoch,
    floor: Seq,
    gone: Seq,
    rows: Vec<Row>,
}

impl Ledger {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self { epoch, floor: Seq(0), gone: Seq(0), rows: Vec::new() }
    }

    pub(crate) fn top(&self) -> Seq {
        self.rows.last().map_or(Seq(0), Row::seq)
    }

    pub(crate) fn position(&self) -> Position {
        Position::new(self.epoch.clone(), self.top())
    }

    /// Everything the page should show.
    pub(crate) fn heard(&self) -> Vec<Seq> {
        self.heard_until(self.top())
    }

    pub(crate) fn heard_until(&self, seq: Seq) -> Vec<Seq> {
        self.rows.iter().filter(|row| row.is_heard() && row.seq() <= seq).map(Row::seq).collect()
    }

    /// Whether `position` is a place of the history as it is now.
    pub(crate) fn has(&self, position: &Position) -> bool {
        let seq = position.seq;
        position.epoch == self.epoch && (seq == Seq(0) || self.rows.iter().any(|row| row.seq() == seq))
    }

    pub(crate) fn commit(&mut self, setting: Setting, seq: Seq, kind: Kind) -> Row {
        let row = Row::new(setting, kind, self.epoch.clone(), seq, self.top());
        self.rows.push(row.clone());
        row
    }

    /// Trims all rows; false when there are none.
    pub(crate) fn trim(&mut self) -> bool {
        self.floor = self.top();
        let some = self.gone < self.floor;
        self.gone = self.floor;
        some
    }

    pub(crate) fn begin(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.floor = self.top();
    }

    fn head(&self) -> Head {
        Head { epoch: self.epoch.clone(), floor: self.floor, top: self.top() }
    }

    /// Rows are read under the name of the present life.
    fn page<'a>(&self, known: bool, rows: impl Iterator<Item = &'a Row>) -> Page {
        let rows = rows.map(|row| Record { epoch: self.epoch.clone(), ..Record::clone(&row.record) }).collect();
        Page { head: self.head(), known, rows }
    }

    fn kept(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.seq() > self.gone)
    }

    fn knows(&self, seq: Seq) -> bool {
        [Seq(0), self.floor, self.top()].contains(&seq) || self.kept().any(|row| row.seq() == seq)
    }

    pub(crate) fn latest(&self, limit: usize) -> Page {
        let kept = self.kept().count();
        self.page(true, self.kept().skip(kept.saturating_sub(limit)))
    }

    pub(crate) fn after(&self, seq: Seq) -> Page {
        self.page(self.knows(seq), self.kept().filter(|row| row.seq() > seq))
    }

    /// The rows of these scopes.
    pub(crate) fn of(&self, scopes: &[Scope], seq: Seq) -> Page {
        let wanted = |row: &&Row| row.seq() > seq && scopes.contains(&row.record.scope);
        self.page(self.knows(seq), self.kept().filter(wanted))
    }
}
