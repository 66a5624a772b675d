//! Brands: nobody sends them, products name them.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{
    BrandRow, Kind, Mode, ProductRow, Written,
    known::{array, key},
    pairs::{PROPERTY_VARIANTS, Pair},
    sheet::{BRANDS, Entry},
};
use crate::{engine::sql, error::Error, jobs::BatchTx};

/// Names of brands that are values of properties, by the key of both.
pub(super) struct BrandNames(HashMap<String, String>);

impl BrandNames {
    /// What a brand is called.
    pub(super) fn name<'a>(&'a self, brand: &'a BrandRow) -> &'a str {
        let of_variant = || self.0.get(&of_property(brand)?).map(String::as_str);
        brand.name.as_deref().or_else(of_variant).unwrap_or(&brand.ext_id)
    }
}

impl BatchTx {
    /// Looks up what brands are called that are values of properties.
    pub(super) async fn brand_names(&mut self, products: &[ProductRow], mode: Mode) -> Result<BrandNames, Error> {
        let nameless = products.iter().filter_map(|row| row.brand.as_ref()).filter(|brand| brand.name.is_none());
        let wanted: HashMap<String, Json> =
            nameless.filter_map(|brand| Some((of_property(brand)?, json!([brand.property, brand.ext_id])))).collect();
        if wanted.is_empty() {
            return Ok(BrandNames(HashMap::new()));
        }
        let keys = array(wanted.keys().map(String::as_str));
        let mut select = sql("SELECT p.ext_id, v.ext_id, v.value FROM ");
        self.tx().push_rows(&mut select, Json::Array(wanted.into_values().collect()).to_string());
        select.push(" CROSS JOIN properties p CROSS JOIN property_variants v ");
        select.push("WHERE p.ext_id = rows.value->>0 AND v.property_id = p.id AND v.ext_id = rows.value->>1");
        let mut names = HashMap::new();
        for row in self.tx().all(select).await? {
            names.insert(Pair::key(&row.some_text(0)?, &row.some_text(1)?), row.some_text(2)?);
        }
        if mode == Mode::Dry {
            for row in self.would_be(PROPERTY_VARIANTS.kind.name(), keys).await? {
                names.insert(row.some_text(0)?, row.text(3)?.unwrap_or_default());
            }
        }
        Ok(BrandNames(names))
    }

    /// Makes or renames the brands of products that say something new; their ids by their keys, none in a dry run.
    pub(super) async fn put_brands<'a>(
        &mut self,
        brands: impl Iterator<Item = (&'a BrandRow, &'a str)>,
        written: &mut Written,
        mode: Mode,
    ) -> Result<HashMap<String, i64>, Error> {
        let entries: Vec<_> = brands
            .map(|(brand, name)| Entry::new(0, &key(&brand.ext_id), Some(name), false, Vec::new(), &Json::Null))
            .collect();
        let rows = entries.len();
        let judged = self.judge(&BRANDS, entries, mode).await?;
        let new = self.put(&BRANDS, &judged.news, mode).await?;
        let counted = Written::of(&judged, rows);
        written.made(Kind::Brand, counted.created, counted.updated);
        let known = judged.known.into_iter().filter_map(|(key, known)| Some((key, known.id?)));
        Ok(known.chain(new).collect())
    }
}

fn of_property(brand: &BrandRow) -> Option<String> {
    Some(Pair::key(brand.property.as_deref()?, &brand.ext_id))
}
