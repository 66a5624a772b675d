//! What 1C sends, as imports write it: exact counts, nothing written that says the same, nothing lost.

mod amounts;
mod dry;
mod full;
mod issues;
mod lists;
mod news;
mod offers;
mod products;

use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_protocol::Room;
use lockstep_store::{
    Error,
    goods::{
        Code, GroupRow, Mode, OfferRow, PriceRow, ProductRow, PropertyRow, PropertyVariantRow, StockRow, ValueType,
        Written,
    },
    jobs::{BatchTx, Claimant, Ending, Enqueued, Held, JobState, NewJob},
};
use serde_json::{Value as Json, json};

use crate::world::{Engine, World};

/// An import under way.
struct Import<'a, E> {
    world: &'a World<E>,
    held: Held,
    batches: AtomicU64,
}

impl<'a, E: Engine> Import<'a, E> {
    async fn begin(world: &'a World<E>) -> Self {
        let job = NewJob::new("import.catalog", json!({}), Room::Imports, "imports:changed".parse().expect("a name"));
        let Enqueued::New(pending) = world.store.enqueue_job(&job).await.expect("wanted") else { panic!("it is free") };
        pending.commit().await.expect("kept");
        Self { world, held: claim(world).await, batches: AtomicU64::new(0) }
    }

    async fn batch<T>(&self, work: impl AsyncFnOnce(&mut BatchTx) -> Result<T, Error>) -> T {
        let cursor = self.batches.fetch_add(1, Ordering::Relaxed).to_string();
        let mut tx = self.world.store.begin_batch(self.held, &cursor, None).await.expect("held");
        let outcome = work(&mut tx).await.expect("taken");
        tx.finish().await.expect("written").commit().await.expect("committed");
        outcome
    }

    async fn end(&self, state: JobState) {
        let ending = Ending { state, error: None, report: None, progress: None };
        self.world.store.finish_job(self.held, ending).await.expect("held").commit().await.expect("kept");
        self.world.store.settle_job(self.held.id).await.expect("settled");
    }

    async fn groups(&self, rows: &[GroupRow]) -> Written {
        self.batch(async |tx| tx.write_groups(rows, Mode::Write).await).await
    }

    async fn properties(&self, rows: &[PropertyRow]) -> Written {
        self.batch(async |tx| tx.write_properties(rows, Mode::Write).await).await
    }

    async fn property_variants(&self, rows: &[PropertyVariantRow]) -> Written {
        self.batch(async |tx| tx.write_property_variants(rows, Mode::Write).await).await
    }

    async fn products(&self, rows: &[ProductRow]) -> Written {
        self.batch(async |tx| tx.write_products(rows, Mode::Write).await).await
    }

    async fn offers(&self, rows: &[OfferRow]) -> Written {
        self.batch(async |tx| tx.write_offers(rows, Mode::Write).await).await
    }

    async fn prices(&self, rows: &[PriceRow]) -> Written {
        self.batch(async |tx| tx.write_prices(rows, Mode::Write).await).await
    }

    async fn stocks(&self, rows: &[StockRow]) -> Written {
        self.batch(async |tx| tx.write_stocks(rows, Mode::Write).await).await
    }
}

async fn claim<E: Engine>(world: &World<E>) -> Held {
    let claimant = Claimant { kinds: vec!["import.catalog"], host: None, boot: "a".into(), max_runtime_ms: 3_600_000 };
    let pending = world.store.claim_job(&claimant).await.expect("asked").expect("there is something to do");
    pending.commit().await.expect("kept").0.held()
}

impl<E: Engine> World<E> {
    /// The bulk news of the room of products.
    async fn product_news(&self) -> Vec<Json> {
        let log = self.log().await;
        let bulk = log.iter().filter(|record| record.event.as_str() == "products:changed");
        bulk.map(|record| serde_json::from_str(record.data.as_ref().expect("data").get()).expect("JSON")).collect()
    }
}

/// Created, updated, deactivated, unchanged, skipped.
fn counts(written: &Written) -> [u64; 5] {
    let Written { created, updated, deactivated, unchanged, skipped, .. } = written;
    [*created, *updated, *deactivated, *unchanged, skipped.len() as u64]
}

/// What was noted: the row, why, and the key.
fn noted(written: &Written) -> Vec<(usize, Code, &str)> {
    written.noted.iter().map(|noted| (noted.row, noted.code, noted.ext_id.as_str())).collect()
}

fn skipped(written: &Written) -> Vec<(usize, Code)> {
    written.skipped.iter().map(|skipped| (skipped.row, skipped.code)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn group(key: &str, parent: Option<&str>) -> GroupRow {
    GroupRow {
        ext_id: key.to_owned(),
        parent: parent.map(str::to_owned),
        name: some(&format!("Group {key}")),
        deleted: false,
    }
}

fn property(key: &str, name: &str, value_type: ValueType) -> PropertyRow {
    PropertyRow { ext_id: key.to_owned(), name: some(name), value_type, deleted: false }
}

fn variant(property: &str, key: &str, value: &str) -> PropertyVariantRow {
    PropertyVariantRow { property: property.to_owned(), ext_id: key.to_owned(), value: some(value) }
}

fn product(key: &str) -> ProductRow {
    ProductRow {
        ext_id: key.to_owned(),
        name: some(&format!("Product {key}")),
        sku: some(&format!("sku-{key}")),
        ..ProductRow::default()
    }
}

fn offer(key: &str) -> OfferRow {
    OfferRow { ext_id: key.to_owned(), declared: true, name: some(&format!("Offer {key}")), ..OfferRow::default() }
}

fn price(offer: &str, price_type: &str, amount: &str) -> PriceRow {
    let amount = amount.parse().expect("a number");
    PriceRow { offer: offer.to_owned(), price_type: price_type.to_owned(), amount, currency: some("RUB") }
}

fn stock(offer: &str, warehouse: Option<&str>, qty: &str) -> StockRow {
    let qty = qty.parse().expect("a number");
    StockRow { offer: offer.to_owned(), warehouse: warehouse.map(str::to_owned), qty }
}
