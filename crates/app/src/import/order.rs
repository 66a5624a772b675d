//! What somebody wants imported, and how.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::stage::Stage;
use crate::error::{Error, FieldError, FieldErrors};

/// What an import takes of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportType {
    /// Everything but the customers.
    Catalog,
    /// Quantities, and the warehouses that they are in.
    Stocks,
    /// Prices, and their types.
    Prices,
    /// Customers alone.
    Customers,
}

impl ImportType {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [ImportType; 4] =
        [ImportType::Catalog, ImportType::Stocks, ImportType::Prices, ImportType::Customers];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            ImportType::Catalog => "catalog",
            ImportType::Stocks => "stocks",
            ImportType::Prices => "prices",
            ImportType::Customers => "customers",
        }
    }

    /// Whether what it takes belongs to products that have to be there before.
    pub fn needs_products(self) -> bool {
        matches!(self, ImportType::Stocks | ImportType::Prices)
    }

    /// Of the imports with the same one is under way at a time: those that write to the catalogue.
    pub(super) fn lock_scope(self) -> &'static str {
        match self {
            ImportType::Catalog | ImportType::Stocks | ImportType::Prices => "import",
            ImportType::Customers => "import.customers",
        }
    }
}

impl fmt::Display for ImportType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no type of import.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no type of import; there are catalog, stocks, prices, customers")]
pub struct UnknownImportType(pub String);

impl FromStr for ImportType {
    type Err = UnknownImportType;

    fn from_str(word: &str) -> Result<Self, UnknownImportType> {
        let found = ImportType::ALL.into_iter().find(|import_type| import_type.name() == word);
        found.ok_or_else(|| UnknownImportType(word.chars().take(64).collect()))
    }
}

/// A part of a catalogue that an import may be kept to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Products, and what they refer to.
    Goods,
    /// What is offered of them.
    Offers,
    /// Prices, and their types.
    Prices,
    /// Quantities, and the warehouses that they are in.
    Rests,
}

impl Only {
    /// All of them.
    pub const ALL: [Only; 4] = [Only::Goods, Only::Offers, Only::Prices, Only::Rests];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Only::Goods => "goods",
            Only::Offers => "offers",
            Only::Prices => "prices",
            Only::Rests => "rests",
        }
    }

    /// The part of that name.
    pub fn of(name: &str) -> Option<Self> {
        Only::ALL.into_iter().find(|only| only.name() == name)
    }
}

/// An import that is wanted; also what its job is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOrder {
    /// What is taken.
    pub import_type: ImportType,
    /// The folder, archive or file: a name below `[jobs] import_root`, such as `1c/2026-11`.
    pub source: String,
    /// Find out what would happen, and change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Leave out files that cannot be read to their end, rather than the whole.
    #[serde(default)]
    pub skip_broken: bool,
    /// Believe a full load that most of what was there is gone.
    #[serde(default)]
    pub allow_mass_delete: bool,
    /// Only these parts of a catalogue; none: all of it.
    #[serde(default)]
    pub only: Vec<Only>,
    /// Only these files of the source; none: all.
    #[serde(default)]
    pub only_files: Vec<String>,
    /// The source is one of several that together are everything: nothing is gone because it is not in this one.
    #[serde(default)]
    pub partial: bool,
    /// Rows in a transaction at most.
    #[serde(default)]
    pub batch: Option<u32>,
}

/// Rows in a transaction. With more, edits of others wait too long; the databases are no faster.
pub(super) const MOST_ROWS: usize = 1_000;

impl ImportOrder {
    /// An import of all that is there, for good.
    pub fn new(import_type: ImportType, source: impl Into<String>) -> Self {
        Self {
            import_type,
            source: source.into(),
            dry_run: false,
            skip_broken: false,
            allow_mass_delete: false,
            only: Vec::new(),
            only_files: Vec::new(),
            partial: false,
            batch: None,
        }
    }

    /// Refuses what makes no sense together.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut fields = FieldErrors::new();
        if !self.only.is_empty() && self.import_type != ImportType::Catalog {
            fields.insert("only".into(), FieldError::new("field.not_allowed").with("allowed", Vec::<String>::new()));
        }
        if self.batch.is_some_and(|batch| !(1..=MOST_ROWS as u32).contains(&batch)) {
            let error = FieldError::new("field.out_of_range").with("min", 1).with("max", MOST_ROWS as u32);
            fields.insert("batch".into(), error);
        }
        if self.source.is_empty() {
            fields.insert("source".into(), FieldError::new("field.required"));
        }
        if fields.is_empty() { Ok(()) } else { Err(Error::Invalid { fields }) }
    }

    /// The steps of it, in the order of work.
    pub(super) fn stages(&self) -> Vec<Stage> {
        Stage::ROWS.into_iter().filter(|stage| self.takes(*stage)).collect()
    }

    fn takes(&self, stage: Stage) -> bool {
        use Stage::{Customers, Offers, PriceTypes, Prices, Stocks, Warehouses};
        let part = match stage {
            Customers => return self.import_type == ImportType::Customers,
            PriceTypes | Prices => Only::Prices,
            Warehouses | Stocks => Only::Rests,
            Offers => Only::Offers,
            _ => Only::Goods,
        };
        match self.import_type {
            ImportType::Catalog => self.only.is_empty() || self.only.contains(&part),
            ImportType::Stocks => part == Only::Rests,
            ImportType::Prices => part == Only::Prices,
            ImportType::Customers => false,
        }
    }

    /// Whether products have to be there before: it takes what belongs to them, and brings none itself.
    pub(super) fn needs_products(&self) -> bool {
        let stages = self.stages();
        let belongs = [Stage::Offers, Stage::Prices, Stage::Stocks];
        !stages.contains(&Stage::Products) && stages.iter().any(|stage| belongs.contains(stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(import_type: ImportType, only: &[Only]) -> Vec<&'static str> {
        let order = ImportOrder { only: only.to_vec(), ..ImportOrder::new(import_type, "x") };
        order.stages().into_iter().map(Stage::name).collect()
    }

    #[test]
    fn each_type_takes_its_own_and_what_that_needs() {
        let catalog =
            ["units", "warehouses", "price_types", "properties", "groups", "products", "offers", "prices", "stocks"];
        assert_eq!(stages(ImportType::Catalog, &[]), catalog);
        assert_eq!(stages(ImportType::Stocks, &[]), ["warehouses", "stocks"]);
        assert_eq!(stages(ImportType::Prices, &[]), ["price_types", "prices"]);
        assert_eq!(stages(ImportType::Customers, &[]), ["customers"]);
    }

    #[test]
    fn a_catalogue_may_be_kept_to_parts() {
        assert_eq!(stages(ImportType::Catalog, &[Only::Goods]), ["units", "properties", "groups", "products"]);
        assert_eq!(stages(ImportType::Catalog, &[Only::Rests, Only::Offers]), ["warehouses", "offers", "stocks"]);
    }

    #[test]
    fn what_belongs_to_products_needs_them_unless_they_come_along() {
        let needs = |import_type, only: &[Only]| {
            ImportOrder { only: only.to_vec(), ..ImportOrder::new(import_type, "x") }.needs_products()
        };
        assert!(needs(ImportType::Stocks, &[]) && needs(ImportType::Prices, &[]));
        assert!(needs(ImportType::Catalog, &[Only::Prices]));
        assert!(!needs(ImportType::Catalog, &[]) && !needs(ImportType::Customers, &[]));
        assert!(!needs(ImportType::Catalog, &[Only::Goods, Only::Rests]));
    }

    #[test]
    fn an_order_that_makes_no_sense_is_refused_with_all_that_is_wrong() {
        let order = ImportOrder { only: vec![Only::Goods], batch: Some(0), ..ImportOrder::new(ImportType::Stocks, "") };

        let Err(Error::Invalid { fields }) = order.check() else { panic!("not refused") };

        assert_eq!(fields.keys().collect::<Vec<_>>(), ["batch", "only", "source"]);
    }
}
