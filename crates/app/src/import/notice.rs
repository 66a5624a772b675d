//! What whoever wanted an import is told at its end.

use lockstep_protocol::NoticeStatus;
use serde_json::{Value as Json, json};

use super::{cursor::Cursor, start::order_of, talk::sums};
use crate::{
    App, Caller, Error, NewNotice, To,
    jobs::{Job, JobState},
};

/// Letters of a message that a notice takes.
const MOST: usize = 1_000;

/// Tells the person who wanted the import how it went; a program, or an operator, looks for himself. Told twice of one job it is one
/// notice as long as nobody has read it.
pub(super) async fn tell(app: &App, job: &Job) -> Result<(), Error> {
    let person = job
        .requested_by
        .as_ref()
        .map(|actor| actor.id.as_str())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(person) = person else { return Ok(()) };
    let order = order_of(job)?;
    let shown = job.shown();
    let data = json!({"job": job.id.to_string(), "type": order.import_type, "source": order.source,
        "state": job.state.name(), "counts": shown["counts"], "issuesTotal": shown["issuesTotal"],
        "seconds": shown["seconds"], "dryRun": order.dry_run});
    let (status, what) = outcome(job, &shown);
    let how = if order.dry_run { " (only tried)" } else { "" };
    let message = format!("{}, {}{how}: {what}", order.import_type, order.source);
    let notice = NewNotice {
        message: Some(message.chars().take(MOST).collect()),
        status: Some(status),
        key: Some(format!("import:{}", job.id)),
        ..NewNotice::new("import_complete", &data)
    };
    match app.notify(&Caller::operator(), &To::User(person.to_owned()), notice).await {
        // Whoever wanted it is not here any more.
        Err(Error::Invalid { .. }) => Ok(()),
        told => told.map(drop),
    }
}

fn outcome(job: &Job, shown: &Json) -> (NoticeStatus, String) {
    let sums =
        || job.cursor.as_deref().and_then(Cursor::read).map_or_else(|| "nothing was done".into(), |at| sums(&at));
    match job.state {
        JobState::Completed => (NoticeStatus::Success, sums()),
        JobState::Cancelled => (NoticeStatus::Warning, format!("cancelled; until then {}", sums())),
        JobState::Failed => {
            let why = shown["error"]["message"].as_str().unwrap_or("failed");
            (NoticeStatus::Error, why.to_owned())
        }
        _ => (NoticeStatus::Warning, sums()),
    }
}
