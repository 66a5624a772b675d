//! The shops that are made up for measurements hold what they say.

mod common;

use common::Accepted;
use lockstep_commerceml::{
    Kind, Limits, Source,
    sample::{Encoding, Shop, Stream, Totals},
};

fn totals(accepted: &Accepted) -> Totals {
    let count = |kind| accepted.count(kind) as u64;
    Totals {
        groups: count(Kind::Group),
        products: count(Kind::Product),
        deleted: accepted.deleted.len() as u64,
        offers: count(Kind::Offer),
        prices: accepted.prices.len() as u64,
        sum_price: accepted.sum_price(),
        stocks: accepted.stocks.len() as u64,
        sum_quantity: accepted.sum_quantity(),
        customers: count(Kind::Customer),
    }
}

fn check(shop: Shop, files: impl IntoIterator<Item = (String, Stream)>, packed: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    match packed {
        true => Shop::pack(&folder.path().join("shop.zip"), files).expect("packed"),
        false => Shop::write(folder.path(), files).expect("written"),
    }

    let source = Source::open(folder.path(), "", &Limits::default()).expect("a source");
    let accepted = Accepted::of(&source);

    assert_eq!(totals(&accepted), shop.totals());
    assert_eq!(accepted.problems, []);
    assert_eq!(accepted.unknown_products, 0);
}

#[test]
fn a_shop_in_folders_holds_what_it_says_in_every_encoding_loose_and_packed() {
    for encoding in [Encoding::Utf8Marked, Encoding::Utf8, Encoding::Windows1251] {
        let shop = Shop { products: 100, properties: 7, price_types: 4, encoding, ..Shop::default() };
        check(shop, shop.folders(), false);
        check(shop, shop.folders(), true);
    }
}

#[test]
fn a_shop_as_a_pair_holds_what_it_says() {
    let shop = Shop { products: 100, customers: 0, ..Shop::default() };
    check(shop, shop.pair(), false);
}
