//! Several Redis processes that know of each other: a master with its replica and sentinels, or a cluster.

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lockstep_protocol::SharedSecret;
use lockstep_sync_manager::bus::{RedisAddress, RedisHost, RedisOptions, Sentinels};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{PATIENCE, PREFIX};

/// The name of the master among sentinels.
pub const SERVICE: &str = "main";

/// Processes on a loopback address of their own, so that all its ports are theirs, too.
pub struct Fleet {
    directory: TempDir,
    address: Ipv4Addr,
    running: BTreeMap<u16, Child>,
    arguments: BTreeMap<u16, Vec<String>>,
}

impl Fleet {
    pub fn new() -> Self {
        let [a, b, c] = rand::random::<[u8; 3]>().map(|byte| byte.clamp(1, 254));
        let directory = TempDir::new().expect("a temporary directory");
        Self { directory, address: Ipv4Addr::new(127, a, b, c), running: BTreeMap::new(), arguments: BTreeMap::new() }
    }

    /// A server at `port` with more options; returns when it answers.
    pub fn server(&mut self, port: u16, more: &[&str]) {
        let own = self.directory.path().join(port.to_string());
        fs::create_dir(&own).expect("a directory");
        let (port_text, address, own) = (port.to_string(), self.address.to_string(), own.display().to_string());
        let where_it_is = ["--port", &port_text, "--bind", &address, "--replica-announce-ip", &address, "--dir", &own];
        let memory_only = ["--save", "", "--appendonly", "no"];
        let arguments = where_it_is.iter().chain(&memory_only).chain(more).map(|word| (*word).to_owned());
        self.begin(port, arguments.collect());
    }

    /// A copy of the server at `master`; returns when it has all of it.
    pub fn replica(&mut self, port: u16, master: u16) {
        let of = format!("{} {master}", self.address);
        self.server(port, &["--replicaof", &of, "--repl-diskless-sync-delay", "0"]);
        self.until("the replica is in step", |fleet| {
            fleet.ask(port, "INFO replication").contains("master_link_status:up")
        });
    }

    /// A sentinel that watches the server at `master`; `quorum` of them call it down.
    pub fn sentinel(&mut self, port: u16, master: u16, quorum: usize) {
        let address = self.address;
        let settings = format!(
            "port {port}\nbind {address}\ndir {}\nsentinel monitor {SERVICE} {address} {master} {quorum}\n\
             sentinel down-after-milliseconds {SERVICE} 1000\nsentinel failover-timeout {SERVICE} 3000\n",
            self.directory.path().display(),
        );
        let file = self.directory.path().join(format!("sentinel-{port}.conf"));
        fs::write(&file, settings).expect("writes");
        self.begin(port, vec![file.display().to_string(), "--sentinel".to_owned()]);
        let hurried = "SENTINEL DEBUG INFO-PERIOD 500 PING-PERIOD 200 PUBLISH-PERIOD 500 ASK-PERIOD 200";
        assert_eq!(self.ask(port, hurried), "OK");
    }

    /// Three masters that share all slots.
    pub fn cluster(ports: [u16; 3]) -> Self {
        let mut fleet = Self::new();
        let address = fleet.address.to_string();
        for port in ports {
            let alone = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
            fleet.server(port, &[&alone[..], &["--cluster-announce-ip", &address]].concat());
        }
        for (port, slots) in ports.into_iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
            assert_eq!(fleet.ask(port, &format!("CLUSTER ADDSLOTSRANGE {slots}")), "OK");
            if port != ports[0] {
                assert_eq!(fleet.ask(port, &format!("CLUSTER MEET {address} {}", ports[0])), "OK");
            }
        }
        for port in ports {
            fleet.until("the cluster is whole", |fleet| {
                let info = fleet.ask(port, "CLUSTER INFO");
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            });
        }
        fleet
    }

    fn begin(&mut self, port: u16, arguments: Vec<String>) {
        let started = Command::new("redis-server").args(&arguments).stdout(Stdio::null()).spawn();
        self.running.insert(port, started.expect("redis-server; `make test` installs it"));
        self.arguments.insert(port, arguments);
        self.until("redis answers", |fleet| fleet.ask(port, "PING") == "PONG");
    }

    /// Starts a killed one again at the same place.
    pub fn restart(&mut self, port: u16) {
        let arguments = self.arguments.remove(&port).expect("it ran before");
        self.begin(port, arguments);
    }

    /// `kill -9`.
    pub fn kill(&mut self, port: u16) {
        let mut child = self.running.remove(&port).expect("it runs");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }

    /// SIGSTOP makes it hang, SIGCONT lets it go on.
    pub fn signal(&self, port: u16, signal: Signal) {
        let pid = i32::try_from(self.running[&port].id()).expect("a process id");
        kill_process(Pid::from_raw(pid).expect("not zero"), signal).expect("it runs");
    }

    /// What the server at `port` answers to a command, empty if nothing.
    pub fn ask(&self, port: u16, command: &str) -> String {
        let mut cli = Command::new("timeout");
        cli.args(["5", "redis-cli", "-h", &self.address.to_string(), "-p", &port.to_string()]).args(command.split(' '));
        let output = cli.stderr(Stdio::null()).output().expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until it is so.
    pub fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}: waited in vain");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where the sentinel at `port` sees the master.
    pub fn master(&self, sentinel: u16) -> u16 {
        let answer = self.ask(sentinel, &format!("SENTINEL GET-MASTER-ADDR-BY-NAME {SERVICE}"));
        answer.lines().nth(1).and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// Waits until the sentinel at `port` could put the replica into the master's place.
    pub fn until_watched(&self, sentinel: u16) {
        self.until("the sentinel knows the replica", |fleet| {
            fleet.ask(sentinel, &format!("SENTINEL REPLICAS {SERVICE}")).contains("master-link-status\nok")
        });
    }

    pub fn host(&self, port: u16) -> RedisHost {
        format!("{}:{port}", self.address).parse().expect("an address")
    }

    pub fn sentinels(&self, ports: &[u16]) -> RedisOptions {
        self.ask_sentinels(ports, None)
    }

    pub fn sentinels_with(&self, ports: &[u16], username: &str, password: &str) -> RedisOptions {
        self.ask_sentinels(ports, Some((username.to_owned(), password.to_owned())))
    }

    fn ask_sentinels(&self, ports: &[u16], credentials: Option<(String, String)>) -> RedisOptions {
        let hosts = ports.iter().map(|port| self.host(*port)).collect();
        let (username, password) = credentials.unzip();
        options_for(RedisAddress::Sentinel(Sentinels { hosts, service: SERVICE.into(), username, password }))
    }

    /// The same nodes as a URL.
    pub fn url(&self, ports: &[u16]) -> String {
        let more: Vec<String> = ports[1..].iter().map(|port| format!("node={}", self.host(*port))).collect();
        format!("redis-cluster://{}?{}", self.host(ports[0]), more.join("&"))
    }

    pub fn nodes(&self, ports: &[u16]) -> RedisOptions {
        options_for(RedisAddress::Cluster(ports.iter().map(|port| self.host(*port)).collect()))
    }
}

fn options_for(address: RedisAddress) -> RedisOptions {
    let secret = SharedSecret::new([1; 32]);
    RedisOptions { address, username: None, password: None, db: None, prefix: PREFIX.into(), secret }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
