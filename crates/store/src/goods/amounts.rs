//! Prices and quantities of offers.

use rust_decimal::Decimal;
use serde_json::json;

use super::{
    Code, DEFAULT_WAREHOUSE, Kind, Mode, PriceRow, Skipped, StockRow, Written,
    known::Known,
    pairs::{PRICES, Pair, Pairs, STOCKS},
    sheet::{Entry, PRICE_TYPES, Sheet, WAREHOUSES},
};
use crate::{error::Error, jobs::BatchTx};

/// A price or a quantity.
struct Amount<'a> {
    row: usize,
    offer: &'a str,
    /// The type of price, or the warehouse.
    other: &'a str,
    values: Vec<Option<String>>,
}

impl<'a> Amount<'a> {
    fn price((row, price): (usize, &'a PriceRow)) -> Self {
        let PriceRow { offer, price_type, amount, currency } = price;
        Self { row, offer, other: price_type, values: vec![Some(plain(*amount)), currency.clone()] }
    }

    fn stock((row, stock): (usize, &'a StockRow)) -> Self {
        let StockRow { offer, warehouse, qty } = stock;
        let other = warehouse.as_deref().unwrap_or(DEFAULT_WAREHOUSE);
        Self { row, offer, other, values: vec![Some(plain(*qty))] }
    }
}

/// What tells prices and quantities apart.
struct Sort {
    pairs: &'static Pairs,
    others: &'static Sheet,
    unknown: Code,
}

const PRICE: Sort = Sort { pairs: &PRICES, others: &PRICE_TYPES, unknown: Code::UnknownPriceType };
const STOCK: Sort = Sort { pairs: &STOCKS, others: &WAREHOUSES, unknown: Code::UnknownWarehouse };

impl BatchTx {
    /// Takes prices.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_prices(&mut self, rows: &[PriceRow], mode: Mode) -> Result<Written, Error> {
        self.write_amounts(&PRICE, rows.iter().enumerate().map(Amount::price).collect(), mode).await
    }

    /// Takes quantities.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn write_stocks(&mut self, rows: &[StockRow], mode: Mode) -> Result<Written, Error> {
        self.write_amounts(&STOCK, rows.iter().enumerate().map(Amount::stock).collect(), mode).await
    }

    async fn write_amounts(&mut self, sort: &Sort, amounts: Vec<Amount<'_>>, mode: Mode) -> Result<Written, Error> {
        let offered: Vec<_> = amounts.iter().map(|amount| (amount.row, amount.offer)).collect();
        let offers = self.offers(&offered, mode).await?;
        let (taken, left): (Vec<_>, Vec<_>) =
            amounts.into_iter().partition(|amount| offers.known.contains_key(amount.offer));
        let wanted: Vec<_> = taken.iter().map(|amount| (amount.row, amount.other)).collect();
        let stub = |row, key: &str| Entry::stub(row, key, vec![json!(null)]);
        let (others, mut made) = self.known_or_made(sort.others, &wanted, stub, mode).await?;

        let pair = |amount: Amount<'_>| Pair {
            key: Pair::key(amount.offer, amount.other),
            ids: both(offers.known.get(amount.offer), others.get(amount.other)),
            values: amount.values,
        };
        let (mut written, news) = self.take_pairs(sort.pairs, taken.into_iter().map(pair).collect(), mode).await?;
        let skip = |amount: Amount<'_>| Skipped { row: amount.row, code: offers.why_not(amount.offer) };
        written.skipped = left.into_iter().map(skip).collect();
        written.made(Kind::Offer, offers.made, 0);
        written.made(sort.others.kind, made.len() as u64, 0);
        made.retain(|(_, key)| *key != DEFAULT_WAREHOUSE);
        written.noted = self.warn(sort.unknown, &made).await?;
        if mode == Mode::Write {
            let product = |pair: &Pair| offers.known.get(pair.one())?.note.as_deref()?.parse().ok();
            self.owe_offers(news.iter().filter_map(product));
        }
        Ok(written)
    }
}

fn both(offer: Option<&Known>, other: Option<&Known>) -> Option<[serde_json::Value; 2]> {
    Some([json!(offer?.id?), json!(other?.id?)])
}

/// One spelling for each number.
fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}
