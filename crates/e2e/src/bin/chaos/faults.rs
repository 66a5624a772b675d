//! What can go wrong, and how it is made to.
//!
//! A fault begins, lasts, and ends; some are over as soon as they have begun. Edits go on all the while.

mod bus;
mod machine;
mod pages;
mod redis;
mod workers;

use std::{path::Path, time::Duration};

use lockstep_e2e::{Redis, Relay};
use rand::rngs::StdRng;

use crate::{
    arguments::Pace,
    crowd::Order,
    stage::{Kind, Stage},
};

/// What can be broken whoever it belongs to.
pub(crate) trait Target {
    /// The Redis that was there from the beginning.
    fn redis(&mut self) -> &mut Redis;
    /// The way to it.
    fn relay(&self) -> &Relay;
    /// Where files may be put.
    fn directory(&self) -> &Path;
    /// The processes that serve.
    fn workers(&self) -> Vec<u32>;
    /// One page in ten behaves like this from now on.
    fn order(&mut self, order: Order);
    /// Who chooses.
    fn random(&mut self) -> &mut StdRng;
    /// What a fault left to be tidied up.
    fn debris(&mut self) -> &mut Debris;
}

/// What a fault left to be tidied up.
#[derive(Debug, Default)]
pub(crate) struct Debris {
    /// Servers that took over from the first Redis.
    redises: Vec<Redis>,
    /// Workers that stand still.
    stopped: Vec<u32>,
}

/// One way to break things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happens: what the others are to be compared with.
    None,
    /// `kill -9` of a worker at each step of an edit.
    KillAtEachStep,
    /// A worker stands still for a while.
    WorkerStops,
    /// A worker hangs for good.
    WorkerHangs,
    /// All workers are restarted one after the other.
    RollingRestart,
    /// Redis dies and comes back empty.
    RedisKilled,
    /// Redis stands still.
    RedisFrozen,
    /// Redis forgets everything.
    RedisFlushed,
    /// Redis hangs up on all subscribers, again and again.
    SubscribersKilled,
    /// Another Redis takes over; subscribers stay on the old one.
    RedisFailover,
    /// A third of all messages gets lost.
    MessagesLost,
    /// No message arrives, and nobody says so.
    Silence,
    /// Half of all messages arrive twice.
    MessagesDoubled,
    /// Messages overtake each other.
    MessagesReordered,
    /// Messages arrive seconds late.
    MessagesDelayed,
    /// Strangers publish garbage and forged events.
    MessagesForged,
    /// The proxy dies and takes all connections with it.
    ProxyRestarted,
    /// Pages take a few messages a second.
    ReadersSlow,
    /// Pages take nothing for a while.
    ReadersStopped,
    /// Pages lose their network without a word.
    HalfOpen,
    /// The workers have no file descriptor left.
    DescriptorsExhausted,
    /// The disk takes no more.
    DiskFull,
    /// The clock of all workers goes back by a minute.
    ClockBack,
    /// The database server dies and is started again.
    DatabaseKilled,
    /// The database server stands still.
    DatabaseFrozen,
    /// The database is replaced by a backup, and says so.
    Restored,
    /// The database is replaced by a backup, and nobody says so.
    RestoredSilently,
}

/// How old news may be, as the promise has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Redis loses messages or is down.
    Wire,
    /// A connection dies without notice.
    Connection,
    /// Everything else, while the service can be reached.
    Otherwise,
}

impl Allowed {
    /// As a time.
    pub(crate) fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Allowed::Wire => 1,
            Allowed::Connection => 15,
            Allowed::Otherwise => 30,
        })
    }
}

impl Fault {
    /// All of them, the gentle ones first. The last ones stop the service for a moment.
    pub(crate) const ALL: [Fault; 27] = [
        Fault::None,
        Fault::MessagesLost,
        Fault::Silence,
        Fault::MessagesDoubled,
        Fault::MessagesReordered,
        Fault::MessagesDelayed,
        Fault::MessagesForged,
        Fault::RedisFlushed,
        Fault::SubscribersKilled,
        Fault::RedisFrozen,
        Fault::RedisKilled,
        Fault::RedisFailover,
        Fault::ProxyRestarted,
        Fault::ReadersSlow,
        Fault::ReadersStopped,
        Fault::HalfOpen,
        Fault::DescriptorsExhausted,
        Fault::DiskFull,
        Fault::WorkerStops,
        Fault::WorkerHangs,
        Fault::KillAtEachStep,
        Fault::RollingRestart,
        Fault::ClockBack,
        Fault::DatabaseKilled,
        Fault::DatabaseFrozen,
        Fault::Restored,
        Fault::RestoredSilently,
    ];

    /// Its name on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::KillAtEachStep => "kill-at-each-step",
            Fault::WorkerStops => "worker-stops",
            Fault::WorkerHangs => "worker-hangs",
            Fault::RollingRestart => "rolling-restart",
            Fault::RedisKilled => "redis-killed",
            Fault::RedisFrozen => "redis-frozen",
            Fault::RedisFlushed => "redis-flushed",
            Fault::SubscribersKilled => "subscribers-killed",
            Fault::RedisFailover => "redis-failover",
            Fault::MessagesLost => "messages-lost",
            Fault::Silence => "silence",
            Fault::MessagesDoubled => "messages-doubled",
            Fault::MessagesReordered => "messages-reordered",
            Fault::MessagesDelayed => "messages-delayed",
            Fault::MessagesForged => "messages-forged",
            Fault::ProxyRestarted => "proxy-restarted",
            Fault::ReadersSlow => "readers-slow",
            Fault::ReadersStopped => "readers-stopped",
            Fault::HalfOpen => "half-open",
            Fault::DescriptorsExhausted => "descriptors-exhausted",
            Fault::DiskFull => "disk-full",
            Fault::ClockBack => "clock-back",
            Fault::DatabaseKilled => "database-killed",
            Fault::DatabaseFrozen => "database-frozen",
            Fault::Restored => "restored",
            Fault::RestoredSilently => "restored-silently",
        }
    }

    /// What happens, for the table.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Fault::None => "nothing",
            Fault::KillAtEachStep => "a worker killed (`kill -9`) at each of the six steps of an edit",
            Fault::WorkerStops => "a worker stopped (SIGSTOP), going on later",
            Fault::WorkerHangs => "a worker stopped for good",
            Fault::RollingRestart => "all workers restarted one after the other (SIGHUP)",
            Fault::RedisKilled => "Redis killed, started again empty",
            Fault::RedisFrozen => "Redis stopped (SIGSTOP), going on later",
            Fault::RedisFlushed => "`FLUSHALL`",
            Fault::SubscribersKilled => "all subscribers hung up on, twice a second",
            Fault::RedisFailover => "another Redis takes over, subscribers stay with the old one",
            Fault::MessagesLost => "a third of the bus messages lost, by each worker others",
            Fault::Silence => "all bus messages lost, while Redis seems well",
            Fault::MessagesDoubled => "half of the bus messages doubled",
            Fault::MessagesReordered => "half of the bus messages late by up to 0.1 s, overtaken by others",
            Fault::MessagesDelayed => "half of the bus messages late by up to 3 s",
            Fault::MessagesForged => "garbage, forged and replayed events published on Redis",
            Fault::ProxyRestarted => "nginx killed, started again: all pages come back at once",
            Fault::ReadersSlow => "one page in ten takes 7 messages a second",
            Fault::ReadersStopped => "one page in ten takes nothing",
            Fault::HalfOpen => "one page in ten loses its network without a word",
            Fault::DescriptorsExhausted => "no file descriptors left in any worker",
            Fault::DiskFull => "not a byte left on the disk",
            Fault::ClockBack => "the clock set back by a minute, and forward again",
            Fault::DatabaseKilled => "PostgreSQL killed, started again",
            Fault::DatabaseFrozen => "PostgreSQL stopped (SIGSTOP), going on later",
            Fault::Restored => "database restored from a backup, with a new epoch",
            Fault::RestoredSilently => "database restored from a backup, nobody says so",
        }
    }

    /// How old news may get.
    pub(crate) fn allowed(self) -> Allowed {
        match self {
            Fault::HalfOpen | Fault::WorkerHangs | Fault::WorkerStops => Allowed::Connection,
            Fault::KillAtEachStep
            | Fault::RollingRestart
            | Fault::ProxyRestarted
            | Fault::ReadersSlow
            | Fault::ReadersStopped
            | Fault::DescriptorsExhausted
            | Fault::DiskFull
            | Fault::DatabaseKilled
            | Fault::DatabaseFrozen
            | Fault::Restored
            | Fault::RestoredSilently => Allowed::Otherwise,
            _ => Allowed::Wire,
        }
    }

    /// How long pages are waited for once it is over; longer than they may take, so that it shows by how much.
    pub(crate) fn patience(self) -> Duration {
        self.allowed().limit() + Duration::from_secs(20)
    }

    /// On which kind of installation it can happen.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Fault::ClockBack => Kind::Clock,
            Fault::DatabaseKilled | Fault::DatabaseFrozen => Kind::Postgres,
            _ => Kind::Plain,
        }
    }

    /// Makes it happen.
    ///
    /// # Errors
    /// Why this machine does not let us.
    pub(crate) async fn begin(self, stage: &mut Stage, pace: Pace) -> Result<(), String> {
        match self {
            Fault::KillAtEachStep => workers::kill_at_each_step(stage).await,
            Fault::WorkerHangs => workers::hang_one(stage).await,
            Fault::RollingRestart => workers::roll(stage).await,
            Fault::ProxyRestarted => {
                stage.cluster.nginx_mut().restart().await;
                Ok(())
            }
            Fault::MessagesForged => bus::forge(stage, pace.during).await,
            Fault::DescriptorsExhausted => machine::exhaust_descriptors(stage).await,
            Fault::DiskFull => machine::fill_disk(stage),
            Fault::ClockBack => machine::set_clock(stage, "-60"),
            Fault::DatabaseKilled => {
                stage.cluster.postgres().crash();
                Ok(())
            }
            Fault::DatabaseFrozen => {
                stage.cluster.postgres().hang(true);
                Ok(())
            }
            Fault::Restored => machine::restore(stage, true).await,
            Fault::RestoredSilently => machine::restore(stage, false).await,
            _ => self.begin_anywhere(stage, pace).await,
        }
    }

    /// Makes it happen to anybody's installation.
    ///
    /// # Errors
    /// Why this machine does not let us, or that it means nothing there.
    pub(crate) async fn begin_anywhere(self, target: &mut impl Target, pace: Pace) -> Result<(), String> {
        match self {
            Fault::None => Ok(()),
            Fault::WorkerStops => workers::stop_one(target),
            Fault::RedisKilled => {
                target.redis().crash();
                Ok(())
            }
            Fault::RedisFrozen => {
                target.redis().signal(rustix::process::Signal::STOP);
                Ok(())
            }
            Fault::RedisFlushed => redis::flush(target).await,
            Fault::SubscribersKilled => redis::hang_up(target, pace.during).await,
            Fault::RedisFailover => redis::fail_over(target).await,
            Fault::ReadersSlow | Fault::ReadersStopped | Fault::HalfOpen => pages::misbehave(target, self).await,
            _ => bus::misbehave(target, self),
        }
    }

    /// Makes it stop.
    ///
    /// # Errors
    /// When what was broken cannot be mended.
    pub(crate) async fn end(self, stage: &mut Stage) -> Result<(), String> {
        match self {
            Fault::DescriptorsExhausted => machine::give_descriptors(stage),
            Fault::DiskFull => machine::relieve_disk(stage),
            Fault::ClockBack => machine::set_clock(stage, "+0"),
            Fault::DatabaseKilled => {
                stage.cluster.postgres().restart().await;
                Ok(())
            }
            Fault::DatabaseFrozen => {
                stage.cluster.postgres().hang(false);
                Ok(())
            }
            _ => self.end_anywhere(stage).await,
        }
    }

    /// Makes it stop where [`Fault::begin_anywhere`] made it happen.
    ///
    /// # Errors
    /// When what was broken cannot be mended.
    pub(crate) async fn end_anywhere(self, target: &mut impl Target) -> Result<(), String> {
        match self {
            Fault::WorkerStops => workers::go_on(target),
            Fault::RedisKilled => target.redis().restart().await,
            Fault::RedisFrozen => target.redis().signal(rustix::process::Signal::CONT),
            Fault::RedisFailover => redis::bury_the_old(target)?,
            Fault::ReadersSlow | Fault::ReadersStopped | Fault::HalfOpen => target.order(Order::Read),
            _ => bus::behave(target),
        }
        Ok(())
    }
}
