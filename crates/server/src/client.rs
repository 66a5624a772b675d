//! Who is at the other end: his address, his cookies, whether he came by TLS.

use std::net::IpAddr;

use axum::extract::ConnectInfo;
use http::{HeaderMap, header, request::Parts};

use crate::{config::Settings, listen::Conn};

/// The longest chain of proxies that is read.
const MAX_HOPS: usize = 16;

/// What a proxy in front may add, as far as it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// None where a unix socket's proxy does not tell.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client speaks TLS with the proxy.
    pub(crate) secure: bool,
}

impl Client {
    /// From the connection and, where its other end is trusted, from the headers.
    pub(crate) fn of(parts: &Parts, settings: &Settings) -> Self {
        let peer = parts
            .extensions
            .get::<ConnectInfo<Conn>>()
            .and_then(|info| info.0.peer)
            .map(|peer| peer.ip().to_canonical());
        Self::seen(peer, &parts.headers, settings)
    }

    fn seen(peer: Option<IpAddr>, headers: &HeaderMap, settings: &Settings) -> Self {
        let trusted = |address: IpAddr| settings.server.trusted_proxies.iter().any(|network| network.contains(address));
        if peer.is_some_and(|peer| !trusted(peer)) {
            return Self { address: peer, secure: false };
        }
        // The nearest proxy appends on the right; the first stranger from there is the client, and what he claims stands left of it.
        let claimed = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = claimed.flat_map(|value| value.split(',')).map(str::trim).collect();
        let parsed = hops.iter().rev().take(MAX_HOPS).map_while(|hop| hop.parse::<IpAddr>().ok());
        let addresses: Vec<IpAddr> = parsed.map(|address| address.to_canonical()).collect();
        let stranger = addresses.iter().find(|address| !trusted(**address)).or(addresses.last());
        let scheme = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { address: stranger.copied().or(peer), secure: scheme.trim().eq_ignore_ascii_case("https") }
    }

    /// What requests without sign-in are counted by. An IPv6 customer owns a whole /64, so that is what counts.
    pub(crate) fn counted(&self) -> String {
        match self.address {
            None => "unix".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// For people to read.
    pub(crate) fn shown(&self) -> String {
        self.address.map_or_else(|| "unix".to_owned(), |address| address.to_string())
    }
}

/// The value of the cookie `name`.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(cookie::Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Inputs, load};

    fn check(peer: Option<&str>, forwarded: &[&str], expected: Option<&str>) {
        let inputs = Inputs {
            environment: vec![("LOCKSTEP__SERVER__TRUSTED_PROXIES".into(), "10.0.0.0/8, ::1".into())],
            ..Inputs::default()
        };
        let settings = load(&inputs).expect("right").settings;
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a value"));
        }
        let seen = Client::seen(peer.map(|peer| peer.parse().expect("an address")), &headers, &settings);
        assert_eq!(seen.address.map(|address| address.to_string()).as_deref(), expected, "{peer:?} {forwarded:?}");
    }

    #[test]
    fn a_stranger_cannot_give_himself_another_address() {
        check(Some("8.8.8.8"), &["1.2.3.4"], Some("8.8.8.8"));
        check(Some("10.0.0.1"), &["1.2.3.4, 8.8.8.8"], Some("8.8.8.8"));
        check(Some("10.0.0.1"), &["1.2.3.4", "8.8.8.8, 10.0.0.2"], Some("8.8.8.8"));
        check(None, &["1.2.3.4, 8.8.8.8"], Some("8.8.8.8"));
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_stands_for_itself_when_it_says_nothing() {
        check(Some("10.0.0.1"), &["8.8.8.8"], Some("8.8.8.8"));
        check(Some("10.0.0.1"), &[], Some("10.0.0.1"));
        check(Some("10.0.0.1"), &["10.0.0.7"], Some("10.0.0.7"));
        check(Some("10.0.0.1"), &["8.8.8.8, nonsense"], Some("10.0.0.1"));
        check(None, &[], None);
    }

    #[test]
    fn an_ipv6_customer_is_counted_by_his_network() {
        let client = |address: &str| Client { address: Some(address.parse().expect("one")), secure: false };

        assert_eq!(client("2001:db8::1").counted(), client("2001:db8::ffff").counted());
        assert_ne!(client("2001:db8:0:1::1").counted(), client("2001:db8:0:2::1").counted());
    }
}
