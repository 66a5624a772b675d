//! The words of a made-up exchange.

use std::{fmt::Write, iter, ops::Range};

use super::{
    Shop,
    lists::{groups, price_types, properties, units, warehouses},
};

/// Three, with four in each.
pub(super) const GROUPS: u64 = 15;

/// Of so many products, the last is marked as deleted.
pub(super) const DELETED_EVERY: u64 = 29;

/// Each property has so many values to choose from, if it has any.
pub(super) const VARIANTS: u64 = 5;

/// Most rows say that they are not deleted.
pub(super) const MARKS: &str = "<НомерВерсии>AAAAAAAAAAE=</НомерВерсии><ПометкаУдаления>false</ПометкаУдаления>";

/// How many offers a product has.
pub(super) fn offers_of(product: u64) -> u64 {
    if product.is_multiple_of(3) { 3 } else { 1 }
}

/// How many the first products have together.
pub(super) fn offers_of_all(products: u64) -> u64 {
    products + 2 * products.div_ceil(3)
}

/// What an offer of the product costs, in hundredths.
pub(super) fn cents(product: u64, price_type: u64) -> u64 {
    100_000 + product * 100 + price_type * 50
}

/// How many of the product a warehouse has.
pub(super) fn quantity(product: u64, warehouse: u64) -> u64 {
    (product * 7 + warehouse * 3) % 50
}

/// The name of a file in its folder.
pub(super) fn path(kind: &str, number: u64) -> String {
    match kind {
        "contragents" => format!("{kind}/{kind}_{number}_{}.xml", id(kind, number, 0)),
        _ => format!("{kind}/{kind}_1_{number}_{}.xml", id(kind, number, 0)),
    }
}

/// One of the lists of a classifier.
pub(super) fn list(shop: Shop, kind: &str) -> impl Iterator<Item = String> + use<> {
    let inner = match kind {
        "units" => units(),
        "storages" => warehouses(shop),
        "priceLists" => price_types(shop),
        "propertiesGoods" => properties(shop),
        _ => groups(),
    };
    let inner = format!("<Классификатор СодержитТолькоИзменения=\"true\"><Ид>к</Ид>{inner}</Классификатор>\n");
    document("3.1", iter::once(inner))
}

/// One file of products, or of what is offered of them.
pub(super) fn page(shop: Shop, kind: &'static str, products: Range<u64>) -> impl Iterator<Item = String> {
    let (before, after) = match kind {
        "goods" => (catalog(true), "</Товары></Каталог>\n"),
        _ => (package(true) + "<Предложения>\n", "</Предложения></ПакетПредложений>\n"),
    };
    let rows = products.map(move |product| match kind {
        "goods" => good(shop, product),
        "offers" => of_each_offer(product, |id, number| declared(id, product, number, "")),
        "prices" => of_each_offer(product, |id, _| offer(id, &prices(shop, product))),
        _ => of_each_offer(product, |id, _| offer(id, &rests(shop, product))),
    });
    document("3.1", framed(before, rows, after))
}

/// `import.xml` of 2.07.
pub(super) fn import(shop: Shop) -> impl Iterator<Item = String> {
    let lists = format!("<Классификатор><Ид>к</Ид>{}{}</Классификатор>\n", groups(), properties(shop));
    let rows = (0..shop.products).map(move |product| good(shop, product));
    document("2.07", framed(lists + &catalog(false), rows, "</Товары></Каталог>\n"))
}

/// `offers.xml` of 2.07.
pub(super) fn offers(shop: Shop) -> impl Iterator<Item = String> {
    let before = package(false) + &price_types(shop) + &warehouses(shop) + "<Предложения>\n";
    let rows = (0..shop.products).map(move |product| {
        let more = prices(shop, product) + &attributes(shop, product);
        of_each_offer(product, |id, number| declared(id, product, number, &more))
    });
    document("2.07", framed(before, rows, "</Предложения></ПакетПредложений>\n"))
}

/// The file of customers.
pub(super) fn customers(shop: Shop) -> impl Iterator<Item = String> {
    let rows = (0..shop.customers).map(customer);
    let before = "<Контрагенты СодержитТолькоИзменения=\"false\">\n".to_owned();
    document("3.1", framed(before, rows, "</Контрагенты>\n"))
}

fn document(schema: &str, inner: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let number = schema.split('.').next().unwrap_or_default();
    let start = format!(
        "<КоммерческаяИнформация xmlns=\"urn:1C.ru:commerceml_{number}\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         ВерсияСхемы=\"{schema}\" ДатаФормирования=\"2025-09-12T21:25:39\" Ид=\"1\">\n"
    );
    framed(start, inner, "</КоммерческаяИнформация>\n")
}

fn framed(before: String, inner: impl Iterator<Item = String>, after: &str) -> impl Iterator<Item = String> {
    iter::once(before).chain(inner).chain(iter::once(after.to_owned()))
}

fn catalog(only_changes: bool) -> String {
    format!(
        "<Каталог СодержитТолькоИзменения=\"{only_changes}\"><Ид>к</Ид><Наименование>Товары</Наименование><Товары>\n"
    )
}

fn package(only_changes: bool) -> String {
    format!("<ПакетПредложений СодержитТолькоИзменения=\"{only_changes}\"><Ид>к#</Ид><ИдКаталога>к</ИдКаталога>")
}

fn good(shop: Shop, number: u64) -> String {
    let own = id("good", number, 0);
    let values: String = (0..shop.properties).map(|property| value(property, number)).collect();
    format!(
        "<Товар><Ид>{own}</Ид><НомерВерсии>AAAAAAAAAAI=</НомерВерсии><ПометкаУдаления>{}</ПометкаУдаления>\
         <Штрихкод>{:013}</Штрихкод><Артикул>А-{number:04}</Артикул><Наименование>Товар {number} &quot;Тест&quot; &amp; Ко</Наименование>\
         <БазоваяЕдиница>796 </БазоваяЕдиница><Группы><Ид>{}</Ид></Группы><Описание><![CDATA[Описание <b>{number}</b>]]></Описание>\
         <Картинка>import_files/{}/{own}.jpg</Картинка><Изготовитель><Ид>{}</Ид><Наименование>Завод {}</Наименование></Изготовитель>\
         <ЗначенияСвойств>{values}</ЗначенияСвойств></Товар>\n",
        number % DELETED_EVERY == DELETED_EVERY - 1,
        4_600_000_000_000 + number,
        id("g", number % 3, number % 4 + 1),
        &own[..2],
        id("m", number % 5, 0),
        number % 5,
    )
}

/// Every other choice but the brand is empty, as in real life.
fn value(property: u64, product: u64) -> String {
    let value = match property % 3 {
        2 => format!("<Значение>{},5</Значение>", product % 100),
        _ if property > 0 && (property + product).is_multiple_of(2) => "<Значение/>".to_owned(),
        _ => format!("<Значение>{}</Значение>", id("v", property, product % VARIANTS)),
    };
    format!("<ЗначенияСвойства><Ид>{}</Ид>{value}</ЗначенияСвойства>", id("prop", property, 0))
}

fn of_each_offer(product: u64, row: impl Fn(&str, u64) -> String) -> String {
    let own = id("good", product, 0);
    match offers_of(product) {
        1 => row(&own, 0),
        several => (0..several).map(|number| row(&format!("{own}#{}", id("char", product, number)), number)).collect(),
    }
}

fn declared(own: &str, product: u64, number: u64, more: &str) -> String {
    let size = match own.contains('#') {
        true => format!(
            "<ХарактеристикаТовара><Наименование>Размер</Наименование><Значение>{}</Значение></ХарактеристикаТовара>",
            40 + number
        ),
        false => String::new(),
    };
    offer(
        own,
        &format!(
            "<Наименование>Товар {product}</Наименование><ХарактеристикиТовара>{size}</ХарактеристикиТовара>{more}"
        ),
    )
}

fn offer(own: &str, inner: &str) -> String {
    format!("<Предложение><Ид>{own}</Ид>{inner}</Предложение>\n")
}

/// Written in the three ways that 1C knows.
fn prices(shop: Shop, product: u64) -> String {
    let mut rows = String::from("<Цены>");
    for price_type in 0..shop.price_types {
        let cents = cents(product, price_type);
        let (whole, rest) = (cents / 100, cents % 100);
        let amount = match price_type % 3 {
            0 => format!("{whole}.{rest:02}"),
            1 => format!("{whole},{rest:02}"),
            _ => format!("{}\u{a0}{:03},{rest:02}", whole / 1000, whole % 1000),
        };
        let _infallible = write!(
            rows,
            "<Цена><Представление>{amount} руб</Представление><ИдТипаЦены>{}</ИдТипаЦены><ЦенаЗаЕдиницу>{amount}</ЦенаЗаЕдиницу>\
             <Валюта>руб</Валюта></Цена>",
            id("p", price_type, 0),
        );
    }
    rows + "</Цены>"
}

/// Rests as 3.1 writes them.
fn rests(shop: Shop, product: u64) -> String {
    let row = |number| {
        let (id, quantity) = (id("w", number, 0), quantity(product, number));
        format!("<Остаток><Склад><Ид>{id}</Ид><Количество>{quantity}</Количество></Склад></Остаток>")
    };
    let rows: String = (0..shop.warehouses).map(row).collect();
    format!("<Остатки>{rows}</Остатки>")
}

/// Rests as 2.07 writes them, beside a total.
fn attributes(shop: Shop, product: u64) -> String {
    let quantities = (0..shop.warehouses).map(|number| (id("w", number, 0), quantity(product, number)));
    let total: u64 = quantities.clone().map(|(_, quantity)| quantity).sum();
    let row = |(id, quantity)| format!("<Склад ИдСклада=\"{id}\" КоличествоНаСкладе=\"{quantity}\"/>");
    let rows: String = quantities.map(row).collect();
    format!("<Количество>{total}</Количество>{rows}")
}

fn customer(number: u64) -> String {
    let (title, full, digits) = match number % 2 {
        0 => ("Тестов", "ПолноеНаименование", 12),
        _ => ("ООО Тест", "ОфициальноеНаименование", 10),
    };
    let tax = if number % 5 == 4 { String::new() } else { format!("{:0digits$}", 7_700_000_000 + number) };
    let mail = match number % 4 {
        0 => format!("<Контакт><Тип>Электронная почта</Тип><Значение>c{number}@example.test</Значение></Контакт>"),
        _ => String::new(),
    };
    format!(
        "<Контрагент><Ид>{}</Ид>{MARKS}<Наименование>{title} {number}</Наименование><{full}>{title} {number}</{full}>\
         <Роль>Покупатель</Роль><ИНН>{tax}</ИНН><КПП/><Контакты>{mail}</Контакты></Контрагент>\n",
        id("c", number, 0),
    )
}

/// An `Ид` that looks as 1C's do, and is always the same for the same thing.
pub(super) fn id(kind: &str, one: u64, other: u64) -> String {
    let kind = kind.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    let (high, low) = (mixed(kind ^ mixed(one)), mixed(kind ^ mixed(one ^ mixed(other + 1))));
    let hex = format!("{high:016x}{low:016x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The last step of splitmix64: numbers that are near become numbers that are not.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
