//! The hub's own task: hears, repairs, and serves the readers, so that none of it is done where changes of data are.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use lockstep_protocol::log::{Archive, Filter, Line};
use tokio::{
    sync::mpsc,
    task::yield_now,
    time::{Instant, sleep_until, timeout},
};

use super::{
    PAUSE,
    audience::Audience,
    desk::Desk,
    message,
    ring::SharedRing,
    said::Entry,
    track::{Fresh, Question, Tracks},
};
use crate::{bus::Channel, counters::Counters, outbox::Outbox};

/// How long the archive may take.
const ARCHIVE_LIMIT: Duration = Duration::from_secs(2);

/// Lines gathered between two batches to the readers; messages wait where they are while it is more.
const FRESH: usize = 4096;

/// How often a worker that has grown silent says how far it has come.
const MARK: Duration = Duration::from_secs(1);

/// How long a line that the archive had at the start may still come over the bus.
const STILL_COMING: Duration = Duration::from_secs(10);

/// The task before its life.
pub(crate) struct Task {
    desk: Arc<Desk>,
    ring: SharedRing,
    heard: mpsc::Receiver<Arc<str>>,
    counters: Arc<Counters>,
}

impl Task {
    pub(super) fn new(
        desk: Arc<Desk>,
        ring: SharedRing,
        heard: mpsc::Receiver<Arc<str>>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { desk, ring, heard, counters }
    }

    pub(super) async fn live(mut self, archive: Option<Arc<dyn Archive>>, outbox: Outbox) {
        let known = match &archive {
            Some(archive) => self.remember(archive.as_ref()).await,
            None => HashSet::new(),
        };
        let (now, born) = (Instant::now(), self.desk.born());
        let live = Live {
            desk: self.desk,
            audience: Audience::new(self.ring, self.counters.clone()),
            archive,
            outbox,
            counters: self.counters,
            tracks: Tracks::new(born),
            fresh: Vec::new(),
            known,
            forget_known: now + STILL_COMING,
            lookups: FuturesUnordered::new(),
            flush: now,
            mark: now + MARK,
        };
        live.follow(&mut self.heard).await;
    }

    /// Fills the ring with what the archive has; the ids of those lines, some of which may still be on their way.
    async fn remember(&self, archive: &dyn Archive) -> HashSet<String> {
        let (filter, capacity) = (Filter::default(), self.ring.capacity());
        let lines = timeout(ARCHIVE_LIMIT, archive.newest(&filter, capacity)).await;
        if lines.as_ref().is_ok_and(|lines| lines.len() >= capacity) || lines.is_err() {
            self.ring.has_older();
        }
        let lines = lines.unwrap_or_default();
        let known = lines.iter().map(|line| line.id.clone()).collect();
        self.ring.extend(lines.into_iter().map(|line| Entry::new(Arc::new(line))));
        known
    }
}

/// An answer of the archive.
type Lookup = BoxFuture<'static, (Question, Vec<Line>)>;

struct Live {
    desk: Arc<Desk>,
    audience: Audience,
    archive: Option<Arc<dyn Archive>>,
    outbox: Outbox,
    counters: Arc<Counters>,
    tracks: Tracks,
    /// What has come since the last batch.
    fresh: Vec<Fresh>,
    /// Lines that the ring has had from the start.
    known: HashSet<String>,
    forget_known: Instant,
    lookups: FuturesUnordered<Lookup>,
    /// When readers may be given the next batch.
    flush: Instant,
    mark: Instant,
}

impl Live {
    async fn follow(mut self, heard: &mut mpsc::Receiver<Arc<str>>) {
        loop {
            let wake = self.wake();
            tokio::select! {
                biased;
                () = self.desk.rings() => self.audience.obey(self.desk.take()).await,
                Some((question, lines)) = self.lookups.next() => self.repair(&question, lines),
                () = sleep_until(wake) => {}
                Some(message) = heard.recv(), if self.fresh.len() < FRESH => self.hear(&message),
            }
            self.turn().await;
            yield_now().await;
        }
    }

    /// When there is something to do even if nobody says anything.
    fn wake(&self) -> Instant {
        let flush = (!self.fresh.is_empty()).then_some(self.flush);
        let some = [self.tracks.wake(), self.audience.next_try(), flush];
        some.into_iter().flatten().fold(self.mark, Instant::min)
    }

    fn hear(&mut self, message: &str) {
        let Some(heard) = message::read(message) else { return self.counters.bus_garbage.add(1) };
        let mut out = Vec::new();
        self.tracks.hear(&heard, Instant::now(), &mut out);
        self.gather(out);
    }

    fn repair(&mut self, question: &Question, lines: Vec<Line>) {
        let mut out = Vec::new();
        let brought = self.tracks.answer(question, lines, Instant::now(), &mut out);
        self.counters.logs.repaired.add(brought);
        self.gather(out);
    }

    fn gather(&mut self, out: Vec<Fresh>) {
        for one in out {
            match &one {
                Fresh::Line(entry) => {
                    self.counters.logs.heard.add(1);
                    if self.known.remove(&entry.line().id) {
                        continue;
                    }
                }
                Fresh::Lost(count) => self.counters.logs.lost.add(*count),
            }
            self.fresh.push(one);
        }
    }

    /// Whatever is due.
    async fn turn(&mut self) {
        let now = Instant::now();
        for question in self.tracks.questions(now) {
            self.lookups.push(ask(self.archive.clone(), question));
        }
        if !self.fresh.is_empty() && self.flush <= now {
            let fresh = std::mem::take(&mut self.fresh);
            self.audience.hear(&fresh).await;
            self.flush = Instant::now() + PAUSE;
        }
        if self.audience.next_try().is_some_and(|at| at <= now) {
            self.audience.try_again(now).await;
        }
        if self.mark <= now {
            self.say_mark(now);
        }
    }

    fn say_mark(&mut self, now: Instant) {
        self.mark = now + MARK;
        if let Some((from, upto)) = self.desk.mark() {
            self.outbox.send(Channel::Logs, message::mark(&from, upto, self.desk.age()).into());
        }
        if self.forget_known <= now {
            self.known = HashSet::new();
        }
    }
}

fn ask(archive: Option<Arc<dyn Archive>>, question: Question) -> Lookup {
    Box::pin(async move {
        let Question { from, first, last } = &question;
        let lines = match &archive {
            Some(archive) => timeout(ARCHIVE_LIMIT, archive.between(from, *first, *last)).await.unwrap_or_default(),
            None => Vec::new(),
        };
        (question, lines)
    })
}
