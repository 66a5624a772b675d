//! Signing in and out, and who one is.

use axum::{
    Json,
    extract::{FromRequestParts, Request, State},
    response::{AppendHeaders, IntoResponse},
};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, StatusCode, header, request::Parts};
use lockstep_app::{Caller, Client as From, Error};
use serde_json::{Value, json};

use super::{
    Face,
    body::{Fields, JsonBytes},
    identity::{Signed, check_origin, session},
    problem::Problem,
};
use crate::{client::Client, metrics::Label, state::SESSION_COOKIE};

/// Where a request comes from.
pub(super) struct Whence(pub(super) Client);

impl FromRequestParts<Face> for Whence {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        Ok(Self(Client::of(parts, &face.worker.settings)))
    }
}

/// Begins a session and gives its cookie. One that the browser had before ends.
pub(super) async fn login(
    State(face): State<Face>,
    Whence(client): Whence,
    headers: HeaderMap,
    body: JsonBytes,
) -> Result<impl IntoResponse, Problem> {
    check_origin(&face, &headers)?;
    face.worker.limits.address(&client.counted())?;
    let mut fields = Fields::new(body.object()?);
    let (login, password) = (fields.text("login"), fields.text("password"));
    fields.finish()?;
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let app = &face.worker.app;
    let from = From { address: client.shown(), counted: client.counted(), agent };
    let begun = app.login(&login, &password, &from).await;
    let begun = begun.inspect_err(|error| note(&face, error))?;
    if let Some((_, former)) = session(&face, &headers).await? {
        app.logout(&former).await?;
    }
    let lasts = Duration::hours(face.worker.settings.auth.session_hours.into());
    let cookie = session_cookie(begun.token, lasts, client.secure);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie.to_string())]), Json(identity(&face, &begun.caller))))
}

fn note(face: &Face, error: &Error) {
    if let Error::RateLimited { .. } = error {
        face.worker.metrics.rate_limited.get_or_create(&Label { kind: "login" }).inc();
    }
}

/// Ends the session. An API key has none to end.
pub(super) async fn logout(
    State(face): State<Face>,
    Whence(client): Whence,
    signed: Signed,
    _: Request,
) -> Result<impl IntoResponse, Problem> {
    if let Some(token) = &signed.session {
        face.worker.app.logout(token).await?;
    }
    Ok((StatusCode::NO_CONTENT, no_session(&client)))
}

/// The cookie of whoever is signed out.
pub(super) fn no_session(client: &Client) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let cookie = session_cookie(String::new(), Duration::ZERO, client.secure);
    AppendHeaders([(header::SET_COOKIE, cookie.to_string())])
}

/// A ticket for opening a connection where the cookie cannot go: good once, within a minute.
pub(super) async fn ticket(State(face): State<Face>, signed: Signed, _: Request) -> Result<Json<Value>, Problem> {
    let ticket = face.worker.app.ticket(&signed.caller).await?;
    Ok(Json(json!({"ticket": ticket.token, "expiresIn": ticket.expires_in})))
}

/// Who one is, the token to repeat, and the entities whose rows are to be taken before they are edited.
pub(super) async fn me(State(face): State<Face>, signed: Signed) -> Json<Value> {
    Json(identity(&face, &signed.caller))
}

fn identity(face: &Face, caller: &Caller) -> Value {
    let locks: Vec<&str> = face.worker.app.locked_entities().iter().map(|entity| entity.name()).collect();
    json!({"user": caller.user(), "csrf": caller.csrf(), "locks": locks})
}

/// Out of reach of scripts and of other sites' forms; over TLS only, where there is TLS.
fn session_cookie(token: String, lasts: Duration, secure: bool) -> Cookie<'static> {
    Cookie::build((SESSION_COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(lasts)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let cookie = session_cookie("t".into(), Duration::hours(1), true).to_string();

        assert_eq!(cookie, "lockstep_session=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600");
    }
}
