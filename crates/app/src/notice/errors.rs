//! Grave lines of the log, on their way to those who look after the service.
//!
//! The worker that takes a line in notes it here, at no cost to whoever wrote it; one task tells of them, [`super::storm`] says when.

use std::{
    future::{Future, pending},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lockstep_protocol::{
    NoticeStatus,
    log::{Level, Line},
};
use serde_json::{Value as Json, value::to_raw_value};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tracing::warn;

use super::{
    NewNotice, To,
    storm::{Push, Storms},
};
use crate::{App, Caller, rights::Right};

/// As much of a line's message as a notice carries, in characters. Whoever wants the rest looks the line up by its id.
const MAX_MESSAGE: usize = 1000;

/// What is noted and not told yet.
#[derive(Default)]
pub(crate) struct Errors {
    storms: Mutex<Storms<Arc<Line>>>,
    news: Notify,
}

impl Errors {
    /// Notes a line that this process has taken in, if it is a grave one. Never waits.
    pub(crate) fn note(&self, line: &Arc<Line>) {
        if line.level >= Level::Error {
            self.storms().note(Instant::now(), &line.source, line.clone());
            self.news.notify_one();
        }
    }

    fn storms(&self) -> MutexGuard<'_, Storms<Arc<Line>>> {
        self.storms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Tells those who may read logs of grave lines until `shutdown`, and then of what is left.
    pub async fn tell_errors(&self, shutdown: impl Future<Output = ()>) {
        let errors = &self.0.errors;
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let next = errors.storms().next();
            tokio::select! {
                () = &mut shutdown => break,
                () = errors.news.notified() => {}
                () = at(next) => {}
            }
            let due = errors.storms().due(Instant::now());
            self.tell_storms(due).await;
        }
        let rest = errors.storms().rest(Instant::now());
        self.tell_storms(rest).await;
    }

    async fn tell_storms(&self, pushes: Vec<Push<Arc<Line>>>) {
        for push in pushes {
            let notice = notice(&push);
            if let Err(error) = self.notify(&Caller::operator(), &To::With(Right::LogsView), notice).await {
                self.0.errors.storms().put_back(Instant::now(), push);
                // Only a warning: it must not become a grave line itself.
                warn!(error = &error as &dyn std::error::Error, "cannot tell anybody of errors, trying again in 5 s");
            }
        }
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// The newest line, and how many there were.
fn notice(push: &Push<Arc<Line>>) -> NewNotice {
    let mut line = Line::clone(&push.newest);
    line.message = line.message.chars().take(MAX_MESSAGE).collect();
    let source: String = push.source.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    NewNotice {
        data: to_raw_value(&line).ok(),
        status: Some(NoticeStatus::Error),
        key: Some(format!("log_event:{source}")),
        times: push.lines,
        counted: true,
        ..NewNotice::new("log_event", &Json::Null)
    }
}
