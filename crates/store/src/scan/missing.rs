//! The end of a scan: files that were not found are missing, and the registrator knows when it was scanned.

use lockstep_protocol::{Draft, EventName, Reason, Scope};
use serde_json::value::RawValue;

use super::{ScanCounts, corrupt, count};
use crate::{
    engine::{Lock, sql},
    entity::Entity,
    error::Error,
    jobs::{BatchTx, Counts},
    list::fetch,
    row::parse_id,
};

impl BatchTx {
    /// How many rows the scan has noted down as without a file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn gone_files(&mut self, registrator: &str) -> Result<u64, Error> {
        let id = parse_id(registrator).ok_or(Error::NotFound)?;
        let gone = self.tx().number(sql("SELECT count(*) FROM scan_gone WHERE registrator_id = $1").bind(id)).await?;
        Ok(count(gone))
    }

    /// Marks up to `most` of these as missing, with `counts` as what was counted before. What is counted now, or nothing when none are
    /// left.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mark_missing(
        &mut self,
        registrator: &str,
        most: u32,
        counts: ScanCounts,
    ) -> Result<Option<ScanCounts>, Error> {
        let id = parse_id(registrator).ok_or(Error::NotFound)?;
        let last = "SELECT max(file_id) FROM (SELECT file_id FROM scan_gone WHERE registrator_id = $1 ORDER BY file_id LIMIT $2) g";
        let last = self.tx().first(sql(last).bind(id).bind(i64::from(most))).await?;
        let Some(last) = last.map(|row| row.int(0)).transpose()?.flatten() else { return Ok(None) };
        let (now, author) = (self.now_ms(), self.author()?);
        let mark = "UPDATE files SET rev = rev + 1, updated_at = $1, updated_by = $2, was = status, status = 'missing' WHERE id IN \
                    (SELECT file_id FROM scan_gone WHERE registrator_id = $3 AND file_id <= $4) AND status <> 'missing' RETURNING id";
        let ids = self.tx().numbers(sql(mark).bind(now).bind(author).bind(id).bind(last)).await?;
        let done = sql("DELETE FROM scan_gone WHERE registrator_id = $1 AND file_id <= $2").bind(id).bind(last);
        self.tx().run(done).await?;
        let missing = ids.len() as u64;
        let counts = ScanCounts { missing: counts.missing + missing, ..counts };
        self.keep_counts(id, counts).await?;
        self.owe_files(Counts { created: 0, updated: missing, deleted: 0 }, ids);
        Ok(Some(counts))
    }

    /// Notes at the registrator that it was scanned just now, with the event that says so.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the registrator is gone.
    pub async fn end_scan(&mut self, registrator: &str) -> Result<(), Error> {
        let id = parse_id(registrator).ok_or(Error::NotFound)?;
        self.tx().hold(sql("SELECT id FROM registrators WHERE id = $1").bind(id), Lock::Change).await?;
        let (now, author) = (self.now_ms(), self.author()?);
        let update =
            "UPDATE registrators SET rev = rev + 1, updated_at = $1, updated_by = $2, last_scan_at = $1 WHERE id = $3";
        self.tx().run(sql(update).bind(now).bind(author).bind(id)).await?;
        let row = fetch(self.tx(), Entity::Registrators.table(), id).await?;
        let room = Entity::Registrators.room();
        let (worker, actor) = (self.worker(), self.job().requested_by.clone());
        self.say(Draft {
            event: EventName::changed(&room),
            reason: Reason::Updated,
            worker,
            scope: Scope::Room(room),
            id: row.id,
            data: Some(RawValue::from_string(row.value.to_string()).map_err(corrupt)?),
            rev: Some(row.rev),
            actor,
            origin: None,
        });
        Ok(())
    }
}
