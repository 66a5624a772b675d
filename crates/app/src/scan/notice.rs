//! What whoever wanted a scan is told at its end.

use lockstep_protocol::NoticeStatus;
use lockstep_store::ScanCounts;
use serde_json::{Value as Json, json};

use super::talk::sum;
use crate::{
    App, Caller, Error, NewNotice, To,
    jobs::{Job, JobState},
};

/// Tells the person who wanted the scan how it went; a program, or an operator, looks for himself. Told twice of one job it is one notice
/// as long as nobody has read it.
pub(super) async fn tell(app: &App, job: &Job) -> Result<(), Error> {
    let person = job
        .requested_by
        .as_ref()
        .map(|actor| actor.id.as_str())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(person) = person else { return Ok(()) };
    let subject = job.subject.as_ref();
    let name = subject.map_or("?", |subject| subject.name.as_str());
    let registrator = subject.map(|subject| &subject.id);
    let counts = job.report.as_ref().or(job.progress.as_ref()).map_or(&Json::Null, |told| &told["counts"]);
    let data = json!({"job": job.id.to_string(), "registrator": registrator, "name": name, "counts": counts});
    let (status, what) = outcome(job, counts);
    let notice = NewNotice {
        message: Some(format!("{name}: {what}").chars().take(MOST).collect()),
        status: Some(status),
        key: Some(format!("scan:{}", job.id)),
        ..NewNotice::new("scan_complete", &data)
    };
    match app.notify(&Caller::operator(), &To::User(person.to_owned()), notice).await {
        // Whoever wanted it is not here any more.
        Err(Error::Invalid { .. }) => Ok(()),
        told => told.map(drop),
    }
}

/// Letters of a message that a notice takes.
const MOST: usize = 1_000;

fn outcome(job: &Job, counts: &Json) -> (NoticeStatus, String) {
    let sum = || sum(serde_json::from_value::<ScanCounts>(counts.clone()).unwrap_or_default());
    match job.state {
        JobState::Completed => (NoticeStatus::Success, sum()),
        JobState::Cancelled => (NoticeStatus::Warning, format!("cancelled; until then {}", sum())),
        JobState::Failed => {
            let why = job.error.as_ref().map_or("failed", |error| error.message.as_str());
            (NoticeStatus::Error, why.to_owned())
        }
        _ => (NoticeStatus::Warning, sum()),
    }
}
