//! ETag, If-Match, If-None-Match: nobody overwrites what he has not seen, nobody fetches what he has.

use http::{HeaderMap, HeaderValue, header};
use lockstep_app::Error;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// That it is at one of these revisions. Tags that cannot be ours are left out: no row has them.
    OneOf(Vec<i64>),
    /// That it exists.
    Any,
}

impl Expected {
    /// Makes an edit that itself expects one revision, or whichever there is. Of several revisions the one counts at which the row
    /// turns out to be; since it only rises, there are no more tries than revisions.
    pub(super) async fn guard<T, F>(self, edit: impl Fn(Option<i64>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        /// No row has it: revisions begin with 1.
        const NEVER: i64 = 0;
        let Expected::OneOf(revisions) = self else { return edit(None).await };
        let mut revision = revisions.first().copied().unwrap_or(NEVER);
        loop {
            match edit(Some(revision)).await {
                Err(Error::Stale { current }) if current.rev != revision && revisions.contains(&current.rev) => {
                    revision = current.rev;
                }
                done => return done,
            }
        }
    }
}

/// What `If-Match` says; None without it. Several such headers are one list (RFC 9110, 5.3 and 13.1.1).
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Expected>, Problem> {
    let values: Vec<&[u8]> = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let list = values.join(&b',');
    if list.trim_ascii() == b"*" {
        return Ok(Some(Expected::Any));
    }
    let tags = tags(&list).filter(|tags| !tags.is_empty());
    let tags = tags.ok_or_else(|| Problem::bad_request().saying("error.bad_if_match"))?;
    Ok(Some(Expected::OneOf(tags.into_iter().filter_map(revision).collect())))
}

/// The same where it must be said.
pub(super) fn required(headers: &HeaderMap) -> Result<Expected, Problem> {
    if_match(headers)?.ok_or_else(Problem::precondition_required)
}

/// What stands between the quotes of each tag of a list; None where it is no list of tags. Lenient in two things: a bare number is a
/// revision, and a weak tag is as good as a strong one, since a proxy that compresses makes ours weak.
fn tags(mut list: &[u8]) -> Option<Vec<&[u8]>> {
    let mut tags = Vec::new();
    loop {
        list = list.trim_ascii_start();
        if let Some(rest) = list.strip_prefix(b",") {
            list = rest;
            continue;
        }
        if list.is_empty() {
            return Some(tags);
        }
        let (tag, rest) = quoted(list).or_else(|| number(list))?;
        tags.push(tag);
        list = rest.trim_ascii_start();
        if !list.is_empty() && !list.starts_with(b",") {
            return None;
        }
    }
}

fn quoted(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = list.strip_prefix(b"W/").unwrap_or(list).strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    let (tag, rest) = (&inner[..end], &inner[end + 1..]);
    tag.iter().all(|byte| matches!(byte, 0x21..=0x7e | 0x80..)).then_some((tag, rest))
}

fn number(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = list.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(list.len());
    (end > 0).then(|| list.split_at(end))
}

/// The revision of a tag as [`etag_of`] writes it.
fn revision(tag: &[u8]) -> Option<i64> {
    let ours = tag.iter().all(u8::is_ascii_digit) && tag.first() != Some(&b'0');
    if ours { std::str::from_utf8(tag).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use lockstep_app::Row;
    use serde_json::Value;

    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a value"))])
    }

    fn check(value: &str, expected: &[i64]) {
        let read = if_match(&headers(header::IF_MATCH, value)).expect(value);
        assert_eq!(read, Some(Expected::OneOf(expected.to_vec())), "{value}");
    }

    #[test]
    fn if_match_takes_a_tag_however_it_is_written() {
        check("\"42\"", &[42]);
        check(" 42 ", &[42]);
        check("W/\"42\"", &[42]);
        check("\"old\"", &[]);
        check("\"042\"", &[]);
        check("\"99999999999999999999\"", &[]);
        assert_eq!(if_match(&headers(header::IF_MATCH, "*")).expect("right"), Some(Expected::Any));
        assert_eq!(if_match(&HeaderMap::new()).expect("right"), None);
    }

    #[test]
    fn if_match_takes_a_list_in_one_header_or_in_several() {
        check("\"77\", \"4\"", &[77, 4]);
        check("\"a,b\",,W/\"4\" ,", &[4]);
        let mut several = headers(header::IF_MATCH, "\"77\"");
        several.append(header::IF_MATCH, "\"4\", \"5\"".parse().expect("a value"));
        assert_eq!(if_match(&several).expect("right"), Some(Expected::OneOf(vec![77, 4, 5])));
    }

    #[test]
    fn an_if_match_that_is_no_list_of_tags_is_refused() {
        for value in
            ["", ",", "\"4", "4\"", "'4'", "four", "\"4\" \"5\"", "\"4\"5", "4x", "*, \"4\"", "w/\"4\"", "\"a b\""]
        {
            assert!(if_match(&headers(header::IF_MATCH, value)).is_err(), "{value}");
        }
    }

    #[tokio::test]
    async fn of_several_revisions_the_rows_own_counts() {
        let stale = |rev: i64| Error::Stale { current: Box::new(Row { id: "1".into(), rev, value: Value::Null }) };
        let edit = |revision: Option<i64>| async move {
            match revision {
                None | Some(4) => Ok(()),
                Some(_) => Err(stale(4)),
            }
        };

        assert!(Expected::OneOf(vec![77, 4]).guard(edit).await.is_ok());
        assert!(Expected::Any.guard(edit).await.is_ok());
        assert!(matches!(Expected::OneOf(vec![77, 5]).guard(edit).await, Err(Error::Stale { .. })));
        assert!(matches!(Expected::OneOf(vec![]).guard(edit).await, Err(Error::Stale { .. })));
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
