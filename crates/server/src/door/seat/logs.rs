//! The page as a reader of log lines: from its join of the room `logs` until it leaves, goes or may no longer.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use lockstep_protocol::{Room, RoomAck, log::Filter};
use lockstep_sync_manager::{
    Sent,
    logs::{LogHub, LogOutlet, Reader, Said},
};

use super::Seat;
use crate::listen::Taken;

impl Seat {
    /// Begins to read if it has just joined `logs`. A page that joins anew begins anew.
    pub(in crate::door) fn begin_to_read(self: &Arc<Self>, joined: &[RoomAck], hub: &LogHub, backfill: usize) {
        if !joined.iter().any(|ack| matches!(ack, RoomAck::Joined { room: Room::Logs, .. })) {
            return;
        }
        let reader = hub.open(self.clone(), Filter::default(), backfill);
        drop(self.reader().replace(reader));
        // It may have gone, or lost the right, before there was a reader to close.
        if self.closed.load(Ordering::SeqCst) {
            self.end_reading();
        }
        self.keep_reading_only_if_allowed();
    }

    /// Reads other lines from now on.
    pub(in crate::door) fn read_logs(&self, filter: Filter, backfill: usize) {
        if let Some(reader) = &*self.reader() {
            reader.filter(filter, backfill);
        }
    }

    pub(in crate::door) fn reads_logs(&self) -> bool {
        self.reader().is_some()
    }

    pub(super) fn keep_reading_only_if_allowed(&self) {
        if !self.caller().may_join(&Room::Logs) {
            self.end_reading();
        }
    }

    pub(super) fn end_reading(&self) {
        drop(self.reader().take());
    }

    fn reader(&self) -> std::sync::MutexGuard<'_, Option<Reader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogOutlet for Seat {
    /// Takes only what leaves the greater part of its queue to changes of data.
    #[expect(clippy::disallowed_methods, reason = "the one door out")]
    fn send(&self, said: &Said) -> Sent {
        let Some((event, argument)) = said.event() else { return Sent::Queued };
        let Some(lane) = &self.lane else { return self.emit_all([(event, argument)].into_iter()) };
        match lane.send_spare(said.socketio().frames(), 1) {
            Taken::Yes => Sent::Queued,
            Taken::Full => Sent::Full(1),
            Taken::Gone => Sent::Gone,
        }
    }
}
