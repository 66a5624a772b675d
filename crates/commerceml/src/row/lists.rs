//! What products refer to.

/// `ЕдиницаИзмерения`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// `Ид`, or where it has none the `Код`, by which products name it.
    pub id: String,
    /// `Код`, such as `796`.
    pub code: Option<String>,
    /// `НаименованиеКраткое`, or `Наименование`.
    pub name: Option<String>,
    /// `НаименованиеПолное`
    pub full_name: Option<String>,
    /// Marked as deleted, in any of the three spellings.
    pub deleted: bool,
}

/// `Склад` as such, not what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warehouse {
    /// `Ид`
    pub id: String,
    /// `Наименование`
    pub name: Option<String>,
    /// `Адрес/Представление`
    pub address: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// `ТипЦены`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceType {
    /// `Ид`
    pub id: String,
    /// `Наименование`
    pub name: Option<String>,
    /// `Валюта` as written: `RUB` here and `руб` in the prices are the same to 1C.
    pub currency: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// `Свойство`. Comes a second time if fields stood behind its variants; the last one is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    /// `Ид`; may be a word such as `Бренд`.
    pub id: String,
    /// `Наименование`; several properties may have the same.
    pub name: Option<String>,
    /// `ТипЗначений`
    pub value_type: ValueType,
    /// Marked as deleted.
    pub deleted: bool,
}

impl Property {
    /// Whether its values are the brands of the products: it is called so, by `Ид` or by name.
    #[must_use]
    pub fn is_brand(&self) -> bool {
        const BRAND: &str = "бренд";
        let named = |text: &str| text.to_lowercase() == BRAND;
        named(&self.id) || self.name.as_deref().is_some_and(named)
    }
}

/// What the values of a property are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Any text (`Строка`), and whatever else 1C may write.
    #[default]
    Text,
    /// A number (`Число`), to be read with [`decimal`](crate::decimal).
    Number,
    /// The `Ид` of one of the property's variants (`Справочник`).
    Variant,
}

/// One of a property's values to choose from: `ВариантыЗначений/Справочник`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyVariant {
    /// The `Ид` of the property.
    pub property: String,
    /// `ИдЗначения`
    pub id: String,
    /// `Значение`
    pub value: Option<String>,
}

/// `Группа`. Comes a second time if fields stood behind the groups in it; the last one is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// `Ид`
    pub id: String,
    /// The `Ид` of the group it is in.
    pub parent: Option<String>,
    /// `Наименование`
    pub name: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}
