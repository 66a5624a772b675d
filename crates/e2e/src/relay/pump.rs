//! One connection of the relay.

use std::{collections::BTreeMap, io, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, sleep_until},
};

use super::{Mood, Shared, frame};

/// What waits to go on, by time and then by the order of its coming.
type Waiting = BTreeMap<(Instant, u64), Vec<u8>>;

/// Carries bytes both ways until one side ends.
pub(super) async fn run(worker: UnixStream, redis: UnixStream, shared: &Shared, seed: u64) {
    let ((mut asks, answered), (answers, mut asked)) = (worker.into_split(), redis.into_split());
    let back = Back { waiting: Waiting::new(), number: 0, random: StdRng::seed_from_u64(seed), shared };
    tokio::select! {
        _ = copy(&mut asks, &mut asked) => {}
        _ = back.carry(answers, answered) => {}
    }
}

/// The way from Redis to the worker.
struct Back<'a> {
    waiting: Waiting,
    number: u64,
    random: StdRng,
    shared: &'a Shared,
}

impl Back<'_> {
    async fn carry(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut read = Vec::with_capacity(64 * 1024);
        loop {
            let due = self.waiting.first_key_value().map(|((due, _), _)| *due);
            tokio::select! {
                more = from.read_buf(&mut read) => {
                    if more? == 0 {
                        return Ok(());
                    }
                    self.take(&mut read);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            let later = self.waiting.split_off(&(Instant::now(), u64::MAX));
            for reply in std::mem::replace(&mut self.waiting, later).into_values() {
                to.write_all(&reply).await?;
            }
        }
    }

    /// Takes the whole replies out of what was read.
    fn take(&mut self, read: &mut Vec<u8>) {
        let mut taken = 0;
        while let Some(length) = frame::length(&read[taken..]) {
            self.queue(read[taken..taken + length].to_vec());
            taken += length;
        }
        read.drain(..taken);
    }

    fn queue(&mut self, reply: Vec<u8>) {
        if !frame::is_event(&reply) {
            return self.put(Instant::now(), reply);
        }
        let Mood { lose, double, late, late_by } = self.shared.mood();
        if self.random.random_bool(lose) {
            return;
        }
        let delay = if self.random.random_bool(late) { late_by.mul_f64(self.random.random()) } else { Duration::ZERO };
        if self.random.random_bool(double) {
            self.put(Instant::now(), reply.clone());
        }
        self.put(Instant::now() + delay, reply);
    }

    fn put(&mut self, due: Instant, reply: Vec<u8>) {
        self.number += 1;
        self.waiting.insert((due, self.number), reply);
    }
}
