//! Every layout in which 1C lays out an exchange, read to the last field.

mod common;

use std::collections::BTreeMap;

use common::{Accepted, fixtures, rows_by_file};
use lockstep_commerceml::{
    Brand, Characteristic, Customer, CustomerKind, Decimal, Group, Kind, Limits, Maker, Offer, Part, Price, PriceType,
    Product, Property, PropertyValue, PropertyVariant, Row, SectionName, Source, Stock, Unit, ValueType, Warehouse,
};

fn open(layout: &str) -> Source {
    Source::open(&fixtures(layout), "", &Limits::default()).expect("a fixture")
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn value(property: &str, values: &[&str]) -> PropertyValue {
    PropertyValue { property: property.to_owned(), values: values.iter().map(|&value| value.to_owned()).collect() }
}

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn group(id: &str, parent: Option<&str>, name: &str) -> Group {
    Group { id: id.to_owned(), parent: parent.map(str::to_owned), name: text(name), deleted: false }
}

#[test]
fn lists_of_a_pair_are_read_to_the_last_field() {
    let rows = rows_by_file(&open("pair"));

    let lists: Vec<_> = rows["import.xml"].iter().filter(|row| row.kind() < Kind::Product).cloned().collect();

    let country =
        Property { id: "p1".into(), name: text("Страна"), value_type: ValueType::Variant, deleted: false };
    let variant = |id: &str, value| PropertyVariant { property: "p1".into(), id: id.into(), value };
    let expected = [
        Row::Group(group("g1", None, "Ковры")),
        Row::Group(group("g2", Some("g1"), "Шерстяные")),
        Row::Group(group("g3", Some("g2"), "Ручной работы")),
        // The mark stands behind the groups in it, so the group comes once more.
        Row::Group(Group { deleted: true, ..group("g1", None, "Ковры") }),
        Row::Property(country),
        Row::PropertyVariant(variant("v1", text("Иран"))),
        Row::PropertyVariant(variant("v2", None)),
        Row::Property(Property { id: "Бренд".into(), name: text("Марка"), ..Property::default() }),
        Row::Property(Property {
            id: "p3".into(), name: text("Вес"), value_type: ValueType::Number, deleted: false
        }),
    ];
    assert_eq!(lists, expected);
}

#[test]
fn products_of_a_pair_are_read_to_the_last_field() {
    let rows = rows_by_file(&open("pair"));

    let products: Vec<_> = rows["import.xml"].iter().filter(|row| row.kind() == Kind::Product).cloned().collect();

    let carpet = Product {
        id: "t1".into(),
        name: text("Ковёр \"Тебриз\" & бахрома"),
        sku: text("К-1"),
        barcode: text("4600000000001"),
        unit: text("796"),
        groups: vec!["g2".into(), "g3".into()],
        description: text("Ручная <b>работа</b>"),
        pictures: vec!["import_files/t1/a.jpg".into(), "import_files/t1/b.jpg".into()],
        maker: Some(Maker { id: "m1".into(), name: text("Артель") }),
        values: vec![value("p1", &["v1"]), value("p3", &["1,4"]), value("p7", &["один", "два"])],
        requisites: vec![("ВидНоменклатуры".into(), "Ковёр".into())],
        deleted: false,
    };
    let gone = |id: &str, name| Product { id: id.into(), name: text(name), deleted: true, ..Product::default() };
    let expected = [carpet, gone("t2", "Удалённый"), gone("t3", "Тоже")];
    assert_eq!(products, expected.map(|product| Row::Product(Box::new(product))));
}

#[test]
fn offers_of_a_pair_bring_price_types_warehouses_prices_and_rests() {
    let rows = rows_by_file(&open("pair"));

    let price = Price {
        price_type: "c1".into(),
        amount: number("1234.50"),
        currency: text("руб"),
        unit: text("шт"),
        factor: Some(1.into()),
    };
    let stock = |warehouse: &str, quantity| Stock { warehouse: text(warehouse), quantity: number(quantity) };
    let red = Offer {
        id: "t1#красный".into(),
        declared: true,
        name: text("Ковёр (красный)"),
        sku: text("К-1"),
        characteristics: vec![Characteristic { id: None, name: text("Цвет"), value: text("красный") }],
        prices: vec![price],
        stocks: vec![stock("w1", "-3"), stock("w2", "10.5")],
        ..Offer::default()
    };
    let total = |id: &str, name, quantity: i32| Offer {
        id: id.into(),
        declared: true,
        name: text(name),
        stocks: vec![Stock { warehouse: None, quantity: quantity.into() }],
        ..Offer::default()
    };
    let shop =
        Warehouse { id: "w1".into(), name: text("Магазин"), address: text("Москва, 34"), deleted: false };
    let expected = vec![
        Row::PriceType(PriceType {
            id: "c1".into(), name: text("Розничная"), currency: text("RUB"), deleted: false
        }),
        Row::Warehouse(shop),
        Row::Warehouse(Warehouse { id: "w2".into(), name: text("База"), ..Warehouse::default() }),
        Row::Offer(Box::new(red.clone())),
        Row::Offer(Box::new(Offer { deleted: true, ..total("t2", "Удалённый", 0) })),
        Row::Offer(Box::new(total("t9", "Ничей", 5))),
    ];
    assert_eq!(rows["offers.xml"], expected);
    assert_eq!((red.product(), red.characteristic()), ("t1", Some("красный")));
}

#[test]
fn old_exchanges_with_prefixes_other_names_and_totals_are_read() {
    let source = open("old");
    let rows = rows_by_file(&source);

    let part_number =
        Property { id: "PART_NUMBER".into(), name: text("Номер"), value_type: ValueType::Variant, deleted: false };
    let first = PropertyVariant { property: "PART_NUMBER".into(), id: "n1".into(), value: text("Первый") };
    let nut = Product { id: "t1".into(), name: text("Гайка"), unit: text("796"), ..Product::default() };
    let price = Price { price_type: "c1".into(), amount: 12.into(), ..Price::default() };
    let stocks = vec![Stock { warehouse: None, quantity: 40.into() }];
    let offer = Offer { id: "t1".into(), prices: vec![price], stocks, ..Offer::default() };
    let import = rows["import.xml"].clone();
    // The type of its values is known before its first value here, so it comes once.
    assert_eq!(import, [Row::Property(part_number), Row::PropertyVariant(first), Row::Product(Box::new(nut))]);
    assert_eq!(rows["offers.xml"], [Row::Offer(Box::new(offer))]);

    let summaries = Accepted::of(&source).summaries;
    assert_eq!(summaries["import.xml"].made_at.as_deref(), Some("2014-06-01T0:36:33"));
    assert!(summaries["import.xml"].is_full(SectionName::Catalog), "a child says so");
    assert!(!summaries["offers.xml"].is_full(SectionName::Package), "changes are never everything");
}

#[test]
fn folders_are_read_in_the_order_of_their_numbers_wherever_the_files_lie() {
    let source = open("folders");

    let names: Vec<_> = source.parts().iter().map(Part::name).filter(|name| name.starts_with("goods")).collect();

    let expected = [
        "goods/goods_1_1_b1.xml",
        "goods/goods_1_2_b2.xml",
        "goods/goods_1_10_b3.xml",
        "goods/import_files/goods_1_3_b4.xml",
    ];
    assert_eq!(names, expected);
    assert_eq!(source.ignored(), 1, "one picture");
}

#[test]
fn lists_of_folders_are_read_with_their_padded_codes() {
    let rows = rows_by_file(&open("folders"));

    let piece =
        Unit { id: "796".into(), code: text("796"), name: text("шт"), full_name: text("Штука"), deleted: false };
    let pair = Unit { id: "715".into(), code: text("715"), name: text("пар"), ..Unit::default() };
    assert_eq!(rows["units/units_1_1_a2.xml"], [Row::Unit(piece), Row::Unit(pair)]);
    let gone = Warehouse { id: "w1".into(), name: text("Склад"), deleted: true, ..Warehouse::default() };
    assert_eq!(rows["storages/storages_1_1_a3.xml"], [Row::Warehouse(gone)]);
    let shoes = [Row::Group(group("g1", None, "Обувь")), Row::Group(group("g2", Some("g1"), "Женская"))];
    assert_eq!(rows["groups/groups_1_1_a1.xml"], shoes);
    let Row::Property(brand) = &rows["propertiesGoods/propertiesGoods_1_1_a5.xml"][0] else {
        panic!("a property");
    };
    assert!(brand.is_brand());
    let Row::Product(boots) = &rows["goods/goods_1_1_b1.xml"][0] else {
        panic!("a product");
    };
    assert_eq!((boots.unit.as_deref(), &boots.sku, &boots.barcode), (Some("715"), &None, &None));
    assert_eq!(boots.brand(|property| property == brand.id), Some(Brand::Value("v1")));
}

#[test]
fn prices_and_rests_of_folders_belong_to_offers_that_they_do_not_declare() {
    let rows = rows_by_file(&open("folders"));

    let price =
        |amount, currency| Price { price_type: "c1".into(), amount: number(amount), currency, ..Price::default() };
    let prices = vec![price("790", text("руб")), price("780.00", None)];
    let priced = Offer { id: "t1#x1".into(), prices, ..Offer::default() };
    let stock = |warehouse: Option<&str>, quantity| Stock {
        warehouse: warehouse.map(str::to_owned),
        quantity: number(quantity),
    };
    let by_warehouse =
        Offer { id: "t1#x1".into(), stocks: vec![stock(Some("w1"), "4"), stock(Some("w2"), "0")], ..Offer::default() };
    let total = Offer { id: "t2".into(), stocks: vec![stock(None, "2.5")], ..Offer::default() };
    assert_eq!(rows["prices/prices_1_1_d1.xml"], [Row::Offer(Box::new(priced))]);
    assert_eq!(rows["rests/rests_1_1_e1.xml"], [by_warehouse, total].map(|offer| Row::Offer(Box::new(offer))));
}

#[test]
fn customers_are_persons_and_firms_with_the_contacts_that_are_theirs() {
    let rows = rows_by_file(&open("folders"));

    let firm = Customer {
        id: "u1".into(),
        kind: Some(CustomerKind::Firm),
        name: text("Удаленный отдел"),
        full_name: text("ООО Уют"),
        inn: text("7700000001"),
        kpp: text("770001001"),
        email: text("uyut@example.test"),
        phone: text("+7 (4822) 25-39-39"),
        address: text("Тверь, Садовая, 1"),
        role: text("Покупатель"),
        deleted: false,
    };
    let person = Customer {
        id: "u2".into(),
        kind: Some(CustomerKind::Person),
        name: text("Тестов"),
        full_name: text("ИП Тестов"),
        ..Customer::default()
    };
    let by_number = Customer {
        id: "u3".into(),
        kind: Some(CustomerKind::Person),
        name: text("По номеру"),
        inn: text("007700000000"),
        ..Customer::default()
    };
    let expected = [firm, person, by_number].map(|customer| Row::Customer(Box::new(customer)));
    assert_eq!(rows["contragents/contragents_1_f1.xml"], expected);
}

#[test]
fn a_web_shop_module_is_read_and_its_orders_only_counted() {
    let source = open("module");
    let accepted = Accepted::of(&source);

    let kinds = |name: &str| accepted.summaries[name].counts.clone();
    assert_eq!(kinds("import.xml"), BTreeMap::from([(Kind::Group, 1)]));
    assert_eq!(kinds("properties/1/import.xml"), BTreeMap::from([(Kind::Property, 1)]), "a classifier is the root");
    assert_eq!(kinds("properties/1/offers.xml"), BTreeMap::from([(Kind::Warehouse, 1), (Kind::PriceType, 1)]));
    assert_eq!(kinds("goods/1/import___a1.xml"), BTreeMap::from([(Kind::Product, 1)]));
    assert_eq!(kinds("goods/1/prices___a3.xml"), BTreeMap::from([(Kind::Price, 1)]));
    assert_eq!(kinds("documents/orders.xml"), BTreeMap::new());
    assert_eq!(accepted.summaries["documents/orders.xml"].documents, 2);
    assert_eq!((accepted.sum_price(), accepted.sum_quantity()), (5000.into(), 3.into()));
}

#[test]
fn a_file_tells_what_it_holds_whatever_it_is_called() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(fixtures("pair/offers.xml"), folder.path().join("import.xml")).expect("a copy");

    let source = Source::open(folder.path(), "import.xml", &Limits::default()).expect("a file");
    let summary = source.read(&source.parts()[0]).expect("readable").survey().expect("whole");

    let kinds: Vec<_> = summary.kinds().collect();
    assert_eq!(kinds, [Kind::Warehouse, Kind::PriceType, Kind::Offer, Kind::Price, Kind::Stock]);
    assert_eq!((summary.count(Kind::Offer), summary.count(Kind::Stock)), (3, 4));
    assert_eq!(summary.schema.as_deref(), Some("2.07"));
    assert!(summary.is_full(SectionName::Package) && !summary.is_full(SectionName::Catalog));
}
