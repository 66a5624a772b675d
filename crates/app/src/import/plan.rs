//! What a source holds, found out by reading every file once: which file feeds which step, with how many rows.

use std::{collections::BTreeMap, sync::Arc};

use lockstep_commerceml::{Code, Error as ReadError, Kind, Part, Refusal, SectionName, Source, Summary};
use serde::{Deserialize, Serialize};

use super::stage::Stage;

/// What was found out of one file. It stands in the database beside the file's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Totals {
    /// How many rows of each kind, by the kind's word.
    pub(super) kinds: BTreeMap<String, u64>,
    /// How many problems of each code.
    #[serde(default)]
    pub(super) problems: BTreeMap<String, u64>,
    /// Sections that are everything there is.
    #[serde(default)]
    pub(super) full: Vec<String>,
    /// Such as `3.1`.
    #[serde(default)]
    pub(super) schema: Option<String>,
    /// Orders, which are not read.
    #[serde(default)]
    pub(super) documents: u64,
    /// Why the file cannot be read to its end; kept beside this.
    #[serde(skip)]
    pub(super) error: Option<Broken>,
}

/// What is wrong with a file as a whole, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// A word of `commerceml`, such as `truncated`.
    pub code: String,
    /// The same for people.
    pub message: String,
    /// From 1, if it is about what stands in the file.
    pub line: Option<u64>,
    /// From 1.
    pub column: Option<u64>,
}

impl Broken {
    /// What a reader said; nothing when the disk could not be read, which may pass.
    pub(super) fn of(error: &ReadError) -> Option<Self> {
        let ReadError::Refused(Refusal { place, why, .. }) = error else { return None };
        let (line, column) = (place.map(|place| place.line), place.map(|place| place.column));
        Some(Self { code: why.code().to_owned(), message: why.to_string(), line, column })
    }

    /// `goods_1_3.xml:12:40: ends too early`
    pub(super) fn said_of(&self, file: &str) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{file}:{line}:{column}: {}", self.message),
            _ => format!("{file}: {}", self.message),
        }
    }
}

impl From<&Summary> for Totals {
    fn from(summary: &Summary) -> Self {
        let sections = summary.sections.iter().filter(|section| section.full);
        let words = |(code, number): (&Code, &u64)| (code.as_str().to_owned(), *number);
        Self {
            kinds: summary.counts.iter().map(|(kind, number)| (kind.as_str().to_owned(), *number)).collect(),
            problems: summary.problems.iter().map(words).collect(),
            full: sections.map(|section| section_name(section.name).to_owned()).collect(),
            schema: summary.schema.clone(),
            documents: summary.documents,
            error: None,
        }
    }
}

impl Totals {
    /// How many rows of that kind.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.kinds.get(kind.as_str()).copied().unwrap_or_default()
    }

    /// How many rows that step works on.
    pub(super) fn rows(&self, stage: Stage) -> u64 {
        Kind::ALL.into_iter().filter(|kind| Stage::of(*kind) == stage).map(|kind| self.count(kind)).sum()
    }

    fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// The word for a section.
fn section_name(name: SectionName) -> &'static str {
    match name {
        SectionName::Classifier => "classifier",
        SectionName::Catalog => "catalog",
        SectionName::Package => "package",
        SectionName::Customers => "customers",
    }
}

/// One file of a plan.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) part: Part,
    pub(super) totals: Totals,
}

/// A source and what is to be done with it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) source: Arc<Source>,
    /// Those that are read, in the order of work.
    pub(super) files: Vec<Planned>,
    /// The steps of the order.
    pub(super) stages: Vec<Stage>,
    /// Whether all files of the source are read, so that what is not in them is not there.
    pub(super) whole: bool,
}

impl Plan {
    /// The files that have something for a step, with their places.
    pub(super) fn of(&self, stage: Stage) -> impl Iterator<Item = (usize, &Planned)> {
        self.files
            .iter()
            .enumerate()
            .filter(move |(place, file)| file.totals.rows(stage) > 0 || self.is_home(*place, stage))
    }

    /// Whether the problems of a file are taken down in that step: the first that reads it, so that each is told once however many do.
    pub(super) fn is_home(&self, place: usize, stage: Stage) -> bool {
        let Some(file) = self.files.get(place) else { return false };
        let reads = |stage: &&Stage| file.totals.rows(**stage) > 0;
        let home = self.stages.iter().find(reads).or(self.stages.first().filter(|_| file.totals.has_problems()));
        home == Some(&stage)
    }

    /// How many rows a step has in all.
    pub(super) fn rows(&self, stage: Stage) -> u64 {
        self.files.iter().map(|file| file.totals.rows(stage)).sum()
    }

    /// How many rows there are in all steps.
    pub(super) fn all_rows(&self) -> u64 {
        self.stages.iter().map(|stage| self.rows(*stage)).sum()
    }

    /// Whether what a step is about and was not read is gone.
    pub(super) fn is_full(&self, stage: Stage) -> bool {
        self.whole && self.stages.contains(&stage) && is_full(stage, self.files.iter().map(|file| &file.totals))
    }

    /// The words of the kinds that there are none of and without which there is nothing to do.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        missing(&self.stages, |stage| self.rows(stage))
    }
}

/// Whether files have everything there is of what a step is about: every one that brings some says so.
pub(super) fn is_full<'a>(stage: Stage, files: impl Iterator<Item = &'a Totals>) -> bool {
    let Some((kind, section)) = stage.full() else { return false };
    let mut files = files.filter(|file| file.count(kind) > 0).peekable();
    let says_so = |file: &Totals| file.full.iter().any(|name| name == section_name(section));
    files.peek().is_some() && files.all(says_so)
}

/// The words of the kinds without which steps have nothing to do; none when there is something.
pub(super) fn missing(stages: &[Stage], rows: impl Fn(Stage) -> u64) -> Vec<&'static str> {
    let lists = [Stage::Units, Stage::Warehouses, Stage::PriceTypes];
    let catalogue = stages.contains(&Stage::Products);
    let counts = |stage: &&Stage| catalogue || !lists.contains(*stage);
    let wanted: Vec<Stage> = stages.iter().filter(counts).copied().collect();
    if wanted.iter().any(|stage| rows(*stage) > 0) {
        return Vec::new();
    }
    let kinds = Kind::ALL.into_iter().filter(|kind| wanted.contains(&Stage::of(*kind)));
    kinds.map(Kind::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{ImportOrder, ImportType};

    fn totals(kinds: &[(&str, u64)], full: &[&str]) -> Totals {
        let kinds = kinds.iter().map(|(kind, rows)| ((*kind).to_owned(), *rows)).collect();
        Totals { kinds, full: full.iter().map(|name| (*name).to_owned()).collect(), ..Totals::default() }
    }

    #[test]
    fn a_load_is_full_when_every_file_that_brings_such_rows_says_so() {
        let full = totals(&[("product", 5)], &["catalog"]);
        let changes = totals(&[("product", 5)], &[]);
        let other = totals(&[("price", 5)], &[]);

        assert!(is_full(Stage::Products, [&full, &other].into_iter()));
        assert!(!is_full(Stage::Products, [&full, &changes].into_iter()));
        assert!(!is_full(Stage::Products, [&other].into_iter()), "none of it is not all of it");
        assert!(!is_full(Stage::Prices, [&other].into_iter()));
    }

    #[test]
    fn what_is_missing_is_named_by_its_kind() {
        let check = |import_type, kinds: &[(&str, u64)]| {
            let file = totals(kinds, &[]);
            missing(&ImportOrder::new(import_type, "x").stages(), |stage| file.rows(stage))
        };

        assert_eq!(check(ImportType::Prices, &[("price_type", 3), ("product", 60)]), ["price"]);
        assert_eq!(check(ImportType::Stocks, &[("stock", 1)]), [""; 0]);
        assert_eq!(check(ImportType::Customers, &[("product", 60)]), ["customer"]);
        assert_eq!(check(ImportType::Catalog, &[("unit", 2)]), [""; 0], "a catalogue may bring lists alone");
        assert_eq!(check(ImportType::Catalog, &[("customer", 2)]).len(), 10);
    }
}
