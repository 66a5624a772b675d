//! A whole installation: the supervisor and its workers, Redis and nginx where there are several, one directory for all of it. Or one
//! machine of it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Output,
};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Address, Api, Disk, LIMIT, Launch, Nginx, Postgres, Process, Redis, Relay, eventually, http, lockstep};

mod sections;
mod shape;

pub use shape::Shape;

/// A running installation. Dropped, all of it ends and its directory is removed.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: nobody is left without what it needs.
    nginx: Option<Nginx>,
    server: Option<Process>,
    relay: Option<Relay>,
    redis: Option<Redis>,
    disk: Option<Disk>,
    postgres: Option<Postgres>,
    shared: Shared,
    supervised: bool,
    workers: Vec<Address>,
    browser_ports: Vec<u16>,
    environment: BTreeMap<String, String>,
    directory: PathBuf,
    _directory: TempDir,
}

/// What machines of one installation have in common.
#[derive(Debug, Clone, Default)]
struct Shared {
    /// The socket of Redis.
    redis: Option<PathBuf>,
    /// The URL of a database that is no file.
    database: Option<String>,
}

impl Cluster {
    /// One process, no Redis.
    pub async fn embedded() -> Cluster {
        Shape::embedded().start().await
    }

    /// Several workers, Redis, nginx.
    pub async fn workers(workers: u16) -> Cluster {
        Shape::workers(workers).behind_nginx("lockstep.conf").start().await
    }

    /// Where worker `number` listens.
    #[must_use]
    pub fn worker(&self, number: usize) -> Address {
        self.workers[number].clone()
    }

    /// Where all workers listen.
    #[must_use]
    pub fn all(&self) -> &[Address] {
        &self.workers
    }

    /// nginx.
    ///
    /// # Panics
    /// When this installation has none.
    #[must_use]
    pub fn nginx(&self) -> &Nginx {
        self.nginx.as_ref().expect("a cluster with nginx")
    }

    /// nginx, to be ended and started again.
    ///
    /// # Panics
    /// When this installation has none.
    pub fn nginx_mut(&mut self) -> &mut Nginx {
        self.nginx.as_mut().expect("a cluster with nginx")
    }

    /// Redis.
    ///
    /// # Panics
    /// When this installation has none.
    pub fn redis(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("a cluster with redis")
    }

    /// The way to Redis that can be made to misbehave.
    ///
    /// # Panics
    /// When this installation has none.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("a cluster with a relay")
    }

    /// The small disk under the data directory, where there is one.
    #[must_use]
    pub fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// PostgreSQL, where this installation has one.
    #[must_use]
    pub fn database_server(&self) -> Option<&Postgres> {
        self.postgres.as_ref()
    }

    /// PostgreSQL.
    ///
    /// # Panics
    /// When this installation has none.
    pub fn postgres(&mut self) -> &mut Postgres {
        self.postgres.as_mut().expect("a cluster with postgres")
    }

    /// The process that was started: the supervisor, or the only worker.
    ///
    /// # Panics
    /// When it is not running.
    pub fn server(&mut self) -> &mut Process {
        self.server.as_mut().expect("the server was started")
    }

    /// The directory of everything.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Addresses that a browser can use, one a worker.
    #[must_use]
    pub fn browser_addresses(&self) -> Vec<Address> {
        if self.browser_ports.is_empty() {
            self.workers.clone()
        } else {
            self.browser_ports.iter().copied().map(Address::port).collect()
        }
    }

    /// The administrator, signed in at the first worker.
    pub async fn admin(&self) -> Api {
        Api::sign_in_admin(&self.worker(0)).await
    }

    /// Runs `lockstep` with this installation's configuration.
    #[must_use]
    pub fn command(&self, arguments: &[&str], input: &str) -> Output {
        let configuration = self.directory.join("config.ini");
        Launch::new("command", lockstep(), &self.directory)
            .args(arguments)
            .arg("--config")
            .arg(configuration)
            .run(input)
    }

    /// A new API key with these scopes.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn key(&self, scopes: &str) -> String {
        self.key_named("a key of the tests", scopes)
    }

    /// The same with a name of its own, for tests that need several.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn key_named(&self, name: &str, scopes: &str) -> String {
        let made = self.command(&["key", "add", name, "--scope", scopes], "");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8_lossy(&made.stdout).trim().to_owned()
    }

    /// The ids of the worker processes.
    ///
    /// # Panics
    /// When the server is not running.
    #[must_use]
    pub fn worker_processes(&self) -> Vec<u32> {
        let supervisor = self.server.as_ref().expect("the server was started").pid();
        if self.supervised { crate::process::children(supervisor) } else { vec![supervisor] }
    }

    /// Ends the server at once, workers and all.
    pub fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// Sets a variable for the next start; `None` removes it.
    pub fn set_env(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.environment.insert(name.to_owned(), value.to_owned()),
            None => self.environment.remove(name),
        };
    }

    /// Starts the server, in place of one that still runs, and waits until every worker is ready.
    pub async fn serve(&mut self) {
        self.crash();
        self.start_without_waiting();
        for number in 0..self.workers.len() {
            self.ready(number).await;
        }
    }

    /// Starts the server and returns at once.
    pub fn start_without_waiting(&mut self) {
        let mut launch = Launch::new("lockstep", lockstep(), &self.directory).args(["serve", "--config", "config.ini"]);
        for (name, value) in &self.environment {
            launch = launch.env(name, value);
        }
        self.server = Some(launch.start());
    }

    /// Waits until worker `number` answers at all.
    pub async fn answers(&self, number: usize) {
        let address = self.worker(number);
        eventually(&format!("worker {number} answers"), LIMIT, || async { http::get(&address, "/healthz").await.ok() })
            .await;
    }

    /// Waits until worker `number` says it is ready.
    ///
    /// # Panics
    /// When the server ends instead, or it takes longer than [`LIMIT`].
    pub async fn ready(&mut self, number: usize) {
        let address = self.worker(number);
        let server = self.server.as_mut().expect("the server was started");
        eventually(&format!("worker {number} is ready"), LIMIT, || {
            assert!(server.exited().is_none(), "the server ended while starting");
            let address = address.clone();
            async move { http::get(&address, "/readyz").await.ok().filter(|reply| reply.status.is_success()) }
        })
        .await;
    }

    /// What worker `number` says of its state, ready or not.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn readiness(&self, number: usize) -> Value {
        http::get(&self.worker(number), "/readyz").await.expect("the worker answers").json()
    }

    /// Asks the server to end, as a service manager does.
    pub fn terminate(&mut self) {
        self.server().signal(Signal::TERM);
    }
}
