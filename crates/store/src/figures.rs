//! Figures about the ledger and the database, for whoever watches them. None costs more than a bounded look.

use std::collections::BTreeMap;

use lockstep_protocol::{Room, Scope, Seq, ledger::Head};

use crate::{Store, engine::sql, error::Error, ledger, lock::LOCKS_CHANGED};

/// Events that are counted one by one; with more the figure stays here. A million are counted in some 30 ms.
pub const MANY_EVENTS: i64 = 1_000_000;

/// Room → number of the step → events.
pub type Steps = BTreeMap<Room, BTreeMap<i64, i64>>;

/// How far the ledger reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// Both ends, and the name of its life.
    pub head: Head,
    /// How many events are kept, [`MANY_EVENTS`] where there are as many or more.
    pub events: i64,
    /// When the oldest of them was committed, in milliseconds since 1970; none when there is none.
    pub oldest_at: Option<i64>,
}

impl Store {
    /// How far the ledger reaches.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn extent(&self) -> Result<Extent, Error> {
        let mut tx = self.engine.read().await?;
        let head = ledger::head(&mut tx).await?;
        let count = sql("SELECT count(*) FROM (SELECT seq FROM sync_log LIMIT $1) s").bind(MANY_EVENTS);
        let events = tx.number(count).await?;
        Ok(Extent { head, events, oldest_at: ledger::oldest(&mut tx).await? })
    }

    /// How many events each of these rooms had of its own in each step of `step_ms` since `from`, in milliseconds since 1970, and up to
    /// which event they are counted. A step in which a room had none is left out; of a room with more than [`MANY_EVENTS`] only the
    /// newest count. Who takes a record changes nothing, so it does not count. Counted by seq, which runs ahead of the clock while more
    /// than a thousand events a second are committed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activity(&self, rooms: &[Room], from: i64, step_ms: i64) -> Result<(Seq, Steps), Error> {
        let mut tx = self.engine.read().await?;
        let top = ledger::head(&mut tx).await?.top;
        let mut steps = Steps::new();
        for room in rooms {
            let count = "SELECT (seq - $1) / $2 AS step, count(*) FROM \
                         (SELECT seq FROM sync_log WHERE scope = $3 AND seq >= $1 AND event <> $4 ORDER BY seq DESC LIMIT $5) s \
                         GROUP BY step";
            let scope = Scope::Room(room.clone()).to_string();
            let count = sql(count).bind(from).bind(step_ms).bind(scope).bind(LOCKS_CHANGED).bind(MANY_EVENTS);
            let rows = tx.all(count).await?;
            let counts = rows.iter().map(|row| Ok((row.some_int(0)?, row.some_int(1)?)));
            steps.insert(room.clone(), counts.collect::<Result<_, Error>>()?);
        }
        Ok((top, steps))
    }

    /// What kind of database it is: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        self.engine.kind()
    }

    /// How large the database is, in bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn bytes(&self) -> Result<i64, Error> {
        self.engine.bytes().await
    }
}
