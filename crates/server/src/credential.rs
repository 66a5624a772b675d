//! What somebody shows to be known: a session's cookie, a program's key, a ticket. The same at every door.

use std::fmt;

use http::{HeaderMap, header};
use lockstep_app::{App, Caller, Error};

use crate::{client, state::SESSION_COOKIE};

/// The longest secret that is looked up. Ours are shorter; a longer one only costs work.
const MAX_TOKEN: usize = 256;

/// What was shown. Prints as its kind alone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The cookie of a signed-in person.
    Session(String),
    /// A program's API key.
    Key(String),
    /// A session's ticket, good once: for pages on another host, which have no cookie.
    Ticket(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session(***)",
            Self::Key(_) => "Key(***)",
            Self::Ticket(_) => "Ticket(***)",
        })
    }
}

impl Credential {
    /// The key or the cookie that came along with a request; the key counts where there are both.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        bearer(headers).map(|key| Self::Key(key.to_owned())).or_else(|| session(headers).map(Self::Session))
    }

    /// Whose it is, with his rights of this moment.
    pub(crate) async fn caller(&self, app: &App) -> Result<Option<Caller>, Error> {
        match self {
            Self::Session(secret) | Self::Key(secret) | Self::Ticket(secret) if secret.len() > MAX_TOKEN => Ok(None),
            Self::Session(token) => app.session(token).await,
            Self::Key(key) => app.api_key(key).await,
            Self::Ticket(ticket) => app.redeem(ticket).await,
        }
    }
}

/// The token in the session's cookie.
pub(crate) fn session(headers: &HeaderMap) -> Option<String> {
    client::cookie(headers, SESSION_COOKIE).filter(|token| !token.is_empty())
}

/// The key of `Authorization: Bearer KEY`. Any other scheme is an empty key, which nobody has.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, key) = value.split_once(' ').unwrap_or((value, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") { key.trim() } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(header::HeaderName, &str)], expected: Option<&Credential>) {
        let values = headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
        let mut given = HeaderMap::new();
        for (name, value) in values {
            given.append(name, value);
        }
        assert_eq!(Credential::of(&given).as_ref(), expected, "{headers:?}");
    }

    #[test]
    fn what_was_shown_does_not_print() {
        for credential in [Credential::Session, Credential::Key, Credential::Ticket].map(|kind| kind("hunter2".into()))
        {
            assert!(!format!("{credential:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_key_or_a_cookie_is_found_however_it_is_written() {
        let (session, key) = (Credential::Session("x".into()), Credential::Key("k".into()));

        check(&[], None);
        check(&[(header::COOKIE, "a=1; =; lockstep_session=x; b=2")], Some(&session));
        check(&[(header::COOKIE, "a=1"), (header::COOKIE, "lockstep_session=x")], Some(&session));
        check(&[(header::COOKIE, "lockstep_session=")], None);
        check(&[(header::AUTHORIZATION, "bearer  k ")], Some(&key));
        check(&[(header::AUTHORIZATION, "Bearer k"), (header::COOKIE, "lockstep_session=x")], Some(&key));
        check(&[(header::AUTHORIZATION, "Basic YTpi")], Some(&Credential::Key(String::new())));
    }
}
