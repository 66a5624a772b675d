//! Prices and rests, exact, of some products.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::{
    engine::{Tuple, Tx, sql},
    error::Error,
};

/// Digits behind the point that an amount of money has at least.
const CENTS: u32 = 2;

/// A price, and in what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Price {
    amount: Decimal,
    currency: Option<String>,
}

impl Price {
    /// Reads columns `n` and `n + 1`.
    pub(super) fn read(row: &Tuple, n: usize) -> Result<Self, Error> {
        Ok(Self { amount: decimal(&row.some_text(n)?)?, currency: row.text(n + 1)? })
    }

    /// With at least two decimals: `{"amount": "100.00", "currency": "RUB"}`.
    pub(super) fn shown(&self) -> Json {
        json!({"amount": money(self.amount), "currency": self.currency})
    }
}

/// By product, then by type of price: the least that one of its variants costs.
pub(super) type Least = HashMap<i64, BTreeMap<i64, Price>>;

pub(super) async fn least_prices(tx: &mut Tx, products: &[i64]) -> Result<Least, Error> {
    let mut select = sql("SELECT v.product_id, p.price_type_id, CAST(p.amount AS TEXT), p.currency FROM variants v \
                          JOIN prices p ON p.variant_id = v.id WHERE v.deleted = 0 AND v.product_id IN (");
    select.push_list(products.iter().copied()).push(")");
    let mut least = Least::new();
    for row in tx.all(select).await? {
        let price = Price::read(&row, 2)?;
        let known = least.entry(row.some_int(0)?).or_default().entry(row.some_int(1)?).or_insert_with(|| price.clone());
        if price.amount < known.amount {
            *known = price;
        }
    }
    Ok(least)
}

/// By product: what all its variants have in all warehouses together. A product of which nobody has said anything has none.
pub(super) async fn rests(tx: &mut Tx, products: &[i64]) -> Result<HashMap<i64, Decimal>, Error> {
    let mut select =
        sql("SELECT v.product_id, CAST(s.qty AS TEXT) FROM variants v JOIN stocks s ON s.variant_id = v.id \
                          WHERE v.deleted = 0 AND v.product_id IN (");
    select.push_list(products.iter().copied()).push(")");
    let mut rests: HashMap<i64, Decimal> = HashMap::new();
    for row in tx.all(select).await? {
        let rest = rests.entry(row.some_int(0)?).or_default();
        *rest = rest.checked_add(decimal(&row.some_text(1)?)?).ok_or_else(|| corrupt("a rest too large to be one"))?;
    }
    Ok(rests)
}

/// Without trailing zeros: `12.5`.
pub(super) fn quantity(quantity: Decimal) -> String {
    quantity.normalize().to_string()
}

/// Reads an amount of the database.
pub(super) fn decimal(text: &str) -> Result<Decimal, Error> {
    text.parse().map_err(|_| corrupt("an amount that is no number"))
}

fn money(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < CENTS {
        amount.rescale(CENTS);
    }
    amount.to_string()
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_cents_and_a_quantity_has_no_zeros_behind() {
        for (given, expected) in
            [("100", "100.00"), ("80.5", "80.50"), ("80.500", "80.50"), ("0.125", "0.125"), ("-3", "-3.00")]
        {
            assert_eq!(money(decimal(given).expect(given)), expected);
        }
        for (given, expected) in [("12.500", "12.5"), ("100", "100"), ("0.000", "0"), ("-2.50", "-2.5")] {
            assert_eq!(quantity(decimal(given).expect(given)), expected);
        }
    }
}
