//! What processes have used, as the kernel counts it.

use std::{collections::BTreeMap, fs};

/// Processor time of some processes from now on.
///
/// Counted by thread, in nanoseconds (`schedstat`): a turn of a second is too short for the ticks of `stat`. A thread that ends in
/// between is left out; those that end are helpers which have had nothing to do for seconds.
pub(crate) struct Meter {
    processes: Vec<u32>,
    before: BTreeMap<u32, u64>,
}

impl Meter {
    pub(crate) fn start(processes: Vec<u32>) -> Meter {
        Meter { before: threads(&processes), processes }
    }

    /// Used since the start, in microseconds.
    pub(crate) fn micros(&self) -> f64 {
        let used = |(thread, now): (&u32, &u64)| now - self.before.get(thread).unwrap_or(&0);
        threads(&self.processes).iter().map(used).sum::<u64>() as f64 / 1e3
    }
}

/// Nanoseconds by thread.
fn threads(processes: &[u32]) -> BTreeMap<u32, u64> {
    let tasks =
        processes.iter().flat_map(|process| fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten());
    let time = |task: fs::DirEntry| {
        let schedstat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some((task.file_name().to_str()?.parse().ok()?, schedstat.split_whitespace().next()?.parse().ok()?))
    };
    tasks.flatten().filter_map(time).collect()
}

/// Whether this kernel counts the time of threads at all. A thread's time is brought up to date when it leaves its core, so this one
/// does that first.
pub(crate) fn counts() -> bool {
    std::thread::sleep(std::time::Duration::from_millis(1));
    threads(&[std::process::id()]).values().any(|nanoseconds| *nanoseconds > 0)
}

/// The kernel's thread that takes over a core's share of the network's work when there is too much of it to be done on the side. On the
/// loopback interface that work belongs to those who send.
pub(crate) fn network_thread(core: usize) -> Option<u32> {
    let name = format!("ksoftirqd/{core}");
    let named =
        |process: &u32| fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|comm| comm.trim() == name);
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(named)
}

/// Resident memory of these processes, in bytes.
pub(crate) fn resident(processes: &[u32]) -> u64 {
    processes.iter().map(|process| resident_of(*process)).sum()
}

fn resident_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_seen_within_a_millisecond() {
        assert!(counts());
        let meter = Meter::start(vec![std::process::id()]);
        let started = std::time::Instant::now();
        while started.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        assert!(meter.micros() > 1000.0);
    }
}
