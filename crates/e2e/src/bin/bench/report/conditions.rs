//! Under which conditions the figures came about.

use std::{fmt::Write, fs, path::Path};

use crate::{
    arguments::Arguments,
    figures::{Figures, Kind, Measure, Quantity},
    measure::PACED_LENGTH,
};

pub(super) fn paragraph(figures: &Figures, arguments: &Arguments) -> String {
    let mut text = format!("{}. {}", machine(), plural(arguments.rounds, "round"));
    if arguments.compares() {
        let _ = write!(
            text,
            ", in each of which the systems take turns of {:?} (paced: {:?}); two workers and Redis on one core, the generator on another",
            arguments.slice(),
            arguments.slice() * PACED_LENGTH
        );
    }
    let bytes = |kind: &Kind| figures.values(*kind, Measure::One, Quantity::Bytes).first().copied();
    if let Some(bytes) = arguments.only.iter().find_map(bytes) {
        let _ = write!(text, "; a delivery has {bytes:.0} bytes");
    }
    text + ". Median [lower quartile–upper quartile], of less than four values all of them; a ratio is that of neighbouring turns.\n\n"
}

/// `1 round`, `2 rounds`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split(['-', '\n']).next().unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    format!("{model}, Linux {kernel}, the ledger on {}", file_system(&mounts, &std::env::temp_dir()))
}

/// The kind of the file system that holds `path`, as `/proc/self/mounts` lists them: a commit costs what its disk costs.
fn file_system<'a>(mounts: &'a str, path: &Path) -> &'a str {
    let entries = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = entries.filter(|(place, _)| path.starts_with(place));
    holding.max_by_key(|(place, _)| place.len()).map_or("an unknown file system", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(plural(1, "round"), "1 round");
        assert_eq!(plural(3, "round"), "3 rounds");
    }

    #[test]
    fn the_file_system_is_that_of_the_nearest_mount() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nproc /proc proc rw 0 0\n";

        assert_eq!(file_system(mounts, Path::new("/tmp/x")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/var/tmp")), "ext4");
        assert_eq!(file_system("", Path::new("/tmp")), "an unknown file system");
    }
}
