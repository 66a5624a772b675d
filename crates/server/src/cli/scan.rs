//! `scan`: has a registrator's folder scanned by the workers that run, and shows how far they are.

use std::path::PathBuf;

use lockstep_app::{Caller, Error, ScanOptions, jobs::Job};
use serde_json::Value;

use super::{
    args::Scan,
    data,
    failure::Failure,
    follow::{Words, follow},
    output,
};

const WORDS: Words = Words {
    progress: |progress, _| progress_line(progress),
    done: |job| counts(job).map(line).unwrap_or_default(),
    with_errors: "some of it could not be read; the log says what",
};

pub(super) async fn run(config: Option<PathBuf>, scan: Scan) -> Result<(), Failure> {
    data::with_app(config, async |app| {
        let operator = Caller::operator();
        let registrator = app.find_registrator(&operator, &scan.registrator).await;
        let registrator = registrator.map_err(|error| refused(&error, &scan.registrator))?;
        let options = ScanOptions { sha256: scan.sha256, force: scan.force };
        let job = app.scan(&operator, &registrator, options).await;
        let job = job.map_err(|error| refused(&error, &scan.registrator))?;
        if scan.no_wait {
            return output::answer(&job.id.to_string());
        }
        output::note(&format!("scan-{}: the folder of {}; Ctrl+C leaves it running", job.id, scan.registrator));
        follow(app, job, &WORDS).await
    })
    .await
}

/// The total is not known before the end, so there are figures and no share.
fn progress_line(progress: &Value) -> String {
    let number = |name: &str| progress["counts"][name].as_u64().unwrap_or_default();
    let rate = progress["rate"].as_f64().unwrap_or_default();
    let item = progress["item"].as_str().unwrap_or_default();
    let done = progress["done"].as_u64().unwrap_or_default();
    let directories = number("directories");
    format!("{done} files in {directories} directories, {} new, {rate:.0} a second  {item}", number("new"))
}

/// The figures of the end, or those until then.
fn counts(job: &Job) -> Option<&Value> {
    let report = job.report.as_ref().map(|report| &report["counts"]);
    report.or(job.progress.as_ref().map(|progress| &progress["counts"]))
}

fn line(counts: &Value) -> String {
    let names = ["new", "changed", "missing", "returned", "unchanged", "failed", "directories"];
    names.map(|name| format!("{name} {}", counts[name].as_u64().unwrap_or_default())).join(", ")
}

fn refused(error: &Error, registrator: &str) -> Failure {
    Failure::Failed(match error {
        Error::NotFound => format!("there is no registrator `{registrator}`; give its name or its id"),
        Error::ScanDisabled => format!("the registrator `{registrator}` is switched off"),
        Error::ScanNoRoot { folder, roots } => {
            format!("the folder {folder} is not there, or not below [jobs] scan_roots, which are {roots}")
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_where_the_end_is_not_known() {
        let progress = json!({"stage": "walk", "item": "2026/03", "done": 1200, "total": null, "rate": 812.4,
            "counts": {"new": 30, "directories": 7}});

        assert_eq!(progress_line(&progress), "1200 files in 7 directories, 30 new, 812 a second  2026/03");
        let counts = line(&json!({"new": 3, "missing": 1}));
        assert_eq!(counts, "new 3, changed 0, missing 1, returned 0, unchanged 0, failed 0, directories 0");
    }
}
