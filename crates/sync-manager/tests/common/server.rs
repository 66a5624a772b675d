//! One Redis of the test's own, and somebody who reaches it and has no part in the installation.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use lockstep_protocol::SharedSecret;
use lockstep_sync_manager::bus::{RedisAddress, RedisOptions};
use tempfile::TempDir;

use super::{PATIENCE, PREFIX};

/// A redis-server of our own on a unix socket.
pub struct RedisServer {
    directory: TempDir,
    child: Child,
}

impl RedisServer {
    pub fn start() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let child = Self::spawn(&directory);
        Self { directory, child }
    }

    #[expect(clippy::zombie_processes, reason = "Drop waits for it; a panic here ends the test process")]
    fn spawn(directory: &TempDir) -> Child {
        let socket = directory.path().join("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server; `make test` installs it");
        for _ in 0..500 {
            if UnixStream::connect(&socket).is_ok() {
                return child;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("redis-server did not come up");
    }

    pub fn stop(&mut self) {
        self.child.kill().expect("redis-server runs");
        self.child.wait().expect("redis-server ends");
    }

    pub fn restart(&mut self) {
        self.child = Self::spawn(&self.directory);
    }

    pub fn options(&self) -> RedisOptions {
        RedisOptions {
            address: RedisAddress::Unix(self.directory.path().join("redis.sock")),
            username: None,
            password: None,
            db: None,
            prefix: PREFIX.into(),
            secret: SharedSecret::new([1; 32]),
        }
    }

    /// Somebody who reaches Redis and has no part in the installation.
    pub fn stranger(&self) -> Stranger {
        let stream = UnixStream::connect(self.directory.path().join("redis.sock")).expect("redis runs");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Stranger { stream, unread: Vec::new() }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bare connection to Redis.
pub struct Stranger {
    stream: UnixStream,
    unread: Vec<u8>,
}

impl Stranger {
    /// Publishes these bytes and waits until Redis has passed them on.
    pub fn publish(&mut self, channel: &str, message: &[u8]) {
        self.send(&[b"PUBLISH", channel.as_bytes(), message]);
        assert!(self.line().starts_with(':'), "refused");
    }

    pub fn subscribe(&mut self, channel: &str) {
        self.send(&[b"SUBSCRIBE", channel.as_bytes()]);
        assert_eq!((self.bulk(3), self.line()), (channel.as_bytes().to_vec(), ":1".into()));
    }

    /// The next message on what was subscribed to.
    pub fn next(&mut self) -> Vec<u8> {
        self.bulk(4)
    }

    fn send(&mut self, words: &[&[u8]]) {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            command.extend_from_slice(word);
            command.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&command).expect("redis takes it");
    }

    /// Skips to the last of the bulk strings that begin within so many headers, the array's own counted.
    fn bulk(&mut self, headers: usize) -> Vec<u8> {
        let mut value = Vec::new();
        assert!(self.line().starts_with('*'));
        for _ in 1..headers {
            let length = self.line()[1..].parse::<usize>().expect("a length");
            self.read_until(|unread| unread.len() >= length + 2);
            value = self.unread.drain(..length + 2).take(length).collect();
        }
        value
    }

    fn line(&mut self) -> String {
        self.read_until(|unread| unread.contains(&b'\n'));
        let end = self.unread.iter().position(|byte| *byte == b'\n').expect("read above");
        let line: Vec<u8> = self.unread.drain(..=end).collect();
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    fn read_until(&mut self, enough: impl Fn(&[u8]) -> bool) {
        while !enough(&self.unread) {
            let mut buffer = [0; 64 * 1024];
            let read = self.stream.read(&mut buffer).expect("redis answers");
            assert!(read > 0, "redis ended the connection");
            self.unread.extend_from_slice(&buffer[..read]);
        }
    }
}
