//! Offers: what is sold of a product, be it the product itself.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value as Json, json};

use super::{
    CharacteristicRow, Code, Mode, OfferRow, Skipped, Written,
    known::{AllKnown, Known},
    sheet::{Entry, PRODUCTS, VARIANTS, Verdict},
};
use crate::{
    error::Error,
    jobs::{BatchTx, Counts},
};

/// The offers to which prices or quantities refer.
pub(super) struct Offers {
    /// Those that there are now; the note of each is the id of its product.
    pub(super) known: AllKnown,
    /// What is the matter with the others.
    pub(super) products: AllKnown,
    /// How many were made.
    pub(super) made: u64,
}

impl Offers {
    /// Why there is no such offer.
    pub(super) fn why_not(&self, key: &str) -> Code {
        if self.products.contains_key(product_of(key)) { Code::UnknownOffer } else { Code::UnknownProduct }
    }
}

impl BatchTx {
    /// Takes offers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_offers(&mut self, rows: &[OfferRow], mode: Mode) -> Result<Written, Error> {
        let products = self.known(&PRODUCTS, rows.iter().map(|row| product_of(&row.ext_id)), mode).await?;
        let bearers = rows.iter().filter(|row| !row.declared).map(|row| row.ext_id.as_str());
        let known = self.known(&VARIANTS, bearers, mode).await?;
        let declared: HashSet<&str> = rows.iter().filter(|row| row.declared).map(|row| row.ext_id.as_str()).collect();

        let (mut entries, mut skipped) = (Vec::new(), Vec::new());
        for (n, row) in rows.iter().enumerate() {
            match products.get(product_of(&row.ext_id)) {
                None => skipped.push(Skipped { row: n, code: Code::UnknownProduct }),
                Some(product) if row.declared => entries.push(entry(n, row, product)),
                Some(_) if known.contains_key(&row.ext_id) || declared.contains(row.ext_id.as_str()) => {}
                Some(product) if is_product(&row.ext_id) => entries.push(own(n, &row.ext_id, product)),
                Some(_) => skipped.push(Skipped { row: n, code: Code::UnknownOffer }),
            }
        }
        let judged = self.judge(&VARIANTS, entries, mode).await?;
        self.put(&VARIANTS, &judged.news, mode).await?;
        if mode == Mode::Write {
            let changed = judged.news.iter().filter_map(|(entry, _)| products.get(product_of(&entry.ext_id))?.id);
            self.owe_offers(changed);
        }
        Ok(Written { skipped: skipped.clone(), ..Written::of(&judged, rows.len() - skipped.len()) })
    }

    /// The offers with these keys; those that are a known product itself are made where there are none.
    pub(super) async fn offers(&mut self, wanted: &[(usize, &str)], mode: Mode) -> Result<Offers, Error> {
        let mut known = self.known(&VARIANTS, wanted.iter().map(|(_, key)| *key), mode).await?;
        let missing: Vec<_> = wanted.iter().filter(|(_, key)| !known.contains_key(*key)).collect();
        let products = self.known(&PRODUCTS, missing.iter().map(|(_, key)| product_of(key)), mode).await?;
        let mut news = Vec::new();
        for (row, key) in missing {
            let Some(product) = products.get(*key).filter(|_| !known.contains_key(*key)) else { continue };
            let note = product.id.map(|id| id.to_string());
            known.insert((*key).to_owned(), Known { note, ..Known::default() });
            news.push((own(*row, key, product), Verdict::Created));
        }
        for (key, id) in self.put(&VARIANTS, &news, mode).await? {
            known.entry(key).or_default().id = Some(id);
        }
        Ok(Offers { known, products, made: news.len() as u64 })
    }

    /// Says that offers of these products have changed.
    pub(super) fn owe_offers(&mut self, products: impl Iterator<Item = i64>) {
        let products: BTreeSet<i64> = products.collect();
        let counts = Counts { updated: products.len() as u64, ..Counts::default() };
        self.owe_products(counts, products);
    }
}

fn entry(n: usize, row: &OfferRow, product: &Known) -> Entry {
    let characteristics: Vec<Json> = row.characteristics.iter().map(characteristic).collect();
    let values = vec![json!(row.sku), json!(row.barcode), json!(Json::Array(characteristics).to_string())];
    let name = row.name.as_deref().or(product.note.as_deref());
    of(product, Entry::new(n, &row.ext_id, name, row.deleted, values, &Json::Null))
        .found_by([row.sku.as_ref(), row.barcode.as_ref()])
}

/// The offer that a product is by itself.
fn own(n: usize, key: &str, product: &Known) -> Entry {
    let entry =
        Entry::new(n, key, product.note.as_deref(), false, vec![json!(null), json!(null), json!("[]")], &Json::Null);
    of(product, Entry { hash: String::new(), ..entry })
}

fn of(product: &Known, mut entry: Entry) -> Entry {
    entry.values.push(json!(product.id));
    entry
}

fn characteristic(row: &CharacteristicRow) -> Json {
    json!({"id": row.ext_id, "name": row.name, "value": row.value})
}

/// The key of an offer's product.
fn product_of(key: &str) -> &str {
    key.split_once('#').map_or(key, |(product, _)| product)
}

fn is_product(key: &str) -> bool {
    product_of(key) == key
}
