//! Following a job from the shell until it is over, whichever worker does it.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use lockstep_app::{
    App, Caller,
    jobs::{Job, JobState},
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{failure::Failure, output};

/// Between two looks at the job.
const LOOK: Duration = Duration::from_millis(250);

/// Between two lines where they stay, as in a log file.
const LINE: Duration = Duration::from_secs(5);

/// How long nobody may take the job before it is said that nobody seems to be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a kind of job says of itself.
pub(super) struct Words {
    /// How far it is; with a bar where the line is written over and over.
    pub(super) progress: fn(&Value, bool) -> String,
    /// What it has done, or had done until its end.
    pub(super) done: fn(&Job) -> String,
    /// Why it did not go all well, where it came to its end.
    pub(super) with_errors: &'static str,
}

/// Shows a job until it is over. What it has done goes to standard output, whatever the end; only that of a job without any error is good.
pub(super) async fn follow(app: &App, job: Job, words: &Words) -> Result<(), Failure> {
    let (mut job, id, began) = (job.clone(), job.id.to_string(), Instant::now());
    let mut shown = Shown { live: stderr().is_terminal(), said: None, lonely: false };
    while job.is_active() {
        if job.state == JobState::Queued && began.elapsed() > PATIENCE {
            shown.lonely();
        }
        shown.progress(&job, words);
        sleep(LOOK).await;
        job = app.job(&Caller::operator(), &id).await.map_err(|error| Failure::because(&error))?;
    }
    shown.end();
    let done = (words.done)(&job);
    match (job.state, job.error) {
        (JobState::Completed, _) => output::answer(&done),
        (JobState::CompletedWithErrors, _) => {
            output::answer(&done)?;
            Err(Failure::Failed(words.with_errors.to_owned()))
        }
        (JobState::Cancelled, _) => Err(Failure::Failed(format!("cancelled; until then {done}"))),
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
    fn progress(&mut self, job: &Job, words: &Words) {
        let Some(progress) = &job.progress else { return };
        let text = (words.progress)(progress, self.live);
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
