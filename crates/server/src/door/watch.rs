//! Keeping the seats true: a session that ended, a person who was disabled or a right that was taken away has its effect at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lockstep_app::{Caller, KEYS_CHANGED, SESSION_ENDED};
use lockstep_protocol::{Reason, Record, Room, Scope};
use tokio::{
    sync::broadcast::error::{RecvError, TryRecvError},
    time::{interval, sleep},
};
use tracing::info;

use super::{Door, seat::Seat};
use crate::{clock, listen::KillReason};

/// All seats are looked at so often, for sessions that simply ran out.
const SWEEP: Duration = Duration::from_secs(60);

/// Between two looks at all seats. A look costs a question to the database for each, and a script may change a hundred groups a second.
const PAUSE: Duration = Duration::from_millis(200);

/// When the database could not tell about somebody, all are looked at again so soon: until then he keeps what may have been taken away.
const AGAIN: Duration = Duration::from_secs(1);

/// After so many persons of whom the database could not tell, a look is given up: it is out of reach, and each question costs its time.
const GIVE_UP: usize = 3;

/// Whose rights may be others now.
#[derive(Default)]
struct Concerned {
    everybody: bool,
    persons: BTreeSet<String>,
}

impl Concerned {
    fn everybody() -> Self {
        Self { everybody: true, ..Self::default() }
    }

    /// A person's own row concerns him, and so does the end of a session of his; a group's row concerns everybody in it, and a
    /// withdrawn key whoever holds it, which is told by looking at all. Who edits such a row alone concerns nobody's rights.
    fn add(&mut self, record: &Record) {
        if !record.event.is_of_data() {
            return;
        }
        match &record.scope {
            Scope::Room(Room::User(id)) if record.event.as_str() == SESSION_ENDED => {
                self.persons.insert(id.to_string());
            }
            Scope::Room(Room::Users) if record.id != "*" => {
                self.persons.insert(record.id.clone());
            }
            Scope::Room(Room::Admin) if record.event.as_str() == KEYS_CHANGED => {
                self.everybody |= record.reason == Reason::Deleted;
            }
            Scope::Room(Room::Users | Room::Groups) => self.everybody = true,
            _ => {}
        }
    }

    fn is(&self, caller: &Caller) -> bool {
        self.everybody || caller.user().is_some_and(|user| self.persons.contains(&user.id))
    }
}

/// Follows what this worker applies, for ever.
pub(super) async fn follow(door: &Door) {
    tokio::join!(measure(door), keep_true(door));
}

async fn measure(door: &Door) {
    let mut applied = door.sync().applied();
    loop {
        match applied.recv().await {
            Ok(record) => door.note_delay(&record),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Looks at the seats concerned; what happens meanwhile is looked at together, next. Where records were skipped, any of them may have
/// taken something away from anybody.
async fn keep_true(door: &Door) {
    let (mut applied, mut resets) = (door.sync().applied(), door.sync().resets());
    let mut sweep = interval(SWEEP);
    loop {
        let mut concerned = Concerned::default();
        tokio::select! {
            _ = sweep.tick() => concerned.everybody = true,
            Ok(()) = resets.changed() => concerned.everybody = true,
            record = applied.recv() => match record {
                Ok(record) => concerned.add(&record),
                Err(RecvError::Lagged(_)) => concerned = Concerned::everybody(),
                Err(RecvError::Closed) => return,
            },
        }
        loop {
            match applied.try_recv() {
                Ok(record) => concerned.add(&record),
                Err(TryRecvError::Lagged(_)) => concerned = Concerned::everybody(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if !door.check_seats(&concerned).await {
            sweep.reset_after(AGAIN);
        }
        if concerned.everybody {
            sleep(PAUSE).await;
        }
    }
}

impl Door {
    fn note_delay(&self, record: &Record) {
        let seconds = (clock::now_ms() - record.seq.0).max(0) as f64 / 1000.0;
        self.state().metrics.commit_to_emit_seconds.observe(seconds);
    }

    /// False when the database could not tell about somebody.
    async fn check_seats(&self, concerned: &Concerned) -> bool {
        if !concerned.everybody && concerned.persons.is_empty() {
            return true;
        }
        // Before the look at the seats: whoever is seated after that look sees the count.
        self.0.changes.fetch_add(1, Ordering::SeqCst);
        let seats: Vec<Arc<Seat>> = self.seats().into_iter().filter(|seat| concerned.is(&seat.caller())).collect();
        let mut untold = 0;
        for seat in seats {
            untold += usize::from(!self.check_seat(&seat).await);
            if untold == GIVE_UP {
                break;
            }
        }
        untold == 0
    }

    /// Out for good without a session; cut, so that the page comes back with its new rights, where they changed. Neither waits for the
    /// end of the connection to have its effect. False when the database does not answer, which says nothing about anybody.
    pub(super) async fn check_seat(&self, seat: &Seat) -> bool {
        let _turn = seat.looking().await;
        let before = seat.caller();
        match self.state().app.refresh(&before).await {
            Ok(None) => {
                info!(user = before.user().map(|user| user.login.as_str()), "a session ended, its page is signed out");
                seat.expel(self.sync()).await;
                seat.dismiss();
            }
            Ok(Some(now)) => {
                let same = same_rights(&before, &now);
                seat.becomes(now, self.sync()).await;
                if !same {
                    seat.cut(KillReason::Revoked);
                }
            }
            Err(_) => return false,
        }
        true
    }
}

fn same_rights(before: &Caller, now: &Caller) -> bool {
    let rights = |caller: &Caller| caller.user().map(|user| user.permissions.clone());
    rights(before) == rights(now)
}
