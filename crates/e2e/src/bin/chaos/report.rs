//! The tables.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path, time::Duration};

use crate::{arguments::Arguments, check::Verdict, controls::Control, faults::Fault, stage::Finding};

/// The tables stand between these two lines of the document.
const BEGIN: &str = "<!-- chaos:begin -->";
const END: &str = "<!-- chaos:end -->";

/// The columns of both systems.
const HEAD: &str = "| fault | events × pages | lost | doubled | out of order | never committed | rows wrong at the end | caught up | \
                    refreshes | p99 | worst | allowed | recovered after | stock: lost | doubled | out of order |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

/// What socketioxide with its Redis adapter did under the same faults, by the word for the fault.
pub(crate) type Strangers = BTreeMap<&'static str, Verdict>;

/// One line of the table, as far as it is ours.
pub(crate) fn line(finding: &mut Finding) -> String {
    let (fault, events) = (finding.fault, finding.events);
    let (p99, worst) = (finding.verdict.staleness.quantile(0.99), finding.verdict.staleness.quantile(1.0));
    let late = if finding.is_in_time() { "" } else { " (late)" };
    let Verdict { pages, lost, doubled, disordered, invented, wrong, recovered, refreshes, .. } = &finding.verdict;
    format!(
        "| {} | {events} × {pages} | {lost} | {doubled} | {disordered} | {invented} | {wrong} | {recovered} | {refreshes} | {} | {}{late} | \
         {} s | {} |",
        fault.about(),
        time(p99),
        time(worst),
        fault.allowed().limit().as_secs(),
        time(finding.recovery),
    )
}

/// All of it.
pub(crate) fn text(
    arguments: &Arguments,
    findings: &mut [Finding],
    controls: &[Control],
    skipped: &[String],
    strangers: &Strangers,
) -> String {
    let mut text = format!(
        "{} workers, {} pages in two rooms each, {} edits a second, seed {}.\n\n{HEAD}",
        arguments.workers, arguments.pages, arguments.edits, arguments.seed
    );
    for finding in &mut *findings {
        let theirs = strangers.get(finding.fault.word()).map_or("– | – | –".to_owned(), |verdict| {
            format!("{} | {} | {}", verdict.lost, verdict.doubled, verdict.disordered)
        });
        let _ = writeln!(text, "{} {theirs} |", line(finding));
    }
    for reason in skipped {
        let _ = writeln!(text, "\nNot run: {reason}");
    }
    text + &bystanders_text(findings) + &controls_text(controls)
}

/// What slow pages cost those that read.
fn bystanders_text(findings: &mut [Finding]) -> String {
    let mut text = String::new();
    let compared = [Fault::None, Fault::ReadersSlow, Fault::ReadersStopped];
    for finding in findings.iter_mut().filter(|finding| compared.contains(&finding.fault)) {
        let others = &mut finding.verdict.others;
        let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|part| time(others.quantile(part)));
        let _ = writeln!(text, "| {} | {p50} | {p99} | {worst} |", finding.fault.about());
    }
    if text.is_empty() {
        return text;
    }
    format!("\n| the pages that read, while | p50 | p99 | worst |\n|---|---|---|---|\n{text}")
}

fn controls_text(controls: &[Control]) -> String {
    if controls.is_empty() {
        return String::new();
    }
    let mut text = "\n| switched off | fault | lost | the checker noticed |\n|---|---|---|---|\n".to_owned();
    for Control { detector, fault, lost } in controls {
        let noticed = if *lost > 0 { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {detector} | {} | {lost} | {noticed} |", fault.about());
    }
    text
}

/// Puts the tables into the document, in place of those before.
///
/// # Errors
/// When the file cannot be read or written, or has no place for them.
pub(crate) fn record(document: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", document.display());
    let old = fs::read_to_string(document).map_err(failed)?;
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{}: no lines `{BEGIN}` and `{END}`", document.display()))?;
    fs::write(document, format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end())).map_err(failed)
}

fn time(time: Option<Duration>) -> String {
    match time {
        None => "never".to_owned(),
        Some(time) if time < Duration::from_secs(1) => format!("{} ms", time.as_millis()),
        Some(time) => format!("{:.1} s", time.as_secs_f32()),
    }
}
