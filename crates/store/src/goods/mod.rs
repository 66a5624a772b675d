//! What 1C sends, written row by known row: products, what is offered of them, and the lists they refer to; and customers.
//!
//! Every method takes rows of one kind into the batch of a job ([`BatchTx`]): a few statements, however many rows. A row is found by
//! 1C's key and written only when it says something new, so that a second import of the same changes nothing, and tells nobody.
//! Of rows with the same key in one call the last one holds. Rows that cannot be taken are left out and named ([`Skipped`]); what is odd
//! and taken all the same is named once a job ([`Noted`]). What pages are to hear is owed by the batch itself.
//! In a dry run ([`Mode::Dry`]) all is judged alike and no row of the catalogue is touched: what there would be is kept beside the job,
//! where later rows find it, and the counts are those of the real run.
//!
//! Two writers of one kind at a time are not foreseen: the job's `lock_scope` keeps them apart.

mod amounts;
mod brands;
mod customers;
mod files;
mod full;
mod groups;
mod issues;
mod known;
mod lists;
mod offers;
mod pairs;
mod products;
mod rows;
mod sheet;
mod traces;

pub use files::{FileState, ImportFile, KeptFile};
pub use full::Unseen;
pub use issues::{Issue, IssuePage, IssueQuery, IssueRow, IssueTotal, MAX_ISSUES, Severity};
pub use rows::{
    BrandRow, CharacteristicRow, CustomerKind, CustomerRow, GroupRow, OfferRow, PriceRow, PriceTypeRow, ProductRow,
    PropertyRow, PropertyVariantRow, StockRow, UnitRow, ValueType, WarehouseRow,
};

use lockstep_protocol::Room;

use crate::{
    Store,
    engine::{Statement, sql},
    error::Error,
    jobs::{BatchTx, Counts},
};

/// The key of the warehouse in which everything lies of which 1C does not say where. It is made when it is first needed.
pub const DEFAULT_WAREHOUSE: &str = "default";

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A unit of measure.
    Unit,
    /// A warehouse.
    Warehouse,
    /// A type of price.
    PriceType,
    /// A property.
    Property,
    /// A value to choose from for a property.
    PropertyVariant,
    /// A group of products.
    Group,
    /// A brand.
    Brand,
    /// A product.
    Product,
    /// An offer of a product.
    Offer,
    /// A price of an offer.
    Price,
    /// A quantity of an offer.
    Stock,
    /// A customer.
    Customer,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Unit => "unit",
            Kind::Warehouse => "warehouse",
            Kind::PriceType => "price_type",
            Kind::Property => "property",
            Kind::PropertyVariant => "property_variant",
            Kind::Group => "group",
            Kind::Brand => "brand",
            Kind::Product => "product",
            Kind::Offer => "offer",
            Kind::Price => "price",
            Kind::Stock => "stock",
            Kind::Customer => "customer",
        }
    }
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Write,
    /// Only what there would be, beside the job.
    Dry,
}

/// What may be the matter with a row that refers to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Its product is not known. Skipped.
    UnknownProduct,
    /// Its offer is not known. Skipped.
    UnknownOffer,
    /// Its type of price is not known; a row of that key was made.
    UnknownPriceType,
    /// The same of its warehouse.
    UnknownWarehouse,
    /// One of its groups is not known, or the group that it is in; it will be in it as soon as it comes.
    UnknownGroup,
    /// One of its properties is not known; kept as given.
    UnknownProperty,
    /// Its unit is not known; kept as given.
    UnknownUnit,
}

impl Code {
    /// The stable word for it, for reports and translations.
    pub fn name(self) -> &'static str {
        match self {
            Code::UnknownProduct => "unknown_product",
            Code::UnknownOffer => "unknown_offer",
            Code::UnknownPriceType => "unknown_price_type",
            Code::UnknownWarehouse => "unknown_warehouse",
            Code::UnknownGroup => "unknown_group",
            Code::UnknownProperty => "unknown_property",
            Code::UnknownUnit => "unknown_unit",
        }
    }

    /// Whether something was skipped for it.
    pub fn severity(self) -> Severity {
        match self {
            Code::UnknownProduct | Code::UnknownOffer => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// Under which kind an import notes that it has warned of it.
    fn warned(self) -> &'static str {
        match self {
            Code::UnknownProduct => "warn:unknown_product",
            Code::UnknownOffer => "warn:unknown_offer",
            Code::UnknownPriceType => "warn:unknown_price_type",
            Code::UnknownWarehouse => "warn:unknown_warehouse",
            Code::UnknownGroup => "warn:unknown_group",
            Code::UnknownProperty => "warn:unknown_property",
            Code::UnknownUnit => "warn:unknown_unit",
        }
    }
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which of those that were given, from 0.
    pub row: usize,
    /// Why.
    pub code: Code,
}

/// Something odd about a row that was taken; said once a job and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The first row that shows it, from 0.
    pub row: usize,
    /// What.
    pub code: Code,
    /// The key that is not known.
    pub ext_id: String,
}

/// Rows of another kind that were made, or renamed, since rows that were given refer to them: brands; types of prices and warehouses
/// that nobody has sent; the offers of products that are sold as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Of which kind.
    pub kind: Kind,
    /// How many are new.
    pub created: u64,
    /// How many were there and say something else now.
    pub updated: u64,
}

/// What has become of the rows that were given: the first four numbers and those skipped are together as many as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// New.
    pub created: u64,
    /// There before, and another now.
    pub updated: u64,
    /// There before, and now deleted.
    pub deactivated: u64,
    /// Said what was known, or less than a later row with the same key.
    pub unchanged: u64,
    /// Not taken, in their order.
    pub skipped: Vec<Skipped>,
    /// Odd, and not said before.
    pub noted: Vec<Noted>,
    /// What else there is now.
    pub made: Vec<Made>,
}

impl Written {
    /// Whether nothing was written.
    pub fn is_idle(&self) -> bool {
        self.changed() == 0 && self.made.is_empty()
    }

    fn changed(&self) -> u64 {
        self.created + self.updated + self.deactivated
    }

    fn made(&mut self, kind: Kind, created: u64, updated: u64) {
        if created + updated > 0 {
            self.made.push(Made { kind, created, updated });
        }
    }
}

/// The entity under which all news of the catalogue is told: one debt, and so one event a second.
const PRODUCT: &str = "product";

impl BatchTx {
    /// Says that products have changed.
    fn owe_products(&mut self, counts: Counts, ids: impl IntoIterator<Item = i64>) {
        self.owe(&Room::Products, PRODUCT, counts, ids.into_iter().map(|id| id.to_string()));
    }

    /// Says that something has changed that products show, and not which products do.
    fn owe_lists(&mut self, changed: u64) {
        self.owe_unnamed(&Room::Products, PRODUCT, Counts { updated: changed, ..Counts::default() });
    }
}

impl Store {
    /// Whether there is a catalogue that prices and quantities can refer to.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_products(&self) -> Result<bool, Error> {
        Ok(self.engine.first(any_product()).await?.is_some())
    }
}

/// Asks for a product, deleted or not.
pub(crate) fn any_product() -> Statement {
    sql("SELECT id FROM products LIMIT 1")
}
