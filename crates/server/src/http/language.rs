//! The reader's language, and our words in it.
//!
//! The catalogues are those of the pages (`static/js/i18n`), so that an error reads the same wherever it is shown.

use std::{collections::HashMap, sync::OnceLock};

use axum::http::{HeaderMap, Uri, header};
use serde_json::{Map, Value};

use crate::client;

/// The cookie by which a person chose.
const COOKIE: &str = "lockstep_lang";

#[derive(rust_embed::Embed)]
#[folder = "../../static/js/i18n"]
#[allow_missing = true]
struct Files;

/// A language that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Russian,
    English,
}

type Catalogue = HashMap<String, Value>;

impl Language {
    /// By `?lang`, the cookie, `Accept-Language`; else what the project's people read.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let parameter =
            uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("lang="));
        let cookie = client::cookie(headers, COOKIE);
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let chosen = parameter.and_then(Self::named).or_else(|| Self::named(&cookie?));
        chosen.or_else(|| preferred(accepted)).unwrap_or(Language::Russian)
    }

    fn named(tag: &str) -> Option<Self> {
        match tag.trim().to_ascii_lowercase().split('-').next() {
            Some("ru") => Some(Language::Russian),
            Some("en") => Some(Language::English),
            _ => None,
        }
    }

    /// As `lang` attributes and `Content-Language` write it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Language::Russian => "ru",
            Language::English => "en",
        }
    }

    /// The text of `key` with its holes filled. A key that no catalogue has shows itself.
    pub(super) fn message(self, key: &str, params: &Map<String, Value>) -> String {
        let text = match self.catalogue().get(key) {
            Some(Value::String(text)) => text.as_str(),
            Some(Value::Object(forms)) => self.form(forms, params),
            _ => key,
        };
        fill(text, params)
    }

    fn catalogue(self) -> &'static Catalogue {
        static RUSSIAN: OnceLock<Catalogue> = OnceLock::new();
        static ENGLISH: OnceLock<Catalogue> = OnceLock::new();
        let kept = match self {
            Language::Russian => &RUSSIAN,
            Language::English => &ENGLISH,
        };
        kept.get_or_init(|| {
            let file = Files::get(&format!("{}.json", self.tag()));
            file.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
        })
    }

    fn form<'a>(self, forms: &'a Map<String, Value>, params: &Map<String, Value>) -> &'a str {
        let count =
            params.get("count").or_else(|| params.values().find(|value| value.is_u64())).and_then(Value::as_u64);
        let form = count.map_or("other", |count| self.plural(count));
        forms.get(form).or_else(|| forms.get("other")).and_then(Value::as_str).unwrap_or_default()
    }

    /// The plural form of a whole number, by the rules of Unicode CLDR.
    fn plural(self, count: u64) -> &'static str {
        match (self, count % 10, count % 100) {
            (Language::English, _, _) if count == 1 => "one",
            (Language::English, ..) => "other",
            (Language::Russian, 1, hundred) if hundred != 11 => "one",
            (Language::Russian, 2..=4, hundred) if !(12..=14).contains(&hundred) => "few",
            (Language::Russian, ..) => "many",
        }
    }
}

/// The first of our languages in the order of the browser's weights.
fn preferred(accepted: &str) -> Option<Language> {
    let weighted = accepted.split(',').take(16).filter_map(|entry| {
        let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
        Language::named(tag).filter(|_| weight > 0.0).map(|language| (weight, language))
    });
    // Of equal weights the first one counts: `max_by` would take the last.
    weighted.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, language)| language)
}

fn fill(text: &str, params: &Map<String, Value>) -> String {
    params.iter().fold(text.to_owned(), |text, (name, value)| {
        let shown = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        text.replace(&format!("{{{name}}}"), &shown)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(uri: &str, headers: &[(&str, &str)], expected: Language) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(http::HeaderName::try_from(*name).expect("a name"), value.parse().expect("a value"));
        }
        assert_eq!(Language::of(&uri.parse().expect("a URI"), &map), expected, "{uri} {headers:?}");
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let (cookie, browser) = (("cookie", "a=b; lockstep_lang=ru"), ("accept-language", "en"));

        check("/?a=1&lang=en", &[cookie], Language::English);
        check("/?lang=xx", &[cookie, browser], Language::Russian);
        check("/", &[browser], Language::English);
        check("/", &[], Language::Russian);
    }

    #[test]
    fn the_browsers_weights_decide() {
        check("/", &[("accept-language", "de, en-GB;q=0.8, ru;q=0.9")], Language::Russian);
        check("/", &[("accept-language", "en, ru")], Language::English);
        check("/", &[("accept-language", "en;q=0, de")], Language::Russian);
        check("/", &[("accept-language", ";;q=,,")], Language::Russian);
    }

    #[test]
    fn plural_forms_follow_the_language() {
        let forms =
            |language: Language, counts: &[u64]| counts.iter().map(|count| language.plural(*count)).collect::<Vec<_>>();

        assert_eq!(
            forms(Language::Russian, &[1, 21, 3, 24, 5, 11, 12, 0]),
            ["one", "one", "few", "few", "many", "many", "many", "many"]
        );
        assert_eq!(forms(Language::English, &[1, 0, 2]), ["one", "other", "other"]);
    }

    #[test]
    fn holes_are_filled_and_unknown_keys_show_themselves() {
        let params = json!({"seconds": 5, "room": "files"}).as_object().cloned().expect("an object");

        assert_eq!(fill("{room}: {seconds} s, {other}", &params), "files: 5 s, {other}");
        assert_eq!(Language::English.message("no.such.key", &params), "no.such.key");
    }
}
