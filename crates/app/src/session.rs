//! Coming in and going out: sessions of people, keys of programs, tickets for doors that see no cookie.

use lockstep_store::{Error as StoreError, NewSession};
use tracing::info;

use crate::{App, Caller, Error, token};

/// The longest login that is looked at, in bytes; longer ones cannot exist.
const MAX_LOGIN: usize = 64;

/// The longest password that is looked at, in bytes: four for each of the characters that one may have.
const MAX_PASSWORD: usize = 1024;

/// Characters kept of the name of a browser.
const MAX_AGENT: usize = 256;

/// Where somebody comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, for people to read.
    pub address: String,
    /// What attempts are counted by: the address, or the whole network where one customer has that many.
    pub counted: String,
    /// The browser, for people to read.
    pub agent: String,
}

/// A session that has begun. The token is told once and kept as a digest.
#[derive(Clone)]
pub struct Session {
    /// The secret that the browser carries.
    pub token: String,
    /// Who it is.
    pub caller: Caller,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("caller", &self.caller)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Something to show once at a door that sees neither cookie nor header.
#[derive(Clone)]
pub struct Ticket {
    /// The secret.
    pub token: String,
    /// Seconds until it is worth nothing.
    pub expires_in: u32,
}

/// Seconds that a ticket lasts: time enough to open a connection.
const TICKET_SECONDS: u32 = 60;

impl App {
    /// Signs a person in. An unknown login, a disabled person and a wrong password cannot be told apart, by time neither; the log
    /// alone tells.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::RateLimited`].
    pub async fn login(&self, login: &str, password: &str, client: &Client) -> Result<Session, Error> {
        self.login_for(login, password, client, self.0.session_hours.into()).await
    }

    /// The same for so many hours.
    pub(crate) async fn login_for(
        &self,
        login: &str,
        password: &str,
        client: &Client,
        hours: i64,
    ) -> Result<Session, Error> {
        let login = login.trim().to_ascii_lowercase();
        if login.len() > MAX_LOGIN || password.len() > MAX_PASSWORD {
            return Err(Error::BadCredentials);
        }
        self.0.throttle.attempt(&login, &client.counted)?;
        let found = self.0.store.credentials(&login).await?.filter(|found| found.enabled);
        let kept = found.as_ref().map(|found| found.password_hash.clone());
        let right = self.0.passwords.check(password.to_owned(), kept).await?;
        note_sign_in(found.as_ref().map(|_| login.as_str()), right, client);
        let Some(found) = found.filter(|_| right) else { return Err(Error::BadCredentials) };
        self.0.throttle.succeeded(&login, &client.counted);
        self.begin_session(found.user_id, found.password_hash, client, hours).await
    }

    async fn begin_session(
        &self,
        user_id: String,
        password_hash: String,
        client: &Client,
        hours: i64,
    ) -> Result<Session, Error> {
        let token = token::fresh();
        let expires_at = self.clock().now_ms() + hours * 3_600_000;
        let session = NewSession {
            token: token::digest(&token),
            csrf: token::fresh(),
            user_id,
            password_hash,
            expires_at,
            address: client.address.clone(),
            agent: client.agent.chars().take(MAX_AGENT).collect(),
        };
        match self.0.store.begin_session(&session).await {
            Err(StoreError::NotFound) => return Err(Error::BadCredentials),
            begun => begun?,
        }
        let caller = self.session(&token).await?.ok_or(Error::BadCredentials)?;
        Ok(Session { token, caller, expires_at })
    }

    /// The person of a live session, with his rights of this moment. That he was here is noted now and then, beside the call.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn session(&self, token: &str) -> Result<Option<Caller>, Error> {
        let Some(person) = self.0.store.session(&token::digest(token)).await? else { return Ok(None) };
        self.note_seen(&person);
        Ok(Some(Caller::person(person)))
    }

    /// The program of an API key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_key(&self, token: &str) -> Result<Option<Caller>, Error> {
        Ok(self.0.store.key(&token::digest(token)).await?.map(Caller::program))
    }

    /// The same caller with the rights of this moment, or nobody when his session has ended, he was disabled or the key withdrawn. For
    /// connections that outlive a call: to be asked when users or groups have changed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn refresh(&self, caller: &Caller) -> Result<Option<Caller>, Error> {
        Ok(match (caller.session(), caller.key()) {
            (Some(session), _) => self.0.store.session(session).await?.map(Caller::person),
            (None, Some(key)) => self.0.store.key_by_id(key).await?.map(Caller::program),
            (None, None) => Some(caller.clone()),
        })
    }

    /// A ticket for the session of the caller, good once within a minute on any worker.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for whoever has no session.
    pub async fn ticket(&self, caller: &Caller) -> Result<Ticket, Error> {
        let session = caller.session().ok_or(Error::Unauthorized)?;
        let ticket = token::fresh();
        let expires_at = self.clock().now_ms() + i64::from(TICKET_SECONDS) * 1000;
        match self.0.store.add_ticket(&token::digest(&ticket), session, expires_at).await {
            Err(StoreError::NotFound) => Err(Error::Unauthorized),
            added => Ok(added.map(|()| Ticket { token: ticket, expires_in: TICKET_SECONDS })?),
        }
    }

    /// Takes a ticket. A second time it is worth nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn redeem(&self, ticket: &str) -> Result<Option<Caller>, Error> {
        Ok(self.0.store.take_ticket(&token::digest(ticket)).await?.map(Caller::person))
    }

    /// Ends a session, and with it every connection that any worker keeps open for it: they hear of it on the road. One that has ended
    /// already is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn logout(&self, token: &str) -> Result<(), Error> {
        match self.0.store.end_session(&token::digest(token), None).await? {
            Some(pending) => self.0.road.see_through(pending).await,
            None => Ok(()),
        }
    }
}

/// Says who came, or tried. A name that nobody has is not said: it may be a password that was typed into the wrong field.
fn note_sign_in(login: Option<&str>, right: bool, client: &Client) {
    let address = client.address.as_str();
    match (login, right) {
        (Some(login), true) => info!(login, address, "{login} signed in from {address}"),
        (Some(login), false) => info!(login, address, "a wrong password for {login} from {address}"),
        (None, _) => info!(address, "a sign-in under a name that nobody enabled has, from {address}"),
    }
}
