//! A run: events that leave for a socket together, in order, encoded once for all sockets that hear the same.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use lockstep_protocol::{Emission, EventName, frame};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Debug)]
enum Packet {
    /// An event of a room.
    Emission(Arc<Emission>),
    /// What the service itself says.
    Own(&'static str, String),
    /// What is true for a moment.
    Said(EventName, Box<RawValue>),
}

impl Packet {
    fn parts(&self) -> (&str, &str) {
        match self {
            Packet::Emission(emission) => (emission.event.as_str(), &emission.payload),
            Packet::Own(name, argument) => (name, argument),
            Packet::Said(name, argument) => (name.as_str(), argument.get()),
        }
    }
}

/// Events for a socket, in order.
#[derive(Debug)]
pub struct Run {
    packets: Vec<Packet>,
    frames: OnceLock<Bytes>,
}

impl Run {
    /// One event of the service's own; `argument` must have string keys only.
    pub fn of(name: &'static str, argument: &impl Serialize) -> Self {
        let argument = serde_json::to_string(argument).expect("what the service says has string keys");
        Self { packets: vec![Packet::Own(name, argument)], frames: OnceLock::new() }
    }

    /// One event that is true for a moment.
    pub(crate) fn said(event: EventName, argument: Box<RawValue>) -> Self {
        Self { packets: vec![Packet::Said(event, argument)], frames: OnceLock::new() }
    }

    /// Each event: its name, which needs no escapes, and its argument, finished JSON.
    pub fn events(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.packets.iter().map(Packet::parts)
    }

    /// How many events.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// All of them as finished WebSocket frames with nothing between; encoded at the first call, shared by all others.
    pub fn frames(&self) -> Bytes {
        self.frames.get_or_init(|| self.encode()).clone()
    }

    fn encode(&self) -> Bytes {
        let size = self.events().map(|(name, argument)| frame::event_bytes(name, argument)).sum();
        let mut frames = Vec::with_capacity(size);
        self.events().for_each(|(name, argument)| frame::event(&mut frames, name, argument));
        frames.into()
    }
}

impl FromIterator<Arc<Emission>> for Run {
    fn from_iter<I: IntoIterator<Item = Arc<Emission>>>(emissions: I) -> Self {
        Self { packets: emissions.into_iter().map(Packet::Emission).collect(), frames: OnceLock::new() }
    }
}
