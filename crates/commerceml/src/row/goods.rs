//! Products, and what is offered of them at which price.

use rust_decimal::Decimal;

/// `Товар`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// `Ид`
    pub id: String,
    /// `Наименование`
    pub name: Option<String>,
    /// `Артикул`
    pub sku: Option<String>,
    /// `Штрихкод`
    pub barcode: Option<String>,
    /// The unit: attribute `Код` of `БазоваяЕдиница`, or its text.
    pub unit: Option<String>,
    /// The `Ид` of each group it is in; often none.
    pub groups: Vec<String>,
    /// `Описание`
    pub description: Option<String>,
    /// Paths of pictures, each as written.
    pub pictures: Vec<String>,
    /// `Изготовитель`
    pub maker: Option<Maker>,
    /// Values of properties; those that say that there is none are left out.
    pub values: Vec<PropertyValue>,
    /// `ЗначенияРеквизитов`, name and value.
    pub requisites: Vec<(String, String)>,
    /// Marked as deleted.
    pub deleted: bool,
}

impl Product {
    /// Its brand: the value of a property of which `is_brand` says so by `Ид`, else its maker.
    pub fn brand(&self, mut is_brand: impl FnMut(&str) -> bool) -> Option<Brand<'_>> {
        let value = self.values.iter().find(|value| is_brand(&value.property)).and_then(|value| value.values.first());
        value.map(|value| Brand::Value(value)).or(self.maker.as_ref().map(Brand::Maker))
    }
}

/// What the brand of a product is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brand<'a> {
    /// The value of a property: the `Ид` of a variant or, for a property of text, the brand's name.
    Value(&'a str),
    /// The maker.
    Maker(&'a Maker),
}

/// `Изготовитель`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maker {
    /// `Ид`; where it has none, the name.
    pub id: String,
    /// `Наименование`
    pub name: Option<String>,
}

/// `ЗначенияСвойства`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyValue {
    /// The `Ид` of the property.
    pub property: String,
    /// At least one: the `Ид` of a variant, a number or a text, by the property's type.
    pub values: Vec<String>,
}

/// `Предложение`: an offer, its prices and its rests, as much of it as stands in one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// `Ид`: that of the product, or `product#characteristic`.
    pub id: String,
    /// Whether the element has more than `Ид`, marks, prices and rests, and so makes the offer known.
    pub declared: bool,
    /// `Наименование`
    pub name: Option<String>,
    /// `Артикул`
    pub sku: Option<String>,
    /// `Штрихкод`
    pub barcode: Option<String>,
    /// What distinguishes it from other offers of the product.
    pub characteristics: Vec<Characteristic>,
    /// Values of properties.
    pub values: Vec<PropertyValue>,
    /// In the order of the file; of the same type, the last is right.
    pub prices: Vec<Price>,
    /// In the order of the file; of the same warehouse, the last is right.
    pub stocks: Vec<Stock>,
    /// Marked as deleted.
    pub deleted: bool,
}

impl Offer {
    /// The `Ид` of the product.
    #[must_use]
    pub fn product(&self) -> &str {
        self.id.split_once('#').map_or(&self.id, |(product, _)| product)
    }

    /// The second half of the `Ид`; none when the offer is the product itself.
    #[must_use]
    pub fn characteristic(&self) -> Option<&str> {
        self.id.split_once('#').map(|(_, characteristic)| characteristic)
    }
}

/// `ХарактеристикаТовара`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Characteristic {
    /// `Ид`, mostly absent.
    pub id: Option<String>,
    /// `Наименование`
    pub name: Option<String>,
    /// `Значение`
    pub value: Option<String>,
}

/// `Цена`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// `ИдТипаЦены`
    pub price_type: String,
    /// `ЦенаЗаЕдиницу`, exact, with as many decimals as written.
    pub amount: Decimal,
    /// `Валюта`
    pub currency: Option<String>,
    /// `Единица`
    pub unit: Option<String>,
    /// `Коэффициент`
    pub factor: Option<Decimal>,
}

/// How much there is of an offer. May be negative and fractional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// The `Ид` of the warehouse; none means the default one.
    pub warehouse: Option<String>,
    /// `Количество` or `КоличествоНаСкладе`
    pub quantity: Decimal,
}
