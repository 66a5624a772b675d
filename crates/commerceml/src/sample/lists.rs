//! What products refer to, in a made-up exchange.

use super::{
    Shop,
    text::{MARKS, VARIANTS, id},
};

pub(super) fn units() -> String {
    let row = |(code, short, full): (&str, &str, &str)| {
        format!(
            "<ЕдиницаИзмерения><Ид>{code} </Ид>{MARKS}<НаименованиеКраткое>{short}</НаименованиеКраткое><Код>{code} </Код>\
             <НаименованиеПолное>{full}</НаименованиеПолное><МеждународноеСокращение/></ЕдиницаИзмерения>"
        )
    };
    let rows: String = [("796", "шт", "Штука"), ("715", "пар", "Пара")].map(row).concat();
    format!("<ЕдиницыИзмерения>{rows}</ЕдиницыИзмерения>")
}

pub(super) fn warehouses(shop: Shop) -> String {
    let row = |number| {
        format!("<Склад><Ид>{}</Ид>{MARKS}<Наименование>Склад {number}</Наименование></Склад>", id("w", number, 0))
    };
    let rows: String = (0..shop.warehouses).map(row).collect();
    format!("<Склады>{rows}</Склады>")
}

pub(super) fn price_types(shop: Shop) -> String {
    let row = |number| {
        let id = id("p", number, 0);
        format!("<ТипЦены><Ид>{id}</Ид>{MARKS}<Наименование>Опт {number}</Наименование><Валюта>RUB</Валюта></ТипЦены>")
    };
    let rows: String = (0..shop.price_types).map(row).collect();
    format!("<ТипыЦен>{rows}</ТипыЦен>")
}

pub(super) fn groups() -> String {
    let inner = |upper: u64| -> String {
        (0..4)
            .map(|lower| {
                format!("<Группа><Ид>{}</Ид><Наименование>Подраздел</Наименование></Группа>", id("g", upper, lower + 1))
            })
            .collect()
    };
    let rows: String = (0..3)
        .map(|upper| {
            let (id, inner) = (id("g", upper, 0), inner(upper));
            format!("<Группа><Ид>{id}</Ид>{MARKS}<Наименование>Раздел {upper}</Наименование><Группы>{inner}</Группы></Группа>")
        })
        .collect();
    format!("<Группы>{rows}</Группы>")
}

/// Brand, numbers, and choices, in turns.
pub(super) fn properties(shop: Shop) -> String {
    let row = |number: u64| {
        let name = if number == 0 { "Бренд".to_owned() } else { format!("Свойство {number}") };
        let kind = if number % 3 == 2 { "Число" } else { "Справочник" };
        let variants = if number % 3 == 2 { String::new() } else { variants(number) };
        let id = id("prop", number, 0);
        format!(
            "<Свойство><Ид>{id}</Ид><Наименование>{name}</Наименование>{MARKS}<ТипЗначений>{kind}</ТипЗначений>{variants}</Свойство>"
        )
    };
    let rows: String = (0..shop.properties).map(row).collect();
    format!("<Свойства>{rows}</Свойства>")
}

fn variants(property: u64) -> String {
    let row = |number| {
        let id = id("v", property, number);
        format!("<Справочник><ИдЗначения>{id}</ИдЗначения><Значение>Значение {number}</Значение></Справочник>")
    };
    let rows: String = (0..VARIANTS).map(row).collect();
    format!("<ВариантыЗначений>{rows}</ВариантыЗначений>")
}
