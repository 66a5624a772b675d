//! Opening: by several at once, by another machine, by a wrong name.

use lockstep_protocol::ledger::Ledger;
use lockstep_store::{OpenError, Options, SharedClock, Store};

use crate::world::{Engine, NOON, Postgres, Sqlite, World};

contract!(
    what_was_kept_is_there_after_a_restart,
    the_secret_is_one_for_all_workers_and_all_lives_of_the_ledger,
    several_workers_that_start_together_on_an_empty_database_all_open_it,
);

contract!(for sqlite_alone = Sqlite: another_machine_waits_until_the_first_is_silent, what_a_newer_build_has_added_is_no_obstacle);

contract!(for postgres_alone = Postgres: machines_are_welcome, tables_are_as_those_of_sqlite_and_text_is_compared_by_bytes);

async fn what_was_kept_is_there_after_a_restart<E: Engine>(world: World<E>) {
    let epoch = world.store.head().await.expect("readable").epoch;
    world.store.close().await;

    let again = world.another(|_| ()).await.expect("opened");

    assert_eq!(again.head().await.expect("readable").epoch, epoch);
}

async fn the_secret_is_one_for_all_workers_and_all_lives_of_the_ledger<E: Engine>(world: World<E>) {
    let other = world.another(|_| ()).await.expect("opened");
    world.store.new_epoch().await.expect("written");
    let later = world.another(|_| ()).await.expect("opened");
    let stranger = World::<E>::fresh().await;

    assert_eq!(other.secret(), world.store.secret());
    assert_eq!(later.secret(), world.store.secret());
    assert_ne!(stranger.store.secret(), world.store.secret());
    assert!(!format!("{:?}", world.store).contains(&world.store.secret().expose_text()));
}

async fn another_machine_waits_until_the_first_is_silent<E: Engine>(world: World<E>) {
    let open = async |host: &str| world.another(|options| options.host = Some(host.into())).await;
    let first = open("alpha").await.expect("opened");
    open("alpha").await.expect("a second process of the same machine");

    world.hands.set(NOON + 60_000);
    first.touch_host().await.expect("noted");
    world.hands.set(NOON + 179_000);
    match open("beta").await {
        Err(OpenError::OtherHost { host, seconds }) => assert_eq!((host.as_str(), seconds), ("alpha", 119)),
        other => panic!("{other:?}"),
    }

    world.hands.set(NOON + 180_000);
    open("beta").await.expect("the first is silent");
}

/// While workers are replaced one after the other, one of the old ones may die and start again on tables that the new ones have added to.
async fn what_a_newer_build_has_added_is_no_obstacle(world: World<Sqlite>) {
    world
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'newer', 1, x'00', 0)",
        )
        .await;

    world.another(|_| ()).await.expect("opened");
}

async fn several_workers_that_start_together_on_an_empty_database_all_open_it<E: Engine>(world: World<E>) {
    let engine = E::fresh().await;
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let options = Options::new(engine.url());
            tokio::spawn(async move {
                let store = Store::open(&options, SharedClock::system()).await.expect("opened");
                (store.head().await.expect("readable").epoch, store.secret().clone())
            })
        })
        .collect();
    let mut found = Vec::new();
    for opened in opening {
        found.push(opened.await.expect("no panic"));
    }

    found.dedup();

    assert_eq!(found.len(), 1);
    assert_ne!(found[0].0, world.store.head().await.expect("readable").epoch, "another database");
}

async fn machines_are_welcome(world: World<Postgres>) {
    let mut stores = Vec::new();
    for host in ["alpha", "beta", "alpha"] {
        stores.push(world.another(|options| options.host = Some(host.into())).await.expect("opened"));
    }

    for store in stores {
        store.touch_host().await.expect("nothing to note");
    }
}

/// In the tables of one engine a column was once of another kind than in those of the other, or text sorted by the letters of a language.
async fn tables_are_as_those_of_sqlite_and_text_is_compared_by_bytes(world: World<Postgres>) {
    let columns = world.engine.ask(
        "SELECT concat_ws(' ', table_name || '.' || column_name, data_type, collation_name) \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY 1",
    );
    let migrations = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).expect("migrations");
    let read = |migration: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(migration?.path());
    let sqlite: String = migrations.map(read).collect::<Result<_, _>>().expect("readable");

    let mut expected = Vec::new();
    for table in sqlite.split("CREATE TABLE ").skip(1).filter(|table| !table.starts_with("host ")) {
        let (name, body) = table.split_once(" (").expect("a table");
        let is_key = |line: &str| line.starts_with("PRIMARY KEY") || line.starts_with("UNIQUE (");
        let is_column = |line: &&str| !line.trim().is_empty() && !is_key(line.trim());
        for line in body.split("\n)").next().expect("its columns").lines().filter(is_column) {
            let mut words = line.split_whitespace();
            let (column, kind) = (words.next().expect("a name"), words.next().expect("a kind"));
            let kind = match (name, column) {
                ("prices", "amount") | ("stocks", "qty") => "numeric", // which SQLite has not
                _ if kind.starts_with("TEXT") => "text C",
                _ => "bigint",
            };
            expected.push(format!("{name}.{column} {kind}"));
        }
    }
    for added in sqlite.split("ALTER TABLE ").skip(1) {
        let mut words = added.split_whitespace();
        let (table, column, kind) = (words.next(), words.nth(2), words.next());
        let kind = match kind.map(|kind| kind.trim_end_matches(';')) {
            Some("INTEGER") => "bigint",
            Some("TEXT") => "text C",
            other => panic!("the test knows no {other:?} yet"),
        };
        expected.push(format!("{}.{} {kind}", table.expect("a table"), column.expect("a column")));
    }
    expected.sort();
    assert_eq!(columns.lines().map(str::to_owned).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_is_no_database_is_refused_without_telling_its_password() {
    for url in [
        "mysql://anna:secret@db/lockstep",
        "postgres:anna:secret@db/lockstep",
        "lockstep.db",
        "sqlite::memory:",
        "sqlite:",
        "sqlite://",
        "sqlite:?mode=rwc",
        "",
    ] {
        let error = Store::open(&Options::new(url), SharedClock::system()).await.expect_err(url);
        assert!(matches!(error, OpenError::Url(_)));
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let wrong = Options::new("postgres://anna:secret@db/lockstep?sslmood=require");
    let error = Store::open(&wrong, SharedClock::system()).await.expect_err("a slip");
    assert!(error.to_string().contains("`sslmood`"), "{error}");
    assert!(!format!("{error:?} {wrong:?}").contains("secret"), "{error:?} {wrong:?}");
    let error =
        Store::open(&Options::new("sqlite:/nowhere/at/all.db"), SharedClock::system()).await.expect_err("no directory");
    assert!(error.to_string().contains("check that its directory exists"), "{error}");
}

/// Names and hashes of passwords could once be read by everybody on the machine where the directory was open to them.
#[tokio::test]
async fn the_files_of_a_new_database_are_for_the_owner_and_his_group() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::TempDir::new().expect("a directory");
    let path = dir.path().join("test.db");

    let store = Store::open(&Options::new(format!("sqlite:{}", path.display())), SharedClock::system()).await;
    let _held = store.expect("opened");

    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        let mode = std::fs::metadata(dir.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o137, 0, "{name}: {mode:o}");
    }
}
