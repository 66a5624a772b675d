//! Single elements, and what their oddities come to.

mod common;

use common::{framed, problems, rows};
use lockstep_commerceml::{Found, Kind, Limits, Offer, Product, Reader, Row, SectionName, Stock, Summary};

fn product(inner: &str) -> Product {
    let file = framed(&format!("<Каталог><Товары><Товар><Ид>t</Ид>{inner}</Товар></Товары></Каталог>"));
    match rows(file.as_bytes()).remove(0) {
        Row::Product(product) => *product,
        other => panic!("{other:?}"),
    }
}

fn package(inner: &str) -> String {
    framed(&format!("<ПакетПредложений><Предложения>{inner}</Предложения></ПакетПредложений>"))
}

fn offer(inner: &str) -> Offer {
    match rows(package(&format!("<Предложение><Ид>t</Ид>{inner}</Предложение>")).as_bytes()).remove(0)
    {
        Row::Offer(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

fn summary(file: &str) -> Summary {
    Reader::new("file.xml", file.as_bytes(), &Limits::default()).survey().expect("a whole file")
}

#[test]
fn text_is_whole_whatever_pieces_it_comes_in() {
    for (written, expected) in [
        ("Болт &amp; гайка", Some("Болт & гайка")),
        ("&quot;А&quot; &lt;&gt;&apos;", Some("\"А\" <>'")),
        ("&#1041;&#x43E;лт", Some("Болт")),
        ("<![CDATA[<b>&amp;</b>]]> и &amp;", Some("<b>&amp;</b> и &")),
        ("до<!-- нет -->после", Some("допосле")),
        ("  \r\n\t Болт \u{a0} ", Some("Болт")),
        ("строка\r\nдругая\rтретья", Some("строка\nдругая\nтретья")),
        ("", None),
        (" &#32; ", None),
        ("&amp;amp;", Some("&amp;")),
    ] {
        let product = product(&format!("<Наименование>{written}</Наименование>"));
        assert_eq!(product.name.as_deref(), expected, "{written}");
    }
}

#[test]
fn what_no_text_may_hold_is_left_out_and_what_nobody_knows_is_kept() {
    let name = |text: &str| product(&format!("<Наименование>{text}</Наименование>")).name.expect("a name");

    assert_eq!(name("а\0б\u{1}в\tг"), "абв\tг");
    assert_eq!(name("а&#1;б"), "аб");
    assert_eq!(name("цена&nbsp;5&euro; &#0;"), "цена&nbsp;5&euro; &#0;");
}

#[test]
fn oddities_of_text_are_told_once_an_element_with_its_place() {
    let file = framed(
        "<Каталог><Товары>\n<Товар><Ид>t1</Ид>\n  <Наименование>а&nbsp;б&copy;</Наименование><Артикул>\u{2}\u{3}</Артикул>\
         <Страна>&nbsp;</Страна></Товар></Товары></Каталог>",
    );

    let expected = [
        "file.xml:3:18: an unknown reference, kept as it stands in `Наименование`: `&nbsp;` (Ид t1)",
        "file.xml:3:57: control characters, left out in `Артикул` (Ид t1)",
    ];
    assert_eq!(problems(file.as_bytes()), expected);
}

#[test]
fn a_row_without_an_id_is_skipped_and_the_others_are_read() {
    let file = framed(
        "<Каталог><Товары><Товар><Наименование>Ничей</Наименование></Товар>\n<Товар><Ид> </Ид></Товар><Товар><Ид>t</Ид></Товар></Товары></Каталог>",
    );

    assert_eq!(rows(file.as_bytes()).len(), 1);
    let expected = ["file.xml:1:42: no `Ид`, skipped in `Ид`", "file.xml:2:1: no `Ид`, skipped in `Ид`"];
    assert_eq!(problems(file.as_bytes()), expected);
}

#[test]
fn an_id_that_no_index_would_take_is_skipped() {
    let long = "я".repeat(128);
    let file = framed(&format!("<Каталог><Товары><Товар><Ид>{long}</Ид></Товар></Товары></Каталог>"));

    assert_eq!(rows(file.as_bytes()), []);
    let found = problems(file.as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("file.xml:1:42: too long an `Ид`, skipped in `Ид`: `яя"), "{found:?}");
}

#[test]
fn a_bad_number_costs_that_number_and_nothing_else() {
    let price = |kind: &str, amount: &str| {
        format!("<Цена><ИдТипаЦены>{kind}</ИдТипаЦены><ЦенаЗаЕдиницу>{amount}</ЦенаЗаЕдиницу></Цена>")
    };
    let file = package(&format!(
        "<Предложение><Ид>t</Ид>\n<Цены>{}{}{}\n{}</Цены>\n<Склад ИдСклада=\"w1\" КоличествоНаСкладе=\"много\"/>\
         <Склад ИдСклада=\"w2\" КоличествоНаСкладе=\"1\"/></Предложение>",
        price("c1", "дорого"),
        price("c2", "10"),
        price("", "11"),
        price("c3", ""),
    ));

    let Row::Offer(offer) = rows(file.as_bytes()).remove(0) else {
        panic!("an offer");
    };
    assert_eq!((offer.prices.len(), offer.stocks.len()), (1, 1));
    let expected = [
        "file.xml:2:40: not a number, skipped in `ЦенаЗаЕдиницу`: `дорого` (Ид t)",
        "file.xml:2:188: no `Ид`, skipped in `ИдТипаЦены`: `11` (Ид t)",
        "file.xml:3:34: not a number, skipped in `ЦенаЗаЕдиницу` (Ид t)",
        "file.xml:4:1: not a number, skipped in `Склад`: `много` (Ид t)",
    ];
    assert_eq!(problems(file.as_bytes()), expected);
}

#[test]
fn rests_by_warehouse_beat_the_total_in_every_dialect() {
    let stock = |warehouse: Option<&str>, quantity: &str| Stock {
        warehouse: warehouse.map(str::to_owned),
        quantity: quantity.parse().expect("a number"),
    };
    for (written, expected) in [
        ("<Количество>4</Количество>", vec![stock(None, "4")]),
        ("<Количество/>", vec![]),
        ("", vec![]),
        ("<Количество>9</Количество><Склад ИдСклада=\"w\" КоличествоНаСкладе=\"4\"/>", vec![stock(Some("w"), "4")]),
        (
            "<Склад ИдСклада=\" w \" КоличествоНаСкладе=\"-1 000,5\"/><Количество>9</Количество>",
            vec![stock(Some("w"), "-1000.5")],
        ),
        (
            "<Остатки><Остаток><Склад><Ид>w</Ид><Количество>4</Количество></Склад></Остаток></Остатки>",
            vec![stock(Some("w"), "4")],
        ),
        ("<Остатки><Остаток><Количество>4</Количество></Остаток></Остатки>", vec![stock(None, "4")]),
        ("<Склад КоличествоНаСкладе=\"4\"/>", vec![stock(None, "4")]),
        ("<Склад ИдСклада=\"00000000-0000-0000-0000-000000000000\" КоличествоНаСкладе=\"4\"/>", vec![stock(None, "4")]),
    ] {
        assert_eq!(offer(written).stocks, expected, "{written}");
    }
}

#[test]
fn a_total_that_is_no_number_is_no_matter_when_warehouses_say_more() {
    let file = package(
        "<Предложение><Ид>t</Ид><Количество>?</Количество><Склад ИдСклада=\"w\" КоличествоНаСкладе=\"4\"/></Предложение>",
    );

    assert_eq!(problems(file.as_bytes()), [""; 0]);
}

#[test]
fn an_offer_is_declared_by_what_it_says_of_itself() {
    for (written, declared) in [
        ("", false),
        ("<НомерВерсии>1</НомерВерсии><ПометкаУдаления>true</ПометкаУдаления><Статус>Удален</Статус>", false),
        ("<Цены/><Остатки/><Количество>1</Количество><Склад/>", false),
        ("<Наименование>А</Наименование>", true),
        ("<ЧтоТоЕщё/>", true),
    ] {
        assert_eq!(offer(written).declared, declared, "{written}");
    }
}

#[test]
fn deletion_has_three_spellings_and_the_rest_are_none() {
    for (written, deleted) in [
        ("<ПометкаУдаления>true</ПометкаУдаления>", true),
        ("<ПометкаУдаления> TRUE </ПометкаУдаления>", true),
        ("<Статус>Удален</Статус>", true),
        ("<ПометкаУдаления>false</ПометкаУдаления><Статус>Новый</Статус>", false),
        ("<Изготовитель><ПометкаУдаления>true</ПометкаУдаления></Изготовитель>", false),
    ] {
        assert_eq!(product(written).deleted, deleted, "{written}");
    }
}

#[test]
fn elements_of_one_name_are_told_apart_by_what_they_are_in() {
    let product = product(
        "<Наименование>Стол</Наименование><СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование></СтавкаНалога></СтавкиНалогов>\
         <Комплектующие><Товар><Ид>нога</Ид></Товар></Комплектующие><Изготовитель><Наименование>Фабрика</Наименование></Изготовитель>",
    );

    assert_eq!((product.id.as_str(), product.name.as_deref()), ("t", Some("Стол")));
    assert_eq!(product.maker.expect("a maker").id, "Фабрика", "without an id, its name");
}

#[test]
fn only_an_explicit_no_makes_a_section_everything_there_is() {
    for (written, full) in [
        ("<Каталог СодержитТолькоИзменения=\"false\"/>", true),
        ("<Каталог СодержитТолькоИзменения=\"true\"/>", false),
        ("<Каталог/>", false),
        ("<Каталог СодержитТолькоИзменения=\"\"/>", false),
        ("<Каталог><СодержитТолькоИзменения>false</СодержитТолькоИзменения></Каталог>", true),
        (
            "<Каталог><Товары><Товар><Ид>1</Ид><СодержитТолькоИзменения>false</СодержитТолькоИзменения></Товар></Товары></Каталог>",
            false,
        ),
    ] {
        assert_eq!(summary(&framed(written)).is_full(SectionName::Catalog), full, "{written}");
    }
    let by_root = "<КоммерческаяИнформация СодержитТолькоИзменения=\"false\"><Каталог/><Классификатор СодержитТолькоИзменения=\"true\"/></КоммерческаяИнформация>";
    assert!(summary(by_root).is_full(SectionName::Catalog));
    assert!(!summary(by_root).is_full(SectionName::Classifier));
}

#[test]
fn a_row_that_takes_too_much_memory_is_skipped_and_the_file_goes_on() {
    let value = "<ЗначенияСвойства><Ид>p</Ид><Значение>много</Значение></ЗначенияСвойства>".repeat(10_000);
    let file = framed(&format!(
        "<Каталог><Товары><Товар><Ид>t1</Ид><ЗначенияСвойств>{value}</ЗначенияСвойств></Товар><Товар><Ид>t2</Ид></Товар></Товары></Каталог>"
    ));
    let limits = Limits { row: 1 << 20, ..Limits::default() };

    let items: Vec<_> =
        Reader::new("file.xml", file.as_bytes(), &limits).map(|item| item.expect("whole").found).collect();

    let [Found::Problem(problem), Found::Row(row), Found::End(summary)] = &items[..] else {
        panic!("{items:?}");
    };
    assert_eq!((problem.code.as_str(), problem.id.as_deref()), ("row_size", Some("t1")));
    assert_eq!((row.id(), summary.count(Kind::Product)), ("t2", 1));
}

#[test]
fn a_property_may_have_more_values_to_choose_from_than_any_row_may_hold() {
    let variant =
        "<Справочник><ИдЗначения>v</ИдЗначения><Значение>один из многих</Значение></Справочник>".repeat(10_000);
    let file = framed(&format!(
        "<Классификатор><Свойства><Свойство><Ид>p</Ид><ВариантыЗначений>{variant}</ВариантыЗначений></Свойство></Свойства></Классификатор>"
    ));
    let limits = Limits { row: 1 << 10, ..Limits::default() };

    let summary = Reader::new("file.xml", file.as_bytes(), &limits).survey().expect("whole");

    assert_eq!((summary.count(Kind::Property), summary.count(Kind::PropertyVariant)), (1, 10_000));
    assert_eq!(summary.problems.len(), 0);
}
