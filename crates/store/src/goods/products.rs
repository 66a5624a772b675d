//! Products, with their brand, their groups and what else they refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::{
    Code, Mode, Noted, ProductRow, ValueType, Written,
    brands::BrandNames,
    known::{AllKnown, indexed, key},
    sheet::{Entry, GROUPS, Judged, PRODUCTS, PROPERTIES, Verdict},
};
use crate::{
    engine::sql,
    error::Error,
    jobs::{BatchTx, Counts},
};

/// What the products of a batch refer to.
struct Facts {
    properties: AllKnown,
    groups: AllKnown,
    brands: BrandNames,
}

impl BatchTx {
    /// Takes products.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_products(&mut self, rows: &[ProductRow], mode: Mode) -> Result<Written, Error> {
        let facts = self.facts(rows, mode).await?;
        let entries = rows.iter().enumerate().map(|(n, row)| facts.entry(n, row)).collect();
        let mut judged = self.judge(&PRODUCTS, entries, mode).await?;
        let mut written = Written::of(&judged, rows.len());
        written.noted = self.odd(rows, &facts, mode).await?;

        let branded = judged.news.iter().filter_map(|(entry, _)| rows[entry.row].brand.as_ref());
        let named = branded.map(|brand| (brand, facts.brands.name(brand)));
        let brands = self.put_brands(named, &mut written, mode).await?;
        for (entry, _) in &mut judged.news {
            entry.values.push(json!(rows[entry.row].brand.as_ref().and_then(|brand| brands.get(&*key(&brand.ext_id)))));
        }
        let ids = self.put(&PRODUCTS, &judged.news, mode).await?;
        if mode == Mode::Write && !judged.news.is_empty() {
            self.regroup(rows, &judged, &ids, &facts.groups).await?;
            let counts = Counts { created: written.created, updated: written.updated, deleted: written.deactivated };
            self.owe_products(counts, ids.into_values());
        }
        Ok(written)
    }

    async fn facts(&mut self, rows: &[ProductRow], mode: Mode) -> Result<Facts, Error> {
        let properties = rows.iter().flat_map(|row| &row.attrs).map(|(key, _)| key.as_str());
        let groups = rows.iter().flat_map(|row| &row.groups).map(String::as_str);
        Ok(Facts {
            properties: self.known(&PROPERTIES, properties, mode).await?,
            groups: self.known(&GROUPS, groups, mode).await?,
            brands: self.brand_names(rows, mode).await?,
        })
    }

    /// Names what is not known of that to which the products refer.
    async fn odd(&mut self, rows: &[ProductRow], facts: &Facts, mode: Mode) -> Result<Vec<Noted>, Error> {
        let (mut groups, mut properties, mut units) = (Vec::new(), Vec::new(), Vec::new());
        for (n, row) in rows.iter().enumerate() {
            groups.extend(row.groups.iter().map(|key| (n, key.as_str())));
            properties.extend(row.attrs.iter().map(|(key, _)| (n, key.as_str())));
            units.extend(row.unit.iter().map(|name| (n, name.as_str())));
        }
        groups.retain(|(_, key)| !facts.groups.contains_key(*key));
        properties.retain(|(_, key)| !facts.properties.contains_key(*key));
        let units = self.unknown_units(units, mode).await?;
        let mut noted = self.warn(Code::UnknownGroup, &groups).await?;
        noted.extend(self.warn(Code::UnknownProperty, &properties).await?);
        noted.extend(self.warn(Code::UnknownUnit, &units).await?);
        Ok(noted)
    }

    /// Puts products into the groups that they name, and out of all others.
    async fn regroup(
        &mut self,
        rows: &[ProductRow],
        judged: &Judged,
        ids: &HashMap<String, i64>,
        groups: &AllKnown,
    ) -> Result<(), Error> {
        let (mut before, mut within, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, verdict) in &judged.news {
            let Some(product) = ids.get(&entry.ext_id) else { continue };
            if *verdict != Verdict::Created {
                before.push(json!([product]));
            }
            for key in rows[entry.row].groups.iter().collect::<BTreeSet<_>>() {
                match groups.get(key).and_then(|group| group.id) {
                    Some(group) => within.push(json!([product, group])),
                    None => wanted.push(json!([product, key])),
                }
            }
        }
        for delete in ["DELETE FROM product_in_group", "DELETE FROM product_wants_group"] {
            self.unlink(delete, before.clone()).await?;
        }
        self.link("INSERT INTO product_in_group (product_id, group_id) SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT) FROM ", within).await?;
        self.link(
            "INSERT INTO product_wants_group (product_id, group_ext) SELECT CAST(value->>0 AS BIGINT), value->>1 FROM ",
            wanted,
        )
        .await
    }

    async fn unlink(&mut self, delete: &'static str, products: Vec<Json>) -> Result<(), Error> {
        if products.is_empty() {
            return Ok(());
        }
        let mut delete = sql(delete);
        delete.push(" WHERE product_id IN (SELECT CAST(value->>0 AS BIGINT) FROM ");
        self.tx().push_rows(&mut delete, Json::Array(products).to_string());
        delete.push(")");
        self.tx().run(delete).await?;
        Ok(())
    }

    async fn link(&mut self, insert: &'static str, rows: Vec<Json>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = sql(insert);
        self.tx().push_rows(&mut insert, Json::Array(rows).to_string());
        insert.push(" WHERE true ON CONFLICT DO NOTHING");
        self.tx().run(insert).await?;
        Ok(())
    }
}

impl Facts {
    fn entry(&self, n: usize, row: &ProductRow) -> Entry {
        let values = vec![
            json!(row.sku.as_deref().map(indexed)),
            json!(row.barcode),
            json!(row.unit),
            json!(row.description),
            text(&json!(row.images)),
            text(&json!(self.attrs(row))),
            text(&json!(row.requisites)),
        ];
        let brand = row.brand.as_ref().map(|brand| (&brand.ext_id, self.brands.name(brand)));
        let groups: BTreeSet<_> = row.groups.iter().collect();
        Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, values, &json!([brand, groups]))
            .found_by([row.sku.as_ref(), row.barcode.as_ref()])
    }

    /// Values in one order, and numbers in one spelling.
    fn attrs<'a>(&self, row: &'a ProductRow) -> BTreeMap<&'a str, BTreeSet<String>> {
        let mut attrs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (key, values) in &row.attrs {
            let is_number = self.properties.get(key).and_then(|property| property.note.as_deref())
                == Some(ValueType::Number.name());
            let spelled = |value: &String| if is_number { plain(value) } else { value.clone() };
            attrs.entry(key).or_default().extend(values.iter().map(spelled));
        }
        attrs
    }
}

/// JSON as it is kept in one cell.
fn text(json: &Json) -> Json {
    Json::String(json.to_string())
}

/// A number without blanks, with a point and without zeros at the end; what is none stays as it is.
fn plain(value: &str) -> String {
    let spelled: String = value.chars().filter(|letter| !letter.is_whitespace()).collect();
    match Decimal::from_str_exact(&spelled.replace(',', ".")) {
        Ok(number) => number.normalize().to_string(),
        Err(_) => value.to_owned(),
    }
}
