//! Looking after the service: who is signed in, which programs have keys, who changed what, how busy and how well it all is.

mod audit;
mod health;
mod keys;
mod sessions;

use axum::{
    Router,
    extract::{FromRequestParts, Query},
    routing::{delete, get},
};
use http::request::Parts;

use super::{Face, problem::Problem};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/api/sessions", get(sessions::list))
        .route("/api/sessions/{id}", delete(sessions::end))
        .route("/api/keys", get(keys::list).post(keys::add))
        .route("/api/keys/{id}", delete(keys::remove))
        .route("/api/audit", get(audit::audit))
        .route("/api/activity", get(audit::activity))
        .route("/api/health", get(health::health))
}

/// The words of the address, but for the language of error messages, which asks for nothing.
pub(super) struct Words(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Words {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(mut words) = query.map_err(|_| Problem::bad_request())?;
        words.retain(|(name, _)| name != "lang");
        Ok(Self(words))
    }
}
