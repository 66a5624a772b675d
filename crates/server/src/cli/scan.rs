//! `scan`: has a registrator's folder scanned by the workers that run, and shows how far they are.

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    time::Duration,
};

use lockstep_app::{
    App, Caller, Error, ScanOptions,
    jobs::{Job, JobState},
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{args::Scan, data, failure::Failure, output};

/// Between two looks at the job.
const LOOK: Duration = Duration::from_millis(250);

/// Between two lines where they stay, as in a log file.
const LINE: Duration = Duration::from_secs(5);

/// How long nobody may take the job before it is said that nobody seems to be there.
const PATIENCE: Duration = Duration::from_secs(10);

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
        follow(app, job).await
    })
    .await
}

/// Shows a job until it is over.
async fn follow(app: &App, job: Job) -> Result<(), Failure> {
    let (mut job, id, began) = (job.clone(), job.id.to_string(), Instant::now());
    let mut shown = Shown { live: stderr().is_terminal(), said: None, lonely: false };
    while job.is_active() {
        if job.state == JobState::Queued && began.elapsed() > PATIENCE {
            shown.lonely();
        }
        shown.progress(&job);
        sleep(LOOK).await;
        job = app.job(&Caller::operator(), &id).await.map_err(|error| Failure::because(&error))?;
    }
    shown.end();
    let counts = job.report.as_ref().map(|report| &report["counts"]).or(job.progress.as_ref().map(|it| &it["counts"]));
    let counts = counts.map(line).unwrap_or_default();
    match (job.state, job.error) {
        (JobState::Completed, _) => output::answer(&counts),
        (JobState::CompletedWithErrors, _) => {
            output::answer(&counts)?;
            Err(Failure::Failed("some of it could not be read; the log says what".to_owned()))
        }
        (JobState::Cancelled, _) => Err(Failure::Failed(format!("cancelled; until then {counts}"))),
        (_, Some(error)) => Err(Failure::Failed(format!("{} ({})", error.message, error.code))),
        (state, None) => Err(Failure::Failed(state.to_string())),
    }
}

/// What a person has been shown.
struct Shown {
    /// On a terminal one line is written over and over.
    live: bool,
    said: Option<Instant>,
    lonely: bool,
}

impl Shown {
    fn progress(&mut self, job: &Job) {
        let Some(progress) = &job.progress else { return };
        let text = progress_line(progress);
        if self.live {
            output::over(&text);
        } else if self.said.is_none_or(|said| said.elapsed() >= LINE) {
            output::note(&text);
        } else {
            return;
        }
        self.said = Some(Instant::now());
    }

    fn lonely(&mut self) {
        if !std::mem::replace(&mut self.lonely, true) {
            output::note("no worker has taken it yet; does `lockstep serve` run, with [jobs] concurrency above 0?");
        }
    }

    fn end(&self) {
        if self.live && self.said.is_some() {
            output::note("");
        }
    }
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
