//! What the service itself says to sockets, beside the events of the road.

use tokio::task::yield_now;

use super::{Cut, Hub, MemberId, SOCKETS_A_TURN, Sent, Tally};
use crate::run::Run;
use lockstep_protocol::Room;

impl Hub {
    /// Says `event` to every socket of this worker; each gets its own payload. One whose queue is full is cut: it cannot be told.
    pub(crate) fn tell_all(&mut self, event: &'static str, mut payload: impl FnMut() -> serde_json::Value) {
        debug_assert!(self.gathered.is_empty(), "everybody is told something in the middle of a turn");
        for member in self.members.values() {
            if let Sent::Full(_) = member.outlet.send(&Run::of(event, &payload())) {
                member.outlet.cut(Cut::SlowConsumer);
            }
        }
    }

    /// Gives everybody in `room` the same run. One whose queue is full is behind, and told by the beat.
    pub(crate) async fn tell_room(&mut self, room: &Room, run: &Run) {
        debug_assert!(self.gathered.is_empty(), "a room is told something in the middle of a turn");
        let mut tally = Tally::default();
        for (number, (id, outlet)) in self.rooms.get(room).into_iter().flatten().enumerate() {
            tally.add(*id, run.len(), outlet.send(run));
            if number % SOCKETS_A_TURN == SOCKETS_A_TURN - 1 {
                yield_now().await;
            }
        }
        self.count(tally);
    }

    /// Gives one socket a run.
    pub(crate) fn tell(&mut self, id: MemberId, run: &Run) {
        debug_assert!(self.gathered.is_empty(), "a socket is told something in the middle of a turn");
        let mut tally = Tally::default();
        if let Some(member) = self.members.get(&id) {
            tally.add(id, run.len(), member.outlet.send(run));
        }
        self.count(tally);
    }
}
