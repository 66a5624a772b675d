//! The key of Redis that shows a running import to others, as the application knows it.

use std::sync::{Arc, OnceLock};

use lockstep_app::{ImportMark, MarkAnswer, MarkSeen};
use lockstep_protocol::SharedSecret;
use lockstep_sync_manager::{
    Mark,
    bus::{BusError, RedisOptions},
};
use tracing::warn;

use crate::config::Settings;

/// The mark of these settings: none without Redis, or without a key.
pub(crate) fn of(settings: &Settings, secret: &SharedSecret) -> Option<Arc<dyn ImportMark>> {
    let key = settings.jobs.redis_lock_key.clone()?;
    let options = settings.bus(secret)?;
    Some(Arc::new(RedisMark { options, key, mark: OnceLock::new() }))
}

/// Connects when it is first needed: a worker that imports nothing, and a command, have no use for another connection.
#[derive(Debug)]
struct RedisMark {
    options: RedisOptions,
    key: String,
    mark: OnceLock<Result<Mark, BusError>>,
}

impl RedisMark {
    fn mark(&self) -> Result<&Mark, BusError> {
        self.mark.get_or_init(|| Mark::open(&self.options, self.key.as_str())).as_ref().map_err(Clone::clone)
    }

    /// What an answer means. What cannot be known keeps nobody from anything, and is said.
    fn seen(&self, answer: Result<Option<String>, BusError>) -> MarkSeen {
        match answer {
            Ok(None) => MarkSeen::Free,
            Ok(Some(theirs)) => MarkSeen::Others(theirs),
            Err(error) => {
                let key = self.key.as_str();
                warn!(key, error = &error as &dyn std::error::Error, "nobody knows who holds {key} in redis: {error}");
                MarkSeen::Unknown
            }
        }
    }
}

impl ImportMark for RedisMark {
    fn key(&self) -> &str {
        &self.key
    }

    fn value(&self, session: i64, fence: i64) -> String {
        self.mark().map(|mark| mark.value(session, fence)).unwrap_or_default()
    }

    fn look(&self) -> MarkAnswer<'_, MarkSeen> {
        Box::pin(async {
            let answer = async { self.mark()?.others().await };
            self.seen(answer.await)
        })
    }

    fn take<'a>(&'a self, value: &'a str) -> MarkAnswer<'a, MarkSeen> {
        Box::pin(async {
            let answer = async { self.mark()?.take(value).await };
            self.seen(answer.await)
        })
    }

    fn renew<'a>(&'a self, value: &'a str) -> MarkAnswer<'a, MarkSeen> {
        Box::pin(async {
            let answer = async { self.mark()?.renew(value).await };
            self.seen(answer.await)
        })
    }

    fn release<'a>(&'a self, value: &'a str) -> MarkAnswer<'a, ()> {
        Box::pin(async {
            // It goes by itself in half a minute, and keeps none of ours out.
            if let Ok(mark) = self.mark() {
                let _ = mark.release(value).await;
            }
        })
    }
}
