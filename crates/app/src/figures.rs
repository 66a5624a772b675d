//! Figures for whoever looks after the service: how busy the rooms are, how far the ledger reaches, how fast the database answers.
//!
//! Many pages ask at once, and each figure may take a look through a large ledger; so what was found a moment ago is given to all.

use std::{collections::BTreeMap, time::Duration};

use lockstep_protocol::{Room, Seq, ledger::Ledger};
use lockstep_store::Extent;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{
    App, Caller, Error,
    error::FieldError,
    list::{number, read},
    rights::Right,
};

/// Milliseconds that a figure is good for.
const FRESH_MS: i64 = 1_000;

/// How long a sign of life of the database is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A day.
const MAX_MINUTES: u32 = 24 * 60;

/// More steps than any picture has.
const MAX_BUCKETS: u32 = 288;

const MS_A_MINUTE: i64 = 60_000;

/// Over what time, in how many steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityQuery {
    minutes: u32,
    buckets: u32,
}

impl ActivityQuery {
    /// Reads `minutes` (60, at most a day) and `buckets` (30, at most 288).
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        read(words, Self { minutes: 60, buckets: 30 }, |query, name, value| {
            match name {
                "minutes" => query.minutes = number(&value, MAX_MINUTES)?,
                "buckets" => query.buckets = number(&value, MAX_BUCKETS)?,
                _ => return Err(FieldError::new("field.unknown")),
            }
            Ok(())
        })
    }

    fn step_ms(self) -> i64 {
        i64::from(self.minutes) * MS_A_MINUTE / i64::from(self.buckets)
    }
}

/// How busy rooms were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When the first step begins, in milliseconds since 1970: a whole number of steps, so that pictures do not tremble.
    pub from: i64,
    /// The length of a step.
    pub step_ms: i64,
    /// The newest event that is counted.
    pub seq: Seq,
    /// Events of each step, the oldest first; the last one is still going on.
    pub rooms: BTreeMap<Room, Vec<i64>>,
}

/// How the database is.
#[derive(Debug, Clone)]
pub struct Figures {
    /// How long a look took.
    pub round_trip: Duration,
    /// How large it is, in bytes.
    pub bytes: i64,
    /// How far the ledger reaches.
    pub extent: Extent,
}

/// What was found a moment ago. Whoever asks while somebody looks waits for what he finds.
#[derive(Default)]
pub(crate) struct Recent {
    activity: Mutex<Option<(i64, ActivityQuery, Activity)>>,
    figures: Mutex<Option<(i64, Figures)>>,
}

impl App {
    /// How busy the rooms that the caller may join were: events of their own, not those that followed from other rooms.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activity(&self, caller: &Caller, query: ActivityQuery) -> Result<Activity, Error> {
        let mut kept = self.0.recent.activity.lock().await;
        let mut activity = match &*kept {
            Some((at, of, activity)) if *of == query && self.is_fresh(*at) => activity.clone(),
            _ => {
                let activity = self.count_steps(query).await?;
                *kept = Some((self.clock().now_ms(), query, activity.clone()));
                activity
            }
        };
        drop(kept);
        activity.rooms.retain(|room, _| caller.may_join(room));
        Ok(activity)
    }

    async fn count_steps(&self, query: ActivityQuery) -> Result<Activity, Error> {
        let (step_ms, last) = (query.step_ms(), i64::from(query.buckets) - 1);
        let from = (self.clock().now_ms() / step_ms - last) * step_ms;
        let (seq, steps) = self.0.store.activity(&Room::NAMED, from, step_ms).await?;
        let rooms = steps.into_iter().map(|(room, steps)| {
            let mut counts = vec![0; query.buckets as usize];
            for (step, count) in steps {
                // A ledger that runs ahead of the clock has events in the future; they are of now.
                counts[usize::try_from(step.min(last)).unwrap_or_default()] += count;
            }
            (room, counts)
        });
        Ok(Activity { from, step_ms, seq, rooms: rooms.collect() })
    }

    /// How the database is. For administrators.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Unavailable`], after two seconds without an answer as well.
    pub async fn figures(&self, caller: &Caller) -> Result<Figures, Error> {
        caller.must(Right::Admin)?;
        let mut kept = self.0.recent.figures.lock().await;
        if let Some((at, figures)) = &*kept
            && self.is_fresh(*at)
        {
            return Ok(figures.clone());
        }
        let figures = timeout(PATIENCE, self.look()).await;
        let figures = figures.map_err(|elapsed| Error::Unavailable(std::sync::Arc::new(elapsed)))??;
        *kept = Some((self.clock().now_ms(), figures.clone()));
        Ok(figures)
    }

    async fn look(&self) -> Result<Figures, Error> {
        let store = &self.0.store;
        let asked = Instant::now();
        store.head().await.map_err(|error| Error::Unavailable(std::sync::Arc::new(error)))?;
        let round_trip = asked.elapsed();
        Ok(Figures { round_trip, bytes: store.bytes().await?, extent: store.extent().await? })
    }

    fn is_fresh(&self, at: i64) -> bool {
        (0..FRESH_MS).contains(&(self.clock().now_ms() - at))
    }
}
