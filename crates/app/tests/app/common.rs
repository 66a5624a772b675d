//! A world for tests: a store in its own directory, a clock that only tests move, and a wire that remembers.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use lockstep_app::{
    App, Caller, Client, Entity, Error, LoginLimits, NewUser, Options,
    clock::{Clock, SharedClock},
};
use lockstep_protocol::Record;
use lockstep_store::{Locks, Options as StoreOptions, Store, Synchronous};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

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
    sent: Arc<Mutex<Vec<Record>>>,
    _dir: TempDir,
}

pub(crate) async fn world() -> World {
    world_with(Locks::default()).await
}

/// The same, where some rows are taken before they are edited.
pub(crate) async fn world_with(locks: Locks) -> World {
    let dir = TempDir::new().expect("a directory");
    let hands = Hands(Arc::new(AtomicI64::new(1_763_760_000_000)));
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    let options = StoreOptions { synchronous: Synchronous::Normal, worker: 7, locks, ..StoreOptions::new(url) };
    let store = Store::open(&options, SharedClock::new(hands.clone())).await.expect("a store");
    let sent: Arc<Mutex<Vec<Record>>> = Arc::default();
    let wire = {
        let sent = sent.clone();
        move |records: &[Record]| sent.lock().expect("whole").extend_from_slice(records)
    };
    let login = LoginLimits { attempts: 3, attempts_per_address: 20, window_s: 60 };
    let app = App::new(store, wire, Options { session_hours: 2, login }).expect("an app");
    World { app, hands, sent, _dir: dir }
}

pub(crate) const PASSWORD: &str = "correct horse";

impl World {
    /// What went out on the wire until now.
    pub(crate) fn sent(&self) -> Vec<Record> {
        self.sent.lock().expect("whole").clone()
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
