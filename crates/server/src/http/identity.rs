//! Who asks: by the session's cookie or an API key.

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use lockstep_app::{Caller, Error};

use super::{CSRF_TOKEN, Face, problem::Problem};
use crate::{
    client::Client,
    credential::{self, Credential},
    origin,
};

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
        let shown = Credential::of(&parts.headers);
        let by_key_alone = matches!(shown, Some(Credential::Key(_)));
        let Some((caller, credential)) = known(face, shown).await? else {
            face.worker.limits.address(&Client::of(parts, &face.worker.settings).counted())?;
            let problem = Problem::from(Error::Unauthorized);
            return Err(if by_key_alone { problem.saying("error.unknown_key") } else { problem });
        };
        match credential {
            Credential::Session(token) => by_session(face, parts, caller, token),
            Credential::Key(_) | Credential::Ticket(_) => by_key(face, caller),
        }
    }
}

fn by_key(face: &Face, caller: Caller) -> Result<Signed, Problem> {
    face.worker.limits.key(caller.actor().map(|actor| actor.id).unwrap_or_default())?;
    Ok(Signed { caller, session: None })
}

fn by_session(face: &Face, parts: &Parts, caller: Caller, token: String) -> Result<Signed, Problem> {
    if !parts.method.is_safe() {
        check_origin(face, &parts.headers)?;
        caller.check_csrf(parts.headers.get(CSRF_TOKEN).and_then(|value| value.to_str().ok()))?;
    }
    face.worker.limits.person(caller.user().map(|user| user.id.as_str()).unwrap_or_default())?;
    Ok(Signed { caller, session: Some(token) })
}

/// The person whose session's cookie came along, and the token in it.
pub(super) async fn session(face: &Face, headers: &HeaderMap) -> Result<Option<(Caller, String)>, Problem> {
    let Some(token) = credential::session(headers) else { return Ok(None) };
    let found = known(face, Some(Credential::Session(token.clone()))).await?;
    Ok(found.map(|(caller, _)| (caller, token)))
}

async fn known(face: &Face, credential: Option<Credential>) -> Result<Option<(Caller, Credential)>, Problem> {
    let Some(credential) = credential else { return Ok(None) };
    Ok(credential.caller(&face.worker.app).await?.map(|caller| (caller, credential)))
}

/// Refuses a request that another site's page has made.
pub(super) fn check_origin(face: &Face, headers: &HeaderMap) -> Result<(), Problem> {
    if origin::is_allowed(headers, &face.worker.settings) { Ok(()) } else { Err(Problem::bad_origin()) }
}
