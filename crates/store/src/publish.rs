//! Events without a row: many of them in one transaction, each once.
//!
//! A publication with a `key` that the ledger already holds is answered with the place of the first one and written no second time,
//! so a publisher may try again after a failure. A key that stood for another event is refused, and with it the request it is in;
//! the other requests of the batch are written. Keys are remembered as long as the ledger keeps the event.

use std::collections::HashMap;

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

/// A key that stands for another event already; nothing of its request was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key `{0}` stands for another event")]
pub struct KeyReused(pub String);

/// One answer per publication, in their order, or why none was written.
pub type Answer = Result<Vec<Receipt>, KeyReused>;

/// A batch that is written and stamped. Dropped, it never was.
#[derive(Debug)]
pub struct PendingBatch {
    tx: Tx,
    published: Published,
}

/// A committed batch.
#[derive(Debug, Clone)]
pub struct Published {
    /// One answer per request, in their order.
    pub answers: Vec<Answer>,
    /// The events that are new, in the order of the ledger.
    pub records: Vec<Record>,
}

impl PendingBatch {
    /// A single event, written down at the end of its own transaction.
    pub(crate) fn one(tx: Tx, record: Record) -> Self {
        let receipt = Receipt { seq: record.seq, epoch: record.epoch.clone(), duplicate: false };
        Self { tx, published: Published { answers: vec![Ok(vec![receipt])], records: vec![record] } }
    }

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
    /// Writes a batch of requests down in one transaction. Of one request all is written or nothing, and its answer says which.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing of the whole batch was written.
    pub async fn publish(&self, requests: Vec<Vec<Publication>>) -> Result<PendingBatch, Error> {
        let mut tx = self.engine.write().await?;
        let now = self.clock.now_ms();
        let epoch = ledger::head(&mut tx).await?.epoch;
        let mut published = Published { answers: Vec::with_capacity(requests.len()), records: Vec::new() };
        for request in requests {
            let answer = match known(&mut tx, &request).await? {
                Ok(known) => Ok(write(&mut tx, now, &epoch, request, known, &mut published.records).await?),
                Err(reused) => Err(reused),
            };
            published.answers.push(answer);
        }
        Ok(PendingBatch { tx, published })
    }
}

async fn write(
    tx: &mut Tx,
    now: i64,
    epoch: &Epoch,
    request: Vec<Publication>,
    mut known: HashMap<String, Seq>,
    records: &mut Vec<Record>,
) -> Result<Vec<Receipt>, Error> {
    let mut receipts = Vec::with_capacity(request.len());
    for Publication { draft, key } in request {
        let first = key.as_ref().and_then(|key| known.get(key));
        let (seq, duplicate) = match first {
            Some(seq) => (*seq, true),
            None => {
                let record = ledger::append(tx, now, draft, key.as_deref()).await?;
                let seq = record.seq;
                known.extend(key.map(|key| (key, seq)));
                records.push(record);
                (seq, false)
            }
        };
        receipts.push(Receipt { seq, epoch: epoch.clone(), duplicate });
    }
    Ok(receipts)
}

/// The places of those keys of a request that the ledger holds; refuses a key that stands for another event there, or twice for
/// different ones in the request itself.
async fn known(tx: &mut Tx, request: &[Publication]) -> Result<Result<HashMap<String, Seq>, KeyReused>, Error> {
    let (mut known, mut meanings) = (HashMap::new(), HashMap::<&str, [String; 4]>::new());
    for Publication { draft, key } in request {
        let Some(key) = key.as_deref() else { continue };
        let meaning = meaning(draft);
        if let Some(first) = meanings.get(key) {
            if *first == meaning { continue } else { return Ok(Err(KeyReused(key.to_owned()))) }
        }
        if let Some((seq, kept)) = look_up(tx, key).await? {
            if kept != meaning {
                return Ok(Err(KeyReused(key.to_owned())));
            }
            known.insert(key.to_owned(), seq);
        }
        meanings.insert(key, meaning);
    }
    Ok(Ok(known))
}

/// What tells two events under one key apart. Data do not: a second try may carry a newer state of the same thing.
fn meaning(draft: &Draft) -> [String; 4] {
    [draft.event.to_string(), draft.reason.to_string(), draft.scope.to_string(), draft.id.clone()]
}

async fn look_up(tx: &mut Tx, key: &str) -> Result<Option<(Seq, [String; 4])>, Error> {
    let select = "SELECT seq, event, reason, scope, id FROM sync_log WHERE key = $1";
    let Some(row) = tx.first(sql(select).bind(key)).await? else { return Ok(None) };
    let meaning = [row.some_text(1)?, row.some_text(2)?, row.some_text(3)?, row.some_text(4)?];
    Ok(Some((Seq(row.some_int(0)?), meaning)))
}
