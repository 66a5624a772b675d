//! The steps of an import, in the order in which each needs only those before it.

use lockstep_commerceml::{Kind, SectionName};
use serde::{Deserialize, Serialize};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// Every file is read once, before anything is written.
    Scan,
    Units,
    Warehouses,
    PriceTypes,
    Properties,
    Groups,
    Products,
    Offers,
    Prices,
    Stocks,
    Customers,
    /// What a full load did not bring is gone.
    Finish,
}

impl Stage {
    /// Those that read rows.
    pub(super) const ROWS: [Stage; 10] = [
        Stage::Units,
        Stage::Warehouses,
        Stage::PriceTypes,
        Stage::Properties,
        Stage::Groups,
        Stage::Products,
        Stage::Offers,
        Stage::Prices,
        Stage::Stocks,
        Stage::Customers,
    ];

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Scan => "scan",
            Stage::Units => "units",
            Stage::Warehouses => "warehouses",
            Stage::PriceTypes => "price_types",
            Stage::Properties => "properties",
            Stage::Groups => "groups",
            Stage::Products => "products",
            Stage::Offers => "offers",
            Stage::Prices => "prices",
            Stage::Stocks => "stocks",
            Stage::Customers => "customers",
            Stage::Finish => "finish",
        }
    }

    /// The name under which its rows are counted; none for those that read no rows.
    pub(super) fn counted(self) -> &'static str {
        match self {
            Stage::PriceTypes => "priceTypes",
            other => other.name(),
        }
    }

    /// The step that works on rows of that kind.
    pub(super) fn of(kind: Kind) -> Stage {
        match kind {
            Kind::Unit => Stage::Units,
            Kind::Warehouse => Stage::Warehouses,
            Kind::PriceType => Stage::PriceTypes,
            Kind::Property | Kind::PropertyVariant => Stage::Properties,
            Kind::Group => Stage::Groups,
            Kind::Product => Stage::Products,
            Kind::Offer => Stage::Offers,
            Kind::Price => Stage::Prices,
            Kind::Stock => Stage::Stocks,
            Kind::Customer => Stage::Customers,
        }
    }

    /// The kind that it is about, and the section that says whether all of them are there. Types of prices, warehouses and units are never
    /// taken for gone: they are few, and everything hangs on them.
    pub(super) fn full(self) -> Option<(Kind, SectionName)> {
        match self {
            Stage::Properties => Some((Kind::Property, SectionName::Classifier)),
            Stage::Groups => Some((Kind::Group, SectionName::Classifier)),
            Stage::Products => Some((Kind::Product, SectionName::Catalog)),
            Stage::Offers => Some((Kind::Offer, SectionName::Package)),
            Stage::Customers => Some((Kind::Customer, SectionName::Customers)),
            _ => None,
        }
    }
}
