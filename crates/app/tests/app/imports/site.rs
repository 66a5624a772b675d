//! A world with exchanges in it, and what its catalogue holds.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use lockstep_app::{
    Caller, ImportOrder, ImportType, Imports,
    jobs::{Handlers, Job, JobOptions},
};
use lockstep_commerceml::Decimal;
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::common::World;

/// Longer than any import here takes on a machine that is busy with others.
pub(super) const LIMIT: Duration = Duration::from_secs(300);

/// The tables that are counted, by the names that the expected figures have for them.
const TABLES: [(&str, &str); 12] = [
    ("groups", "SELECT count(*) FROM product_groups"),
    ("properties", "SELECT count(*) FROM properties"),
    ("units", "SELECT count(*) FROM units"),
    ("price_types", "SELECT count(*) FROM price_types"),
    ("warehouses", "SELECT count(*) FROM warehouses"),
    ("products", "SELECT count(*) FROM products"),
    ("products_deleted", "SELECT count(*) FROM products WHERE deleted = 1"),
    ("variants", "SELECT count(*) FROM variants"),
    ("prices", "SELECT count(*) FROM prices"),
    ("stocks", "SELECT count(*) FROM stocks"),
    ("customers", "SELECT count(*) FROM customers"),
    ("brands", "SELECT count(*) FROM brands"),
];

/// What a catalogue holds: rows by table, and sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) rows: BTreeMap<&'static str, i64>,
    pub(super) sum_price: Decimal,
    pub(super) sum_qty: Decimal,
}

impl Held {
    pub(super) fn is_nothing(&self) -> bool {
        self.rows.values().all(|rows| *rows == 0)
    }
}

impl World {
    /// Where exchanges lie.
    pub(super) fn imports(&self) -> PathBuf {
        let root = self.dir.path().join("imports");
        std::fs::create_dir_all(&root).expect("made");
        root
    }

    async fn file(&self) -> SqliteConnection {
        let path = self.dir.path().join("test.db");
        SqliteConnectOptions::new().filename(path).read_only(true).connect().await.expect("there")
    }

    pub(super) async fn held(&self) -> Held {
        let mut file = self.file().await;
        let mut rows = BTreeMap::new();
        for (name, query) in TABLES {
            rows.insert(name, sqlx::query_scalar(query).fetch_one(&mut file).await.expect("counted"));
        }
        let (sum_price, sum_qty) = (sum(&mut file, "amount", "prices").await, sum(&mut file, "qty", "stocks").await);
        Held { rows, sum_price, sum_qty }
    }

    /// Every row of a table in a stable order, without what differs from run to run.
    pub(super) async fn texts(&self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(&mut self.file().await).await.expect("read")
    }

    /// Takes all products away, as nobody can.
    pub(super) async fn empty(&self) {
        let path = self.dir.path().join("test.db");
        let mut file = SqliteConnectOptions::new().filename(path).connect().await.expect("there");
        sqlx::query("DELETE FROM products").execute(&mut file).await.expect("deleted");
    }

    /// Wants an import.
    pub(super) async fn want(&self, order: ImportOrder) -> Job {
        self.app.start_import(&Caller::operator(), order).await.expect("nothing is in the way")
    }

    /// Has an import done.
    pub(super) async fn import(&self, order: ImportOrder) -> Job {
        let job = self.want(order).await;
        self.until_over(&job).await
    }

    pub(super) async fn until_over(&self, job: &Job) -> Job {
        self.run_until(async || !self.found(job).await.is_active()).await;
        self.found(job).await
    }

    pub(super) async fn found(&self, job: &Job) -> Job {
        self.app.job(&Caller::operator(), &job.id.to_string()).await.expect("there")
    }

    /// An engine, until something is true.
    pub(super) async fn run_until(&self, mut is_true: impl AsyncFnMut() -> bool) {
        let stop = CancellationToken::new();
        let waiting = async {
            while !is_true().await {
                sleep(Duration::from_millis(5)).await;
            }
            stop.cancel();
        };
        let options = JobOptions { concurrency: 99, ..JobOptions::default() };
        let engine = self.app.run_jobs(handlers(), options, stop.cancelled());
        let both = async { tokio::join!(engine, waiting) };
        timeout(LIMIT, both).await.expect("in time");
    }

    /// What the room of products was told.
    pub(super) fn news(&self) -> Vec<Json> {
        let news = self.sent().into_iter().filter(|record| record.event.as_str() == "products:changed");
        news.map(|record| serde_json::from_str(record.data.expect("data").get()).expect("JSON")).collect()
    }

    /// What was wrong in a session: `error unknown_product in goods.xml`.
    pub(super) async fn issues(&self, job: &Job) -> Vec<String> {
        let query = lockstep_app::IssueQuery { limit: 1_000, ..Default::default() };
        let page = self.app.import_issues(&Caller::operator(), &job.id.to_string(), &query).await.expect("there");
        let said = page.items.into_iter().map(|issue| {
            let row = issue.row;
            format!("{} {} in {}", row.severity.name(), row.code, row.file.unwrap_or_else(|| "?".into()))
        });
        said.collect()
    }
}

pub(super) fn handlers() -> Handlers {
    ImportType::ALL.into_iter().map(Imports).fold(Handlers::default(), Handlers::with)
}

async fn sum(file: &mut SqliteConnection, column: &str, table: &str) -> Decimal {
    let query = AssertSqlSafe(format!("SELECT {column} FROM {table}"));
    let texts: Vec<String> = sqlx::query_scalar(query).fetch_all(file).await.expect("read");
    texts.iter().map(|text| text.parse::<Decimal>().expect("a decimal")).sum()
}

pub(super) fn catalog(source: &str) -> ImportOrder {
    ImportOrder::new(ImportType::Catalog, source)
}

/// What a session has counted of a kind: read, created, updated, unchanged, skipped, failed.
pub(super) fn counts(job: &Job, kind: &str) -> [u64; 6] {
    let shown = job.shown();
    ["read", "created", "updated", "unchanged", "skipped", "failed"]
        .map(|name| shown["counts"][kind][name].as_u64().unwrap_or_else(|| panic!("no {name} of {kind} in {shown}")))
}

/// How many rows a session has changed, of whatever kind.
pub(super) fn changed(job: &Job) -> u64 {
    let shown = job.shown();
    let kinds = shown["counts"].as_object().expect("counted").values();
    let number = |counts: &Json, name: &str| counts[name].as_u64().expect("a number");
    kinds.map(|counts| ["created", "updated", "deactivated"].map(|name| number(counts, name)).iter().sum::<u64>()).sum()
}
