//! nginx with the configuration that `deploy/nginx` ships, as the calling user, in the test's own directory.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Address, LIMIT, Launch, Process, eventually, free_port, repository};

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    directory: PathBuf,
    port: u16,
}

/// What a test may add to the shipped configuration.
#[derive(Debug, Default)]
pub struct Extra {
    /// Further text of the `http` block; `DIRECTORY` stands for the directory.
    pub http: String,
}

impl Nginx {
    /// Starts it in front of the workers on `worker-N.sock`, or `server.sock`, in `directory`. `configuration` is a file of
    /// `deploy/nginx`, taken as it is but for its port and paths.
    pub async fn start(configuration: &str, directory: &Path, workers: u16, extra: Extra) -> Nginx {
        let port = free_port();
        let mut render = Command::new(repository().join("deploy/nginx/render.sh"));
        render.arg(configuration).arg(directory).args([port.to_string(), workers.to_string()]);
        let status = render.status().expect("render.sh can be run");
        assert!(status.success(), "render.sh failed: {status}");
        if !extra.http.is_empty() {
            let text = extra.http.replace("DIRECTORY", &directory.display().to_string());
            fs::write(directory.join("conf.d/extra.conf"), text).expect("the test's own directory is writable");
        }
        let nginx = Nginx { process: launch(directory), directory: directory.to_path_buf(), port };
        nginx.listens().await;
        nginx
    }

    /// Ends it at once, with all its connections, and starts it again.
    pub async fn restart(&mut self) {
        self.process.kill();
        self.process = launch(&self.directory);
        self.listens().await;
    }

    async fn listens(&self) {
        eventually("nginx listens", LIMIT, || async { self.address().connect().await.ok() }).await;
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::port(self.port)
    }

    /// Its access log so far.
    #[must_use]
    pub fn access_log(&self) -> String {
        fs::read_to_string(self.directory.join("access.log")).unwrap_or_default()
    }

    /// Its error log so far.
    #[must_use]
    pub fn error_log(&self) -> String {
        self.process.log()
    }
}

fn launch(directory: &Path) -> Process {
    Launch::new("nginx", "nginx", directory)
        .env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
        .args(["-p", &directory.display().to_string(), "-c", "nginx.conf"])
        .start()
}
