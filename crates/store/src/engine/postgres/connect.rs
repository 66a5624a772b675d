//! Reaching a server, and what is agreed with it on every connection.

use std::{io, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
};
use sqlx::{Row as _, SqlSafeStr};
use tokio::time::timeout;

use super::{MIGRATING, within};
use crate::{
    Options, Synchronous,
    error::{Error, OpenError},
};

/// What the URL of a server begins with.
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];

/// What may stand in the query of a URL. The library passes over what it does not know, so a slip in `sslmode` would cost the
/// encryption.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// Connections that write, of each process. They wait for one another at the head of the ledger, so more would only wait; with fewer,
/// an edit that waits for a row would keep others from beginning.
const WRITERS: u32 = 4;

/// How long a caller waits for a connection, free or new, before it is told that the database is overloaded or away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that comes back may take to answer. Meanwhile nobody can have it.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);

/// How long the server lets things take. Transactions take milliseconds, so seconds of waiting mean that something is badly wrong, and
/// whoever has fallen silent in the middle of one holds up all edits of all machines. A client that is gone without a word, with its
/// machine or its network, is noticed by probes after about 25 s; on a unix socket they do not apply.
const SESSION: [(&str, &str); 6] = [
    ("statement_timeout", "10s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// For the one transaction in which tables are made: others that start meanwhile wait for it, and a large change takes its time.
const UNHURRIED: &str = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0";

/// Whether the URL is that of a server of ours.
pub(in crate::engine) fn is_meant(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
}

/// Refuses options that [`open`] would refuse, without touching a server.
pub(in crate::engine) fn check(options: &Options) -> Result<(), OpenError> {
    connect_options(options).map(drop)
}

/// Brings the tables up to date and returns the connections that write, and those that only read.
pub(super) async fn open(options: &Options) -> Result<(PgPool, PgPool), OpenError> {
    let connect = connect_options(options)?;
    prepare(&connect).await?;
    Ok((pool(WRITERS, connect.clone()), pool(options.readers.max(1), connect)))
}

fn connect_options(options: &Options) -> Result<PgConnectOptions, OpenError> {
    let query = options.url.split_once('?').map_or("", |(_, query)| query);
    for name in query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()) {
        if !PARAMETERS.contains(&name) && !name.starts_with("options[") {
            return Err(OpenError::Parameter(name.chars().take(64).collect()));
        }
    }
    let connect = PgConnectOptions::from_str(&options.url).map_err(OpenError::Reach)?;
    let connect = match connect.get_application_name() {
        Some(_) => connect,
        None => connect.application_name("lockstep"),
    };
    let synchronous = match options.synchronous {
        Synchronous::Full => "on",
        Synchronous::Normal => "off",
    };
    Ok(connect.options(SESSION).options([("synchronous_commit", synchronous)]).disable_statement_logging())
}

/// Connections are made when they are wanted. One that comes back is asked for a sign of life, which also carries out its rollback; the
/// library would wait for that for ever.
fn pool(size: u32, connect: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_release(|connection, _| {
            Box::pin(async move {
                let alive = timeout(RELEASE_LIMIT, connection.ping()).await;
                alive.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into())).map(|()| true)
            })
        })
        .connect_lazy_with(connect)
}

async fn prepare(connect: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = within(PgConnection::connect_with(connect)).await.map_err(OpenError::Reach)?;
    check_encoding(&mut connection).await?;
    migrate(&mut connection).await?;
    connection.close().await.map_err(OpenError::Reach)
}

/// Text of ours is Unicode; a database in another encoding would refuse most of it, one by one.
async fn check_encoding(connection: &mut PgConnection) -> Result<(), OpenError> {
    let row = sqlx::query("SELECT current_setting('server_encoding')").fetch_one(connection).await;
    let encoding: String = row.and_then(|row| row.try_get(0)).map_err(OpenError::Reach)?;
    if encoding == "UTF8" { Ok(()) } else { Err(OpenError::Encoding(encoding)) }
}

/// All pending migrations in one transaction under one lock, so that of several workers starting together one migrates and the others
/// find it done.
async fn migrate(connection: &mut PgConnection) -> Result<(), OpenError> {
    let migration = |version, name: &'static str, text: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(vec![
        migration(1, "beginning", include_str!("../../../migrations/postgres/0001_beginning.sql")),
        migration(2, "secret", include_str!("../../../migrations/postgres/0002_secret.sql")),
        migration(3, "seen", include_str!("../../../migrations/postgres/0003_seen.sql")),
        migration(4, "locks", include_str!("../../../migrations/postgres/0004_locks.sql")),
        migration(5, "logs", include_str!("../../../migrations/postgres/0005_logs.sql")),
        migration(6, "notices", include_str!("../../../migrations/postgres/0006_notices.sql")),
        migration(7, "jobs", include_str!("../../../migrations/postgres/0007_jobs.sql")),
        migration(8, "scan", include_str!("../../../migrations/postgres/0008_scan.sql")),
        migration(9, "uploads", include_str!("../../../migrations/postgres/0009_uploads.sql")),
        migration(10, "goods", include_str!("../../../migrations/postgres/0010_goods.sql")),
        migration(11, "catalog", include_str!("../../../migrations/postgres/0011_catalog.sql")),
    ]);
    migrator.set_locking(false);
    // As with SQLite: a newer build only adds, and workers of this one live beside it for a while.
    migrator.set_ignore_missing(true);
    let mut tx = connection.begin().await.map_err(OpenError::Reach)?;
    sqlx::raw_sql(UNHURRIED).execute(&mut *tx).await.map_err(Error::from)?;
    let turn = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING).execute(&mut *tx);
    turn.await.map_err(Error::from)?;
    migrator.run_direct(None, &mut *tx, false).await.map_err(OpenError::Migrate)?;
    tx.commit().await.map_err(OpenError::Reach)
}
