//! Orders to whoever does a job: to die at a place of the code, or to stand still there; and what is seen of the job meanwhile.

use std::{fs, time::Duration};

use lockstep_e2e::{Api, Cluster, LIMIT, Shape, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Names a directory: whoever finds a file there that is named like a place of the code dies at that place, or stands still.
const CRASH_WHEN: &str = "LOCKSTEP_CRASH_WHEN";

/// How long a takeover may take on a loaded machine where the lease has to run out first.
pub(crate) const TAKEOVER: Duration = Duration::from_secs(60);

/// Orders, each obeyed once.
pub(crate) struct Orders(TempDir);

impl Orders {
    pub(crate) fn none() -> Orders {
        Orders(TempDir::new().expect("a directory"))
    }

    /// The same server, which looks for these orders.
    pub(crate) fn given_to(&self, shape: Shape) -> Shape {
        shape.env(CRASH_WHEN, &self.0.path().display().to_string())
    }

    /// Whoever reaches that place next dies there; with `:stop` behind it he stands still.
    pub(crate) fn give(&self, place: &str) {
        fs::write(self.0.path().join(place), "").expect("written");
    }

    pub(crate) fn is_obeyed(&self, place: &str) -> bool {
        !self.0.path().join(place).exists()
    }

    /// Waits until a server of one process stands still there. It takes the order first and stops a moment later: who let it go on in
    /// between would let nothing go on, and it would stand for ever.
    pub(crate) async fn stands_at(&self, place: &str, sleeper: &mut Cluster) {
        let pid = sleeper.server().pid();
        let stands = || self.is_obeyed(place) && stands_still(pid);
        eventually(place, LIMIT, || std::future::ready(stands().then_some(()))).await;
    }
}

/// Whether a process stands still, as by SIGSTOP: the third word of its `stat`, behind its name.
fn stands_still(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|words| words.starts_with('T'))
}

/// Lets a server of one process that stands still go on.
pub(crate) fn wake(sleeper: &mut Cluster) {
    let pid = i32::try_from(sleeper.server().pid()).ok().and_then(Pid::from_raw).expect("a process of ours");
    kill_process(pid, Signal::CONT).expect("it is there");
}

/// The job once it is as wanted; a worker that is just starting does not answer.
pub(crate) async fn until_job(
    admin: &Api,
    id: &str,
    what: &str,
    limit: Duration,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    eventually(what, limit, || async {
        let (headers, path) = ([("cookie", admin.cookie.as_str())], format!("/api/jobs/{id}"));
        let reply = lockstep_e2e::http::send(&admin.address, http::Method::GET, &path, &headers, bytes::Bytes::new());
        let job = reply.await.ok().filter(|reply| reply.status.is_success())?.json();
        wanted(&job).then_some(job)
    })
    .await
}

/// The run that slept has found out that it is over.
pub(crate) async fn until_fenced(admin: &Api) {
    eventually("a fenced run", LIMIT, || async {
        let metrics = admin.get("/metrics").await;
        metrics.text().contains("lockstep_job_runs_total{end=\"fenced\"} 1").then_some(())
    })
    .await;
}
