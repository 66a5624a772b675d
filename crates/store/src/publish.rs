//! Events without a row: many of them in one transaction, each once.
//!
//! A publication with a `key` that the ledger already holds is answered with the place of the first one and written no second time,
//! so a publisher may try again after a failure. Keys are remembered as long as the ledger keeps the event.

use lockstep_protocol::{Draft, Epoch, Record, Seq};

use crate::{
    Store,
    engine::{Tx, sql},
    error::Error,
    ledger,
};

/// One event to write down.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The event.
    pub draft: Draft,
    /// Makes a second try harmless.
    pub key: Option<String>,
}

/// Where a publication stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its place.
    pub seq: Seq,
    /// Which life of the ledger.
    pub epoch: Epoch,
    /// Whether it had been published before.
    pub duplicate: bool,
}

/// A batch that is written and stamped. Dropped, it never was.
#[derive(Debug)]
pub struct PendingBatch {
    tx: Tx,
    published: Published,
}

/// A committed batch.
#[derive(Debug, Clone)]
pub struct Published {
    /// One answer per publication, in their order.
    pub receipts: Vec<Receipt>,
    /// The events that are new, in the order of the ledger.
    pub records: Vec<Record>,
}

impl PendingBatch {
    /// Makes it last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing was published.
    pub async fn commit(self) -> Result<Published, Error> {
        self.tx.commit().await?;
        Ok(self.published)
    }
}

impl Store {
    /// Writes a batch down in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn publish(&self, batch: Vec<Publication>) -> Result<PendingBatch, Error> {
        let mut tx = self.engine.write().await?;
        let now = self.clock.now_ms();
        let epoch = ledger::head(&mut tx).await?.epoch;
        let mut published = Published { receipts: Vec::with_capacity(batch.len()), records: Vec::new() };
        for Publication { draft, key } in batch {
            if let Some(seq) = known(&mut tx, key.as_deref()).await? {
                published.receipts.push(Receipt { seq, epoch: epoch.clone(), duplicate: true });
                continue;
            }
            let record = ledger::append(&mut tx, now, draft, key.as_deref()).await?;
            published.receipts.push(Receipt { seq: record.seq, epoch: record.epoch.clone(), duplicate: false });
            published.records.push(record);
        }
        Ok(PendingBatch { tx, published })
    }
}

async fn known(tx: &mut Tx, key: Option<&str>) -> Result<Option<Seq>, Error> {
    let Some(key) = key else { return Ok(None) };
    let row = tx.first(sql("SELECT seq FROM sync_log WHERE key = $1").bind(key)).await?;
    row.map(|row| row.some_int(0).map(Seq)).transpose()
}
