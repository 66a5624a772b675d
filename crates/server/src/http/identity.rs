//! Who asks: by the session's cookie or an API key.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use lockstep_app::{Caller, Error};

use super::{CSRF_TOKEN, Face, client, client::Client, problem::Problem};
use crate::{origin, state::SESSION_COOKIE};

/// The longest token that is looked up. Ours are shorter; a longer one only costs work.
const MAX_TOKEN: usize = 256;

/// Somebody who is signed in, checked: his token is good, he does not ask too often, and where a session changes something the
/// request comes from one of its pages.
pub(super) struct Signed {
    pub(super) caller: Caller,
    /// The session's token; None for an API key.
    pub(super) session: Option<String>,
}

impl FromRequestParts<Face> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let found = match bearer(&parts.headers) {
            Some(key) => by_key(face, key).await?,
            None => by_session(face, parts).await?,
        };
        let Some(signed) = found else {
            face.limits.address(&Client::of(parts, &face.worker.settings).counted())?;
            return Err(Error::Unauthorized.into());
        };
        Ok(signed)
    }
}

async fn by_key(face: &Face, key: &str) -> Result<Option<Signed>, Problem> {
    if key.len() > MAX_TOKEN {
        return Ok(None);
    }
    let Some(caller) = face.worker.app.api_key(key).await? else { return Ok(None) };
    face.limits.key(caller.actor().map(|actor| actor.id).unwrap_or_default())?;
    Ok(Some(Signed { caller, session: None }))
}

async fn by_session(face: &Face, parts: &Parts) -> Result<Option<Signed>, Problem> {
    let Some((caller, token)) = session(face, &parts.headers).await? else { return Ok(None) };
    if !parts.method.is_safe() {
        check_origin(face, &parts.headers)?;
        caller.check_csrf(parts.headers.get(CSRF_TOKEN).and_then(|value| value.to_str().ok()))?;
    }
    face.limits.person(caller.user().map(|user| user.id.as_str()).unwrap_or_default())?;
    Ok(Some(Signed { caller, session: Some(token) }))
}

/// The person whose session's cookie came along.
pub(super) async fn session(face: &Face, headers: &HeaderMap) -> Result<Option<(Caller, String)>, Problem> {
    let token = client::cookie(headers, SESSION_COOKIE).filter(|token| (1..=MAX_TOKEN).contains(&token.len()));
    let Some(token) = token else { return Ok(None) };
    Ok(face.worker.app.session(&token).await?.map(|caller| (caller, token)))
}

/// Refuses a request that another site's page has made.
pub(super) fn check_origin(face: &Face, headers: &HeaderMap) -> Result<(), Problem> {
    if origin::is_allowed(headers, &face.worker.settings) { Ok(()) } else { Err(Problem::bad_origin()) }
}

/// The key of `Authorization: Bearer KEY`. Any other scheme is an empty key, which nobody has.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, key) = value.split_once(' ').unwrap_or((value, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") { key.trim() } else { "" })
}
