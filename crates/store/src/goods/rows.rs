//! Rows as 1C sends them, and as an import gives them to the store: trimmed, the empty ones `None`. `ext_id` is 1C's own key.

use rust_decimal::Decimal;

/// A unit of measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitRow {
    /// Its key.
    pub ext_id: String,
    /// Such as `796`. Products may name the unit by it.
    pub code: Option<String>,
    /// The short name.
    pub name: Option<String>,
    /// The long one.
    pub full_name: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// A warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarehouseRow {
    /// Its key.
    pub ext_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// A type of price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceTypeRow {
    /// Its key.
    pub ext_id: String,
    /// Its name.
    pub name: Option<String>,
    /// As 1C writes it.
    pub currency: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// What the values of a property are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ValueType {
    /// Any text.
    #[default]
    Text,
    /// A number. `1,40` and `1.4` are the same one.
    Number,
    /// The key of one of its variants.
    Variant,
}

impl ValueType {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::Text => "text",
            ValueType::Number => "number",
            ValueType::Variant => "variant",
        }
    }
}

/// A property that products may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyRow {
    /// Its key; may be a word.
    pub ext_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What its values are.
    pub value_type: ValueType,
    /// Marked as deleted.
    pub deleted: bool,
}

/// One of the values that a property has to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PropertyVariantRow {
    /// The key of the property.
    pub property: String,
    /// Its own key, unlike those of the property's other variants.
    pub ext_id: String,
    /// The value.
    pub value: Option<String>,
}

/// A group of products.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupRow {
    /// Its key.
    pub ext_id: String,
    /// The key of the group it is in.
    pub parent: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// The brand of a product. Its row is made, and renamed, with the product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrandRow {
    /// Its key: of a maker, of a property's variant, or the name itself.
    pub ext_id: String,
    /// Its name; nothing: that of the variant `ext_id` of `property`, and if there is no such variant the key.
    pub name: Option<String>,
    /// The key of the property whose value it is.
    pub property: Option<String>,
}

/// A product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductRow {
    /// Its key.
    pub ext_id: String,
    /// Its name.
    pub name: Option<String>,
    /// The article number, of which 255 letters are kept.
    pub sku: Option<String>,
    /// The bar code.
    pub barcode: Option<String>,
    /// Its brand.
    pub brand: Option<BrandRow>,
    /// The key, code or short name of its unit.
    pub unit: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Paths of pictures, in their order.
    pub images: Vec<String>,
    /// The keys of the groups it is in.
    pub groups: Vec<String>,
    /// Values by the key of their property, in any order.
    pub attrs: Vec<(String, Vec<String>)>,
    /// Names and values, in their order.
    pub requisites: Vec<(String, String)>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// What tells one offer of a product from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CharacteristicRow {
    /// Its key, mostly absent.
    pub ext_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// An offer of a product; the row that it makes is a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferRow {
    /// Its key: that of the product, or `product#characteristic`.
    pub ext_id: String,
    /// Whether it is more than a bearer of prices and quantities. One that is not makes a row only where it is the product itself and
    /// nobody has offered it before.
    pub declared: bool,
    /// Its name; nothing: that of the product.
    pub name: Option<String>,
    /// The article number.
    pub sku: Option<String>,
    /// The bar code.
    pub barcode: Option<String>,
    /// What tells it from others, in their order.
    pub characteristics: Vec<CharacteristicRow>,
    /// Marked as deleted.
    pub deleted: bool,
}

/// A price of an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceRow {
    /// The key of the offer.
    pub offer: String,
    /// The key of the type of price.
    pub price_type: String,
    /// How much, exactly. Zeros at the end say nothing.
    pub amount: Decimal,
    /// As 1C writes it.
    pub currency: Option<String>,
}

/// How much there is of an offer in a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockRow {
    /// The key of the offer.
    pub offer: String,
    /// The key of the warehouse; nothing: [`DEFAULT_WAREHOUSE`](super::DEFAULT_WAREHOUSE).
    pub warehouse: Option<String>,
    /// How much, exactly; may be negative or a fraction.
    pub qty: Decimal,
}

/// Whether a customer is a person or a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerKind {
    /// A person.
    Person,
    /// A firm.
    Firm,
}

impl CustomerKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            CustomerKind::Person => "person",
            CustomerKind::Firm => "firm",
        }
    }
}

/// A customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerRow {
    /// Its key, the only one.
    pub ext_id: String,
    /// What he is, as far as that is known.
    pub kind: Option<CustomerKind>,
    /// His name.
    pub name: Option<String>,
    /// The whole name, or the official one.
    pub full_name: Option<String>,
    /// The tax number.
    pub inn: Option<String>,
    /// What goes with the tax number of a firm.
    pub kpp: Option<String>,
    /// Address of e-mail; rare, and no key.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// What he is to us.
    pub role: Option<String>,
    /// Marked as deleted.
    pub deleted: bool,
}
