//! Prices and quantities, exactly.

use lockstep_store::goods::{Code, DEFAULT_WAREHOUSE, Kind, Made, PriceRow};

use super::{Import, counts, noted, offer, price, product, skipped, some, stock, words};
use crate::world::{Engine, World};

contract!(
    prices_are_new_changed_or_left_alone,
    amounts_are_exact_and_so_are_their_sums,
    an_unknown_type_of_price_or_warehouse_is_made_and_named_once,
    what_lies_nowhere_lies_in_the_default_warehouse,
    amounts_of_unknown_offers_are_left_out,
    a_product_that_nobody_offers_is_sold_as_it_is,
);

async fn shop<E: Engine>(world: &World<E>) -> Import<'_, E> {
    let import = Import::begin(world).await;
    import.products(&[product("a"), product("b")]).await;
    import.offers(&[offer("a#1"), offer("a#2")]).await;
    import
}

/// Prices as they are kept.
async fn prices<E: Engine>(world: &World<E>) -> Vec<String> {
    let select = "SELECT v.ext_id || ' ' || t.ext_id || ' ' || p.amount || ' ' || p.currency FROM prices p \
                  JOIN variants v ON v.id = p.variant_id JOIN price_types t ON t.id = p.price_type_id ORDER BY 1";
    world.engine.read(select).await
}

async fn prices_are_new_changed_or_left_alone<E: Engine>(world: World<E>) {
    let import = shop(&world).await;
    let rows = [price("a#1", "retail", "100.50"), price("a#1", "sale", "90"), price("a#2", "retail", "7")];

    assert_eq!(counts(&import.prices(&rows).await), [3, 0, 0, 0, 0]);
    let same = [price("a#2", "retail", "7.00"), price("a#1", "retail", "100.5"), price("a#1", "sale", "90.0")];
    assert_eq!(counts(&import.prices(&same).await), [0, 0, 0, 3, 0]);
    let euros = PriceRow { currency: some("EUR"), ..price("a#2", "retail", "7") };
    let rows = [price("a#1", "retail", "1"), price("a#1", "retail", "2"), euros];
    assert_eq!(counts(&import.prices(&rows).await), [0, 2, 0, 1, 0], "the last one holds");

    assert_eq!(prices(&world).await, words(&["a#1 retail 2 RUB", "a#1 sale 90 RUB", "a#2 retail 7 EUR"]));
    let revisions = world.engine.read("SELECT '' || rev FROM prices ORDER BY rev").await;
    assert_eq!(revisions, ["1", "2", "2"]);
}

async fn amounts_are_exact_and_so_are_their_sums<E: Engine>(world: World<E>) {
    let import = shop(&world).await;
    let amounts = ["0.1", "0.2", "9007199254740993", "12345678901234567890.12345678", "-0.30", "0.00", "1E-3"];
    let rows: Vec<PriceRow> = amounts
        .iter()
        .enumerate()
        .map(|(n, amount)| {
            let amount = rust_decimal::Decimal::from_scientific(amount).or_else(|_| amount.parse()).expect("a number");
            PriceRow { amount, ..price("a#1", &n.to_string(), "0") }
        })
        .collect();

    import.prices(&rows).await;

    let kept = world.engine.read("SELECT CAST(amount AS TEXT) FROM prices ORDER BY price_type_id").await;
    let plain = ["0.1", "0.2", "9007199254740993", "12345678901234567890.12345678", "-0.3", "0", "0.001"];
    assert_eq!(kept, plain);
    let sum: rust_decimal::Decimal = kept.iter().map(|text| text.parse::<rust_decimal::Decimal>().expect("one")).sum();
    assert_eq!(sum.to_string(), "12354686100489308883.12445678");
    assert_eq!(counts(&import.prices(&rows).await)[3], 7, "unchanged");
}

async fn an_unknown_type_of_price_or_warehouse_is_made_and_named_once<E: Engine>(world: World<E>) {
    let import = shop(&world).await;

    let written = import.prices(&[price("a#1", "new", "1"), price("a#2", "new", "1")]).await;
    assert_eq!(noted(&written), [(0, Code::UnknownPriceType, "new")]);
    assert_eq!(written.made, [Made { kind: Kind::PriceType, created: 1, updated: 0 }]);
    let written = import.stocks(&[stock("a#1", Some("far"), "1"), stock("a#1", Some("near"), "1")]).await;
    assert_eq!(noted(&written), [(0, Code::UnknownWarehouse, "far"), (1, Code::UnknownWarehouse, "near")]);
    assert_eq!(written.made, [Made { kind: Kind::Warehouse, created: 2, updated: 0 }]);

    assert_eq!(noted(&import.stocks(&[stock("a#2", Some("far"), "1")]).await), []);
    let named = "SELECT name FROM price_types UNION ALL SELECT name FROM warehouses ORDER BY 1";
    assert_eq!(world.engine.read(named).await, ["far", "near", "new"]);
}

async fn what_lies_nowhere_lies_in_the_default_warehouse<E: Engine>(world: World<E>) {
    let import = shop(&world).await;

    let written = import.stocks(&[stock("a#1", None, "-2.5"), stock("a#2", None, "0")]).await;

    assert_eq!((counts(&written), noted(&written)), ([2, 0, 0, 0, 0], Vec::new()));
    assert_eq!(written.made, [Made { kind: Kind::Warehouse, created: 1, updated: 0 }]);
    assert_eq!(world.engine.read("SELECT ext_id FROM warehouses").await, [DEFAULT_WAREHOUSE]);
    let again = import.stocks(&[stock("a#1", Some(DEFAULT_WAREHOUSE), "-2.50")]).await;
    assert!(again.is_idle(), "{again:?}");
    assert_eq!(world.engine.read("SELECT CAST(qty AS TEXT) FROM stocks ORDER BY variant_id").await, ["-2.5", "0"]);
}

async fn amounts_of_unknown_offers_are_left_out<E: Engine>(world: World<E>) {
    let import = shop(&world).await;
    let rows = [
        price("never", "retail", "1"),
        price("a#1", "retail", "1"),
        price("a#never", "retail", "1"),
        price("never#1", "sale", "1"),
    ];

    let written = import.prices(&rows).await;

    assert_eq!(counts(&written), [1, 0, 0, 0, 3]);
    let expected = [(0, Code::UnknownProduct), (2, Code::UnknownOffer), (3, Code::UnknownProduct)];
    assert_eq!(skipped(&written), expected);
    assert_eq!(prices(&world).await, words(&["a#1 retail 1 RUB"]));
    assert_eq!(world.engine.read("SELECT ext_id FROM price_types").await, ["retail"], "nothing is made for nothing");
}

async fn a_product_that_nobody_offers_is_sold_as_it_is<E: Engine>(world: World<E>) {
    let import = shop(&world).await;

    let written = import.prices(&[price("b", "retail", "1"), price("b", "sale", "2")]).await;
    let stocks = import.stocks(&[stock("b", Some("near"), "3")]).await;

    assert_eq!(counts(&written), [2, 0, 0, 0, 0]);
    assert!(written.made.contains(&Made { kind: Kind::Offer, created: 1, updated: 0 }), "{:?}", written.made);
    assert!(!stocks.made.iter().any(|made| made.kind == Kind::Offer), "{:?}", stocks.made);
    assert_eq!(world.engine.read("SELECT name FROM variants WHERE ext_id = 'b'").await, ["Product b"]);
    assert_eq!(prices(&world).await, words(&["b retail 1 RUB", "b sale 2 RUB"]));
}
