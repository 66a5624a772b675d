//! What a client shows at a raw door to be known. A browser's WebSocket can set no header but the subprotocol, so there are more ways
//! than elsewhere.
//!
//! The first of these counts: a ticket in the query, a token there where the operator allows it, the subprotocols `ticket.…` and
//! `bearer.…`, the headers as everywhere (a key, then the cookie).

use http::{HeaderMap, Uri, header};

use crate::credential::Credential;

/// The subprotocol that is chosen where it is offered; a browser wants one of those it offered.
pub(super) const SUBPROTOCOL: &str = "lockstep";

/// What a client has shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) credential: Option<Credential>,
    /// Whether it offers [`SUBPROTOCOL`].
    pub(super) subprotocol: bool,
    /// Whether there was a token in the query that may not be there.
    pub(super) forbidden_token: bool,
}

impl Shown {
    pub(super) fn of(uri: &Uri, headers: &HeaderMap, allow_query_token: bool) -> Self {
        let offered: Vec<&str> = offered(headers).collect();
        let given = |prefix| offered.iter().find_map(|offer| offer.strip_prefix(prefix)).map(str::to_owned);
        let token = parameter(uri, "token");
        let forbidden_token = token.is_some() && !allow_query_token;
        let credential = parameter(uri, "ticket").map(Credential::Ticket);
        let credential = credential.or_else(|| token.filter(|_| allow_query_token).map(Credential::Key));
        let credential = credential.or_else(|| given("ticket.").map(Credential::Ticket));
        let credential = credential.or_else(|| given("bearer.").map(Credential::Key));
        let credential = credential.or_else(|| Credential::of(headers));
        Self { credential, subprotocol: offered.contains(&SUBPROTOCOL), forbidden_token }
    }
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).map(str::trim)
}

/// The first value of `name` in the query, decoded.
pub(super) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    parameters(uri).find(|(key, _)| key == name).map(|(_, value)| value)
}

/// All parameters of the query, decoded. What does not decode is not there.
pub(super) fn parameters(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let axum::extract::Query(pairs) =
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).unwrap_or_default();
    pairs.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(uri: &str, headers: &[(header::HeaderName, &str)], allow_query_token: bool) -> Shown {
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(name, value.parse().expect("a value"));
        }
        Shown::of(&uri.parse().expect("a URI"), &given, allow_query_token)
    }

    fn check(uri: &str, headers: &[(header::HeaderName, &str)], expect: Option<&Credential>) {
        assert_eq!(shown(uri, headers, true).credential.as_ref(), expect, "{uri} {headers:?}");
    }

    const COOKIE: (header::HeaderName, &str) = (header::COOKIE, "lockstep_session=c");

    fn offer(value: &str) -> (header::HeaderName, &str) {
        (header::SEC_WEBSOCKET_PROTOCOL, value)
    }

    #[test]
    fn every_way_is_understood_and_the_most_particular_counts() {
        let (key, ticket) = (Credential::Key("k".into()), Credential::Ticket("a+b".into()));

        check("/", &[], None);
        check("/", &[COOKIE], Some(&Credential::Session("c".into())));
        check("/?ticket=a%2Bb", &[COOKIE], Some(&ticket));
        check("/?x=1&token=k", &[COOKIE], Some(&key));
        check("/", &[COOKIE, (header::AUTHORIZATION, "Bearer k")], Some(&key));
        check("/", &[COOKIE, offer("lockstep, bearer.k")], Some(&key));
        check("/", &[offer("lockstep"), offer("ticket.a+b")], Some(&ticket));
        check("/?ticket=a%2Bb&token=k", &[offer("bearer.b")], Some(&ticket));
        check("/", &[offer("bearer., lockstep")], Some(&Credential::Key(String::new())));
    }

    #[test]
    fn a_token_in_the_query_is_none_where_it_is_not_allowed() {
        let shown = shown("/?token=k", &[COOKIE], false);

        assert_eq!(shown.credential, Some(Credential::Session("c".into())));
        assert!(shown.forbidden_token);
    }

    #[test]
    fn our_subprotocol_is_chosen_where_it_is_offered() {
        assert!(shown("/", &[offer("bearer.k, lockstep")], false).subprotocol);
        assert!(!shown("/", &[offer("bearer.k, lockstep2")], false).subprotocol);
    }
}
