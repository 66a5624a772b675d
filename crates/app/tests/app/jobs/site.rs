//! Workers over one database.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use lockstep_app::{
    App, Caller, Client, Entity, Error, Options, Wire,
    clock::{Clock, SharedClock},
    jobs::{Handlers, Job, JobOptions, JobState},
};
use lockstep_protocol::{Record, Room};
use lockstep_store::{Options as StoreOptions, Store, Synchronous};
use serde_json::{Value as Json, json, value::RawValue};
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    PATIENCE,
    tasks::{Order, Tasks},
    until,
};
use crate::common::PASSWORD;

/// How long a job may take.
pub(super) const MAX_RUNTIME: Duration = Duration::from_secs(3600);

/// A clock that all workers share and only tests move.
#[derive(Clone)]
struct Time(Arc<AtomicI64>);

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A database and the workers' directory.
pub(super) struct Site {
    directory: TempDir,
    time: Time,
}

impl Site {
    pub(super) async fn new() -> Self {
        let time = Time(Arc::new(AtomicI64::new(1_763_760_000_000)));
        Self { directory: TempDir::new().expect("a directory"), time }
    }

    pub(super) fn forward(&self, ms: i64) {
        self.time.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// A process that does two jobs at once.
    pub(super) async fn worker(&self) -> Worker {
        self.worker_of(2).await
    }

    pub(super) async fn worker_of(&self, concurrency: usize) -> Worker {
        let mut worker = self.onlooker().await;
        let (app, tasks, leave) = (worker.app.clone(), worker.tasks.clone(), worker.leave.clone());
        let options = JobOptions {
            concurrency,
            max_runtime: MAX_RUNTIME,
            locks: Some(worker.locks.clone()),
            ..JobOptions::default()
        };
        let handlers = Handlers::default().with(tasks);
        worker.engine = Some(tokio::spawn(async move {
            app.run_jobs(handlers, options, leave.cancelled_owned()).await;
        }));
        worker
    }

    /// A process that does none, such as a command.
    pub(super) async fn onlooker(&self) -> Worker {
        let url = format!("sqlite:{}", self.directory.path().join("test.db").display());
        let options = StoreOptions { synchronous: Synchronous::Normal, worker: 7, ..StoreOptions::new(url) };
        let store = Store::open(&options, SharedClock::new(self.time.clone())).await.expect("a store");
        let heard = Heard::default();
        let app = App::new(store, heard.clone(), Options::default()).expect("an app");
        let locks = self.directory.path().join("jobs");
        Worker { app, tasks: Tasks::new(), heard, leave: CancellationToken::new(), engine: None, locks }
    }
}

/// What went out.
#[derive(Clone, Default)]
struct Heard {
    records: Arc<Mutex<Vec<Record>>>,
    told: Arc<Mutex<Vec<Json>>>,
}

impl Wire for Heard {
    fn publish(&self, records: &[Record]) {
        self.records.lock().expect("whole").extend_from_slice(records);
    }

    fn tell(&self, room: &Room, name: &str, payload: Box<RawValue>) {
        assert_eq!((room, name), (&Room::Registrators, "scan:progress"));
        self.told.lock().expect("whole").push(serde_json::from_str(payload.get()).expect("JSON"));
    }
}

/// One process.
pub(super) struct Worker {
    pub(super) app: App,
    pub(super) tasks: Tasks,
    heard: Heard,
    leave: CancellationToken,
    engine: Option<JoinHandle<()>>,
    locks: PathBuf,
}

impl Worker {
    pub(super) async fn want(&self, order: &Order) -> Job {
        self.app.enqueue(&Caller::operator(), order.wish()).await.expect("nothing is in the way")
    }

    pub(super) async fn try_cancel(&self, id: i64) -> Result<Job, Error> {
        self.app.cancel_job(&Caller::operator(), &id.to_string()).await
    }

    pub(super) async fn cancel(&self, id: i64) -> Job {
        self.try_cancel(id).await.expect("it has not ended")
    }

    pub(super) async fn until_state(&self, id: i64, state: JobState) -> Job {
        let id = id.to_string();
        let found = timeout(PATIENCE, async {
            loop {
                let job = self.app.job(&Caller::operator(), &id).await.expect("there");
                if job.state == state {
                    return job;
                }
                sleep(Duration::from_millis(5)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("job {id} never was {state}"))
    }

    fn records(&self) -> Vec<Record> {
        self.heard.records.lock().expect("whole").clone()
    }

    fn jobs_told(&self) -> Vec<(String, String)> {
        let told = self.records().into_iter().filter(|record| record.event.as_str() == "jobs:changed");
        told.map(|record| {
            let job: Json = serde_json::from_str(record.data.expect("the job").get()).expect("JSON");
            (record.id, job["state"].as_str().expect("text").to_owned())
        })
        .collect()
    }

    /// The states of a job that this process has told of.
    pub(super) fn states(&self, id: i64) -> Vec<String> {
        let of_it = self.jobs_told().into_iter().filter(|(job, _)| *job == id.to_string());
        of_it.map(|(_, state)| state).collect()
    }

    /// When the first job was cancelled and the second one began.
    pub(super) fn order_of_states(&self) -> Vec<Json> {
        let told = self.jobs_told().into_iter().map(|(job, state)| format!("{job} {state}"));
        told.filter(|word| ["1 cancelled", "2 running"].contains(&word.as_str())).map(Json::from).collect()
    }

    /// The files that this process has told of.
    pub(super) fn files_told(&self) -> Vec<String> {
        let news = self.records().into_iter().filter(|record| record.event.as_str() == "files:changed");
        let ids = news.flat_map(|record| {
            let data: Json = serde_json::from_str(record.data.expect("data").get()).expect("JSON");
            serde_json::from_value::<Vec<String>>(data["ids"].clone()).expect("ids")
        });
        ids.collect()
    }

    pub(super) fn progress(&self) -> Vec<Json> {
        self.heard.told.lock().expect("whole").clone()
    }

    /// Lets another process hear all that this one has published, as the bus and the ledger would.
    pub(super) fn pass_on_to(&self, other: &Worker) {
        self.records().iter().for_each(|record| other.app.hear_job(record));
    }

    pub(super) async fn person(&self, login: &str, rights: &[&str]) -> Caller {
        let operator = Caller::operator();
        let group = json!({"name": format!("group of {login}"), "permissions": rights});
        let group = self.app.create(&operator, Entity::Groups, &group, None).await.expect("a group").row.id;
        let user = json!({"login": login, "name": login, "password": PASSWORD, "group_id": group});
        self.app.create(&operator, Entity::Users, &user, None).await.expect("a person");
        self.app.login(login, PASSWORD, &Client::default()).await.expect("signed in").caller
    }

    /// Tells it to go; the future ends when its engine has.
    pub(super) fn begin_to_leave(&self) -> impl Future<Output = ()> + use<> {
        self.leave.cancel();
        let app = self.app.clone();
        async move { until("the engine to end", || (app.running_jobs() == 0).then_some(())).await }
    }

    pub(super) async fn leave(mut self) {
        self.leave.cancel();
        let engine = self.engine.take().expect("it does jobs");
        timeout(PATIENCE, engine).await.expect("it ends").expect("without a panic");
        self.app.close().await;
    }

    /// Dies as a killed process does: its tasks are gone, its locks are the system's again, its file stays.
    pub(super) async fn die(mut self) {
        let engine = self.engine.take().expect("it does jobs");
        let files: Vec<_> =
            std::fs::read_dir(&self.locks).expect("there").map(|file| file.expect("one").path()).collect();
        engine.abort();
        let _ = engine.await;
        files.into_iter().for_each(|file| std::fs::write(file, "").expect("written"));
        self.app.store().close().await;
    }
}
