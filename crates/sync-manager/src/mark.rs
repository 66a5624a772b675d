//! A mark in Redis that something is under way: for the eyes of operators, and for programs of others that look at the same key.
//!
//! It decides nothing between our own workers, since a lock in Redis cannot fence: the database does that, and whoever has its word
//! takes the mark over from any earlier holder of this installation, dead or late. Of everybody else's value it keeps its hands off.
//! Without Redis there is no mark, and that keeps nobody from working.

use std::{fmt, time::Duration};

use fred::{
    clients::Client,
    error::{Error, ErrorKind},
    interfaces::ClientLike,
    types::scripts::Script,
};
use lockstep_protocol::SharedSecret;
use sha2::{Digest, Sha256};
use tokio::{task::AbortHandle, time::timeout};

use crate::bus::{BusError, RedisOptions};

/// How long a mark outlives its holder, unless it is renewed.
pub const MARK_LIFE: Duration = Duration::from_secs(30);

/// How long one question may take, connection and all.
const LIMIT: Duration = Duration::from_secs(2);

/// How long a connection may take to say goodbye.
const QUIT_LIMIT: Duration = Duration::from_millis(500);

/// Answers the value in the way, if there is one; a value of ours is in nobody's way who comes after it.
const TAKE: &str = r"
local held = redis.call('GET', KEYS[1])
if held then
  local session, fence, owner = string.match(held, '^(%d+):(%d+):(%x+)%-')
  if owner ~= ARGV[4] then return held end
  session, fence = tonumber(session), tonumber(fence)
  local mine = tonumber(ARGV[2])
  if session > mine or (session == mine and fence > tonumber(ARGV[3])) then return held end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[5])
return false";

/// The same for a value that was ours a moment ago. One that is gone, with Redis perhaps, is put back.
const RENEW: &str = r"
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false";

const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return false";

const LOOK: &str = "return redis.call('GET', KEYS[1])";

/// One key of Redis. Its value is `<session>:<fence>:<installation>-<random>`.
pub struct Mark {
    key: String,
    owner: String,
    client: Client,
    connecting: AbortHandle,
    scripts: Scripts,
}

struct Scripts {
    take: Script,
    renew: Script,
    release: Script,
    look: Script,
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mark").field("key", &self.key).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Mark {
    /// The mark at `key`, which stands as it is, without the prefix. Begins to connect and returns at once; Redis may be away.
    ///
    /// # Errors
    /// Settings that fred cannot work with.
    pub fn open(options: &RedisOptions, key: impl Into<String>) -> Result<Self, BusError> {
        let refused = |error: Error| BusError::Refused(error.to_string());
        let client = options.key_builder().and_then(|builder| builder.build()).map_err(refused)?;
        let connecting = client.connect().abort_handle();
        let script = |lua: &'static str| Script::from_lua(lua);
        let scripts =
            Scripts { take: script(TAKE), renew: script(RENEW), release: script(RELEASE), look: script(LOOK) };
        Ok(Self { key: key.into(), owner: owner(&options.secret), client, connecting, scripts })
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A value for that session as it is held with that fence; no two are the same.
    pub fn value(&self, session: i64, fence: i64) -> String {
        format!("{session}:{fence}:{}-{:08x}", self.owner, rand::random::<u32>())
    }

    /// What stands there and is not of this installation.
    ///
    /// # Errors
    /// [`BusError`] when that cannot be known.
    pub async fn others(&self) -> Result<Option<String>, BusError> {
        let held = self.run(&self.scripts.look, Vec::new()).await?;
        Ok(held.filter(|value| !self.is_ours(value)))
    }

    /// Puts a value of [`Mark::value`] there for [`MARK_LIFE`]. Answers what is in the way: somebody else's, or one of ours that came
    /// later.
    ///
    /// # Errors
    /// [`BusError`] when nobody knows whether it was put there.
    pub async fn take(&self, value: &str) -> Result<Option<String>, BusError> {
        let mut parts = value.split(':');
        let (session, fence) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (owner, life) = (self.owner.clone(), MARK_LIFE.as_millis().to_string());
        self.run(&self.scripts.take, vec![value.to_owned(), session.to_owned(), fence.to_owned(), owner, life]).await
    }

    /// Keeps it there for [`MARK_LIFE`] from now on. Answers what stands there instead.
    ///
    /// # Errors
    /// As [`Mark::take`].
    pub async fn renew(&self, value: &str) -> Result<Option<String>, BusError> {
        self.run(&self.scripts.renew, vec![value.to_owned(), MARK_LIFE.as_millis().to_string()]).await
    }

    /// Takes it away, if it is still this one.
    ///
    /// # Errors
    /// As [`Mark::take`].
    pub async fn release(&self, value: &str) -> Result<(), BusError> {
        self.run(&self.scripts.release, vec![value.to_owned()]).await.map(drop)
    }

    /// Ends the connection, within a second.
    pub async fn close(&self) {
        let _ = timeout(QUIT_LIMIT, self.client.quit()).await;
        self.connecting.abort();
    }

    fn is_ours(&self, value: &str) -> bool {
        let owner = value.split(':').nth(2).and_then(|rest| rest.split('-').next());
        owner == Some(self.owner.as_str())
    }

    async fn run(&self, script: &Script, arguments: Vec<String>) -> Result<Option<String>, BusError> {
        // What is asked while there is no connection would be done once there is one, long after nobody waits for it.
        if !self.client.is_connected() && timeout(LIMIT, self.client.wait_for_connect()).await.is_err() {
            return Err(BusError::Down);
        }
        let answer = script.evalsha_with_reload(&self.client, self.key.as_str(), arguments);
        match timeout(LIMIT, answer).await {
            Err(_) => Err(BusError::Timeout),
            Ok(answer) => answer.map_err(|error| judge(&error)),
        }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.connecting.abort();
    }
}

/// What tells the values of one installation from those of others, without telling its secret.
fn owner(secret: &SharedSecret) -> String {
    let digest = Sha256::new().chain_update(secret.expose()).chain_update("mark").finalize();
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn judge(error: &Error) -> BusError {
    match error.kind() {
        ErrorKind::Timeout => BusError::Timeout,
        ErrorKind::IO | ErrorKind::Canceled => BusError::Down,
        _ => BusError::Refused(error.to_string()),
    }
}
