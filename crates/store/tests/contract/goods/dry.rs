//! A dry run judges as the real one does and touches nothing.

use lockstep_store::goods::{
    BrandRow, CharacteristicRow, CustomerKind, CustomerRow, GroupRow, Kind, Mode, OfferRow, PriceTypeRow, ProductRow,
    UnitRow, ValueType, WarehouseRow, Written,
};

use super::{Import, group, offer, price, product, property, some, stock, variant, words};
use crate::world::{Engine, World};
use lockstep_store::jobs::JobState;

contract!(
    a_dry_run_counts_what_the_real_run_does_and_writes_nothing,
    another_run_is_not_misled_by_what_would_have_been,
);

/// All tables that an import may write.
const TABLES: [&str; 14] = [
    "units",
    "warehouses",
    "price_types",
    "properties",
    "property_variants",
    "product_groups",
    "brands",
    "products",
    "product_in_group",
    "product_wants_group",
    "variants",
    "prices",
    "stocks",
    "customers",
];

/// How many rows there are, and how often all have changed.
async fn rows<E: Engine>(world: &World<E>) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        let sum = if table.starts_with("product_in") || table.starts_with("product_wants") { "0" } else { "sum(rev)" };
        let select = format!("SELECT '{table} ' || count(*) || ' ' || COALESCE({sum}, 0) FROM {table}");
        all.extend(world.engine.read(&select).await);
    }
    all
}

/// A whole exchange, in which later rows refer to earlier ones and to what nobody has sent. `word` is what changes.
async fn exchange<E: Engine>(
    import: &Import<'_, E>,
    word: &str,
    keys: &[&str],
    mode: Mode,
) -> Vec<(&'static str, Written)> {
    let unit = UnitRow { ext_id: "u".into(), code: some("796"), name: some("шт"), ..UnitRow::default() };
    let warehouse = WarehouseRow { ext_id: "w".into(), name: some(word), ..WarehouseRow::default() };
    let price_type = PriceTypeRow { ext_id: "t".into(), name: some(word), ..PriceTypeRow::default() };
    let properties = [
        property("n", "Вес", ValueType::Number),
        property("b", "Бренд", ValueType::Variant),
        property(word, word, ValueType::Text),
    ];
    let variants = [variant("b", "1", word), variant("never", "1", "x"), variant("b", "1", word)];
    let deleted = GroupRow { deleted: word == "new", ..group("d", None) };
    let groups = [group("a", Some(word)), group("b", Some("a")), deleted];
    let goods = |key: &&str| ProductRow {
        unit: some("796"),
        groups: words(&["b", "unsent"]),
        attrs: vec![("n".to_owned(), vec![if word == "new" { "1,40" } else { "1.4" }.to_owned()])],
        brand: Some(BrandRow { ext_id: "1".into(), name: None, property: some("b") }),
        ..product(key)
    };
    let products: Vec<ProductRow> = keys.iter().map(goods).chain([product(word), product(word)]).collect();
    let colour = CharacteristicRow { ext_id: None, name: some("Colour"), value: some(word) };
    let declared = |key: &&str| OfferRow { characteristics: vec![colour.clone()], ..offer(&format!("{key}#1")) };
    let bearer = OfferRow { ext_id: format!("{}#1", keys[0]), ..OfferRow::default() };
    let offers: Vec<OfferRow> = keys.iter().map(declared).chain([offer("never#1"), bearer]).collect();
    let amount = word.len().to_string();
    let mut prices: Vec<_> = keys.iter().map(|key| price(&format!("{key}#1"), "t", &amount)).collect();
    prices.extend([price(word, "t", "1"), price(word, "unsent", "1"), price("a#never", "t", "1")]);
    let mut stocks: Vec<_> = keys.iter().map(|key| stock(&format!("{key}#1"), Some("w"), &amount)).collect();
    stocks.extend([stock(word, None, "1"), stock(word, Some("unsent"), "1"), stock("never", None, "1")]);
    let customer =
        CustomerRow { ext_id: "c".into(), name: some(word), kind: Some(CustomerKind::Firm), ..Default::default() };

    let mut all = vec![
        ("units", import.batch(async |tx| tx.write_units(&[unit], mode).await).await),
        ("warehouses", import.batch(async |tx| tx.write_warehouses(&[warehouse], mode).await).await),
        ("price types", import.batch(async |tx| tx.write_price_types(&[price_type], mode).await).await),
        ("properties", import.batch(async |tx| tx.write_properties(&properties, mode).await).await),
        ("variants", import.batch(async |tx| tx.write_property_variants(&variants, mode).await).await),
        ("groups", import.batch(async |tx| tx.write_groups(&groups, mode).await).await),
        ("products", import.batch(async |tx| tx.write_products(&products, mode).await).await),
        ("more products", import.batch(async |tx| tx.write_products(&products, mode).await).await),
        ("offers", import.batch(async |tx| tx.write_offers(&offers, mode).await).await),
        ("prices", import.batch(async |tx| tx.write_prices(&prices, mode).await).await),
        ("more prices", import.batch(async |tx| tx.write_prices(&prices, mode).await).await),
        ("stocks", import.batch(async |tx| tx.write_stocks(&stocks, mode).await).await),
        ("customers", import.batch(async |tx| tx.write_customers(&[customer], mode).await).await),
    ];
    for kind in [Kind::Product, Kind::Offer] {
        let seen = keys.iter().chain([&word]).flat_map(|key| [(*key).to_owned(), format!("{key}#1")]);
        let seen: Vec<String> = seen.collect();
        import.batch(async |tx| tx.note_seen(kind, seen.iter().map(String::as_str)).await).await;
        let unseen = import.world.store.count_unseen(import.held.id, kind).await.expect("counted");
        let (gone, _) = import.close(kind, mode).await;
        assert_eq!(gone, unseen.unseen, "{kind:?}");
        all.push(("gone", Written { deactivated: gone, ..Written::default() }));
    }
    all
}

async fn both<E: Engine>(world: &World<E>, word: &str, keys: &[&str]) -> Vec<(&'static str, Written)> {
    let before = rows(world).await;
    let told = world.product_news().await.len();
    let dry = Import::begin(world).await;
    let would = exchange(&dry, word, keys, Mode::Dry).await;
    dry.end(JobState::Completed).await;
    assert_eq!(rows(world).await, before, "nothing is touched");
    assert_eq!(world.product_news().await.len(), told, "nothing is told");

    let real = Import::begin(world).await;
    let is = exchange(&real, word, keys, Mode::Write).await;
    real.end(JobState::Completed).await;
    for (would, is) in would.iter().zip(&is) {
        assert_eq!(would, is);
    }
    assert_ne!(rows(world).await, before, "the real run writes");
    is
}

async fn a_dry_run_counts_what_the_real_run_does_and_writes_nothing<E: Engine>(world: World<E>) {
    let empty = both(&world, "old", &["a", "b", "c"]).await;
    let changed = both(&world, "new", &["a", "c", "d"]).await;

    let of = |all: &[(&'static str, Written)], name: &str| -> Written {
        all.iter().find(|(other, _)| *other == name).expect("one").1.clone()
    };
    assert_eq!(super::counts(&of(&empty, "products")), [4, 0, 0, 1, 0]);
    assert_eq!(super::counts(&of(&changed, "products")), [2, 2, 0, 1, 0], "the brand has another name");
    assert_eq!(super::counts(&of(&changed, "more products")), [0, 0, 0, 5, 0]);
    assert_eq!(super::counts(&of(&changed, "groups")), [0, 1, 1, 1, 0]);
    assert_eq!(super::counts(&of(&changed, "gone"))[2], 2, "b, and what was called old");
}

async fn another_run_is_not_misled_by_what_would_have_been<E: Engine>(world: World<E>) {
    let first = Import::begin(&world).await;
    first.batch(async |tx| tx.write_products(&[product("a")], Mode::Dry).await).await;

    let second = Import::begin(&world).await;
    let written = second.batch(async |tx| tx.write_offers(&[offer("a#1")], Mode::Dry).await).await;

    assert_eq!(super::counts(&written), [0, 0, 0, 0, 1]);
    assert!(!world.store.has_products().await.expect("read"));
}
