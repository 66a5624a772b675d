//! What 1C asks for, and with which name and password.

use axum::extract::Query;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Uri, header};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    CheckAuth,
    Init,
    File,
    Import,
    Deactivate,
    Complete,
    /// Fetching orders.
    Query,
    /// Something else that belongs to orders.
    Orders,
    Unknown,
}

/// A request of 1C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) mode: Mode,
    /// Whether it is about goods and customers; else about orders.
    pub(super) is_catalog: bool,
    pub(super) filename: Option<String>,
}

impl Asked {
    /// By the address. 1C leaves `type` out nowhere; who does means the catalogue.
    pub(super) fn of(uri: &Uri) -> Self {
        let words = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(words)| words).unwrap_or_default();
        let word = |name: &str| words.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let is_catalog = matches!(word("type").unwrap_or("catalog"), "catalog" | "reference");
        let mode = match word("mode").unwrap_or_default() {
            "checkauth" => Mode::CheckAuth,
            "init" => Mode::Init,
            "file" => Mode::File,
            "import" => Mode::Import,
            "deactivate" => Mode::Deactivate,
            "complete" => Mode::Complete,
            "query" => Mode::Query,
            "info" | "success" if !is_catalog => Mode::Orders,
            _ => Mode::Unknown,
        };
        Self { mode, is_catalog, filename: word("filename").map(ToOwned::to_owned) }
    }
}

/// The name and password of `Authorization: Basic …`.
pub(super) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, coded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let bytes = STANDARD.decode(coded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(bytes).ok()?;
    let (login, password) = text.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::of(&format!("/1c_exchange?{query}").parse().expect("an address"))
    }

    #[test]
    fn a_request_is_read_as_1c_writes_it() {
        let file = asked("type=catalog&mode=file&filename=goods%2F1%2F%D0%A2%D0%BE%D0%B2%D0%B0%D1%80+1.xml");

        assert_eq!((file.mode, file.is_catalog), (Mode::File, true));
        assert_eq!(file.filename.as_deref(), Some("goods/1/Товар 1.xml"));
        assert_eq!(asked("type=sale&mode=query").mode, Mode::Query);
        assert!(!asked("type=sale&mode=file").is_catalog);
        assert_eq!(asked("type=sale&mode=success").mode, Mode::Orders);
        for unknown in ["", "type=catalog", "mode=", "type=catalog&mode=success", "mode=drop%20table"] {
            assert_eq!(asked(unknown).mode, Mode::Unknown, "{unknown}");
        }
        assert_eq!(asked("mode=file&filename=%zz%4").filename.as_deref(), Some("%zz%4"));
    }

    #[test]
    fn a_name_and_password_are_found_and_a_colon_belongs_to_the_password() {
        let given = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
            basic(&headers)
        };

        assert_eq!(given(&format!("basic {}", STANDARD.encode("анна:a:b"))), Some(("анна".into(), "a:b".into())));
        for wrong in ["Basic", "Basic !!", "Bearer YTpi", &format!("Basic {}", STANDARD.encode("nocolon"))] {
            assert_eq!(given(wrong), None, "{wrong}");
        }
        assert_eq!(basic(&HeaderMap::new()), None);
    }
}
