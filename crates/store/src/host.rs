//! One machine at a time: SQLite's write-ahead log lives in shared memory, which two machines do not share.
//!
//! Every process of the machine notes now and then that it is there. Another machine that opens the file while that note is fresh is
//! refused; an old note is taken over.

use crate::{
    Store,
    engine::{Tx, sql},
    error::{Error, OpenError},
};

/// How long a note holds. Workers renew it every half minute, so that one may be missed three times.
const HOLDS_MS: i64 = 120_000;

impl Store {
    /// Notes that this machine still has the file open. To be called about every 30 s; does nothing when the host is not known.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn touch_host(&self) -> Result<(), Error> {
        let Some(host) = &self.host else { return Ok(()) };
        let mut tx = self.engine.write().await?;
        note(&mut tx, host, self.clock.now_ms()).await?;
        tx.commit().await
    }
}

/// Takes the file for `host`, unless another has it.
pub(crate) async fn claim(tx: &mut Tx, host: &str, now: i64) -> Result<(), OpenError> {
    if let Some(row) = tx.first(sql("SELECT name, seen_at FROM host")).await? {
        let (other, age) = (row.some_text(0)?, now - row.some_int(1)?);
        if other != host && age < HOLDS_MS {
            return Err(OpenError::OtherHost { host: other, seconds: age / 1000 });
        }
    }
    Ok(note(tx, host, now).await?)
}

async fn note(tx: &mut Tx, host: &str, now: i64) -> Result<(), Error> {
    let upsert = "INSERT INTO host (one, name, seen_at) VALUES (1, $1, $2) \
                  ON CONFLICT (one) DO UPDATE SET name = excluded.name, seen_at = excluded.seen_at";
    tx.run(sql(upsert).bind(host).bind(now)).await?;
    Ok(())
}
