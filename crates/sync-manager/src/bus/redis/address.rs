//! Where Redis is, in words that hold no password.

use std::{fmt, path::PathBuf};

use fred::{error::ErrorKind, types::config::Config};

/// Where Redis is. Shows itself without the password that a URL may hold.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisAddress {
    /// A unix socket.
    Unix(PathBuf),
    /// `redis://[user:password@]host:port/db`, or `rediss://` for TLS.
    Url(String),
}

/// A URL that leads to no Redis, in words that hold no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(String);

impl RedisAddress {
    /// Refuses a URL that [`Redis::connect`] could not use; the server itself may be away.
    ///
    /// # Errors
    /// [`BadUrl`] says which part is wrong.
    pub fn check(&self) -> Result<(), BadUrl> {
        let RedisAddress::Url(url) = self else { return Ok(()) };
        let config = Config::from_url(url).map_err(|error| BadUrl(what_is_wrong(&error)))?;
        match config.server.hosts().iter().find(|server| server.port == 0 || server.host.is_empty()) {
            Some(_) => Err(BadUrl(HOST_AND_PORT.to_owned())),
            None => Ok(()),
        }
    }
}

/// What an address needs in any case.
const HOST_AND_PORT: &str = "it needs a host, and its port is a number from 1 to 65535";

/// fred names some mistakes by words of its own code; for those, ours.
fn what_is_wrong(error: &fred::error::Error) -> String {
    match error.kind() {
        ErrorKind::Url => HOST_AND_PORT.to_owned(),
        ErrorKind::Parse => "a port or the database is no number in its range".to_owned(),
        _ => error.details().trim_end_matches('.').to_lowercase(),
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedisAddress::Unix(path) => write!(f, "unix:{}", path.display()),
            RedisAddress::Url(url) => f.write_str(without_secrets(url).as_str()),
        }
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The URL without user, password and parameters, which may hold another password.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}
