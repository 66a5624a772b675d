//! A fresh store of some engine, with a clock that only tests move.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use lockstep_protocol::{Actor, Draft, EventName, Reason, Record, Room, Scope, Seq, ledger::Ledger};
use lockstep_store::{
    Author, Change, Clock, Entity, Error, Fields, NewSession, OpenError, Options, Publication, Query, Receipt,
    SharedClock, Store, Synchronous,
};
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

/// Noon of some day; seqs of tests count from here.
pub(crate) const NOON: i64 = 1_763_760_000_000;

/// A kind of database.
pub(crate) trait Engine: Send + Sync + Sized + 'static {
    /// An empty one, gone when this is dropped.
    fn fresh() -> impl Future<Output = Self> + Send;
    /// How to open it.
    fn url(&self) -> String;
    /// Runs a statement past the store, for what would take too long through it.
    fn run(&self, statement: &str) -> impl Future<Output = ()> + Send;
    /// Reads rows past the store: of each one text, which is never null.
    fn read(&self, select: &str) -> impl Future<Output = Vec<String>> + Send;
}

/// A file of SQLite in a directory of its own.
pub(crate) struct Sqlite(tempfile::TempDir);

impl Engine for Sqlite {
    async fn fresh() -> Self {
        Self(tempfile::TempDir::new().expect("a directory"))
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().join("test.db").display())
    }

    async fn run(&self, statement: &str) {
        let options: sqlx::sqlite::SqliteConnectOptions = self.url().parse().expect("a URL");
        let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the file is there");
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("done");
    }

    async fn read(&self, select: &str) -> Vec<String> {
        let options: sqlx::sqlite::SqliteConnectOptions = self.url().parse().expect("a URL");
        let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the file is there");
        let select = sqlx::AssertSqlSafe(select.to_owned());
        sqlx::query_scalar(select).fetch_all(&mut connection).await.expect("rows")
    }
}

/// A database of its own on the server that all tests of this program share.
pub(crate) struct Postgres {
    server: &'static lockstep_e2e::Postgres,
    database: String,
}

impl Engine for Postgres {
    async fn fresh() -> Self {
        static SERVER: OnceCell<lockstep_e2e::Postgres> = OnceCell::const_new();
        static NUMBER: AtomicI64 = AtomicI64::new(0);
        let server = SERVER.get_or_init(lockstep_e2e::Postgres::start).await;
        let database = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        server.create(&database);
        Self { server, database }
    }

    fn url(&self) -> String {
        self.server.url(&self.database)
    }

    async fn run(&self, statement: &str) {
        self.ask(statement);
    }

    async fn read(&self, select: &str) -> Vec<String> {
        self.ask(select).lines().map(str::to_owned).collect()
    }
}

impl Postgres {
    /// What the administrator of the server sees in this database.
    pub(crate) fn ask(&self, select: &str) -> String {
        self.server.sql_in(&self.database, select)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.server.sql(&format!("DROP DATABASE {} WITH (FORCE)", self.database));
    }
}

/// A clock moved by hand.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All that a test needs.
pub(crate) struct World<E> {
    pub(crate) store: Store,
    pub(crate) hands: Hands,
    pub(crate) engine: E,
}

impl<E: Engine> World<E> {
    pub(crate) async fn fresh() -> Self {
        let engine = E::fresh().await;
        let hands = Hands(Arc::new(AtomicI64::new(NOON)));
        let store = Store::open(&options(&engine.url()), SharedClock::new(hands.clone())).await.expect("a store");
        Self { store, hands, engine }
    }

    /// Opens the same database as several processes would.
    pub(crate) async fn several(&self, number: u32) -> Vec<Store> {
        let mut stores = Vec::new();
        for worker in 0..number {
            stores.push(self.another(|options| options.worker = worker).await.expect("opened"));
        }
        stores
    }

    /// Opens the same database once more, as another process would.
    pub(crate) async fn another(&self, change: impl FnOnce(&mut Options)) -> Result<Store, OpenError> {
        let mut options = options(&self.engine.url());
        change(&mut options);
        Store::open(&options, SharedClock::new(self.hands.clone())).await
    }

    pub(crate) async fn add(&self, entity: Entity, fields: &Json) -> Change {
        self.try_add(entity, fields).await.expect("added")
    }

    pub(crate) async fn try_add(&self, entity: Entity, given: &Json) -> Result<Change, Error> {
        self.store.create(entity, &whole(entity, given), &anna()).await?.commit().await
    }

    pub(crate) async fn change(&self, entity: Entity, id: &str, given: &Json) -> Result<Change, Error> {
        self.store.update(entity, id, None, &fields(given), &anna()).await?.commit().await
    }

    pub(crate) async fn delete(&self, entity: Entity, id: &str) -> Result<Change, Error> {
        self.store.delete(entity, id, None, &anna()).await?.commit().await
    }

    pub(crate) async fn names(&self, entity: Entity, query: Query) -> Result<Vec<String>, Error> {
        let rows = self.store.list(entity, &Query { page: query.page.max(1), per_page: 50, ..query }).await?;
        Ok(rows.items.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect())
    }

    pub(crate) async fn publish(&self, drafts: Vec<(Draft, Option<&str>)>) -> Vec<Receipt> {
        let batch = drafts.into_iter().map(|(draft, key)| Publication { draft, key: key.map(Into::into) }).collect();
        let published = self.store.publish(vec![batch]).await.expect("written").commit().await.expect("committed");
        published.answers.into_iter().next().expect("one request").expect("no key stands for something else")
    }

    /// The whole ledger.
    pub(crate) async fn log(&self) -> Vec<Record> {
        self.store.after(Seq(0), usize::MAX).await.expect("readable").rows
    }

    /// A person in a group of his own.
    pub(crate) async fn person(&self, login: &str, permissions: &[&str]) -> String {
        let group = json!({"name": format!("group of {login}"), "permissions": permissions});
        let group = self.add(Entity::Groups, &group).await.row.id;
        self.add(Entity::Users, &json!({"login": login, "name": login, "group_id": group})).await.row.id
    }

    /// Begins a session whose token has this digest.
    pub(crate) async fn sign_in(&self, user_id: &str, token: &str) -> Result<(), Error> {
        self.store.begin_session(&session(user_id, token)).await
    }

    /// Makes a key whose token has this digest; its id.
    pub(crate) async fn key(&self, name: &str, token: &str, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let (id, pending) = self.store.add_key(name, token, &scopes, None).await.expect("written");
        pending.commit().await.expect("committed");
        id
    }

    /// Ends a session that is there.
    pub(crate) async fn sign_out(&self, token: &str) {
        let ended = self.store.end_session(token, None).await.expect("written").expect("there");
        ended.commit().await.expect("committed");
    }
}

impl World<Sqlite> {
    /// Does something to the file behind the store's back.
    pub(crate) async fn tamper(&self, statement: &'static str) {
        let options: sqlx::sqlite::SqliteConnectOptions = self.engine.url().parse().expect("a URL");
        let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the file is there");
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("done");
    }
}

pub(crate) fn session(user_id: &str, token: &str) -> NewSession {
    NewSession {
        token: token.into(),
        csrf: "csrf".into(),
        user_id: user_id.into(),
        password_hash: HASH.into(),
        expires_at: NOON + 1000,
        address: "1.2.3.4".into(),
        agent: "a browser".into(),
    }
}

pub(crate) const HASH: &str = "$argon2id$…";

fn options(url: &str) -> Options {
    Options { synchronous: Synchronous::Normal, worker: 7, ..Options::new(url) }
}

pub(crate) fn anna() -> Author {
    Author { actor: Some(Actor { id: "1".into(), name: "Anna".into() }), origin: Some("c81".into()) }
}

pub(crate) fn fields(given: &Json) -> Fields {
    given.as_object().cloned().expect("an object")
}

/// The given fields, and for the others what a new row has.
fn whole(entity: Entity, given: &Json) -> Fields {
    let mut whole = fields(&match entity {
        Entity::Files => json!({"name": "", "category_id": null, "registrator_id": null, "path": null, "size": 0,
            "mime": "application/pdf", "sha256": null, "status": "new", "note": ""}),
        Entity::Users => json!({"login": "", "name": "", "email": null, "enabled": true, "password_hash": HASH}),
        Entity::Groups => json!({"name": "", "description": "", "permissions": []}),
        Entity::Categories => json!({"name": "", "description": "", "parent_id": null, "enabled": true}),
        Entity::Registrators => json!({"name": "", "folder": "/srv", "category_id": null, "enabled": true}),
    });
    whole.extend(fields(given));
    whole
}

pub(crate) fn draft(room: Room, id: &str) -> Draft {
    Draft {
        event: EventName::changed(&room),
        reason: Reason::Updated,
        worker: 7,
        scope: Scope::Room(room),
        id: id.into(),
        data: None,
        rev: None,
        actor: None,
        origin: None,
    }
}
