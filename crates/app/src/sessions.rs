//! Who is signed in, and ending it: a person his own sessions, an administrator anybody's.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use lockstep_store::{Person, SEEN_EVERY_MS, SignedIn};
use tracing::debug;

use crate::{App, Caller, Error, rights::Right, token};

/// Letters of an id beyond the person's: 96 bits of a digest, so that no two sessions share one.
const LETTERS: usize = 16;

/// Notes under way at a time. While the database is slow, whoever comes later is noted with a later request.
const MAX_NOTES: usize = 64;

/// A live session, as it may be shown.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// Its name for [`App::end_session`]. It tells nothing of the token.
    pub id: String,
    /// The person's id.
    pub user_id: String,
    /// What he signs in as.
    pub login: String,
    /// His name.
    pub name: String,
    /// When he signed in, in milliseconds since 1970.
    pub created_at: i64,
    /// When the session was seen last, to about five minutes.
    pub seen_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// Where he signed in from.
    pub address: String,
    /// His browser.
    pub agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Sessions that are being noted as seen at this moment: a page that asks six things at once costs one write.
#[derive(Default)]
pub(crate) struct Noting(Mutex<HashSet<String>>);

impl Noting {
    /// False when it is under way, or too many are.
    fn begin(&self, session: &str) -> bool {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.len() < MAX_NOTES && under_way.insert(session.to_owned())
    }

    fn end(&self, session: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

impl App {
    /// The live sessions, those seen last first: an administrator sees a thousand of all, a person his own.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a program that may not administer, [`Error::Unavailable`].
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<OpenSession>, Error> {
        let own = match caller.user() {
            _ if caller.may(Right::Admin) => None,
            Some(user) => Some(user.id.as_str()),
            None => return Err(Error::Forbidden { right: Right::Admin }),
        };
        let open = self.0.store.sessions(own).await?;
        Ok(open.into_iter().map(|session| shown(session, caller)).collect())
    }

    /// Ends a session by its id, and with it every connection that any worker keeps open for it: they hear of it on the road. True when
    /// it was the caller's own present one.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for another person's where one does not administer; [`Error::NotFound`].
    pub async fn end_session(&self, caller: &Caller, id: &str) -> Result<bool, Error> {
        let (person, _) = id.split_once('-').ok_or(Error::NotFound)?;
        if caller.user().is_none_or(|user| user.id != person) {
            caller.must(Right::Admin)?;
        }
        let open = self.0.store.sessions(Some(person)).await?;
        let found = open.into_iter().find(|session| id_of(session) == id).ok_or(Error::NotFound)?;
        let current = caller.session() == Some(&found.session);
        let pending = self.0.store.end_session(&found.session, caller.actor().as_ref()).await?;
        self.0.road.see_through(pending.ok_or(Error::NotFound)?).await?;
        Ok(current)
    }

    /// Notes that a person is here, where that is due. The request does not wait for it, and does not fail with it.
    pub(crate) fn note_seen(&self, person: &Person) {
        let due = self.clock().now_ms() - person.seen_at >= SEEN_EVERY_MS;
        if !due || !self.0.noting.begin(&person.session) {
            return;
        }
        let (app, session) = (self.clone(), person.session.clone());
        self.0.road.tasks.spawn(async move {
            if let Err(error) = app.0.store.note_seen(&session).await {
                debug!(
                    error = &error as &dyn std::error::Error,
                    "cannot note that somebody is here; the next request will"
                );
            }
            app.0.noting.end(&session);
        });
    }
}

/// The person's id, so that it is found by an index, and a digest of the digest that is kept: nobody gets from it to either.
fn id_of(session: &SignedIn) -> String {
    let mut digest = token::digest(&session.session);
    digest.truncate(LETTERS);
    format!("{}-{digest}", session.user_id)
}

fn shown(session: SignedIn, caller: &Caller) -> OpenSession {
    let (id, current) = (id_of(&session), caller.session() == Some(&session.session));
    let SignedIn { session: _, user_id, login, name, created_at, seen_at, expires_at, address, agent } = session;
    OpenSession { id, user_id, login, name, created_at, seen_at, expires_at, address, agent, current }
}
