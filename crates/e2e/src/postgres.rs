//! A PostgreSQL server of the test's own, on a unix socket in a directory of its own.
//!
//! It runs with the safety off that only a power cut would need, and in a language whose order of letters is not that of bytes. Lockstep
//! comes as an ordinary user with a password, who owns the databases made for it, as `docs/operations.md` has it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Signal, getuid};
use tokio::net::UnixStream;

use crate::{LIMIT, Launch, Process, eventually};

/// Where Debian keeps the programs, one directory a version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The account that Lockstep uses.
const USER: &str = "lockstep";

/// Its password, and the administrator's. As it stands in a URL; a secret, so tests can look for it where it must not be.
pub const PASSWORD: &str = "hunter2";

/// The first version whose order of letters can be chosen by `initdb`.
const WITH_LETTERS: u32 = 15;

/// Accounts that may run a server when the tests are run by root, for whom PostgreSQL refuses; the first there is.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Removes the directory when its input ends, which it does however the test process ends. The server may be a moment longer.
const KEEPER: &str = "cat >/dev/null; for i in $(seq 100); do rm -rf \"$1\" 2>/dev/null && exit; sleep 0.1; done";

/// A running `postgres`, without a TCP port. Dropped, it ends and all its data are gone.
#[derive(Debug)]
pub struct Postgres {
    process: Option<Process>,
    home: Home,
    programs: PathBuf,
}

impl Postgres {
    /// Makes one and waits until it answers.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Postgres {
        let (home, programs) = (Home::make(), programs());
        initialize(&home, &programs);
        let mut server = Postgres { process: None, home, programs };
        server.launch().await;
        let role = format!("CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'");
        server.sql(&role);
        server
    }

    /// Makes an empty database, which [`USER`] owns.
    pub fn create(&self, database: &str) {
        self.sql(&format!("CREATE DATABASE {database} OWNER {USER}"));
    }

    /// The address of a database for Lockstep, password and all.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@localhost/{database}?host={}", self.home.path.display())
    }

    /// Runs another of PostgreSQL's programs, such as `pg_dump`, in the server's directory.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) {
        let run = Launch::new(program, self.programs.join(program), &self.home.path).args(arguments).run("");
        assert!(run.status.success(), "{program}: {}", String::from_utf8_lossy(&run.stderr));
    }

    /// Does something as administrator, and gives what comes back, bare.
    ///
    /// # Panics
    /// When it is refused.
    pub fn sql(&self, statement: &str) -> String {
        self.sql_in("postgres", statement)
    }

    /// The same within one database.
    ///
    /// # Panics
    /// When it is refused.
    pub fn sql_in(&self, database: &str, statement: &str) -> String {
        let host = self.home.path.display().to_string();
        let psql = Launch::new("psql", self.programs.join("psql"), &self.home.path)
            .args(["--host", &host, "--username", "postgres", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet"])
            .args(["--set", "ON_ERROR_STOP=1", "--command", statement, database])
            .env("PGPASSWORD", PASSWORD)
            .run("");
        assert!(psql.status.success(), "{statement}: {}", String::from_utf8_lossy(&psql.stderr));
        String::from_utf8_lossy(&psql.stdout).trim().to_owned()
    }

    /// Ends it at once, as a crash of its machine would, but for what the disk has.
    pub fn crash(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts it again on what is on its disk, and waits until it answers.
    pub async fn restart(&mut self) {
        self.crash();
        self.launch().await;
    }

    /// Makes it and all its sessions hang, or go on.
    pub fn hang(&self, hangs: bool) {
        let signal = if hangs { Signal::STOP } else { Signal::CONT };
        self.process.iter().for_each(|process| process.signal_all(signal));
    }

    async fn launch(&mut self) {
        let path = self.home.path.display().to_string();
        let process = Launch::new("postgres", self.programs.join("postgres"), &self.home.path)
            .as_user(self.home.account.as_ref())
            .args(["-D", "data", "-k", &path, "-c", "listen_addresses=", "-c", "max_connections=300"])
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB"])
            .start();
        self.process = Some(process);
        let socket = self.home.path.join(".s.PGSQL.5432");
        eventually("postgres listens", LIMIT, || async { UnixStream::connect(&socket).await.ok() }).await;
        let ready = self.programs.join("pg_isready");
        eventually("postgres is ready", LIMIT, || {
            let asked = Command::new(&ready).args(["--quiet", "--host", &path]).status();
            std::future::ready(asked.is_ok_and(|status| status.success()).then_some(()))
        })
        .await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.hang(false);
        // Asked to end like a service, it would wait for whoever is still connected.
        if let Some(process) = &mut self.process {
            process.signal(Signal::INT);
        }
    }
}

/// The directory of a server, and whose it is.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    account: Option<Account>,
    keeper: Child,
}

impl Home {
    fn make() -> Home {
        let directory = tempfile::Builder::new().prefix("postgres-").tempdir().expect("room for a directory");
        let account = getuid().is_root().then(Account::find);
        if let Some(Account { user, group }) = account {
            chown(directory.path(), Some(user), Some(group)).expect("root gives away what is its own");
        }
        // The clients that the tests start may be others.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("our own directory");
        let path = directory.keep();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&path).current_dir("/").stdin(Stdio::piped());
        Home { keeper: keeper.spawn().expect("there is a shell"), path, account }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Numbers of a user and his group.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Account {
    fn find() -> Account {
        let users = fs::read_to_string("/etc/passwd").expect("there are users");
        let find = |name: &&str| {
            let mut fields =
                users.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
            let (user, group) = (fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Account { user, group })
        };
        ACCOUNTS.iter().find_map(find).expect("a user without rights, for whom PostgreSQL runs")
    }
}

fn initialize(home: &Home, programs: &Path) {
    let secret = home.path.join("password");
    fs::write(&secret, PASSWORD).expect("the test's own directory is writable");
    let mut launch = Launch::new("initdb", programs.join("initdb"), &home.path)
        .as_user(home.account.as_ref())
        .args(["--no-sync", "--auth=scram-sha-256", "--pwfile=password", "--username=postgres"])
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "-D", "data"]);
    if version(programs) >= WITH_LETTERS {
        launch = launch.args(["--locale-provider=icu", "--icu-locale=ru"]);
    }
    let made = launch.run("");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
}

/// `initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
fn version(programs: &Path) -> u32 {
    let said = Command::new(programs.join("initdb")).arg("--version").output().expect("initdb runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = said.split_whitespace().nth(2).and_then(|number| number.split('.').next());
    number.and_then(|number| number.parse().ok()).expect("a version")
}

/// The directory with the programs: the newest that Debian has, else whatever the shell finds.
fn programs() -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let newest = versions.filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| version(bin));
    newest.unwrap_or_default()
}
