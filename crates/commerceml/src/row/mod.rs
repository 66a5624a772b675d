//! What stands in an exchange, typed.
//!
//! Every row is known by 1C's `Ид`, never by its name. Texts are trimmed and free of control characters; what is empty is `None`.

mod customers;
mod goods;
mod lists;

pub use customers::{Customer, CustomerKind};
pub use goods::{Brand, Characteristic, Maker, Offer, Price, Product, PropertyValue, Stock};
pub use lists::{Group, PriceType, Property, PropertyVariant, Unit, ValueType, Warehouse};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A unit of measure.
    Unit(Unit),
    /// A warehouse.
    Warehouse(Warehouse),
    /// A type of price.
    PriceType(PriceType),
    /// A property that products or offers may have.
    Property(Property),
    /// One of the values to choose from for a property. It comes after its property.
    PropertyVariant(PropertyVariant),
    /// A group of products. It comes after the group that it is in.
    Group(Group),
    /// A product.
    Product(Box<Product>),
    /// An offer, or only prices or rests of one that was declared elsewhere.
    Offer(Box<Offer>),
    /// A customer.
    Customer(Box<Customer>),
}

impl Row {
    /// The `Ид`, of a variant its own.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Unit(unit) => &unit.id,
            Self::Warehouse(warehouse) => &warehouse.id,
            Self::PriceType(price_type) => &price_type.id,
            Self::Property(property) => &property.id,
            Self::PropertyVariant(variant) => &variant.id,
            Self::Group(group) => &group.id,
            Self::Product(product) => &product.id,
            Self::Offer(offer) => &offer.id,
            Self::Customer(customer) => &customer.id,
        }
    }

    /// What it is. An offer may bring prices and rests besides, see [`Offer`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unit(_) => Kind::Unit,
            Self::Warehouse(_) => Kind::Warehouse,
            Self::PriceType(_) => Kind::PriceType,
            Self::Property(_) => Kind::Property,
            Self::PropertyVariant(_) => Kind::PropertyVariant,
            Self::Group(_) => Kind::Group,
            Self::Product(_) => Kind::Product,
            Self::Offer(_) => Kind::Offer,
            Self::Customer(_) => Kind::Customer,
        }
    }
}

/// The kinds of what an exchange brings, in the order in which they are worked on: each needs only those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Units of measure.
    Unit,
    /// Warehouses.
    Warehouse,
    /// Types of prices.
    PriceType,
    /// Properties.
    Property,
    /// Values to choose from for properties.
    PropertyVariant,
    /// Groups of products.
    Group,
    /// Products.
    Product,
    /// Declared offers.
    Offer,
    /// Prices of offers.
    Price,
    /// Quantities of offers in warehouses.
    Stock,
    /// Customers.
    Customer,
}

impl Kind {
    /// All, in the order of work.
    pub const ALL: [Self; 11] = [
        Self::Unit,
        Self::Warehouse,
        Self::PriceType,
        Self::Property,
        Self::PropertyVariant,
        Self::Group,
        Self::Product,
        Self::Offer,
        Self::Price,
        Self::Stock,
        Self::Customer,
    ];

    /// A short word that stays the same, for reports and translations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Warehouse => "warehouse",
            Self::PriceType => "price_type",
            Self::Property => "property",
            Self::PropertyVariant => "property_variant",
            Self::Group => "group",
            Self::Product => "product",
            Self::Offer => "offer",
            Self::Price => "price",
            Self::Stock => "stock",
            Self::Customer => "customer",
        }
    }
}
