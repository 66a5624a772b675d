//! What the catalogue has, in numbers and names.

use lockstep_protocol::Position;
use serde_json::{Value as Json, json};

use crate::{
    Store,
    engine::{Tx, sql},
    error::Error,
    ledger,
};

/// Brands that are offered to choose from; who has more of them searches by name.
const MAX_BRANDS: i64 = 500;

/// What is counted, and how. Each is one look through an index.
const COUNTS: [(&str, &str); 8] = [
    ("products", "SELECT count(*) FROM products WHERE deleted = 0"),
    ("deleted", "SELECT count(*) FROM products WHERE deleted = 1"),
    ("variants", "SELECT count(*) FROM variants WHERE deleted = 0"),
    ("prices", "SELECT count(*) FROM prices"),
    ("stocks", "SELECT count(*) FROM stocks"),
    ("groups", "SELECT count(*) FROM product_groups WHERE deleted = 0"),
    ("brandsTotal", "SELECT count(*) FROM brands WHERE deleted = 0"),
    ("customers", "SELECT count(*) FROM customers WHERE deleted = 0"),
];

impl Store {
    /// How much of what there is, and what products can be chosen by.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn catalog(&self) -> Result<(Json, Position), Error> {
        let mut tx = self.engine.read().await?;
        let position = ledger::head(&mut tx).await?.position();
        let mut catalog = json!({});
        for (name, count) in COUNTS {
            catalog[name] = tx.number(sql(count)).await?.into();
        }
        catalog["priceTypes"] = price_types(&mut tx).await?.into();
        let warehouses = sql("SELECT id, name FROM warehouses WHERE deleted = 0 ORDER BY id");
        catalog["warehouses"] = named(&mut tx, warehouses).await?.into();
        let brands = sql("SELECT id, name FROM brands WHERE deleted = 0 ORDER BY folded, id LIMIT $1").bind(MAX_BRANDS);
        catalog["brands"] = named(&mut tx, brands).await?.into();
        Ok((catalog, position))
    }
}

/// In the order of their ids: the first one is meant where none is named.
async fn price_types(tx: &mut Tx) -> Result<Vec<Json>, Error> {
    let rows = tx.all(sql("SELECT id, name, currency FROM price_types WHERE deleted = 0 ORDER BY id")).await?;
    let types = rows.iter().map(|row| {
        Ok(json!({"id": row.some_int(0)?.to_string(), "name": row.some_text(1)?, "currency": row.text(2)?}))
    });
    types.collect()
}

async fn named(tx: &mut Tx, select: crate::engine::Statement) -> Result<Vec<Json>, Error> {
    let rows = tx.all(select).await?;
    rows.iter().map(|row| Ok(json!({"id": row.some_int(0)?.to_string(), "name": row.some_text(1)?}))).collect()
}
