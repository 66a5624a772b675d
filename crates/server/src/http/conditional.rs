//! ETag, If-Match, If-None-Match: nobody overwrites what he has not seen, nobody fetches what he has.

use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use super::problem::Problem;

/// The tag of a row: its revision.
pub(super) fn etag_of(rev: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{rev}\"")).expect("a number in quotes")
}

/// The tag of an answer that has no revision: a digest of it.
pub(super) fn etag_of_body(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).expect("hexadecimal in quotes")
}

/// Whether the client has it already.
pub(super) fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let etag = etag.to_str().unwrap_or_default();
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

/// What a change expects of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Exactly this revision.
    Revision(i64),
    /// That it exists.
    Any,
}

impl Expected {
    pub(super) fn revision(self) -> Option<i64> {
        match self {
            Expected::Revision(rev) => Some(rev),
            Expected::Any => None,
        }
    }
}

/// What `If-Match` says; None without it. A tag that cannot be one of ours matches no row.
pub(super) fn if_match(headers: &HeaderMap) -> Option<Expected> {
    /// No row has it: revisions begin with 1.
    const NEVER: i64 = 0;
    let value = headers.get(header::IF_MATCH)?.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Some(Expected::Any);
    }
    let tag = value.trim_start_matches("W/").trim_matches('"');
    Some(Expected::Revision(tag.parse().unwrap_or(NEVER)))
}

/// The same where it must be said.
pub(super) fn required(headers: &HeaderMap) -> Result<Expected, Problem> {
    if_match(headers).ok_or_else(Problem::precondition_required)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    fn check(value: &str, expected: Expected) {
        assert_eq!(if_match(&headers(header::IF_MATCH, value)), Some(expected), "{value}");
    }

    #[test]
    fn if_match_takes_a_tag_however_it_is_written() {
        check("\"42\"", Expected::Revision(42));
        check("42", Expected::Revision(42));
        check("W/\"42\"", Expected::Revision(42));
        check("*", Expected::Any);
        check("\"old\"", Expected::Revision(0));
        assert_eq!(if_match(&HeaderMap::new()), None);
    }

    #[test]
    fn if_none_match_takes_a_list() {
        let known = |value: &str| is_known(&headers(header::IF_NONE_MATCH, value), &etag_of(42));

        assert!(known("\"42\"") && known("W/\"42\"") && known("\"1\", \"42\"") && known("*"));
        assert!(!known("\"4\"") && !known("42x"));
    }

    #[test]
    fn bodies_that_differ_have_different_tags() {
        assert_ne!(etag_of_body(b"a"), etag_of_body(b"b"));
        assert_eq!(etag_of_body(b"a"), etag_of_body(b"a"));
    }
}
