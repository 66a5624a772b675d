//! What a whole file held.

use std::collections::BTreeMap;

use crate::{Code, Kind};

/// The end of a file that was read to its end: nothing else proves that it is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `ВерсияСхемы`, such as `2.07` or `3.1`.
    pub schema: Option<String>,
    /// `ДатаФормирования` as written; it may lack zeros (`2014-06-01T0:36:33`).
    pub made_at: Option<String>,
    /// The encoding, such as `UTF-8` or `windows-1251`.
    pub encoding: &'static str,
    /// Bytes of the file.
    pub bytes: u64,
    /// The SHA-256 of its bytes, taken by [`Reader::survey`](crate::Reader::survey) alone: it costs a tenth of the time.
    pub sha256: Option<[u8; 32]>,
    /// How many of each kind. One offer counts for its declaration, each price and each quantity.
    pub counts: BTreeMap<Kind, u64>,
    /// How many problems of each code.
    pub problems: BTreeMap<Code, u64>,
    /// The sections that it has, empty ones too.
    pub sections: Vec<Section>,
    /// Orders (`Документ`), which are not read.
    pub documents: u64,
}

impl Summary {
    /// How many of that kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// The kinds it feeds, in the order of work.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.counts.keys().copied()
    }

    /// Whether that section is everything there is, so that what is not in it (or in other files of the set) is gone.
    #[must_use]
    pub fn is_full(&self, name: SectionName) -> bool {
        self.sections.iter().any(|section| section.name == name && section.full)
    }
}

/// One section of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which.
    pub name: SectionName,
    /// `СодержитТолькоИзменения` is explicitly `false`. Absent means changes only, the safe reading.
    pub full: bool,
}

/// The sections of CommerceML that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionName {
    /// `Классификатор`: groups, properties, and in 3.1 the other lists.
    Classifier,
    /// `Каталог`: products.
    Catalog,
    /// `ПакетПредложений` or `ИзмененияПакетаПредложений`: offers, prices, rests, and in 2.x price types and warehouses.
    Package,
    /// `Контрагенты`
    Customers,
}
