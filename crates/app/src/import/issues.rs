//! What was wrong with rows: what the reader says of a file, and what the store says of rows that refer to others. One problem an element,
//! however many steps read it.

use std::collections::BTreeSet;

use lockstep_commerceml::{self as read, Problem};
use lockstep_store::goods::{Code, IssueRow, Kind, Severity, Written};

use super::{
    cursor::Cursor,
    plan::Plan,
    read::{Taken, What, counted},
    rows::Sheet,
    stage::Stage,
};

/// What one batch has found, counted in the cursor as it comes.
pub(super) struct Found<'a> {
    plan: &'a Plan,
    stage: Stage,
    taken: &'a [Taken],
    pub(super) issues: Vec<IssueRow>,
}

impl<'a> Found<'a> {
    /// What the reader has said.
    pub(super) fn of(plan: &'a Plan, stage: Stage, taken: &'a [Taken], cursor: &mut Cursor) -> Self {
        let mut found = Self { plan, stage, taken, issues: Vec::new() };
        for taken in taken {
            if let What::Problem(problem) = &taken.what {
                found.problem(problem, cursor);
            }
        }
        found
    }

    fn problem(&mut self, problem: &Problem, cursor: &mut Cursor) {
        let severity = match problem.code.severity() {
            read::Severity::Error => Severity::Error,
            read::Severity::Warning => Severity::Warning,
        };
        if let (Severity::Error, Some(stage)) = (severity, counted(problem)) {
            cursor.count(stage.counted()).failed += 1;
        }
        self.push(
            IssueRow {
                severity,
                code: problem.code.as_str().to_owned(),
                file: Some(problem.file.to_string()),
                line: number(problem.place.line),
                col: number(problem.place.column),
                kind: problem.kind.map(|kind| kind.as_str().to_owned()),
                ext_id: problem.id.clone(),
                field: problem.field.map(str::to_owned),
                value: problem.value.clone(),
            },
            cursor,
        );
    }

    /// What has become of rows that were written.
    pub(super) fn add(&mut self, sheet: &Sheet, written: &Written, cursor: &mut Cursor) {
        let counts = cursor.count(sheet.counted);
        counts.read += sheet.origins.len() as u64;
        counts.created += written.created;
        counts.updated += written.updated;
        counts.unchanged += written.unchanged;
        counts.deactivated += written.deactivated;
        counts.skipped += written.skipped.len() as u64;
        for made in &written.made {
            let counts = cursor.count(name_of(made.kind));
            counts.created += made.created;
            counts.updated += made.updated;
        }
        let mut told = BTreeSet::new();
        for skipped in &written.skipped {
            let origin = sheet.origins[skipped.row];
            let first = self.plan.first(&self.taken[origin].what) == Some(self.stage);
            if first && told.insert((origin, skipped.code)) {
                self.row(origin, skipped.code, None, cursor);
            }
        }
        for noted in &written.noted {
            self.row(sheet.origins[noted.row], noted.code, Some(&noted.ext_id), cursor);
        }
    }

    /// A problem of a row; with `unknown`, of the key in it that nobody knows.
    fn row(&mut self, origin: usize, code: Code, unknown: Option<&str>, cursor: &mut Cursor) {
        let Some(Taken { file, place, what: What::Row(row), .. }) = self.taken.get(origin) else { return };
        let (own, kind) = (row.id().to_owned(), row.kind().as_str());
        let issue = IssueRow {
            severity: code.severity(),
            code: code.name().to_owned(),
            file: Some(self.plan.files[*file].part.name().to_owned()),
            line: number(place.line),
            col: number(place.column),
            kind: Some(about(code).unwrap_or(kind).to_owned()),
            ext_id: Some(unknown.map_or_else(|| own.clone(), str::to_owned)),
            field: field(code).map(str::to_owned),
            value: unknown.map(|_| own),
        };
        self.push(issue, cursor);
    }

    fn push(&mut self, issue: IssueRow, cursor: &mut Cursor) {
        cursor.issue(&issue);
        self.issues.push(issue);
    }
}

impl Cursor {
    /// Counts a problem.
    pub(super) fn issue(&mut self, issue: &IssueRow) {
        match issue.severity {
            Severity::Error => self.issues.error += 1,
            Severity::Warning => self.issues.warning += 1,
        }
        *self.issues.codes.entry(issue.code.clone()).or_default() += 1;
    }
}

impl Plan {
    /// The first step that works on something.
    fn first(&self, what: &What) -> Option<Stage> {
        self.stages.iter().copied().find(|stage| stage.weight(what) > 0)
    }

    /// What a full load is to remember of a batch: the keys of what was there, even if it could not be read as a whole.
    pub(super) fn seen(&self, stage: Stage, taken: &[Taken]) -> Option<(Kind, Vec<String>)> {
        let about = match stage {
            Stage::Prices | Stage::Stocks => Stage::Offers,
            stage => stage,
        };
        let (kind, _) = about.full().filter(|_| self.is_full(about))?;
        let key = |taken: &Taken| match &taken.what {
            What::Row(row) => (row.kind() == kind).then(|| row.id().to_owned()),
            What::Problem(problem) => problem.id.clone().filter(|_| problem.kind == Some(kind)),
        };
        let keys: Vec<String> = taken.iter().filter_map(key).collect();
        (!keys.is_empty()).then(|| (stored(kind), keys))
    }
}

pub(super) fn number(place: u64) -> Option<i64> {
    i64::try_from(place).ok()
}

/// The store's word for a kind.
pub(super) fn stored(kind: read::Kind) -> Kind {
    match kind {
        read::Kind::Unit => Kind::Unit,
        read::Kind::Warehouse => Kind::Warehouse,
        read::Kind::PriceType => Kind::PriceType,
        read::Kind::Property => Kind::Property,
        read::Kind::PropertyVariant => Kind::PropertyVariant,
        read::Kind::Group => Kind::Group,
        read::Kind::Product => Kind::Product,
        read::Kind::Offer => Kind::Offer,
        read::Kind::Price => Kind::Price,
        read::Kind::Stock => Kind::Stock,
        read::Kind::Customer => Kind::Customer,
    }
}

/// The name under which rows of a kind are counted.
pub(super) fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Unit => "units",
        Kind::Warehouse => "warehouses",
        Kind::PriceType => "priceTypes",
        Kind::Property => "properties",
        Kind::PropertyVariant => "propertyVariants",
        Kind::Group => "groups",
        Kind::Brand => "brands",
        Kind::Product => "products",
        Kind::Offer => "offers",
        Kind::Price => "prices",
        Kind::Stock => "stocks",
        Kind::Customer => "customers",
    }
}

/// The kind of what is not known; of an offer or a product that of the row itself.
fn about(code: Code) -> Option<&'static str> {
    match code {
        Code::UnknownPriceType => Some("price_type"),
        Code::UnknownWarehouse => Some("warehouse"),
        Code::UnknownGroup => Some("group"),
        Code::UnknownProperty => Some("property"),
        Code::UnknownUnit => Some("unit"),
        Code::UnknownProduct | Code::UnknownOffer => None,
    }
}

/// The element that refers to what is not known.
fn field(code: Code) -> Option<&'static str> {
    match code {
        Code::UnknownPriceType => Some("ИдТипаЦены"),
        Code::UnknownWarehouse => Some("Склад"),
        Code::UnknownGroup => Some("Группы"),
        Code::UnknownProperty => Some("ЗначенияСвойства"),
        Code::UnknownUnit => Some("БазоваяЕдиница"),
        Code::UnknownProduct | Code::UnknownOffer => None,
    }
}
