//! Sessions of people, and tickets for doors that see no cookie.

use lockstep_protocol::{Actor, Reason, Room};
use serde_json::json;

use super::{News, SESSION_ENDED, list, seen};
use crate::{
    PendingBatch, Store,
    engine::{Lock, Tuple, sql},
    error::Error,
    row::can_be_kept,
};

/// What is needed to check a password.
#[derive(Clone)]
pub struct Credentials {
    /// The person's id.
    pub user_id: String,
    /// The argon2 hash.
    pub password_hash: String,
    /// Whether he may sign in at all.
    pub enabled: bool,
}

/// A session to begin.
#[derive(Clone)]
pub struct NewSession {
    /// Digest of the token.
    pub token: String,
    /// The token that state-changing calls repeat.
    pub csrf: String,
    /// The person's id.
    pub user_id: String,
    /// The hash that the password was checked against: if it is another by now, no session begins.
    pub password_hash: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// Where he signed in from, for people to read.
    pub address: String,
    /// His browser, for people to read.
    pub agent: String,
}

/// A person who is signed in, with the rights of this moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Digest of the session's token.
    pub session: String,
    /// The person's id.
    pub user_id: String,
    /// What he signs in as.
    pub login: String,
    /// His name.
    pub name: String,
    /// The name of his group.
    pub group: String,
    /// The rights of his group.
    pub permissions: Vec<String>,
    /// The token that state-changing calls repeat.
    pub csrf: String,
    /// When the session ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// When it was seen last, to about [`super::SEEN_EVERY_MS`].
    pub seen_at: i64,
}

impl Store {
    /// What is needed to check the password of `login`, which is in lower case.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn credentials(&self, login: &str) -> Result<Option<Credentials>, Error> {
        if !can_be_kept(login) {
            return Ok(None);
        }
        let select = sql("SELECT id, password_hash, enabled FROM users WHERE login = $1").bind(login);
        let row = self.engine.first(select).await?;
        row.map(|row| {
            let user_id = row.some_int(0)?.to_string();
            Ok(Credentials { user_id, password_hash: row.some_text(1)?, enabled: row.some_int(2)? != 0 })
        })
        .transpose()
    }

    /// Begins a session, unless the person was disabled or got another password in between. Sweeps out sessions that have ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such person any more.
    pub async fn begin_session(&self, session: &NewSession) -> Result<(), Error> {
        let now = self.clock.now_ms();
        let insert = "INSERT INTO sessions (token, csrf, user_id, created_at, seen_at, expires_at, address, agent) \
                      SELECT $1, $2, id, $3, $3, $4, $5, $6 FROM users WHERE id = $7 AND enabled = 1 AND password_hash = $8";
        let user_id: i64 = session.user_id.parse().map_err(|_| Error::NotFound)?;
        let mut tx = self.engine.write().await?;
        let mut insert = sql(insert)
            .bind(session.token.as_str())
            .bind(session.csrf.as_str())
            .bind(now)
            .bind(session.expires_at)
            .bind(session.address.as_str())
            .bind(session.agent.as_str())
            .bind(user_id)
            .bind(session.password_hash.as_str());
        // Whoever takes his rights away at this moment waits, and then ends this session, too.
        insert.push(tx.lock(Lock::Share));
        if tx.run(insert).await? == 0 {
            return Err(Error::NotFound);
        }
        seen::note_person(&mut tx, user_id, now).await?;
        let mut sweep = sql("DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires_at <= $1");
        sweep.push(tx.lock(Lock::Skip)).push(")");
        tx.run(sweep.bind(now)).await?;
        tx.commit().await
    }

    /// The person of a live session, by the digest of its token.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn session(&self, token: &str) -> Result<Option<Person>, Error> {
        let select = "SELECT u.id, u.login, u.name, g.name, g.permissions, s.csrf, s.expires_at, s.token, \
                      COALESCE(s.seen_at, s.created_at) \
                      FROM sessions s JOIN users u ON u.id = s.user_id JOIN groups g ON g.id = u.group_id \
                      WHERE s.token = $1 AND s.expires_at > $2 AND u.enabled = 1";
        let select = sql(select).bind(token).bind(self.clock.now_ms());
        let row = self.engine.first(select).await?;
        row.map(|row| person(&row)).transpose()
    }

    /// Ends a session, by the digest of its token, and says so to whoever keeps a connection open for it: [`SESSION_ENDED`]. It is its
    /// own person who ends it where nothing else is said. Nothing for one that is not there; it has ended already.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_session(&self, token: &str, by: Option<&Actor>) -> Result<Option<PendingBatch>, Error> {
        let select = "SELECT u.id, u.name FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token = $1";
        let Some(row) = self.engine.first(sql(select).bind(token)).await? else { return Ok(None) };
        let person = Actor { id: row.some_int(0)?.to_string(), name: row.some_text(1)? };
        let mut tx = self.engine.write().await?;
        if tx.run(sql("DELETE FROM sessions WHERE token = $1").bind(token)).await? == 0 {
            return Ok(None);
        }
        let news = News {
            event: SESSION_ENDED,
            reason: Reason::Deleted,
            room: Room::User(person.id.as_str().into()),
            id: person.id.clone(),
            data: json!({"id": person.id, "name": person.name}),
            by: Some(by.cloned().unwrap_or(person)),
        };
        self.announce(tx, news).await.map(Some)
    }

    /// Notes a ticket for a session: both by their digests. Sweeps out tickets that have ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the session has ended.
    pub async fn add_ticket(&self, ticket: &str, session: &str, expires_at: i64) -> Result<(), Error> {
        let mut tx = self.engine.write().await?;
        let insert =
            "INSERT INTO tickets (token, session, expires_at) SELECT $1, token, $2 FROM sessions WHERE token = $3";
        let mut insert = sql(insert).bind(ticket).bind(expires_at).bind(session);
        insert.push(tx.lock(Lock::Share));
        if tx.run(insert).await? == 0 {
            return Err(Error::NotFound);
        }
        let mut sweep = sql("DELETE FROM tickets WHERE token IN (SELECT token FROM tickets WHERE expires_at <= $1");
        sweep.push(tx.lock(Lock::Skip)).push(")");
        tx.run(sweep.bind(self.clock.now_ms())).await?;
        tx.commit().await
    }

    /// Takes a ticket, by its digest, and returns the person whose session it is for. A second time it is worth nothing. A text that
    /// is no ticket costs one read: strangers at the door do not queue with those who write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_ticket(&self, ticket: &str) -> Result<Option<Person>, Error> {
        let select = sql("SELECT 1 FROM tickets WHERE token = $1 AND expires_at > $2");
        let select = select.bind(ticket).bind(self.clock.now_ms());
        if self.engine.first(select).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.engine.write().await?;
        let delete = sql("DELETE FROM tickets WHERE token = $1 RETURNING session").bind(ticket);
        let Some(row) = tx.first(delete).await? else { return Ok(None) };
        tx.commit().await?;
        self.session(&row.some_text(0)?).await
    }
}

fn person(row: &Tuple) -> Result<Person, Error> {
    Ok(Person {
        user_id: row.some_int(0)?.to_string(),
        login: row.some_text(1)?,
        name: row.some_text(2)?,
        group: row.some_text(3)?,
        permissions: list(&row.some_text(4)?)?,
        csrf: row.some_text(5)?,
        expires_at: row.some_int(6)?,
        session: row.some_text(7)?,
        seen_at: row.some_int(8)?,
    })
}
