//! What is true for a moment: said to a room on all workers, written down nowhere.
//!
//! How far a job is, for instance. It may get lost, and what comes later says all that matters.

use lockstep_protocol::{EventName, Room};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    SyncManager,
    actor::Command,
    bus::{Channel, MAX_MESSAGE_BYTES},
};

/// One of them, as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transient {
    pub(crate) room: Room,
    pub(crate) event: EventName,
    pub(crate) payload: Box<RawValue>,
}

impl SyncManager {
    /// Says something to everybody in `room`, on every worker, or while the bus is away on this one. Never waits. What is larger than
    /// 64 KiB with its envelope, or comes while too much waits for the bus, is dropped.
    pub fn tell_room(&self, room: &Room, event: &EventName, payload: Box<RawValue>) {
        let transient = Transient { room: room.clone(), event: event.clone(), payload };
        let text = serde_json::to_string(&transient).expect("it has string keys and raw JSON only");
        if text.len() > MAX_MESSAGE_BYTES {
            return tracing::warn!(%event, bytes = text.len(), "{event} is too large to be told");
        }
        if self.status.borrow().bus {
            self.outbox.send(Channel::Transient, text.into());
        } else {
            // Where the queue is full there is more to do than that.
            let _ = self.commands.try_send(Command::Tell(transient));
        }
    }
}
