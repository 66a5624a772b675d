//! The ledger: every committed event, in order, in the same database as the rows it speaks of.
//!
//! A seq is given inside the transaction of the edit, as its last step before the event row; whoever has it holds the head until
//! the commit, so the order of seq is the order of commits and a reader never meets a late, smaller one.
//! Each row names the one before it (`gprev`); old rows are trimmed and the floor says up to where.

use lockstep_protocol::{
    Draft, Epoch, Record, Room, Scope, Seq,
    ledger::{Head, Ledger, Page, Unreadable},
};
use serde_json::value::RawValue;

use crate::{
    Store, crash,
    engine::{Lock, Statement, Tuple, Turn, Tx, Value, sql},
    error::Error,
    lock::LOCKS_CHANGED,
};

/// The only stream there is today; the table is ready for more.
const STREAM: &str = "main";

/// Rows that one trimming transaction takes at most, so that edits never wait long for it.
const TRIM_STEP: i64 = 5_000;

/// Events that one statement writes. More would cost more: SQLite looks for the name of each value among those before it. And each number
/// of rows is a statement of its own to be kept prepared.
const ROWS_A_STATEMENT: usize = 8;

/// The most recent changes one may ask for.
pub const MAX_CHANGES: u32 = 200;

const ROWS: &str = "SELECT seq, gprev, worker, event, reason, scope, id, data, rev, actor, origin FROM sync_log";

impl Ledger for Store {
    async fn head(&self) -> Result<Head, Unreadable> {
        let head = async { read_head(self.engine.first(select_head()).await?) };
        head.await.map_err(unreadable)
    }

    async fn after(&self, seq: Seq, limit: usize) -> Result<Page, Unreadable> {
        let mut select = sql(ROWS);
        select.push(" WHERE seq > ").push_bind(seq.0);
        self.page(select, seq, limit).await.map_err(unreadable)
    }

    async fn latest(&self, limit: usize) -> Result<Page, Unreadable> {
        self.newest(limit).await.map_err(unreadable)
    }

    async fn of(&self, scopes: &[Scope], seq: Seq, limit: usize) -> Result<Page, Unreadable> {
        let mut select = sql(ROWS);
        select.push(" WHERE seq > ").push_bind(seq.0);
        select.push(" AND scope IN (").push_list(scopes.iter().map(ToString::to_string)).push(")");
        self.page(select, seq, limit).await.map_err(unreadable)
    }
}

impl Store {
    async fn page(&self, mut select: Statement, seq: Seq, limit: usize) -> Result<Page, Error> {
        select.push(" ORDER BY seq LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut tx = self.engine.read().await?;
        let head = head(&mut tx).await?;
        let known = is_known(&mut tx, &head, seq).await?;
        let rows = tx.all(select).await?;
        let rows = rows.iter().map(|row| read(row, &head.epoch)).collect::<Result<_, _>>()?;
        Ok(Page { head, known, rows })
    }

    async fn newest(&self, limit: usize) -> Result<Page, Error> {
        let mut select = sql(ROWS);
        select.push(" ORDER BY seq DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut tx = self.engine.read().await?;
        let head = head(&mut tx).await?;
        let rows = tx.all(select).await?;
        let rows = rows.iter().rev().map(|row| read(row, &head.epoch)).collect::<Result<_, _>>()?;
        Ok(Page { head, known: true, rows })
    }

    /// The newest changes of these rooms and of everybody, newest first, at most [`MAX_CHANGES`]. Who held which row is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn changes(&self, rooms: &[Room], limit: u32) -> Result<Vec<Record>, Error> {
        let scopes = rooms.iter().cloned().map(Scope::Room).chain([Scope::Global]);
        let mut select = sql(ROWS);
        select.push(" WHERE scope IN (").push_list(scopes.map(|scope| scope.to_string())).push(")");
        select.push(" AND event <> ").push_bind(LOCKS_CHANGED);
        select.push(" ORDER BY seq DESC LIMIT ").push_bind(i64::from(limit.min(MAX_CHANGES)));
        let mut tx = self.engine.read().await?;
        let head = head(&mut tx).await?;
        let rows = tx.all(select).await?;
        rows.iter().map(|row| read(row, &head.epoch)).collect()
    }

    /// Forgets events older than `before_ms`, but keeps the newest `keep`. Returns how many are gone; call again while some are.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim(&self, before_ms: i64, keep: u32) -> Result<u64, Error> {
        let mut tx = self.engine.write().await?;
        tx.take_turn(Turn::Trim).await?;
        let newest = sql("SELECT seq FROM sync_log ORDER BY seq DESC LIMIT 1 OFFSET $1").bind(i64::from(keep));
        let Some(newest) = tx.first(newest).await? else { return Ok(0) };
        let last =
            "SELECT max(seq) FROM (SELECT seq FROM sync_log WHERE seq <= $1 AND seq < $2 ORDER BY seq LIMIT $3) s";
        let last = sql(last).bind(newest.some_int(0)?).bind(before_ms).bind(TRIM_STEP);
        let Some(floor) = tx.first(last).await?.map(|row| row.int(0)).transpose()?.flatten() else { return Ok(0) };
        let gone = tx.run(sql("DELETE FROM sync_log WHERE seq <= $1").bind(floor)).await?;
        tx.run(sql("UPDATE sync_head SET floor = $1 WHERE stream = $2 AND floor < $1").bind(floor).bind(STREAM))
            .await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Begins a new life of the ledger, as after a restore from a backup: every page and worker will read its data anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn new_epoch(&self) -> Result<Epoch, Error> {
        let epoch = fresh_epoch();
        let mut tx = self.engine.write().await?;
        let update = "UPDATE sync_head SET epoch = $1, floor = last WHERE stream = $2";
        tx.run(sql(update).bind(epoch.as_str()).bind(STREAM)).await?;
        tx.commit().await?;
        Ok(epoch)
    }
}

/// Makes the head of a ledger that has none.
pub(crate) async fn begin(tx: &mut Tx) -> Result<(), Error> {
    let insert =
        "INSERT INTO sync_head (stream, last, prev, epoch, floor) VALUES ($1, 0, 0, $2, 0) ON CONFLICT DO NOTHING";
    tx.run(sql(insert).bind(STREAM).bind(fresh_epoch().as_str())).await?;
    Ok(())
}

/// Both ends, as this transaction sees them.
pub(crate) async fn head(tx: &mut Tx) -> Result<Head, Error> {
    read_head(tx.first(select_head()).await?)
}

/// When the oldest event that is kept was committed, in milliseconds since 1970.
pub(crate) async fn oldest(tx: &mut Tx) -> Result<Option<i64>, Error> {
    let first = tx.first(sql("SELECT committed_at FROM sync_log ORDER BY seq LIMIT 1")).await?;
    first.map(|row| row.some_int(0)).transpose()
}

/// Holds the head, as [`append`] does, but from now on: nobody else writes down an event before this transaction ends.
pub(crate) async fn hold(tx: &mut Tx) -> Result<(), Error> {
    tx.hold(select_head(), Lock::Change).await
}

fn select_head() -> Statement {
    sql("SELECT epoch, floor, last FROM sync_head WHERE stream = $1").bind(STREAM)
}

fn read_head(row: Option<Tuple>) -> Result<Head, Error> {
    let row = row.ok_or_else(|| Error::Corrupt("the ledger has no head".into()))?;
    let epoch = Epoch::new(row.some_text(0)?);
    Ok(Head { epoch, floor: Seq(row.some_int(1)?), top: Seq(row.some_int(2)?) })
}

/// Whether `seq` is a place of this ledger. The ends are, and they are what a worker in step asks about, so that costs no look.
async fn is_known(tx: &mut Tx, head: &Head, seq: Seq) -> Result<bool, Error> {
    if [Seq(0), head.floor, head.top].contains(&seq) {
        return Ok(true);
    }
    let select = sql("SELECT 1 FROM sync_log WHERE seq = $1").bind(seq.0);
    Ok(tx.first(select).await?.is_some())
}

/// Stamps a draft and writes it down as the last step of a transaction.
pub(crate) async fn append(tx: &mut Tx, now_ms: i64, draft: Draft) -> Result<Record, Error> {
    let mut records = append_all(tx, now_ms, vec![(draft, None)]).await?;
    Ok(records.pop().expect("one record for one draft"))
}

/// The same for many, each with its key: one place after the other, in as few statements as go.
pub(crate) async fn append_all(
    tx: &mut Tx,
    now_ms: i64,
    drafts: Vec<(Draft, Option<String>)>,
) -> Result<Vec<Record>, Error> {
    let Ok(count @ 1..) = i64::try_from(drafts.len()) else { return Ok(Vec::new()) };
    let stamp = "UPDATE sync_head SET prev = last, last = CASE WHEN last >= $1 THEN last + $2 ELSE $1 + $2 - 1 END \
                 WHERE stream = $3 RETURNING prev, last, epoch";
    let row = tx.first(sql(stamp).bind(now_ms).bind(count).bind(STREAM)).await?;
    let row = row.ok_or_else(|| Error::Corrupt("the ledger has no head".into()))?;
    crash::point("edit:seq");
    let (mut gprev, first, epoch) =
        (Seq(row.some_int(0)?), row.some_int(1)? - count + 1, Epoch::new(row.some_text(2)?));
    let places = (first..).map(Seq).zip(drafts);
    let entries: Vec<(Record, Option<String>)> = places
        .map(|(seq, (draft, key))| {
            (draft.bounded().stamped(epoch.clone(), seq, std::mem::replace(&mut gprev, seq)), key)
        })
        .collect();
    for entries in entries.chunks(ROWS_A_STATEMENT) {
        tx.run(insert(entries, now_ms)?).await?;
    }
    crash::point("edit:event");
    Ok(entries.into_iter().map(|(record, _)| record).collect())
}

fn insert(entries: &[(Record, Option<String>)], now_ms: i64) -> Result<Statement, Error> {
    let mut insert = sql("INSERT INTO sync_log \
                          (seq, gprev, worker, event, reason, scope, id, data, rev, actor, origin, key, committed_at) VALUES ");
    for (number, (record, key)) in entries.iter().enumerate() {
        insert.push(if number == 0 { "(" } else { ", (" }).push_bind(record.seq.0);
        let actor = record.actor.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
        let values: [Value; 12] = [
            record.gprev.0.into(),
            i64::from(record.worker).into(),
            record.event.as_str().into(),
            record.reason.to_string().into(),
            record.scope.to_string().into(),
            record.id.as_str().into(),
            record.data.as_ref().map(|data| data.get().to_owned()).into(),
            record.rev.into(),
            actor.into(),
            record.origin.clone().into(),
            key.clone().into(),
            now_ms.into(),
        ];
        for value in values {
            insert.push(", ").push_bind(value);
        }
        insert.push(")");
    }
    Ok(insert)
}

fn read(row: &Tuple, epoch: &Epoch) -> Result<Record, Error> {
    Ok(Record {
        epoch: epoch.clone(),
        seq: Seq(row.some_int(0)?),
        gprev: Seq(row.some_int(1)?),
        worker: u32::try_from(row.some_int(2)?).map_err(corrupt)?,
        event: row.some_text(3)?.parse().map_err(corrupt)?,
        reason: row.some_text(4)?.parse().map_err(corrupt)?,
        scope: row.some_text(5)?.parse().map_err(corrupt)?,
        id: row.some_text(6)?,
        data: row.text(7)?.map(RawValue::from_string).transpose().map_err(corrupt)?,
        rev: row.int(8)?,
        actor: row.text(9)?.map(|actor| serde_json::from_str(&actor)).transpose().map_err(corrupt)?,
        origin: row.text(10)?,
    })
}

/// Twelve letters and digits: enough that two lives never share a name, short enough for a header.
fn fresh_epoch() -> Epoch {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 12] = rand::random();
    let name: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Epoch::new(name)
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}

fn unreadable(error: Error) -> Unreadable {
    Unreadable(Box::new(error))
}
