//! What 1C sends by itself: a set of files in pieces, imported in rounds.
//!
//! 1C signs in, which opens a set; it sends files in pieces, has them imported, sends more, has those imported, and says that it is
//! done. Each round has a folder of its own in the set, which is closed when its import begins. What nobody has asked to import yet can be
//! sent anew; what was sent twice after a timeout is a broken file, and its import says so. A full load marks nothing as gone before the
//! whole exchange is done: then the whole set is gone through once more.
//!
//! All that is known of a set lies in it, so that any worker that reaches the folder goes on with it. Requests of one exchange come one
//! after the other; of two at once one is refused.

mod piece;
mod round;
mod state;

use subtle::ConstantTimeEq;

pub use piece::Piece;
pub use round::Step;

use self::state::{Set, State};
use super::sets::{EXCHANGE, begin, is_id};
use crate::{App, Caller, Client, Error, jobs::Job, rights::Right, token, uploads::blocking};

/// How long 1C may take for one exchange before it has to sign in again. A session of a person who never says that he is done ends then.
const HOURS: i64 = 24;

/// Between the name of the set and the secret, neither of which holds one.
const SEPARATOR: char = '.';

/// Why 1C is refused, and what it is told.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExchangeError {
    /// As everybody would be.
    #[error(transparent)]
    App(#[from] Error),
    /// A name that leads out of the set, or that we use ourselves.
    #[error("`{name}` is no name of a file in an exchange")]
    Name {
        /// As it was given, cut short.
        name: String,
    },
    /// There is a link, or a folder, where the file should be.
    #[error("`{name}` cannot be written: there is something else of that name")]
    InTheWay {
        /// The file.
        name: String,
    },
    /// A file is too large.
    #[error("`{name}` has more than {max} bytes")]
    FileTooLarge {
        /// The file.
        name: String,
        /// How many it may have.
        max: u64,
    },
    /// All files together are too large.
    #[error("the exchange has more than {max} bytes")]
    SetTooLarge {
        /// How many it may have.
        max: u64,
    },
    /// There are too many files.
    #[error("the exchange has more than {max} files")]
    TooMany {
        /// How many it may have.
        max: u64,
    },
    /// Nothing of that name was sent.
    #[error("`{name}` was not sent in this exchange")]
    NotSent {
        /// The file.
        name: String,
    },
    /// What was sent is being imported, and cannot be added to.
    #[error("session {job} imports what was sent; wait for it")]
    Importing {
        /// The session.
        job: i64,
    },
    /// Another request of the same exchange is under way.
    #[error("another request of this exchange is under way")]
    Busy,
}

/// What 1C shows from now on, and what it is worth.
#[derive(Debug, Clone)]
pub struct Opened {
    /// A secret; told once and kept as a digest.
    pub cookie: String,
    /// The set.
    pub id: String,
}

/// An exchange of somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Exchange {
    app: App,
    caller: Caller,
    id: String,
}

impl App {
    /// Opens a set for a program with a key, or for a person: of him a session is begun for it.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::RateLimited`] as [`App::login`]; [`Error::Forbidden`], [`Error::NoSpace`],
    /// [`Error::Unavailable`].
    pub async fn open_exchange(&self, login: &str, password: &str, client: &Client) -> Result<Opened, Error> {
        let program = self.api_key(password).await?;
        let session = match &program {
            Some(_) => None,
            None => Some(self.login_for(login, password, client, HOURS).await?),
        };
        let caller = program.as_ref().or(session.as_ref().map(|session| &session.caller));
        let caller = caller.ok_or(Error::BadCredentials)?.clone();
        if let Err(error) = caller.must(Right::ImportsRun) {
            if let Some(session) = session {
                self.logout(&session.token).await?;
            }
            return Err(error);
        }
        let secret = token::fresh();
        let state = State::new(token::digest(&secret), caller.session(), caller.key());
        let (root, now) = (self.import_root().path.clone(), self.clock().now_ms());
        let id = blocking(move || {
            let (id, folder) = begin(&root, EXCHANGE, now)?;
            state.save(&folder)?;
            Ok(id)
        });
        let id = id.await?;
        Ok(Opened { cookie: format!("{id}{SEPARATOR}{secret}"), id })
    }

    /// The exchange of a cookie, with the rights of this moment; nothing when there is none, or whoever opened it may not come in any more.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn exchange(&self, cookie: &str) -> Result<Option<Exchange>, Error> {
        let Some((id, secret)) = cookie.split_once(SEPARATOR).filter(|(id, _)| is_id(id)) else { return Ok(None) };
        let (root, wanted) = (self.import_root().path.clone(), id.to_owned());
        let state = match blocking(move || Set::look(&root, &wanted)).await {
            Err(Error::NotFound) => return Ok(None),
            state => state?,
        };
        if !bool::from(state.secret.as_bytes().ct_eq(token::digest(secret).as_bytes())) {
            return Ok(None);
        }
        let Some(caller) = self.caller_of(&state).await? else { return Ok(None) };
        caller.must(Right::ImportsRun)?;
        Ok(Some(Exchange { app: self.clone(), caller, id: id.to_owned() }))
    }

    async fn caller_of(&self, state: &State) -> Result<Option<Caller>, Error> {
        Ok(match (&state.session, &state.key) {
            (Some(session), _) => self.0.store.session(session).await?.map(Caller::person),
            (None, Some(key)) => self.0.store.key_by_id(key).await?.map(Caller::program),
            (None, None) => None,
        })
    }
}

impl Exchange {
    /// Who it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The set for this request alone.
    async fn set(&self) -> Result<Set, ExchangeError> {
        let (root, id) = (self.app.import_root().path.clone(), self.id.clone());
        let set = blocking(move || Set::lock(&root, &id)).await?;
        set.ok_or(ExchangeError::Busy)
    }

    /// The source of a round, as an order names it; of the whole set without one.
    fn source(&self, round: Option<u32>) -> String {
        match round {
            Some(round) => format!("{EXCHANGE}/{}/{round}", self.id),
            None => format!("{EXCHANGE}/{}", self.id),
        }
    }

    async fn job(&self, id: i64) -> Result<Job, Error> {
        Ok(self.app.0.store.job(&id.to_string()).await?)
    }
}
