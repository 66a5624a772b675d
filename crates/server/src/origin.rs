//! Which web sites' pages may speak to us.
//!
//! A browser says in `Origin` whose page is asking. Our own host may, and those the operator listed. Programs send no `Origin`.

use http::{HeaderMap, header};

use crate::config::Settings;

/// Whether the request comes from our own pages, a listed site or no browser at all.
///
/// Hosts are compared without their port, since a proxy may pass `Host` on without it, and cookies do not know ports either.
pub(crate) fn is_allowed(headers: &HeaderMap, settings: &Settings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else { return false };
    if settings.server.allowed_origins.iter().any(|allowed| allowed.as_str() == origin) {
        return true;
    }
    let Some((_, host)) = origin.split_once("://") else { return false };
    let names = [header::HOST.as_str(), "x-forwarded-host"];
    let mut own = names.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    own.any(|own| name_of(own).eq_ignore_ascii_case(name_of(host)))
}

/// The host without port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

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
        check(Some("https://evil.example"), "lockstep.example", false);
        check(Some("https://lockstep.example.evil"), "lockstep.example", false);
        check(Some("null"), "lockstep.example", false);
    }
}
