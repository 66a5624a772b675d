//! The table: every system in the units people ask about, and the ratios that hold on other machines too.

use std::{fmt::Write, fs, path::Path};

use crate::{
    measure::{Figures, Phase, Plan},
    system::Kind,
};

/// The table stands between these two lines of the document.
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// A row: the values of one system, by slice or by round.
struct Measure {
    name: &'static str,
    read: fn(&Figures) -> Vec<f64>,
    digits: usize,
}

fn one(figures: &Figures, read: fn(&Phase) -> f64) -> Vec<f64> {
    figures.one.iter().map(read).collect()
}

fn many(figures: &Figures, read: fn(&Phase) -> f64) -> Vec<f64> {
    figures.many.iter().map(read).collect()
}

const MEASURES: [Measure; 9] = [
    Measure { name: "one in flight: µs CPU a delivery", read: |f| one(f, |phase| phase.processor_micros), digits: 2 },
    Measure { name: "one in flight: deliveries/s", read: |f| one(f, |phase| phase.deliveries_per_second), digits: 0 },
    Measure { name: "one in flight: a socket has it, p50 ms", read: |f| one(f, |phase| phase.each.0), digits: 2 },
    Measure {
        name: "one in flight: the last socket has it, p50 ms",
        read: |f| one(f, |phase| phase.last.0),
        digits: 2,
    },
    Measure {
        name: "one in flight: the last socket has it, p99 ms",
        read: |f| one(f, |phase| phase.last.1),
        digits: 2,
    },
    Measure { name: "32 in flight: µs CPU a delivery", read: |f| many(f, |phase| phase.processor_micros), digits: 2 },
    Measure { name: "32 in flight: deliveries/s", read: |f| many(f, |phase| phase.deliveries_per_second), digits: 0 },
    Measure {
        name: "idle connection: KB resident",
        read: |f| f.idle_bytes.iter().map(|bytes| bytes / 1024.0).collect(),
        digits: 1,
    },
    Measure { name: "bytes of a delivery", read: |f| one(f, |phase| phase.bytes), digits: 0 },
];

/// The table in Markdown, with the conditions it was made under.
pub(crate) fn table(all: &[(Kind, Figures)], plan: Plan) -> String {
    let (rounds, slices) = all.first().map_or((0, 0), |(_, figures)| (figures.idle_bytes.len(), figures.one.len()));
    let mut text = format!(
        "{} sockets in one room, WebSocket over TCP, two workers and Redis on one core, the generator on another; {slices} slices of \
         {:?} in {rounds} rounds, the systems in turn; idle memory by {} connections. Median [lower quartile–upper quartile]; a ratio \
         is that of neighbouring slices. {}.\n\n|",
        plan.sockets,
        plan.slice,
        plan.idle,
        machine()
    );
    for (kind, _) in all {
        let _ = write!(text, " | {}", title(*kind));
    }
    let ratios = ratio_columns(all);
    for (_, _, name) in &ratios {
        let _ = write!(text, " | {name}");
    }
    let _ = writeln!(text, " |\n|---{}|", "|---".repeat(all.len() + ratios.len()));
    for measure in &MEASURES {
        let _ = write!(text, "| {}", measure.name);
        for (_, figures) in all {
            let _ = write!(text, " | {}", spread((measure.read)(figures), measure.digits));
        }
        for (ours, theirs, _) in &ratios {
            let pairs = (measure.read)(ours).into_iter().zip((measure.read)(theirs)).map(|(a, b)| a / b);
            let _ = write!(text, " | {}", spread(pairs.collect(), 2));
        }
        text.push_str(" |\n");
    }
    text
}

/// Puts the table into the document, in place of the one before.
///
/// # Errors
/// When the document cannot be read or written, or has no place for it.
pub(crate) fn record(document: &Path, table: &str) -> Result<(), String> {
    let text = fs::read_to_string(document).map_err(|error| format!("{}: {error}", document.display()))?;
    let place = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = place else {
        return Err(format!("{}: no lines `{BEGIN}` and `{END}` to put the table between", document.display()));
    };
    let text = format!("{before}{BEGIN}\n\n{table}\n{END}{after}");
    fs::write(document, text).map_err(|error| format!("{}: {error}", document.display()))
}

type Ratio<'a> = (&'a Figures, &'a Figures, &'static str);

fn ratio_columns(all: &[(Kind, Figures)]) -> Vec<Ratio<'_>> {
    let of = |wanted| all.iter().find(|(kind, _)| *kind == wanted).map(|(_, figures)| figures);
    let columns = [
        (Kind::Lockstep, Kind::Node, "Lockstep / Node"),
        (Kind::Lockstep, Kind::Floor, "Lockstep / floor"),
        (Kind::Node, Kind::Floor, "Node / floor"),
    ];
    columns.into_iter().filter_map(|(ours, theirs, name)| Some((of(ours)?, of(theirs)?, name))).collect()
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Lockstep => "Lockstep",
        Kind::Node => "Socket.IO 4.8, Node, redis-adapter",
        Kind::Floor => "floor: bare frames, one write a delivery",
    }
}

/// `median [lower quartile–upper quartile]`; of less than four values the lowest and the highest.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return String::new() };
    let outer = if last < 3 { 0 } else { values.len() / 4 };
    let (low, median, high) = (values[outer], values[values.len() / 2], values[last - outer]);
    format!("{median:.digits$} [{low:.digits$}–{high:.digits$}]")
}

fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split(['-', '\n']).next().unwrap_or_default();
    format!("{model}, Linux {kernel}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_the_middle_and_the_quartiles() {
        assert_eq!(spread(vec![3.0, 1.0, 2.0], 1), "2.0 [1.0–3.0]");
        assert_eq!(spread((0..9).map(f64::from).collect(), 0), "4 [2–6]");
        assert_eq!(spread(Vec::new(), 0), "");
    }

    #[test]
    fn a_new_table_takes_the_place_of_the_old_one() {
        let document = tempfile::NamedTempFile::new().expect("room for a file");
        fs::write(document.path(), format!("before\n{BEGIN}\nold\n{END}\nafter\n")).expect("writable");

        record(document.path(), "new\n").expect("the document has its place");

        let text = fs::read_to_string(document.path()).expect("readable");
        assert_eq!(text, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
    }
}
