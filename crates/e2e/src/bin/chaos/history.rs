//! What the database says happened: the ledger, read past Lockstep by another program.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::Command,
    time::Instant,
};

use lockstep_e2e::Postgres;
use lockstep_protocol::{FanOut, Room, Scope, Seq};
use serde::Deserialize;

use crate::crowd::track::Content;

/// Python brings SQLite along; it prints one line of JSON a row.
const READER: &str = "
import json, sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, timeout=20)
for row in database.execute('SELECT seq, scope, id, rev FROM sync_log ORDER BY seq'):
    print(json.dumps(row))
";

/// One committed event as a room hears it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its place.
    pub(crate) seq: Seq,
    /// What it says in this room.
    pub(crate) content: Content,
    /// When its author knew that it was committed.
    pub(crate) known: Option<Instant>,
}

/// The events of each room, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    rooms: BTreeMap<Room, Vec<Row>>,
}

#[derive(Deserialize)]
struct Read(i64, String, String, Option<i64>);

impl History {
    /// Reads the ledger of `database`. `known` says when an author knew of a revision of a row.
    ///
    /// # Errors
    /// What python says.
    pub(crate) fn read(database: &Path, known: &Known) -> Result<History, String> {
        let output = Command::new("python3").args(["-c", READER]).arg(database).output();
        let output = output.map_err(|error| format!("python3, which reads the ledger: {error}"))?;
        if !output.status.success() {
            return Err(format!("the ledger could not be read: {}", String::from_utf8_lossy(&output.stderr)));
        }
        History::parse(&String::from_utf8_lossy(&output.stdout), known)
    }

    /// The same of a server's database, read by PostgreSQL's own client.
    ///
    /// # Errors
    /// When what it prints is no ledger.
    pub(crate) fn read_from(server: &Postgres, known: &Known) -> Result<History, String> {
        const ROWS: &str = "SELECT json_build_array(seq, scope, id, rev) FROM sync_log ORDER BY seq";
        History::parse(&server.sql_in("lockstep", ROWS), known)
    }

    /// One line of JSON for each row.
    fn parse(text: &str, known: &Known) -> Result<History, String> {
        let mut history = History::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let row: Read = serde_json::from_str(line).map_err(|error| error.to_string())?;
            history.add(&row, known)?;
        }
        Ok(history)
    }

    fn add(&mut self, Read(seq, scope, id, rev): &Read, known: &Known) -> Result<(), String> {
        let Scope::Room(room) = scope.parse().map_err(|error| format!("{error}"))? else {
            return Err("an event for everybody, which nobody here makes".to_owned());
        };
        let known = rev.and_then(|rev| known.get(&(room.clone(), id.clone(), rev)).copied());
        let told = |id: &str, rev| Row { seq: Seq(*seq), content: Content { id: id.to_owned(), rev }, known };
        for dependent in FanOut::default().dependents(&room) {
            self.rooms.entry(dependent.clone()).or_default().push(told("*", None));
        }
        self.rooms.entry(room).or_default().push(told(id, *rev));
        Ok(())
    }

    /// A history that somebody else has kept.
    pub(crate) fn of_one_room(room: &Room, rows: Vec<Row>) -> History {
        History { rooms: BTreeMap::from([(room.clone(), rows)]) }
    }

    /// What `room` heard or should have.
    pub(crate) fn of(&self, room: &Room) -> &[Row] {
        self.rooms.get(room).map_or(&[], Vec::as_slice)
    }

    /// The newest place of each room.
    pub(crate) fn tops(&self) -> BTreeMap<Room, Seq> {
        let last = |(room, rows): (&Room, &Vec<Row>)| Some((room.clone(), rows.last()?.seq));
        self.rooms.iter().filter_map(last).collect()
    }

    /// How many events came after `seq`, each counted once, in the rooms that rows live in.
    pub(crate) fn events_after(&self, seq: Seq) -> usize {
        let own = |row: &&Row| row.content.rev.is_some() && row.seq > seq;
        self.rooms.values().map(|rows| rows.iter().filter(own).count()).sum()
    }
}

/// When the author of a revision knew that it was committed.
pub(crate) type Known = HashMap<(Room, String, i64), Instant>;

/// Copies the database as it is, while others write into it.
///
/// # Errors
/// What python says.
pub(crate) fn back_up(database: &Path, backup: &Path) -> Result<(), String> {
    const COPIER: &str = "
import sqlite3, sys
sqlite3.connect(sys.argv[1], timeout=20).backup(sqlite3.connect(sys.argv[2]))
";
    let status = Command::new("python3").args(["-c", COPIER]).args([database, backup]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        outcome => Err(format!("no backup could be made: {outcome:?}")),
    }
}
