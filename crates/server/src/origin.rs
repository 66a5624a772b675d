//! Which web sites' pages may speak to us.
//!
//! A browser says in `Origin` whose page is asking. Our own host may, and those the operator listed. Programs send no `Origin`.

use http::{HeaderMap, Version, header, request::Parts, uri::Authority};

use crate::config::Settings;

/// Whether it says which host it is for, and says it once (RFC 9112, 3.2). Of two a proxy might take the one and we the other.
pub(crate) fn names_one_host(request: &Parts) -> bool {
    let mut hosts = request.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version < Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A name or an address, perhaps with a port; empty where a client on a unix socket has none.
fn is_host(host: &[u8]) -> bool {
    host.is_empty() || (!host.iter().any(|byte| b"@,".contains(byte)) && Authority::try_from(host).is_ok())
}

/// Whether the request comes from our own pages, a listed site or no browser at all.
///
/// Where `Host` carries a port, that must be the origin's, too. A proxy may pass `Host` on without it; then the names decide.
pub(crate) fn is_allowed(headers: &HeaderMap, settings: &Settings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else { return false };
    if settings.server.allowed_origins.iter().any(|allowed| allowed.as_str() == origin) {
        return true;
    }
    let Some((scheme, origin)) = origin.split_once("://") else { return false };
    let names = [header::HOST.as_str(), "x-forwarded-host"];
    let mut own = names.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    own.any(|own| is_same(scheme, origin, own))
}

fn is_same(scheme: &str, origin: &str, own: &str) -> bool {
    let (name, port) = split(origin);
    let (own_name, own_port) = split(own);
    let usual = if scheme == "https" { "443" } else { "80" };
    let same_port = own_port.is_none_or(|own_port| own_port == port.unwrap_or(usual));
    same_port && own_name.eq_ignore_ascii_case(name)
}

/// Name and port.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn check_hosts(hosts: &[&str], expect: bool) {
        let mut request = http::Request::builder();
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        assert_eq!(names_one_host(&parts), expect, "{hosts:?}");
    }

    #[test]
    fn a_request_is_for_one_host() {
        check_hosts(&["lockstep.example"], true);
        check_hosts(&["lockstep.example:8080"], true);
        check_hosts(&["[::1]:8080"], true);
        check_hosts(&[""], true);
        check_hosts(&[], false);
        check_hosts(&["a", "a"], false);
        for host in ["a b", "a/b", "anna@a", "a,b", "a?b", "a:b:c", "a\tb"] {
            check_hosts(&[host], false);
        }
    }

    fn check(origin: Option<&str>, host: &str, expect: bool) {
        let settings = config::load(&config::Inputs::default()).expect("the defaults").settings;
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        assert_eq!(is_allowed(&headers, &settings), expect, "{origin:?} at {host}");
    }

    #[test]
    fn our_own_pages_and_programs_may_speak_and_other_sites_may_not() {
        check(None, "lockstep.example", true);
        check(Some("https://lockstep.example"), "lockstep.example", true);
        check(Some("http://127.0.0.1:8088"), "127.0.0.1", true);
        check(Some("http://[::1]:8080"), "[::1]:8080", true);
        check(Some("http://127.0.0.1:9999"), "127.0.0.1:8080", false);
        check(Some("https://lockstep.example"), "lockstep.example:443", true);
        check(Some("https://lockstep.example"), "lockstep.example:8443", false);
        check(Some("https://evil.example"), "lockstep.example", false);
        check(Some("https://lockstep.example.evil"), "lockstep.example", false);
        check(Some("null"), "lockstep.example", false);
    }
}
