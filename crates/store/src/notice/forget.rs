//! Forgetting what was told long ago.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_protocol::{Draft, NoticesRead};

use super::{count_unread, hold_persons};
use crate::{
    PendingBatch, Store,
    engine::{Tx, sql},
    error::Error,
    ledger,
};

/// Notices that one transaction forgets, or somewhat more, so that edits never wait long for it.
const STEP: i64 = 500;

impl Store {
    /// Forgets notices that were told last before `before_ms`. Whose number of unread ones is another by it is told so. Nothing when
    /// there is none; else call again once it is committed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_notices(&self, before_ms: i64) -> Result<Option<PendingBatch>, Error> {
        let oldest = "SELECT user_id, told_at FROM notice_recipients WHERE told_at < $1 ORDER BY told_at LIMIT $2";
        let oldest = self.engine.all(sql(oldest).bind(before_ms).bind(STEP)).await?;
        let Some(last) = oldest.last() else { return self.forget_contents(before_ms).await };
        let last = last.some_int(1)?;
        let persons = oldest.iter().map(|row| row.some_int(0)).collect::<Result<BTreeSet<i64>, Error>>()?;
        let mut tx = self.engine.write().await?;
        let persons = hold_persons(&mut tx, &persons.into_iter().collect::<Vec<_>>()).await?;
        ledger::hold(&mut tx).await?;
        let lost = remove(&mut tx, &persons, last).await?;
        let concerned: Vec<i64> = lost.keys().copied().collect();
        let unread = count_unread(&mut tx, &concerned).await?;
        let draft = |(person, ids): (i64, Vec<String>)| {
            let unread = unread.get(&person).copied().unwrap_or_default();
            self.read_draft(person, &NoticesRead { ids: Some(ids), read: true, archived: true, unread }, None)
        };
        let drafts = lost.into_iter().map(draft).collect::<Result<Vec<Draft>, Error>>()?;
        self.say(tx, drafts).await.map(Some)
    }

    /// What nobody has any more, as when its only recipient was removed.
    async fn forget_contents(&self, before_ms: i64) -> Result<Option<PendingBatch>, Error> {
        let orphans = "SELECT id FROM notices WHERE created_at < $1 \
                       AND NOT EXISTS (SELECT 1 FROM notice_recipients r WHERE r.content = notices.id) LIMIT $2";
        let orphans = self.engine.all(sql(orphans).bind(before_ms).bind(STEP)).await?;
        if orphans.is_empty() {
            return Ok(None);
        }
        let orphans = orphans.iter().map(|row| row.some_int(0)).collect::<Result<Vec<i64>, Error>>()?;
        let mut tx = self.engine.write().await?;
        let mut delete = sql("DELETE FROM notices WHERE id IN (");
        delete.push_list(orphans);
        delete.push(") AND NOT EXISTS (SELECT 1 FROM notice_recipients r WHERE r.content = notices.id)");
        tx.run(delete).await?;
        Ok(Some(PendingBatch::many(tx, Vec::new())))
    }
}

/// Removes what these persons were told until then. The unread ones among it, by person.
async fn remove(tx: &mut Tx, persons: &[i64], last: i64) -> Result<BTreeMap<i64, Vec<String>>, Error> {
    let mut delete = sql("DELETE FROM notice_recipients WHERE told_at <= ");
    delete.push_bind(last).push(" AND user_id IN (").push_list(persons.iter().copied());
    delete.push(") RETURNING user_id, id, read");
    let mut unread: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in tx.all(delete).await? {
        if row.some_int(2)? == 0 {
            unread.entry(row.some_int(0)?).or_default().push(row.some_int(1)?.to_string());
        }
    }
    Ok(unread)
}
