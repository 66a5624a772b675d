//! A world for tests: a store in its own directory, a clock that only tests move, and a wire that remembers.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use lockstep_app::{
    App, Caller, Client, Entity, Error, LogOptions, LoginLimits, NewUser, Options, Roots, Wire,
    clock::{Clock, SharedClock},
};
use lockstep_protocol::{Record, log::Batch};
use lockstep_store::{Locks, Options as StoreOptions, Store, Synchronous};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::Notify;

/// A clock moved by hand.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All that a test needs.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) hands: Hands,
    sent: Sent,
    pub(crate) dir: TempDir,
}

/// A wire that remembers.
#[derive(Clone, Default)]
struct Sent {
    records: Arc<Mutex<Vec<Record>>>,
    batches: Arc<Mutex<Vec<Batch>>>,
    logged: Arc<Notify>,
}

impl Wire for Sent {
    fn publish(&self, records: &[Record]) {
        self.records.lock().expect("whole").extend_from_slice(records);
    }

    fn log(&self, batch: Batch) {
        self.batches.lock().expect("whole").push(batch);
        self.logged.notify_one();
    }
}

pub(crate) async fn world() -> World {
    world_with(Locks::default()).await
}

/// The same, where some rows are taken before they are edited.
pub(crate) async fn world_with(locks: Locks) -> World {
    world_of(locks, LogOptions { worker: "w".into(), ..LogOptions::default() }).await
}

/// The same with other settings of log lines.
pub(crate) async fn world_logging(logs: LogOptions) -> World {
    world_of(Locks::default(), logs).await
}

async fn world_of(locks: Locks, logs: LogOptions) -> World {
    let dir = TempDir::new().expect("a directory");
    let hands = Hands(Arc::new(AtomicI64::new(1_763_760_000_000)));
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    let options = StoreOptions { synchronous: Synchronous::Normal, worker: 7, locks, ..StoreOptions::new(url) };
    let store = Store::open(&options, SharedClock::new(hands.clone())).await.expect("a store");
    let sent = Sent::default();
    let login = LoginLimits { attempts: 3, attempts_per_address: 20, window_s: 60 };
    let root = dir.path().join("files");
    std::fs::create_dir(&root).expect("made");
    let options = Options {
        session_hours: 2,
        login,
        logs,
        scan_roots: Roots::new([root]),
        uploads: Some(dir.path().join("uploads")),
        import_root: dir.path().join("imports"),
        ..Options::default()
    };
    let app = App::new(store, sent.clone(), options).expect("an app");
    World { app, hands, sent, dir }
}

pub(crate) const PASSWORD: &str = "correct horse";

impl World {
    /// What went out on the wire until now.
    pub(crate) fn sent(&self) -> Vec<Record> {
        self.sent.records.lock().expect("whole").clone()
    }

    /// The batches of log lines that went out on the wire until now.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.sent.batches.lock().expect("whole").clone()
    }

    /// Waits until so many log lines went out.
    pub(crate) async fn logged(&self, lines: usize) {
        while self.batches().iter().map(|batch| batch.lines.len()).sum::<usize>() < lines {
            self.sent.logged.notified().await;
        }
    }

    /// Signs in a new person whose group has these rights.
    pub(crate) async fn person(&self, login: &str, rights: &[&str]) -> Caller {
        let operator = Caller::operator();
        let group = json!({"name": format!("group of {login}"), "permissions": rights});
        let group = self.app.create(&operator, Entity::Groups, &group, None).await.expect("a group").row.id;
        self.member(login, &group).await
    }

    /// Signs in a new person of that group.
    pub(crate) async fn member(&self, login: &str, group_id: &str) -> Caller {
        let user = json!({"login": login, "name": login, "password": PASSWORD, "group_id": group_id});
        self.app.create(&Caller::operator(), Entity::Users, &user, None).await.expect("a person");
        self.app.login(login, PASSWORD, &Client::default()).await.expect("signed in").caller
    }

    /// Where folders of registrators lie.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    /// Adds a row as the operator and returns its id.
    pub(crate) async fn row(&self, entity: Entity, fields: &Json) -> String {
        self.app.create(&Caller::operator(), entity, fields, None).await.expect("a row").row.id
    }

    pub(crate) async fn admin(&self) -> String {
        let admin = NewUser { login: "root", name: None, password: PASSWORD, admin: true, group: None };
        self.app.add_user(&admin).await.expect("an administrator").row.id
    }
}

/// The code and the fields of an error, for comparing.
pub(crate) fn told<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, Vec<(String, &'static str)>) {
    let error = result.expect_err("refused");
    (error.code(), error.fields().into_iter().map(|(field, error)| (field, error.code)).collect())
}
