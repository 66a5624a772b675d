//! A Redis server of the test's own, on a unix socket in the test's own directory.

use std::path::{Path, PathBuf};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{LIMIT, Launch, Process, eventually};

/// A running `redis-server`: memory only, no TCP port.
#[derive(Debug)]
pub struct Redis {
    process: Option<Process>,
    directory: PathBuf,
    core: Option<usize>,
}

impl Redis {
    /// Starts one in `directory` and waits until it answers.
    pub async fn start(directory: &Path) -> Redis {
        Redis::launch(directory, None).await
    }

    /// The same, bound to one processor core.
    pub async fn start_on_core(directory: &Path, core: usize) -> Redis {
        Redis::launch(directory, Some(core)).await
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join("redis.sock")
    }

    /// Its process id.
    ///
    /// # Panics
    /// When it has been stopped.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("redis is running").pid()
    }

    /// Ends it at once, as a power cut would.
    pub fn crash(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
        // Left behind by a killed server; the next one would replace it anyway.
        let _ = std::fs::remove_file(self.socket());
    }

    /// Starts it again, empty, on the same socket.
    pub async fn restart(&mut self) {
        self.crash();
        *self = Redis::launch(&self.directory.clone(), self.core).await;
    }

    /// Sends `signal` to it: SIGSTOP makes it half-open, SIGCONT lets it go on.
    pub fn signal(&mut self, signal: rustix::process::Signal) {
        if let Some(process) = &mut self.process {
            process.signal(signal);
        }
    }

    /// One command, its first line of answer.
    pub async fn command(&self, words: &[&str]) -> std::io::Result<String> {
        ask(&self.socket(), words).await
    }

    async fn launch(directory: &Path, core: Option<usize>) -> Redis {
        let socket = directory.join("redis.sock");
        let mut launch = Launch::new("redis", "redis-server", directory)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocketperm", "700", "--unixsocket"])
            .arg(&socket);
        if let Some(core) = core {
            launch = launch.on_core(core);
        }
        let process = launch.start();
        eventually("redis answers", LIMIT, || async { ask(&socket, &["PING"]).await.ok() }).await;
        Redis { process: Some(process), directory: directory.to_path_buf(), core }
    }
}

async fn ask(socket: &Path, words: &[&str]) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&encode(words)).await?;
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer[..length]).trim_end().to_owned())
}

/// A command in the protocol of Redis: an array of bulk strings.
#[must_use]
pub fn encode(words: &[&str]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        command.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    command
}
