//! Events without a row: many of them in one transaction, each once.
//!
//! A publication with a `key` that the ledger already holds is answered with the place of the first one and written no second time,
//! so a publisher may try again after a failure. A key that stood for another event is refused, and with it the request it is in;
//! the other requests of the batch are written. Keys are remembered as long as the ledger keeps the event.

use std::collections::{BTreeSet, HashMap};

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

    /// Any number of events, written down at the end of their own transaction, perhaps none.
    pub(crate) fn many(tx: Tx, records: Vec<Record>) -> Self {
        Self { tx, published: Published { answers: Vec::new(), records } }
    }

    /// Makes it last.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing was published. [`Error::InDoubt`]: all of it or nothing.
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
        let mut batch = Batch::recall(&mut tx, &requests).await?;
        let judged: Vec<_> = requests.into_iter().map(|request| batch.judge(request)).collect();
        let records = ledger::append_all(&mut tx, self.clock.now_ms(), batch.fresh).await?;
        let epoch = match records.first() {
            Some(record) => record.epoch.clone(),
            None => ledger::head(&mut tx).await?.epoch,
        };
        let receipt = |(place, duplicate)| {
            let seq = match place {
                Place::Taken(seq) => seq,
                Place::Fresh(number) => records[number].seq,
            };
            Receipt { seq, epoch: epoch.clone(), duplicate }
        };
        let answers = judged.into_iter().map(|places| Ok(places?.into_iter().map(receipt).collect())).collect();
        Ok(PendingBatch { tx, published: Published { answers, records } })
    }
}

/// Where a publication stands, or will.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The ledger had it before.
    Taken(Seq),
    /// It is the n-th of those that are written now.
    Fresh(usize),
}

/// The events of a batch that are new, and what its keys stand for.
#[derive(Default)]
struct Batch {
    fresh: Vec<(Draft, Option<String>)>,
    keys: HashMap<String, (Meaning, Place)>,
}

/// The places of a request's publications, and which of them were published before.
type Places = Vec<(Place, bool)>;

impl Batch {
    /// An empty batch that knows what the keys of these requests stand for in the ledger.
    async fn recall(tx: &mut Tx, requests: &[Vec<Publication>]) -> Result<Self, Error> {
        let keys: BTreeSet<&str> = requests.iter().flatten().filter_map(|entry| entry.key.as_deref()).collect();
        let mut batch = Batch::default();
        if keys.is_empty() {
            return Ok(batch);
        }
        // From here on nobody else can write one of them down.
        ledger::hold(tx).await?;
        let mut select = sql("SELECT key, seq, event, reason, scope, id FROM sync_log WHERE key IN (");
        select.push_list(keys).push(")");
        for row in tx.all(select).await? {
            let meaning = [row.some_text(2)?, row.some_text(3)?, row.some_text(4)?, row.some_text(5)?];
            batch.keys.insert(row.some_text(0)?, (meaning, Place::Taken(Seq(row.some_int(1)?))));
        }
        Ok(batch)
    }

    /// Adds what is new in a request; nothing of it when one of its keys stands for another event.
    fn judge(&mut self, request: Vec<Publication>) -> Result<Places, KeyReused> {
        let before = self.fresh.len();
        let places = request.into_iter().map(|publication| self.place(publication)).collect::<Result<_, _>>();
        places.inspect_err(|_| self.take_back(before))
    }

    fn place(&mut self, Publication { draft, key }: Publication) -> Result<(Place, bool), KeyReused> {
        let Some(key) = key else { return Ok((self.add(draft, None), false)) };
        match self.keys.get(&key) {
            Some((kept, place)) if *kept == meaning(&draft) => Ok((*place, true)),
            Some(_) => Err(KeyReused(key)),
            None => {
                let meaning = meaning(&draft);
                let place = self.add(draft, Some(key.clone()));
                self.keys.insert(key, (meaning, place));
                Ok((place, false))
            }
        }
    }

    fn take_back(&mut self, before: usize) {
        for (_, key) in self.fresh.drain(before..) {
            key.and_then(|key| self.keys.remove(&key));
        }
    }

    fn add(&mut self, draft: Draft, key: Option<String>) -> Place {
        self.fresh.push((draft, key));
        Place::Fresh(self.fresh.len() - 1)
    }
}

/// What tells two events under one key apart: name, reason, scope and id. Data do not: a second try may carry a newer state of the
/// same thing.
type Meaning = [String; 4];

fn meaning(draft: &Draft) -> Meaning {
    [draft.event.to_string(), draft.reason.to_string(), draft.scope.to_string(), draft.id.clone()]
}
