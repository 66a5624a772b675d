//! What happens to the machine: descriptors, disk, clock, database.

use std::{fs, time::Instant};

use lockstep_e2e::Address;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::stage::{CLOCK, Stage};

/// Connections that nobody needs, made while there is no descriptor to take them with.
const KNOCKS: usize = 100;

pub(super) async fn exhaust_descriptors(stage: &mut Stage) -> Result<(), String> {
    for worker in stage.cluster.worker_processes() {
        let open = fs::read_dir(format!("/proc/{worker}/fd")).map_err(|error| error.to_string())?.count() as u64;
        // What it has it keeps; there is none for another connection.
        limit(worker, Some(open))?;
    }
    let proxy: Address = stage.cluster.nginx().address();
    for _ in 0..KNOCKS {
        stage.knocks.extend(proxy.connect().await.ok());
    }
    Ok(())
}

pub(super) fn give_descriptors(stage: &mut Stage) -> Result<(), String> {
    stage.knocks.clear();
    stage.cluster.worker_processes().into_iter().try_for_each(|worker| limit(worker, None))
}

/// Sets the soft limit of a process, or raises it to the hard one.
fn limit(process: u32, current: Option<u64>) -> Result<(), String> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    let now = rustix::process::getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: current.or(now.maximum), maximum: now.maximum };
    prlimit(pid, Resource::Nofile, wanted).map(drop).map_err(|error| format!("the limit of a worker: {error}"))
}

pub(super) fn fill_disk(stage: &mut Stage) -> Result<(), String> {
    let disk = stage.cluster.disk().ok_or("this user may not mount a disk of his own")?;
    disk.fill().map_err(|error| error.to_string())
}

pub(super) fn relieve_disk(stage: &mut Stage) -> Result<(), String> {
    stage.cluster.disk().map_or(Ok(()), |disk| disk.relieve().map_err(|error| error.to_string()))
}

/// `offset` in seconds, as libfaketime reads it.
pub(super) fn set_clock(stage: &mut Stage, offset: &str) -> Result<(), String> {
    fs::write(stage.cluster.directory().join(CLOCK), offset).map_err(|error| error.to_string())
}

/// A backup is made, edits go on, then everything stops, the backup takes the database's place, and everything starts again.
pub(super) async fn restore(stage: &mut Stage, said: bool) -> Result<(), String> {
    let data = stage.cluster.directory().join("data");
    let (database, backup) = (data.join("lockstep.db"), data.join("backup.db"));
    crate::history::back_up(&database, &backup)?;
    stage.let_edits_go_on().await;

    stage.authors.pause().await;
    let before = stage.history()?;
    stage.restored = Some((before, Instant::now()));
    stage.cluster.crash();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("lockstep.db{suffix}")));
    }
    fs::rename(&backup, &database).map_err(|error| error.to_string())?;
    if said {
        let migrated = stage.cluster.command(&["migrate", "--new-epoch"], "");
        if !migrated.status.success() {
            return Err(String::from_utf8_lossy(&migrated.stderr).into_owned());
        }
    }
    stage.cluster.serve().await;
    stage.authors.resume();
    Ok(())
}
