//! Keeping the seats true: a session that ended, a person who was disabled or a right that was taken away has its effect at once.

use std::{sync::Arc, time::Duration};

use lockstep_app::Caller;
use lockstep_protocol::{Record, Room, Scope};
use tokio::{sync::broadcast, time::interval};
use tracing::info;

use super::{Door, seat::Seat};
use crate::{clock, listen::KillReason};

/// All seats are looked at so often, for sessions that simply ran out.
const SWEEP: Duration = Duration::from_secs(60);

/// Who may be concerned by an event.
enum Concerned {
    Nobody,
    Person(String),
    Everybody,
}

/// Follows what this worker applies, for ever.
pub(super) async fn follow(door: &Door) {
    let mut applied = door.sync().applied();
    let mut sweep = interval(SWEEP);
    loop {
        let concerned = tokio::select! {
            _ = sweep.tick() => Concerned::Everybody,
            record = applied.recv() => match record {
                Ok(record) => {
                    door.note_delay(&record);
                    concerned(&record)
                }
                Err(broadcast::error::RecvError::Lagged(_)) => Concerned::Everybody,
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        door.check_seats(concerned).await;
    }
}

/// A person's own row concerns him, a group's everybody in it.
fn concerned(record: &Record) -> Concerned {
    match &record.scope {
        Scope::Room(Room::Users) if record.id != "*" => Concerned::Person(record.id.clone()),
        Scope::Room(Room::Users | Room::Groups) => Concerned::Everybody,
        _ => Concerned::Nobody,
    }
}

impl Door {
    fn note_delay(&self, record: &Record) {
        let seconds = (clock::now_ms() - record.seq.0).max(0) as f64 / 1000.0;
        self.state().metrics.commit_to_emit_seconds.observe(seconds);
    }

    async fn check_seats(&self, concerned: Concerned) {
        let seats: Vec<Arc<Seat>> = match &concerned {
            Concerned::Nobody => return,
            Concerned::Everybody => self.seats(),
            Concerned::Person(id) => {
                let same = |seat: &Arc<Seat>| seat.caller().user().is_some_and(|user| user.id == *id);
                self.seats().into_iter().filter(same).collect()
            }
        };
        for seat in seats {
            self.check_seat(&seat).await;
        }
    }

    /// Out for good without a session; cut, so that the page comes back with its new rights, where they changed.
    async fn check_seat(&self, seat: &Seat) {
        match self.state().app.refresh(&seat.caller()).await {
            Ok(None) => {
                info!(
                    user = seat.caller().user().map(|user| user.login.as_str()),
                    "a session ended, its page is signed out"
                );
                seat.dismiss();
            }
            Ok(Some(now)) if !same_rights(&seat.caller(), &now) => seat.cut(KillReason::Revoked),
            // A ledger out of reach says nothing about anybody.
            Ok(Some(_)) | Err(_) => {}
        }
    }
}

fn same_rights(before: &Caller, now: &Caller) -> bool {
    let rights = |caller: &Caller| caller.user().map(|user| user.permissions.clone());
    rights(before) == rights(now)
}
