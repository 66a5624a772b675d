//! Which page asks.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{CLIENT_ID, problem::Problem};

/// The longest `X-Client-Id` that is kept. Pages send a UUID.
const MAX_CLIENT_ID: usize = 64;

/// The page by its `X-Client-Id`, which comes back in the event of its change. One that is no name is left out.
pub(super) struct Page(pub(super) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(CLIENT_ID).and_then(|value| value.to_str().ok());
        let sane = |value: &&str| {
            (1..=MAX_CLIENT_ID).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Ok(Self(value.filter(sane).map(ToOwned::to_owned)))
    }
}
