//! What a process has used, as the kernel counts it.

use std::{fs, time::Duration};

/// Ticks of `/proc/*/stat` in a second: 100 in every Linux ABI, whatever the kernel's own timer does.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of these processes so far.
///
/// Work the kernel does for them in interrupts is charged to whoever was running: on the servers' core mostly to them, on the
/// generator's core to nobody here. It is the same for every system, so ratios hold where absolute figures would not.
pub(crate) fn processor_time(processes: &[u32]) -> Duration {
    let ticks: u64 = processes.iter().map(|process| ticks(*process)).sum();
    Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND)
}

fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces; what follows the last one does not. utime and stime are the 14th and 15th field.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
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
