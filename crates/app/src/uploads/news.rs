//! What whoever sends files is told meanwhile, and at the end: one notice of each upload, changed in place.

use std::{future::pending, time::Duration};

use lockstep_protocol::NoticeStatus;
use serde_json::{Value as Json, json};
use tokio::{sync::watch, time::sleep};
use tracing::warn;
use uuid::Uuid;

use crate::{App, Caller, Error, NewNotice, To};

/// Between two notices of one upload. The end is told at once.
const PAUSE: Duration = Duration::from_secs(1);

/// How long after its beginning a notice is still changed in place. No upload takes longer.
const WINDOW: Duration = Duration::from_secs(48 * 60 * 60);

/// How often it is tried to tell of the end; once a second.
const TRIES: u32 = 30;

/// Letters of a file's name that are told.
const MAX_NAME: usize = 255;

/// How far an upload is.
#[derive(Debug, Clone, Default)]
struct Standing {
    filename: String,
    loaded: u64,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone)]
enum Outcome {
    /// With these rows.
    Completed(Vec<String>),
    /// For this reason.
    Failed { code: &'static str, why: String },
}

/// What is to be told. Dropped before the end is known, it was broken off.
pub(super) struct News(watch::Sender<Standing>);

impl News {
    /// Tells the person who sends; a program looks at its answer.
    pub(super) fn begin(app: &App, caller: &Caller, name: Option<String>, total: Option<u64>) -> Self {
        let (sender, heard) = watch::channel(Standing::default());
        if let Some(user) = caller.user() {
            let name = name.unwrap_or_else(|| Uuid::new_v4().to_string());
            let teller = Teller { app: app.clone(), user: user.id.clone(), name, total, told: false };
            app.0.road.tasks.spawn(teller.run(heard));
        }
        Self(sender)
    }

    pub(super) fn file(&self, name: &str) {
        let name: String = name.chars().take(MAX_NAME).collect();
        self.0.send_modify(|standing| standing.filename = name);
    }

    pub(super) fn loaded(&self, bytes: u64) {
        self.0.send_modify(|standing| standing.loaded = bytes);
    }

    pub(super) fn completed(&self, ids: Vec<String>) {
        self.0.send_modify(|standing| standing.outcome = Some(Outcome::Completed(ids)));
    }

    pub(super) fn failed(&self, error: &Error) {
        let outcome = Outcome::Failed { code: error.code(), why: error.to_string() };
        self.0.send_modify(|standing| standing.outcome = Some(outcome));
    }
}

/// Tells of one upload.
struct Teller {
    app: App,
    user: String,
    name: String,
    total: Option<u64>,
    told: bool,
}

impl Teller {
    /// To the end, whatever that is. Nothing of an upload that failed before its first file had a name.
    async fn run(mut self, mut heard: watch::Receiver<Standing>) {
        let closing = self.app.0.uploads.closing.clone();
        loop {
            let mut end = heard.clone();
            let over = tokio::select! {
                biased;
                ended = end.wait_for(|standing| standing.outcome.is_some()) => Some(ended.map(|standing| standing.clone()).ok()),
                () = closing.cancelled() => Some(None),
                () = news(&mut heard, self.told) => None,
            };
            let standing = heard.borrow_and_update().clone();
            match over {
                None => drop(self.tell(&standing, None).await),
                Some(known) => {
                    let outcome = known.and_then(|standing| standing.outcome).unwrap_or_else(broken_off);
                    return self.conclude(&standing, &outcome).await;
                }
            }
        }
    }

    async fn conclude(&mut self, standing: &Standing, outcome: &Outcome) {
        for _ in 0..TRIES {
            match self.tell(standing, Some(outcome)).await {
                // The person is not here any more.
                Ok(()) | Err(Error::Invalid { .. }) => return,
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn tell(&mut self, standing: &Standing, outcome: Option<&Outcome>) -> Result<(), Error> {
        let notice = NewNotice {
            status: Some(status(outcome)),
            key: Some(format!("upload:{}:{}", self.user, self.name)),
            window: WINDOW,
            // It has happened once, however often it is told.
            times: i64::from(!self.told),
            ..NewNotice::new("upload_status", &self.data(standing, outcome))
        };
        let told = self.app.notify(&Caller::operator(), &To::User(self.user.clone()), notice).await;
        if let Err(error) = &told {
            warn!(error = error as &dyn std::error::Error, "cannot tell how far an upload is");
        }
        self.told |= told.is_ok();
        told.map(drop)
    }

    fn data(&self, standing: &Standing, outcome: Option<&Outcome>) -> Json {
        let Standing { filename, loaded, .. } = standing;
        let mut data = json!({"upload_id": self.name, "filename": filename, "status": word(outcome), "loaded": loaded,
            "message": message(filename, outcome)});
        if let Some(total) = self.total {
            data["total"] = total.into();
            data["progress"] = percent(*loaded, total).into();
        }
        match outcome {
            Some(Outcome::Completed(ids)) => {
                data["progress"] = 100.into();
                data["file"] = ids.first().cloned().into();
                data["files"] = ids.clone().into();
            }
            Some(Outcome::Failed { code, .. }) => data["code"] = (*code).into(),
            None => {}
        }
        data
    }
}

/// Waits until there is something new to tell that is not the end: a file with a name, and a second after what was told before.
async fn news(heard: &mut watch::Receiver<Standing>, told: bool) {
    if told {
        sleep(PAUSE).await;
    }
    let changed = match told {
        true => heard.changed().await,
        false => heard.wait_for(|standing| !standing.filename.is_empty()).await.map(drop),
    };
    // The end is somebody else's to see.
    if changed.is_err() {
        pending::<()>().await;
    }
}

fn broken_off() -> Outcome {
    Outcome::Failed { code: "upload.broken_off", why: "it was broken off before the end".into() }
}

fn percent(loaded: u64, total: u64) -> u64 {
    // Not all of it before it is over.
    (loaded.saturating_mul(100) / total.max(1)).min(99)
}

fn word(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "processing",
        Some(Outcome::Completed(_)) => "completed",
        Some(Outcome::Failed { .. }) => "failed",
    }
}

fn status(outcome: Option<&Outcome>) -> NoticeStatus {
    match outcome {
        None => NoticeStatus::Info,
        Some(Outcome::Completed(_)) => NoticeStatus::Success,
        Some(Outcome::Failed { .. }) => NoticeStatus::Error,
    }
}

fn message(filename: &str, outcome: Option<&Outcome>) -> String {
    let filename = if filename.is_empty() { "the upload" } else { filename };
    match outcome {
        None => format!("{filename} is being uploaded"),
        Some(Outcome::Completed(ids)) if ids.len() > 1 => format!("{filename} and {} more are uploaded", ids.len() - 1),
        Some(Outcome::Completed(_)) => format!("{filename} is uploaded"),
        Some(Outcome::Failed { why, .. }) => format!("{filename} was not uploaded: {why}"),
    }
}
