//! A small shop, as an import writes it: two bolts, a nut of unknown price, a washer that is gone, and a nail of which nothing else is
//! known.

use lockstep_protocol::Room;
use lockstep_store::{
    Store,
    goods::{
        BrandRow, CharacteristicRow, CustomerKind, CustomerRow, GroupRow, Mode::Write, OfferRow, PriceRow,
        PriceTypeRow, ProductRow, PropertyRow, PropertyVariantRow, StockRow, ValueType, WarehouseRow,
    },
    jobs::{BatchTx, Claimant, Enqueued, Held, NewJob},
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::world::{Engine, NOON, World};

/// Fills an empty store. Products are written at noon and one, two … milliseconds, each known by `p1`, `p2` …
pub(crate) async fn shop<E: Engine>(world: &World<E>) {
    let store = &world.store;
    let held = claim(store).await;
    let mut batch = begin(store, held).await;
    lists(&mut batch).await;
    keep(batch).await;
    for (ms, product) in (1..).zip(products()) {
        world.hands.set(NOON + ms);
        let mut batch = begin(store, held).await;
        batch.write_products(&[product], Write).await.expect("written");
        keep(batch).await;
    }
    world.hands.set(NOON + 9);
    let mut batch = begin(store, held).await;
    batch.write_offers(&offers(), Write).await.expect("written");
    batch.write_prices(&prices(), Write).await.expect("written");
    batch.write_stocks(&stocks(), Write).await.expect("written");
    batch.write_customers(&customers(), Write).await.expect("written");
    keep(batch).await;
}

async fn claim(store: &Store) -> Held {
    let event = "imports:changed".parse().expect("a name");
    let new = NewJob::new("import.catalog", json!({}), Room::Imports, event);
    match store.enqueue_job(&new).await.expect("written") {
        Enqueued::New(pending) => pending.commit().await.expect("kept"),
        other => panic!("{other:?}"),
    };
    let kinds = vec!["import.catalog"];
    let claimant = Claimant { kinds, host: None, boot: "a".into(), max_runtime_ms: 3_600_000 };
    let pending = store.claim_job(&claimant).await.expect("asked").expect("there is something to do");
    pending.commit().await.expect("kept").0.held()
}

async fn begin(store: &Store, held: Held) -> BatchTx {
    store.begin_batch(held, "x", None).await.expect("ours")
}

async fn keep(batch: BatchTx) {
    batch.finish().await.expect("written").commit().await.expect("kept");
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn lists(batch: &mut BatchTx) {
    let warehouse = |key: &str, name| WarehouseRow { ext_id: key.into(), name: text(name), ..WarehouseRow::default() };
    let warehouses = [warehouse("main", "Основной"), warehouse("far", "Дальний")];
    batch.write_warehouses(&warehouses, Write).await.expect("written");
    let price = |key: &str, name, currency: Option<&str>| {
        let currency = currency.map(Into::into);
        PriceTypeRow { ext_id: key.into(), name: text(name), currency, ..PriceTypeRow::default() }
    };
    let types = [price("retail", "Розничная", Some("RUB")), price("trade", "Оптовая", None)];
    batch.write_price_types(&types, Write).await.expect("written");
    let property = |key: &str, name, value_type| PropertyRow {
        ext_id: key.into(),
        name: text(name),
        value_type,
        ..PropertyRow::default()
    };
    let properties = [property("colour", "Цвет", ValueType::Variant), property("length", "Длина", ValueType::Number)];
    batch.write_properties(&properties, Write).await.expect("written");
    let variant = |property: &str, value| PropertyVariantRow {
        property: property.into(),
        ext_id: "v1".into(),
        value: text(value),
    };
    let variants = [variant("colour", "Белый"), variant("length", "не это")];
    batch.write_property_variants(&variants, Write).await.expect("written");
    let group = |key: &str, name, parent: Option<&str>, deleted| GroupRow {
        ext_id: key.into(),
        name: text(name),
        parent: parent.map(Into::into),
        deleted,
    };
    let groups = [
        group("g1", "Болты", None, false),
        group("g2", "Длинные", Some("g1"), false),
        group("g3", "Гайки", None, false),
        group("g4", "Старое", None, true),
        group("g5", "Короткие", Some("g1"), false),
    ];
    batch.write_groups(&groups, Write).await.expect("written");
}

fn products() -> [ProductRow; 5] {
    let product = |key: &str, name, groups: &[&str]| {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        ProductRow { ext_id: key.into(), name: text(name), groups, ..ProductRow::default() }
    };
    let brand = |name: &str| Some(BrandRow { ext_id: name.into(), name: text(name), property: None });
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    [
        ProductRow {
            sku: text("B-8"),
            barcode: text("4600000000008"),
            brand: brand("Сталь"),
            unit: text("шт"),
            description: text("Оцинкован."),
            images: values(&["import_files/ab/1.jpg"]),
            attrs: vec![
                ("colour".into(), values(&["v1", "чёрный"])),
                ("length".into(), values(&["80"])),
                ("unheard".into(), values(&["v1"])),
            ],
            requisites: vec![("Вес".into(), "0.1".into())],
            ..product("p1", "Болт М8", &["g2"])
        },
        ProductRow { sku: text("B-10"), brand: brand("Медь"), ..product("p2", "Болт М10", &["g1", "g5"]) },
        product("p3", "Гайка", &["g3"]),
        ProductRow { sku: text("S-1"), deleted: true, ..product("p4", "Шайба", &["g3"]) },
        product("p5", "Гвоздь", &[]),
    ]
}

fn offers() -> Vec<OfferRow> {
    let offer =
        |key: &str, name| OfferRow { ext_id: key.into(), declared: true, name: text(name), ..OfferRow::default() };
    let length = CharacteristicRow { ext_id: None, name: text("Длина"), value: text("120") };
    vec![
        offer("p1", "Болт М8 (обычный)"),
        OfferRow {
            sku: text("B-8L"), characteristics: vec![length], ..offer("p1#long", "Болт М8 (длинный)")
        },
        OfferRow { deleted: true, ..offer("p1#gone", "Болт М8 (кривой)") },
        offer("p2", "Болт М10"),
        offer("p3", "Гайка"),
    ]
}

fn prices() -> Vec<PriceRow> {
    let price = |offer: &str, price_type: &str, amount, currency: Option<&str>| {
        let currency = currency.map(Into::into);
        PriceRow { offer: offer.into(), price_type: price_type.into(), amount: decimal(amount), currency }
    };
    vec![
        price("p1", "retail", "10", Some("RUB")),
        price("p1", "trade", "8.125", Some("USD")),
        price("p1#long", "retail", "9.5", Some("RUB")),
        price("p1#gone", "retail", "0.01", Some("RUB")),
        price("p2", "retail", "100", Some("RUB")),
        price("p2", "trade", "7", None),
    ]
}

fn stocks() -> Vec<StockRow> {
    let stock =
        |offer: &str, warehouse, qty| StockRow { offer: offer.into(), warehouse: text(warehouse), qty: decimal(qty) };
    vec![
        stock("p1", "main", "10"),
        stock("p1#long", "main", "-2"),
        stock("p1#long", "far", "4.5"),
        stock("p2", "main", "0"),
        stock("p3", "main", "9"),
    ]
}

fn customers() -> [CustomerRow; 3] {
    let customer = |key: &str, name, inn| CustomerRow {
        ext_id: key.into(),
        name: text(name),
        inn: text(inn),
        ..CustomerRow::default()
    };
    [
        CustomerRow {
            kind: Some(CustomerKind::Firm),
            full_name: text("ООО Ромашка"),
            email: text("a@romashka.example"),
            address: text("Москва"),
            role: text("Покупатель"),
            ..customer("c1", "Ромашка", "7701000001")
        },
        CustomerRow { kind: Some(CustomerKind::Person), ..customer("c2", "Иванов", "500100732259") },
        CustomerRow { deleted: true, ..customer("c3", "Прежний", "7701000003") },
    ]
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}
