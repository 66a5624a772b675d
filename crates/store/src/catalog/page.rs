//! A page of products.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{
    amounts::{self, Least},
    narrow::{ProductsQuery, Wanted, id},
};
use crate::{
    Store,
    clock::rfc3339,
    engine::{Statement, Tuple, Tx, sql},
    error::Error,
    ledger,
    row::Rows,
};

/// What every product shows, in the list and by itself.
const COLUMNS: &str = "SELECT t.id, t.ext_id, t.sku, t.name, t.brand_id, b.name, t.unit, t.deleted, t.rev, t.updated_at, \
                       (SELECT count(*) FROM variants v WHERE v.product_id = t.id AND v.deleted = 0)";

/// Columns that [`base`] reads.
pub(super) const WIDTH: usize = 11;

impl Store {
    /// A page of the catalogue. Rows are JSON as the API gives them.
    ///
    /// # Errors
    /// [`Error::BadQuery`] names a word that is no sort or no id.
    pub async fn products(&self, query: &ProductsQuery) -> Result<Rows, Error> {
        let wanted = Wanted::new(query)?;
        let chosen = id(query.price_type.as_deref(), "price_type")?;
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let price_type = match chosen {
            Some(chosen) => Some(chosen),
            None => first_price_type(&mut tx).await?,
        };
        let total = tx.number(wanted.count()).await?;
        let ids = tx.numbers(wanted.ids(price_type)).await?;
        let items = if ids.is_empty() { Vec::new() } else { read(&mut tx, &ids, price_type).await? };
        Ok(Rows { items, total, position })
    }
}

/// The rows of a page, in its order.
async fn read(tx: &mut Tx, ids: &[i64], price_type: Option<i64>) -> Result<Vec<Json>, Error> {
    let mut select = select("");
    select.push(" WHERE t.id IN (").push_list(ids.iter().copied()).push(")");
    let rows = tx.all(select).await?;
    let mut about = About::of(tx, ids).await?;
    let shown = rows.iter().map(|row| Ok((row.some_int(0)?, about.add(row, price_type)?)));
    let mut shown = shown.collect::<Result<HashMap<i64, Json>, Error>>()?;
    Ok(ids.iter().filter_map(|id| shown.remove(id)).collect())
}

/// The type of price that is meant when none is named.
pub(super) async fn first_price_type(tx: &mut Tx) -> Result<Option<i64>, Error> {
    let first = sql("SELECT id FROM price_types WHERE deleted = 0 ORDER BY id LIMIT 1");
    tx.first(first).await?.map(|row| row.some_int(0)).transpose()
}

/// Reads products `t`, with `more` columns after those of [`base`].
pub(super) fn select(more: &'static str) -> Statement {
    let mut select = sql(COLUMNS);
    select.push(more).push(" FROM products t LEFT JOIN brands b ON b.id = t.brand_id");
    select
}

/// What is known of products beside their own rows.
pub(super) struct About {
    groups: HashMap<i64, Vec<Json>>,
    prices: Least,
    rests: HashMap<i64, rust_decimal::Decimal>,
}

impl About {
    pub(super) async fn of(tx: &mut Tx, ids: &[i64]) -> Result<Self, Error> {
        let groups = groups(tx, ids).await?;
        Ok(Self { groups, prices: amounts::least_prices(tx, ids).await?, rests: amounts::rests(tx, ids).await? })
    }

    /// The product as it is shown.
    pub(super) fn add(&mut self, row: &Tuple, price_type: Option<i64>) -> Result<Json, Error> {
        let id = row.some_int(0)?;
        let mut product = base(row)?;
        let prices = self.prices.remove(&id).unwrap_or_default();
        product["groups"] = self.groups.remove(&id).unwrap_or_default().into();
        product["price"] = price_type.and_then(|of| prices.get(&of)).map_or(Json::Null, amounts::Price::shown);
        product["prices"] = prices.iter().map(|(of, price)| with(price.shown(), "type", of.to_string())).collect();
        product["stock"] = self.rests.get(&id).map_or(Json::Null, |rest| amounts::quantity(*rest).into());
        Ok(product)
    }
}

/// What stands in the row itself.
fn base(row: &Tuple) -> Result<Json, Error> {
    let brand = row.int(4)?.map(|id| Ok::<_, Error>(json!({"id": id.to_string(), "name": row.some_text(5)?})));
    Ok(json!({
        "id": row.some_int(0)?.to_string(),
        "extId": row.some_text(1)?,
        "sku": row.text(2)?,
        "name": row.some_text(3)?,
        "brand": brand.transpose()?,
        "unit": row.text(6)?,
        "deleted": row.some_int(7)? != 0,
        "rev": row.some_int(8)?,
        "updatedAt": rfc3339(row.some_int(9)?),
        "variants": row.some_int(10)?,
    }))
}

/// The groups of products, by product, each by name.
async fn groups(tx: &mut Tx, ids: &[i64]) -> Result<HashMap<i64, Vec<Json>>, Error> {
    let mut select =
        sql("SELECT i.product_id, g.id, g.name FROM product_in_group i JOIN product_groups g ON g.id = i.group_id \
                          WHERE i.product_id IN (");
    select.push_list(ids.iter().copied()).push(") ORDER BY g.folded, g.id");
    let mut groups: HashMap<i64, Vec<Json>> = HashMap::new();
    for row in tx.all(select).await? {
        let group = json!({"id": row.some_int(1)?.to_string(), "name": row.some_text(2)?});
        groups.entry(row.some_int(0)?).or_default().push(group);
    }
    Ok(groups)
}

/// An object with one more field.
pub(super) fn with(mut object: Json, name: &str, value: impl Into<Json>) -> Json {
    object[name] = value.into();
    object
}
