//! Who is signed in, and when he was here last.

use crate::{
    Store,
    engine::{Lock, Tuple, Tx, sql},
    error::Error,
    row::parse_id,
};

/// Milliseconds between two notes that a session was seen: a person at work costs a write in five minutes, and not one a request.
pub const SEEN_EVERY_MS: i64 = 5 * 60_000;

/// The most sessions that are listed: more is nothing that anybody reads.
pub const MAX_SESSIONS: i64 = 1_000;

/// A live session, as people see it: all but its secrets, but for the digest by which it is ended.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Digest of the session's token. Not to be shown.
    pub session: String,
    /// The person's id.
    pub user_id: String,
    /// What he signs in as.
    pub login: String,
    /// His name.
    pub name: String,
    /// When he signed in, in milliseconds since 1970.
    pub created_at: i64,
    /// When the session was seen last, to about [`SEEN_EVERY_MS`].
    pub seen_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// Where he signed in from.
    pub address: String,
    /// His browser.
    pub agent: String,
}

impl Store {
    /// The live sessions, of one person or of all: those seen last come first, at most [`MAX_SESSIONS`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sessions(&self, user_id: Option<&str>) -> Result<Vec<SignedIn>, Error> {
        let select = "SELECT s.token, u.id, u.login, u.name, s.created_at, COALESCE(s.seen_at, s.created_at), s.expires_at, \
                      s.address, s.agent FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.expires_at > $1";
        let mut select = sql(select).bind(self.clock.now_ms());
        if let Some(id) = user_id {
            let Some(id) = parse_id(id) else { return Ok(Vec::new()) };
            select.push(" AND s.user_id = ").push_bind(id);
        }
        select.push(" ORDER BY 6 DESC, s.token LIMIT ").push_bind(MAX_SESSIONS);
        self.engine.all(select).await?.iter().map(signed_in).collect()
    }

    /// Notes that a session was seen now, by the digest of its token, unless somebody has done so in the last [`SEEN_EVERY_MS`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_seen(&self, token: &str) -> Result<(), Error> {
        let now = self.clock.now_ms();
        let select = sql("SELECT user_id FROM sessions WHERE token = $1 AND COALESCE(seen_at, created_at) <= $2");
        let Some(row) = self.engine.first(select.bind(token).bind(now - SEEN_EVERY_MS)).await? else { return Ok(()) };
        let mut tx = self.engine.write().await?;
        // The person first, as whoever changes or deletes him: so none of them waits for the other in a ring.
        let person = row.some_int(0)?;
        tx.hold(sql("SELECT id FROM users WHERE id = $1").bind(person), Lock::Share).await?;
        note_person(&mut tx, person, now).await?;
        let update = "UPDATE sessions SET seen_at = $1 WHERE token = $2 AND COALESCE(seen_at, created_at) <= $3";
        match tx.run(sql(update).bind(now).bind(token).bind(now - SEEN_EVERY_MS)).await? {
            0 => Ok(()),
            _ => tx.commit().await,
        }
    }
}

/// Notes that a person was here; of one who was just deleted nothing.
pub(super) async fn note_person(tx: &mut Tx, user_id: i64, now: i64) -> Result<(), Error> {
    let upsert = "INSERT INTO seen (user_id, seen_at) SELECT id, $2 FROM users WHERE id = $1 ON CONFLICT (user_id) \
                  DO UPDATE SET seen_at = excluded.seen_at WHERE seen.seen_at < excluded.seen_at";
    tx.run(sql(upsert).bind(user_id).bind(now)).await?;
    Ok(())
}

fn signed_in(row: &Tuple) -> Result<SignedIn, Error> {
    Ok(SignedIn {
        session: row.some_text(0)?,
        user_id: row.some_int(1)?.to_string(),
        login: row.some_text(2)?,
        name: row.some_text(3)?,
        created_at: row.some_int(4)?,
        seen_at: row.some_int(5)?,
        expires_at: row.some_int(6)?,
        address: row.some_text(7)?,
        agent: row.some_text(8)?,
    })
}
