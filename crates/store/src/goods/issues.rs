//! What was wrong with rows of an import: the first thousands one by one, and how often each was.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::{
    Store,
    engine::{Statement, Tuple, sql},
    error::Error,
    jobs::BatchTx,
    row::can_be_kept,
};

/// Issues of one job that are kept; of more only how many they were.
pub const MAX_ISSUES: i64 = 10_000;

/// Issues that are given at once, at most.
const MAX_PAGE: u32 = 1_000;

/// Whether anything was lost by an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing was skipped.
    Warning,
    /// Something was skipped.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    fn read(word: &str) -> Result<Self, Error> {
        match word {
            "warning" => Ok(Severity::Warning),
            "error" => Ok(Severity::Error),
            other => Err(Error::Corrupt(format!("`{other}` is no severity"))),
        }
    }
}

/// Something that was wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRow {
    /// Whether anything was lost.
    pub severity: Severity,
    /// What it is, a stable word.
    pub code: String,
    /// In which file of the source.
    pub file: Option<String>,
    /// In which line, from 1.
    pub line: Option<i64>,
    /// In which column, from 1.
    pub col: Option<i64>,
    /// The kind of row.
    pub kind: Option<String>,
    /// 1C's key of the row, or the one that is not known.
    pub ext_id: Option<String>,
    /// The element or attribute, as 1C names it.
    pub field: Option<String>,
    /// What stood there.
    pub value: Option<String>,
}

/// One that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number in the job, from 1.
    pub n: i64,
    /// What it says.
    pub row: IssueRow,
}

/// Which issues are wanted, in their order.
#[derive(Debug, Clone, Default)]
pub struct IssueQuery {
    /// Only those of this severity.
    pub severity: Option<Severity>,
    /// Only those of this code.
    pub code: Option<String>,
    /// Only those of this file.
    pub file: Option<String>,
    /// Only those after this number.
    pub after: i64,
    /// At most so many; 1 to 1000.
    pub limit: u32,
}

/// Some issues.
#[derive(Debug, Clone)]
pub struct IssuePage {
    /// They.
    pub items: Vec<Issue>,
    /// What `after` is to be for those that follow, if there are any.
    pub next: Option<i64>,
    /// How many are kept that fit, on all pages.
    pub total: i64,
}

/// How often something was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueTotal {
    /// Whether anything was lost.
    pub severity: Severity,
    /// What it is.
    pub code: String,
    /// How often, also where not all are kept.
    pub count: i64,
}

impl BatchTx {
    /// Adds issues in their order: of a job the first [`MAX_ISSUES`] are kept, and all are counted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_issues(&mut self, issues: &[IssueRow]) -> Result<(), Error> {
        if issues.is_empty() {
            return Ok(());
        }
        let job = self.job().id;
        let before = sql("SELECT COALESCE(max(n), 0) FROM import_issues WHERE job = $1").bind(job);
        let before = self.tx().number(before).await?;
        let cells = (before + 1..=MAX_ISSUES).zip(issues).map(|(n, issue)| cells(n, issue)).collect();
        self.add(
            "INSERT INTO import_issues (job, n, line, col, severity, code, file, kind, ext_id, field, value) SELECT ",
            ", CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3, value->>4, \
             value->>5, value->>6, value->>7, value->>8, value->>9 FROM ",
            cells,
            "",
        )
        .await?;
        let mut totals: BTreeMap<(Severity, &str), i64> = BTreeMap::new();
        for issue in issues {
            *totals.entry((issue.severity, &issue.code)).or_default() += 1;
        }
        let cells = totals.into_iter().map(|((severity, code), count)| json!([severity.name(), code, count])).collect();
        self.add(
            "INSERT INTO import_totals (job, severity, code, count) SELECT ",
            ", value->>0, value->>1, CAST(value->>2 AS BIGINT) FROM ",
            cells,
            " WHERE true ON CONFLICT (job, severity, code) DO UPDATE SET count = import_totals.count + excluded.count",
        )
        .await
    }

    /// Adds rows of this job.
    async fn add(
        &mut self,
        insert: &'static str,
        cells: &'static str,
        rows: Vec<Json>,
        end: &'static str,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = sql(insert);
        insert.push_int(self.job().id).push(cells);
        self.tx().push_rows(&mut insert, Json::Array(rows).to_string());
        insert.push(end);
        self.tx().run(insert).await?;
        Ok(())
    }
}

impl Store {
    /// Some issues of a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn import_issues(&self, job: i64, query: &IssueQuery) -> Result<IssuePage, Error> {
        let limit = query.limit.clamp(1, MAX_PAGE);
        let mut select =
            sql("SELECT n, line, col, severity, code, file, kind, ext_id, field, value FROM import_issues");
        restrict(&mut select, job, query);
        select.push(" AND n > ").push_bind(query.after).push(" ORDER BY n LIMIT ").push_bind(i64::from(limit) + 1);
        let mut count = sql("SELECT count(*) FROM import_issues");
        restrict(&mut count, job, query);

        let mut tx = self.engine.read().await?;
        let mut items = tx.all(select).await?.iter().map(read).collect::<Result<Vec<Issue>, Error>>()?;
        let total = tx.number(count).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|issue| issue.n);
        Ok(IssuePage { items, next, total })
    }

    /// How often each thing was wrong in a job.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn import_totals(&self, job: i64) -> Result<Vec<IssueTotal>, Error> {
        let select = sql("SELECT severity, code, count FROM import_totals WHERE job = $1 ORDER BY severity, code");
        let total = |row: &Tuple| {
            let severity = Severity::read(&row.some_text(0)?)?;
            Ok(IssueTotal { severity, code: row.some_text(1)?, count: row.some_int(2)? })
        };
        self.engine.all(select.bind(job)).await?.iter().map(total).collect()
    }
}

fn restrict(select: &mut Statement, job: i64, query: &IssueQuery) {
    select.push(" WHERE job = ").push_bind(job);
    if let Some(severity) = query.severity {
        select.push(" AND severity = ").push_bind(severity.name());
    }
    for (column, wanted) in [(" AND code = ", &query.code), (" AND file = ", &query.file)] {
        match wanted {
            Some(wanted) if can_be_kept(wanted) => select.push(column).push_bind(wanted.as_str()),
            Some(_) => select.push(" AND 1 = 0"),
            None => select,
        };
    }
}

fn cells(n: i64, issue: &IssueRow) -> Json {
    let IssueRow { severity, code, file, line, col, kind, ext_id, field, value } = issue;
    json!([n, line, col, severity.name(), code, file, kind, ext_id, field, value])
}

fn read(row: &Tuple) -> Result<Issue, Error> {
    let issue = IssueRow {
        severity: Severity::read(&row.some_text(3)?)?,
        code: row.some_text(4)?,
        file: row.text(5)?,
        line: row.int(1)?,
        col: row.int(2)?,
        kind: row.text(6)?,
        ext_id: row.text(7)?,
        field: row.text(8)?,
        value: row.text(9)?,
    };
    Ok(Issue { n: row.some_int(0)?, row: issue })
}
