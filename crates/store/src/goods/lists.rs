//! What products refer to: units, warehouses, types of prices, properties and their values.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
};

use serde_json::{Value as Json, json};

use super::{
    Code, Kind, Mode, PriceTypeRow, PropertyRow, PropertyVariantRow, UnitRow, WarehouseRow, Written,
    known::{array, key},
    pairs::{PROPERTY_VARIANTS, Pair},
    sheet::{Entry, PRICE_TYPES, PROPERTIES, Sheet, UNITS, WAREHOUSES},
};
use crate::{Store, engine::sql, error::Error, fold::fold, jobs::BatchTx};

/// What a property is called whose values are the brands of products, folded.
const BRAND: &str = "бренд";

/// Under which kind a dry run keeps such properties.
const BRAND_PROPERTY: &str = "brand_property";

/// Under which kind a dry run keeps codes and short names of units.
const UNIT_NAME: &str = "unit_name";

impl BatchTx {
    /// Takes units of measure.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_units(&mut self, rows: &[UnitRow], mode: Mode) -> Result<Written, Error> {
        let entry = |(n, row): (usize, &UnitRow)| {
            let values = vec![json!(row.code), json!(row.full_name)];
            Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, values, &Json::Null)
                .found_by([row.code.as_ref(), row.full_name.as_ref()])
        };
        if mode == Mode::Dry {
            let names = rows.iter().flat_map(|row| [&row.code, &row.name]).flatten();
            self.note_would(UNIT_NAME, keys_only(names.map(String::as_str))).await?;
        }
        self.take_list(&UNITS, rows.iter().enumerate().map(entry).collect(), mode).await
    }

    /// Takes warehouses.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_warehouses(&mut self, rows: &[WarehouseRow], mode: Mode) -> Result<Written, Error> {
        let entry = |(n, row): (usize, &WarehouseRow)| {
            let values = vec![json!(row.address)];
            Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, values, &Json::Null)
                .found_by([row.address.as_ref()])
        };
        self.take_list(&WAREHOUSES, rows.iter().enumerate().map(entry).collect(), mode).await
    }

    /// Takes types of prices.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_price_types(&mut self, rows: &[PriceTypeRow], mode: Mode) -> Result<Written, Error> {
        let entry = |(n, row): (usize, &PriceTypeRow)| {
            let values = vec![json!(row.currency)];
            Entry::new(n, &row.ext_id, row.name.as_deref(), row.deleted, values, &Json::Null)
        };
        self.take_list(&PRICE_TYPES, rows.iter().enumerate().map(entry).collect(), mode).await
    }

    /// Takes properties.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_properties(&mut self, rows: &[PropertyRow], mode: Mode) -> Result<Written, Error> {
        let entry = |(n, row): (usize, &PropertyRow)| {
            let (name, kind) = (row.name.as_deref(), row.value_type.name());
            let entry = Entry::new(n, &row.ext_id, name, row.deleted, vec![json!(kind)], &Json::Null);
            Entry { note: Some(kind.to_owned()), ..entry }.found_by([Some(&row.ext_id)])
        };
        if mode == Mode::Dry {
            let brands = rows.iter().filter(|row| is_brand(&row.ext_id, row.name.as_deref().unwrap_or_default()));
            self.note_would(BRAND_PROPERTY, keys_only(brands.map(|row| row.ext_id.as_str()))).await?;
        }
        self.take_list(&PROPERTIES, rows.iter().enumerate().map(entry).collect(), mode).await
    }

    /// Takes values that properties have to choose from. A property that is not known is made, and named.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_property_variants(&mut self, rows: &[PropertyVariantRow], mode: Mode) -> Result<Written, Error> {
        let wanted: Vec<(usize, &str)> = rows.iter().enumerate().map(|(n, row)| (n, row.property.as_str())).collect();
        let stub = |row, key: &str| {
            let entry = Entry::stub(row, key, vec![json!("variant")]);
            Entry { note: Some("variant".to_owned()), ..entry }
        };
        let (properties, made) = self.known_or_made(&PROPERTIES, &wanted, stub, mode).await?;
        let pair = |row: &PropertyVariantRow| Pair {
            key: Pair::key(&row.property, &row.ext_id),
            ids: properties
                .get(&row.property)
                .and_then(|property| property.id)
                .map(|id| [json!(id), json!(row.ext_id)]),
            values: vec![Some(row.value.clone().unwrap_or_else(|| row.ext_id.clone()))],
        };
        let (mut written, _) = self.take_pairs(&PROPERTY_VARIANTS, rows.iter().map(pair).collect(), mode).await?;
        written.made(Kind::Property, made.len() as u64, 0);
        written.noted = self.warn(Code::UnknownProperty, &made).await?;
        self.owe_list(&written, mode);
        Ok(written)
    }

    /// Rows of a list, and that pages hear of it.
    pub(super) async fn take_list(&mut self, sheet: &Sheet, entries: Vec<Entry>, mode: Mode) -> Result<Written, Error> {
        let (written, _) = self.take(sheet, entries, mode).await?;
        self.owe_list(&written, mode);
        Ok(written)
    }

    /// Pages hear that a list has changed.
    pub(super) fn owe_list(&mut self, written: &Written, mode: Mode) {
        if mode == Mode::Write {
            self.owe_lists(written.changed());
        }
    }

    /// Those of these names that are no unit's key, code or short name.
    pub(super) async fn unknown_units<'a>(
        &mut self,
        names: Vec<(usize, &'a str)>,
        mode: Mode,
    ) -> Result<Vec<(usize, &'a str)>, Error> {
        if names.is_empty() {
            return Ok(names);
        }
        let keys = array(names.iter().map(|(_, name)| *name));
        let mut select = sql("SELECT ext_id, code, name FROM units WHERE ");
        for (n, column) in ["ext_id", "code", "name"].into_iter().enumerate() {
            select.push(if n == 0 { "" } else { " OR " }).push(column).push(" IN (SELECT value->>0 FROM ");
            self.tx().push_rows(&mut select, keys.clone());
            select.push(")");
        }
        let mut known = Vec::new();
        for row in self.tx().all(select).await? {
            known.extend([row.text(0)?, row.text(1)?, row.text(2)?].into_iter().flatten());
        }
        if mode == Mode::Dry {
            for kind in [UNITS.kind.name(), UNIT_NAME] {
                let would = self.would_be(kind, keys.clone()).await?;
                known.extend(would.iter().map(|row| row.some_text(0)).collect::<Result<Vec<_>, Error>>()?);
            }
        }
        let known: HashSet<String> = known.into_iter().collect();
        Ok(names.into_iter().filter(|(_, name)| !known.contains(*name)).collect())
    }
}

impl Store {
    /// The keys of the properties whose values are the brands of products, those among them that there would be after this job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn brand_properties(&self, job: i64) -> Result<Vec<String>, Error> {
        let select = sql("SELECT ext_id, name FROM properties WHERE search LIKE $1 UNION ALL \
                          SELECT ext_id, $2 FROM import_would WHERE job = $3 AND kind = $4");
        let select = select.bind(format!("%{BRAND}%")).bind(BRAND).bind(job).bind(BRAND_PROPERTY);
        let mut keys = BTreeSet::new();
        for row in self.engine.all(select).await? {
            let (key, name) = (row.some_text(0)?, row.some_text(1)?);
            if is_brand(&key, &name) {
                keys.insert(key);
            }
        }
        Ok(keys.into_iter().collect())
    }
}

fn is_brand(key: &str, name: &str) -> bool {
    [key, name].into_iter().any(|text| fold(text) == BRAND)
}

/// Rows of a dry run that only say that there would be such a key. What is too long for one is left out.
fn keys_only<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<Json> {
    let keys: BTreeSet<&str> = keys.filter(|text| matches!(key(text), Cow::Borrowed(_))).collect();
    keys.into_iter().map(|key| json!([key, "", 0, null])).collect()
}
