//! What an installation is made of, before it runs.

use std::{collections::BTreeMap, fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use super::{Cluster, Shared, sections::Sections};
use crate::{
    Address, Disk, Postgres, Redis, Relay, api, free_port,
    nginx::{Extra, Nginx},
};

/// How to build one.
#[derive(Debug)]
pub struct Shape {
    layout: Layout,
    nginx: Option<(&'static str, Extra)>,
    relay: Option<u64>,
    disk: Option<u32>,
    sections: Sections,
    environment: BTreeMap<String, String>,
    on_postgres: bool,
    beside: Option<Shared>,
}

/// The database of an installation on PostgreSQL.
const DATABASE: &str = "lockstep";

/// Who listens where.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// One process on a TCP port, no Redis.
    Embedded,
    /// So many workers, each on a unix socket of its own; Redis.
    Sockets(u16),
    /// So many workers on one unix socket; Redis.
    Shared(u16),
}

impl Shape {
    /// One process on a TCP port, no Redis: what `make run` gives.
    #[must_use]
    pub fn embedded() -> Shape {
        Shape {
            layout: Layout::Embedded,
            nginx: None,
            relay: None,
            disk: None,
            sections: Sections::for_tests(),
            environment: BTreeMap::new(),
            on_postgres: false,
            beside: None,
        }
    }

    /// Several workers on unix sockets with Redis between them.
    #[must_use]
    pub fn workers(workers: u16) -> Shape {
        Shape { layout: Layout::Sockets(workers), ..Shape::embedded() }
    }

    /// Several workers that share one unix socket, with Redis between them.
    #[must_use]
    pub fn sharing_a_socket(workers: u16) -> Shape {
        Shape { layout: Layout::Shared(workers), ..Shape::embedded() }
    }

    /// Data and ledger on a PostgreSQL server instead of in a file.
    #[must_use]
    pub fn on_postgres(self) -> Shape {
        Shape { on_postgres: true, ..self }
    }

    /// One more machine of an installation on PostgreSQL: everything of its own, but for Redis and the database.
    #[must_use]
    pub fn beside(self, first: &Cluster) -> Shape {
        Shape { beside: Some(first.shared.clone()), ..self }
    }

    /// nginx in front, with a configuration of `deploy/nginx`.
    #[must_use]
    pub fn behind_nginx(self, configuration: &'static str) -> Shape {
        Shape { nginx: Some((configuration, Extra::default())), ..self }
    }

    /// nginx in front, and one more port of it for each worker, which leads to that worker alone: a browser cannot use unix sockets.
    #[must_use]
    pub fn with_a_port_for_each_worker(self) -> Shape {
        let server = |worker| {
            format!(
                "server {{ listen 127.0.0.1:{}; location / {{ proxy_pass http://unix:DIRECTORY/worker-{worker}.sock:; }} \
                 proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; \
                 proxy_set_header Connection $lockstep_connection; proxy_buffering off; }}\n",
                free_port()
            )
        };
        let http = (0..self.layout.workers()).map(server).collect();
        Shape { nginx: Some(("lockstep.conf", Extra { http })), ..self }
    }

    /// A [`Relay`] between the workers and Redis, whose chances follow from `seed`.
    #[must_use]
    pub fn through_a_relay(self, seed: u64) -> Shape {
        Shape { relay: Some(seed), ..self }
    }

    /// The data directory on a disk of so many megabytes, where this machine lets us have one.
    #[must_use]
    pub fn on_a_disk_of(self, megabytes: u32) -> Shape {
        Shape { disk: Some(megabytes), ..self }
    }

    /// Sets a key of the configuration.
    #[must_use]
    pub fn set(mut self, section: &str, key: &str, value: &str) -> Shape {
        self.sections.set(section, key, value);
        self
    }

    /// Sets a variable of the workers' environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Shape {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Builds it, with an administrator ([`api::ADMIN`]), and waits until every worker is ready.
    pub async fn start(mut self) -> Cluster {
        let directory = tempfile::Builder::new().prefix("lockstep-").tempdir().expect("room for a directory");
        let path = directory.path().to_path_buf();
        let (redis, postgres) = self.servers(&path).await;
        let relay = self.relay.map(|seed| Relay::start(&path, redis.as_ref().expect("a relay needs redis"), seed));
        let disk = self.disk.and_then(|megabytes| Disk::mount(&path.join("data"), megabytes).ok());
        let way_to_redis = relay.as_ref().map(|relay| relay.socket().to_path_buf());
        let shared = self.beside.clone().unwrap_or_else(|| Shared {
            redis: way_to_redis.or_else(|| redis.as_ref().map(Redis::socket)),
            database: postgres.as_ref().map(|server| server.url(DATABASE)),
        });
        let workers = self.layout.addresses(&path);
        self.layout.configure(&mut self.sections, &path, &workers);
        self.sections.share(&shared);
        write_secret(&path.join("config.ini"), &self.sections.to_string());
        let browser_ports = self.nginx.as_ref().map(|(_, extra)| ports_of(&extra.http)).unwrap_or_default();
        let mut cluster = Cluster {
            server: None,
            nginx: None,
            relay,
            redis,
            disk,
            postgres,
            shared,
            supervised: self.layout.needs_redis(),
            workers,
            browser_ports,
            environment: self.environment,
            directory: path.clone(),
            _directory: directory,
        };
        if self.beside.is_none() {
            let added = cluster.command(&["user", "add", api::ADMIN.0, "--admin", "--password-stdin"], api::ADMIN.1);
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        cluster.serve().await;
        if let Some((configuration, extra)) = self.nginx {
            cluster.nginx = Some(Nginx::start(configuration, &path, self.layout.workers(), extra).await);
        }
        cluster
    }

    /// What it needs and shares with nobody yet.
    async fn servers(&self, directory: &Path) -> (Option<Redis>, Option<Postgres>) {
        if self.beside.is_some() {
            return (None, None);
        }
        let redis = if self.layout.needs_redis() { Some(Redis::start(directory).await) } else { None };
        let postgres = if self.on_postgres { Some(Postgres::start().await) } else { None };
        postgres.iter().for_each(|server| server.create(DATABASE));
        (redis, postgres)
    }
}

/// For nobody else to read, since Lockstep refuses secrets that everybody can.
fn write_secret(path: &Path, text: &str) {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file.expect("the test's own directory is writable");
    file.write_all(text.as_bytes()).expect("the test's own directory is writable");
}

impl Layout {
    fn workers(self) -> u16 {
        match self {
            Layout::Embedded => 1,
            Layout::Sockets(workers) | Layout::Shared(workers) => workers,
        }
    }

    fn needs_redis(self) -> bool {
        !matches!(self, Layout::Embedded)
    }

    fn addresses(self, directory: &Path) -> Vec<Address> {
        match self {
            Layout::Embedded => vec![Address::port(free_port())],
            Layout::Sockets(workers) => {
                (0..workers).map(|number| Address::Unix(directory.join(format!("worker-{number}.sock")))).collect()
            }
            Layout::Shared(_) => vec![Address::Unix(directory.join("server.sock"))],
        }
    }

    fn configure(self, sections: &mut Sections, directory: &Path, addresses: &[Address]) {
        let listen = match self {
            Layout::Sockets(_) => format!("unix:{}/worker-{{n}}.sock", directory.display()),
            Layout::Embedded | Layout::Shared(_) => addresses[0].to_string(),
        };
        sections.set("server", "listen", &listen);
        sections.set("server", "workers", &self.workers().to_string());
        sections.set("server", "data_dir", &directory.join("data").display().to_string());
    }
}

fn ports_of(text: &str) -> Vec<u16> {
    text.split("listen 127.0.0.1:").skip(1).filter_map(|rest| rest.split(';').next()?.parse().ok()).collect()
}
