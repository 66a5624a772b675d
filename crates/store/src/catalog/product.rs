//! One product with all that is known of it.

use std::collections::{BTreeMap, HashMap};

use lockstep_protocol::Position;
use serde_json::{Value as Json, json};

use super::{
    amounts::{Price, decimal, quantity},
    page::{About, WIDTH, first_price_type, select, with},
};
use crate::{
    Store,
    engine::{Tx, sql},
    error::Error,
    ledger,
    row::{Kind, parse_id},
};

/// What the list leaves out.
const MORE: &str = ", t.barcode, t.description, t.images, t.attrs, t.requisites";

/// By the `Ид` of a property, the values of a product.
type Values = BTreeMap<String, Vec<String>>;

impl Store {
    /// One product, deleted or not, and the position at which it was read.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn product(&self, id: &str) -> Result<(Json, Position), Error> {
        let id = parse_id(id).ok_or(Error::NotFound)?;
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let mut one = select(MORE);
        one.push(" WHERE t.id = ").push_bind(id);
        let row = tx.first(one).await?.ok_or(Error::NotFound)?;
        let price_type = first_price_type(&mut tx).await?;
        let mut product = About::of(&mut tx, &[id]).await?.add(&row, price_type)?;
        product["barcode"] = row.text(WIDTH)?.into();
        product["description"] = row.text(WIDTH + 1)?.into();
        product["images"] = Kind::Json.read(&row, WIDTH + 2)?;
        product["attributes"] = attributes(&mut tx, row.text(WIDTH + 3)?).await?.into();
        product["requisites"] = Kind::Json.read(&row, WIDTH + 4)?;
        product["variants"] = variants(&mut tx, id).await?.into();
        Ok((product, position))
    }
}

/// Properties by name, with values in words: a value that is the `Ид` of a known variant of its property is that variant's.
async fn attributes(tx: &mut Tx, attrs: Option<String>) -> Result<Vec<Json>, Error> {
    let attrs: Values = attrs.map_or(Ok(Values::new()), |text| serde_json::from_str(&text)).map_err(corrupt)?;
    let mut select = sql("SELECT ext_id, name FROM properties WHERE ext_id IN (");
    select.push_list(attrs.keys().cloned()).push(")");
    let names = tx.all(select).await?;
    let names = names.iter().map(|row| Ok((row.some_text(0)?, row.some_text(1)?)));
    let names = names.collect::<Result<HashMap<String, String>, Error>>()?;
    let words = words(tx, &attrs).await?;
    let mut attributes: Vec<(String, Json)> = Vec::new();
    for (property, values) in &attrs {
        let name = names.get(property).unwrap_or(property);
        let word = |value: &String| words.get(&(property.clone(), value.clone())).unwrap_or(value).clone();
        attributes
            .push((crate::fold(name), json!({"name": name, "values": values.iter().map(word).collect::<Vec<_>>()})));
    }
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(attributes.into_iter().map(|(_, attribute)| attribute).collect())
}

/// What values are called, by property and value.
async fn words(tx: &mut Tx, attrs: &Values) -> Result<HashMap<(String, String), String>, Error> {
    let mut select =
        sql("SELECT p.ext_id, v.ext_id, v.value FROM property_variants v JOIN properties p ON p.id = v.property_id \
                          WHERE p.ext_id IN (");
    select.push_list(attrs.keys().cloned()).push(") AND v.ext_id IN (");
    select.push_list(attrs.values().flatten().cloned()).push(")");
    let rows = tx.all(select).await?;
    rows.iter().map(|row| Ok(((row.some_text(0)?, row.some_text(1)?), row.some_text(2)?))).collect()
}

/// The variants that are there, by name, with all their prices and rests.
async fn variants(tx: &mut Tx, product: i64) -> Result<Vec<Json>, Error> {
    let select = "SELECT id, name, sku, barcode, characteristics, ext_id FROM variants WHERE product_id = $1 AND deleted = 0 \
                  ORDER BY folded, id";
    let rows = tx.all(sql(select).bind(product)).await?;
    let (mut prices, mut stocks) = (prices(tx, product).await?, stocks(tx, product).await?);
    let mut variants = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = row.some_int(0)?;
        variants.push(json!({
            "id": id.to_string(),
            "extId": row.some_text(5)?,
            "name": row.text(1)?,
            "sku": row.text(2)?,
            "barcode": row.text(3)?,
            "characteristics": Kind::Json.read(row, 4)?,
            "prices": prices.remove(&id).unwrap_or_default(),
            "stocks": stocks.remove(&id).unwrap_or_default(),
        }));
    }
    Ok(variants)
}

async fn prices(tx: &mut Tx, product: i64) -> Result<HashMap<i64, Vec<Json>>, Error> {
    let select = "SELECT v.id, p.price_type_id, CAST(p.amount AS TEXT), p.currency FROM variants v \
                  JOIN prices p ON p.variant_id = v.id WHERE v.product_id = $1 ORDER BY p.price_type_id";
    let mut prices: HashMap<i64, Vec<Json>> = HashMap::new();
    for row in tx.all(sql(select).bind(product)).await? {
        let price = with(Price::read(&row, 2)?.shown(), "type", row.some_int(1)?.to_string());
        prices.entry(row.some_int(0)?).or_default().push(price);
    }
    Ok(prices)
}

async fn stocks(tx: &mut Tx, product: i64) -> Result<HashMap<i64, Vec<Json>>, Error> {
    let select = "SELECT v.id, s.warehouse_id, CAST(s.qty AS TEXT) FROM variants v JOIN stocks s ON s.variant_id = v.id \
                  WHERE v.product_id = $1 ORDER BY s.warehouse_id";
    let mut stocks: HashMap<i64, Vec<Json>> = HashMap::new();
    for row in tx.all(sql(select).bind(product)).await? {
        let rest = quantity(decimal(&row.some_text(2)?)?);
        stocks
            .entry(row.some_int(0)?)
            .or_default()
            .push(json!({"warehouse": row.some_int(1)?.to_string(), "qty": rest}));
    }
    Ok(stocks)
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}
