//! A child process that cannot outlive its test.
//!
//! Its output goes to a file and is shown when the test fails. It is ended when dropped; should the test process itself be killed, the
//! kernel sends the child SIGTERM.

use std::{
    ffi::OsString,
    fs::File,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{OnceLock, mpsc},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{LIMIT, eventually, postgres::Account};

/// How long a process may take to end after SIGTERM before it is killed. Only for tidying up: a test that cares about the drain
/// waits for the end itself.
const TIDY: Duration = Duration::from_secs(3);

/// How long a program that is run to its end may take, in seconds. The longest are the stories told by browsers: three to ten minutes,
/// by what else the machine does.
const RUN_LIMIT_S: &str = "1800";

/// How much of a log a failed test shows.
const TAIL_LINES: usize = 60;

/// What to start, and how.
#[derive(Debug)]
pub struct Launch {
    name: String,
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
    core: Option<usize>,
    account: Option<Account>,
}

impl Launch {
    /// A program, under a name for its log file. It works in `directory`, where the log is written too.
    pub fn new(name: &str, program: impl Into<OsString>, directory: &Path) -> Launch {
        Launch {
            name: name.to_owned(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: directory.to_path_buf(),
            core: None,
            account: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Launch {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Launch {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Launch {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Binds it, and all threads it will have, to one processor core.
    #[must_use]
    pub fn on_core(mut self, core: usize) -> Launch {
        self.core = Some(core);
        self
    }

    /// Runs it as somebody else, which only root can do; `None` changes nothing.
    #[must_use]
    pub fn as_user(mut self, account: Option<&Account>) -> Launch {
        self.account = account.copied();
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn start(self) -> Process {
        let log = self.directory.join(format!("{}.log", self.name));
        let output =
            File::options().create(true).append(true).open(&log).expect("the test's own directory is writable");
        let errors = output.try_clone().expect("a descriptor to spare");
        let mut command = self.command(&[]);
        command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        let child = keeper_spawns(command).unwrap_or_else(|error| panic!("{} did not start: {error}", self.name));
        Process { name: self.name, child, log, status: None }
    }

    /// Runs it to its end, with `input` as its standard input; gives its status and both outputs.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn run(self, input: &str) -> std::process::Output {
        let mut command = self.command(&["timeout", "--kill-after=5", RUN_LIMIT_S]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = keeper_spawns(command).unwrap_or_else(|error| panic!("{} did not start: {error}", self.name));
        let mut stdin = child.stdin.take().expect("stdin was asked for");
        // A program that does not read its input closes the pipe: that is its right.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("a child of ours can be waited for")
    }

    /// The command behind its wrappers, each of which replaces itself by the next, or passes signals on.
    fn command(&self, wrapper: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        if let Some(Account { user, group }) = self.account {
            command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
        }
        command.args(["--pdeathsig", "TERM", "--"]).args(wrapper);
        if let Some(core) = self.core {
            command.args(["taskset", "-c", &core.to_string()]);
        }
        command.arg(&self.program).args(&self.arguments).current_dir(&self.directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    status: Option<ExitStatus>,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal; one that has ended gets none.
    pub fn signal(&mut self, signal: Signal) {
        if self.exited().is_none() {
            let _ = kill_process(pid(self.pid()), signal);
        }
    }

    /// Sends it and its children a signal.
    pub fn signal_all(&self, signal: Signal) {
        let all = children(self.pid()).into_iter().chain([self.pid()]);
        for process in all {
            // One that has ended needs none.
            let _ = kill_process(pid(process), signal);
        }
    }

    /// Its status, if it has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child of ours can be waited for");
        }
        self.status
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it is still running after [`LIMIT`].
    pub async fn ended(&mut self) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        eventually(&what, LIMIT, || std::future::ready(self.exited())).await
    }

    /// Ends it with SIGKILL, children and all, and waits until they are gone: a child that drains would go on answering.
    pub fn kill(&mut self) {
        if self.exited().is_none() {
            let children = children(self.pid());
            let _ = kill_process_group(pid(self.pid()), Signal::KILL);
            self.status = self.child.wait().ok();
            for child in &children {
                let _ = kill_process(pid(*child), Signal::KILL);
            }
            let started = Instant::now();
            while children.iter().any(|child| runs(*child)) && started.elapsed() < TIDY {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// All it has said so far, both outputs.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until its log holds `text`.
    ///
    /// # Panics
    /// When it does not within [`LIMIT`].
    pub async fn says(&self, text: &str) {
        let what = format!("`{text}` in the log of {}", self.name);
        eventually(&what, LIMIT, || std::future::ready(self.log().contains(text).then_some(()))).await;
    }

    /// SIGTERM first, so that a parent takes its own children along, SIGKILL to the whole group when that does not help.
    fn tidy(&mut self) {
        self.signal(Signal::TERM);
        let started = Instant::now();
        while self.exited().is_none() && started.elapsed() < TIDY {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = kill_process_group(pid(self.pid()), Signal::KILL);
        self.kill();
    }

    fn show_log(&self) {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
        let _ = writeln!(std::io::stderr().lock(), "---- {} said ----\n{tail}", self.name);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show_log();
        }
        self.tidy();
    }
}

/// The id as the kernel's calls want it.
fn pid(id: u32) -> Pid {
    i32::try_from(id).ok().and_then(Pid::from_raw).expect("a child has a positive id")
}

type Order = (Command, mpsc::SyncSender<std::io::Result<Child>>);

/// Spawns from one thread that lives as long as the process: the kernel's signal on the parent's death goes by the *thread* that
/// spawned, and a test's thread ends with its test.
fn keeper_spawns(command: Command) -> std::io::Result<Child> {
    static KEEPER: OnceLock<mpsc::SyncSender<Order>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (orders, queue) = mpsc::sync_channel::<Order>(16);
        std::thread::spawn(move || {
            for (mut command, reply) in queue {
                let _ = reply.send(command.spawn());
            }
        });
        orders
    });
    let (reply, answer) = mpsc::sync_channel(1);
    keeper.send((command, reply)).expect("the keeper lives as long as the process");
    answer.recv().expect("the keeper answers every order")
}

/// The children of a process, whichever of its threads has started them.
#[must_use]
pub fn children(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let mut all: Vec<u32> = lists
        .flat_map(|list| list.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<_>>())
        .collect();
    all.sort_unstable();
    all
}

/// Whether the process is there and more than a zombie: one whose parent has gone may wait long for somebody to take note of its end.
#[must_use]
pub fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'))
}
