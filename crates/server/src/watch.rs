//! Keeping those who are in true: a session that ended, a person who was disabled or a right that was taken away has its effect at once.
//!
//! The rules are the same for every door whose connections outlive a request; a [`Hall`] is one such door. What becomes of a person is
//! his door's to say, by [`Seated`].

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use lockstep_app::{Caller, KEYS_CHANGED, SESSION_ENDED};
use lockstep_protocol::{Reason, Record, Room, Scope};
use lockstep_sync_manager::SyncManager;
use tokio::{
    sync::{
        Mutex,
        broadcast::error::{RecvError, TryRecvError},
    },
    time::{interval, sleep},
};
use tracing::info;

use crate::{clock, state::State};

/// All seats are looked at so often, for sessions that simply ran out.
const SWEEP: Duration = Duration::from_secs(60);

/// Between two looks at all seats. A look costs a question to the database for each, and a script may change a hundred groups a second.
const PAUSE: Duration = Duration::from_millis(200);

/// When the database could not tell about somebody, all are looked at again so soon: until then he keeps what may have been taken away.
const AGAIN: Duration = Duration::from_secs(1);

/// After so many persons of whom the database could not tell, a look is given up: it is out of reach, and each question costs its time.
const GIVE_UP: usize = 3;

/// How often a worker has heard of something that may change what somebody may. Who remembers the count from before he looked, and
/// finds the same once his seat is there to be found, needs no second look.
#[derive(Debug, Default)]
pub(crate) struct Changes(AtomicU64);

impl Changes {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Who sits somewhere, as far as is known.
pub(crate) struct Known {
    caller: ArcSwap<Caller>,
    /// What [`Changes::count`] said before the caller was looked up.
    as_of: u64,
    /// Held while the caller is looked up anew: an older answer must not come after a newer one.
    looking: Mutex<()>,
}

impl Known {
    pub(crate) fn new(caller: Caller, as_of: u64) -> Self {
        Self { caller: ArcSwap::from_pointee(caller), as_of, looking: Mutex::default() }
    }

    pub(crate) fn caller(&self) -> Arc<Caller> {
        self.caller.load_full()
    }

    /// From now on these rights hold.
    pub(crate) fn becomes(&self, caller: Caller) {
        self.caller.store(Arc::new(caller));
    }
}

/// Somebody at a door.
pub(crate) trait Seated: Send + Sync {
    fn known(&self) -> &Known;

    /// His session has ended: he hears nothing any more, and is out for good. Does not wait for the end of his connection.
    fn ended<'a>(&'a self, sync: &'a SyncManager) -> BoxFuture<'a, ()>;

    /// He is known anew; whether with the same rights. What he may no longer hear he no longer hears.
    fn known_anew<'a>(&'a self, same_rights: bool, sync: &'a SyncManager) -> BoxFuture<'a, ()>;
}

/// A door with people at it.
pub(crate) trait Hall: Send + Sync {
    fn seated(&self) -> Vec<Arc<dyn Seated>>;
}

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

/// Keeps those in `halls` true to people's sessions and rights, until `stop`.
pub(crate) async fn keep(state: State, halls: Vec<Arc<dyn Hall>>, stop: impl Future<Output = ()>) {
    let watch = Watch { state, halls };
    tokio::select! {
        () = stop => {}
        () = watch.measure() => {}
        () = watch.keep_true() => {}
    }
}

/// Looks at one of them again. What is found has its effect at once, whatever becomes of the connection. False when the database does
/// not answer, which says nothing about anybody.
pub(crate) async fn check(state: &State, seated: &dyn Seated) -> bool {
    let known = seated.known();
    let _turn = known.looking.lock().await;
    let before = known.caller();
    match state.app.refresh(&before).await {
        Ok(None) => {
            info!(user = before.user().map(|user| user.login.as_str()), "a session ended, its page is signed out");
            seated.ended(&state.sync).await;
        }
        Ok(Some(now)) => {
            let same = same_rights(&before, &now);
            known.becomes(now);
            seated.known_anew(same, &state.sync).await;
        }
        Err(_) => return false,
    }
    true
}

/// The second look at somebody who has just sat down: at what was taken away after the look at his credential and before his seat was
/// here to be found. False when the database does not answer.
pub(crate) async fn check_newcomer(state: &State, seated: &dyn Seated) -> bool {
    seated.known().as_of == state.changes.count() || check(state, seated).await
}

fn same_rights(before: &Caller, now: &Caller) -> bool {
    let rights = |caller: &Caller| caller.user().map(|user| user.permissions.clone());
    rights(before) == rights(now)
}

struct Watch {
    state: State,
    halls: Vec<Arc<dyn Hall>>,
}

impl Watch {
    async fn measure(&self) {
        let mut applied = self.state.sync.applied();
        loop {
            match applied.recv().await {
                Ok(record) => self.note_delay(&record),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn note_delay(&self, record: &Record) {
        let seconds = (clock::now_ms() - record.seq.0).max(0) as f64 / 1000.0;
        self.state.metrics.commit_to_emit_seconds.observe(seconds);
    }

    /// Looks at those concerned; what happens meanwhile is looked at together, next. Where records were skipped, any of them may have
    /// taken something away from anybody.
    async fn keep_true(&self) {
        let (mut applied, mut resets) = (self.state.sync.applied(), self.state.sync.resets());
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
            if !self.check(&concerned).await {
                sweep.reset_after(AGAIN);
            }
            if concerned.everybody {
                sleep(PAUSE).await;
            }
        }
    }

    /// False when the database could not tell about somebody.
    async fn check(&self, concerned: &Concerned) -> bool {
        if !concerned.everybody && concerned.persons.is_empty() {
            return true;
        }
        // Before the look at the seats: whoever is seated after that look sees the count.
        self.state.changes.add();
        let seated = self.halls.iter().flat_map(|hall| hall.seated());
        let seated: Vec<_> = seated.filter(|seated| concerned.is(&seated.known().caller())).collect();
        let mut untold = 0;
        for seated in seated {
            untold += usize::from(!check(&self.state, &*seated).await);
            if untold == GIVE_UP {
                break;
            }
        }
        untold == 0
    }
}
