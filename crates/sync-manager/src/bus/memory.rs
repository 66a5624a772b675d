//! The wire inside one process: the same words, without Redis.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc;

use super::{Answer, Bus, BusError, Channel, SIGNALS, Signal, fits};

/// A wire in memory, as one worker holds it.
///
/// A worker that does not listen fast enough misses messages and is told how many, as with Redis.
#[derive(Debug, Default)]
pub struct Memory {
    ears: Arc<Mutex<Vec<Ear>>>,
    closed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Ear {
    owner_closed: Arc<AtomicBool>,
    signals: mpsc::Sender<Signal>,
    missed: u64,
}

impl Ear {
    /// False when nobody listens any more.
    fn hear(&mut self, signal: Signal) -> bool {
        if self.owner_closed.load(Ordering::Relaxed) {
            return false;
        }
        if self.missed > 0 && self.signals.try_send(Signal::Missed(self.missed)).is_ok() {
            self.missed = 0;
        }
        match self.signals.try_send(signal) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.missed += 1;
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

impl Memory {
    /// A new wire.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another worker on the same wire.
    #[must_use]
    pub fn branch(&self) -> Self {
        Self { ears: self.ears.clone(), closed: Arc::default() }
    }

    fn ears(&self) -> std::sync::MutexGuard<'_, Vec<Ear>> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bus for Memory {
    fn publish(&self, channel: Channel, message: Arc<str>) -> Answer<'_, Result<(), BusError>> {
        Box::pin(async move {
            if self.closed.load(Ordering::Relaxed) {
                return Err(BusError::Down);
            }
            fits(&message)?;
            self.ears().retain_mut(|ear| ear.hear(Signal::Message(channel, message.clone())));
            Ok(())
        })
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        let (signals, heard) = mpsc::channel(SIGNALS);
        let mut ear = Ear { owner_closed: self.closed.clone(), signals, missed: 0 };
        ear.hear(Signal::Up);
        self.ears().push(ear);
        heard
    }

    fn kind(&self) -> &'static str {
        "memory"
    }

    fn round_trip(&self) -> Option<Duration> {
        None
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.closed.store(true, Ordering::Relaxed);
        })
    }
}
