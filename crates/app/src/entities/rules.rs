//! What a value must be like. Each rule answers with the value as it is kept, or with what is wrong.

use serde_json::Value as Json;

use crate::{error::FieldError, rights::Right};

/// The largest whole number that every JSON reader keeps exactly: 2^53 − 1.
const MAX_EXACT: i64 = 9_007_199_254_740_991;

/// The longest address of a mailbox (RFC 5321, §4.5.3.1.3).
const MAX_EMAIL: usize = 254;

/// The longest path that Linux takes.
const MAX_PATH: usize = 4_096;

/// The longest password. Long enough for any sentence, short enough that hashing it costs nothing extra.
const MAX_PASSWORD: usize = 256;

/// The shortest password.
const MIN_PASSWORD: usize = 8;

/// What a value must be like. Lengths are in characters.
pub(super) enum Rule {
    /// One line, trimmed, not empty, at most this long.
    Line(usize),
    /// Any text at most this long.
    Text(usize),
    /// Yes or no.
    Flag,
    /// A whole number from zero.
    Size,
    /// The id of a row.
    Reference,
    /// The id of a row, or null.
    OptionalReference,
    /// A name to sign in with; kept in lower case.
    Login,
    /// At least eight characters.
    Password,
    /// A mailbox, or null.
    OptionalEmail,
    /// A path without steps up.
    Folder,
    /// A path, or null.
    OptionalPath,
    /// `type/subtype`.
    Mime,
    /// 64 hexadecimal digits, or null; kept in lower case.
    OptionalSha256,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of rights that a group may have; kept sorted, each once.
    Permissions,
}

type Checked = Result<Json, FieldError>;

impl Rule {
    /// The value as it is kept.
    pub(super) fn check(&self, value: &Json) -> Checked {
        match self {
            Rule::Line(max) => line(value, *max),
            Rule::Text(max) => text(value, *max),
            Rule::Flag => value.as_bool().map(Json::from).ok_or_else(|| FieldError::new("field.not_a_bool")),
            Rule::Size => size(value),
            Rule::Reference => reference(value),
            Rule::OptionalReference => optional(value, reference),
            Rule::Login => login(value),
            Rule::Password => password(value),
            Rule::OptionalEmail => optional(value, email),
            Rule::Folder => folder(value),
            Rule::OptionalPath => optional(value, |value| line(value, MAX_PATH)),
            Rule::Mime => mime(value),
            Rule::OptionalSha256 => optional(value, sha256),
            Rule::Word(words) => word(value, words),
            Rule::Permissions => permissions(value),
        }
    }
}

fn format() -> FieldError {
    FieldError::new("field.format")
}

fn string(value: &Json) -> Result<&str, FieldError> {
    value.as_str().ok_or_else(|| FieldError::new("field.not_a_string"))
}

/// Null and the empty text, which a form sends for a field left blank, are nothing.
fn optional(value: &Json, rule: impl Fn(&Json) -> Checked) -> Checked {
    match value {
        Json::Null => Ok(Json::Null),
        Json::String(text) if text.trim().is_empty() => Ok(Json::Null),
        _ => rule(value),
    }
}

fn at_most(text: &str, max: usize) -> Result<&str, FieldError> {
    if text.chars().count() <= max { Ok(text) } else { Err(FieldError::new("field.too_long").with("max", max)) }
}

fn line(value: &Json, max: usize) -> Checked {
    let text = string(value)?.trim();
    if text.is_empty() {
        return Err(FieldError::new("field.required"));
    }
    if text.chars().any(char::is_control) {
        return Err(format());
    }
    at_most(text, max).map(Json::from)
}

fn text(value: &Json, max: usize) -> Checked {
    let text = string(value)?;
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(format());
    }
    at_most(text, max).map(Json::from)
}

fn size(value: &Json) -> Checked {
    let number = value.as_number().ok_or_else(|| FieldError::new("field.not_a_number"))?;
    number.as_i64().filter(|number| (0..=MAX_EXACT).contains(number)).map(Json::from).ok_or_else(format)
}

fn reference(value: &Json) -> Checked {
    let id = string(value)?;
    let found = id.parse::<i64>().is_ok_and(|number| number > 0 && number.to_string() == id);
    if found { Ok(Json::from(id)) } else { Err(FieldError::new("field.no_such")) }
}

fn login(value: &Json) -> Checked {
    let login = line(value, 64)?;
    let login = login.as_str().unwrap_or_default().to_ascii_lowercase();
    let sane = login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b));
    if sane { Ok(Json::from(login)) } else { Err(format()) }
}

fn password(value: &Json) -> Checked {
    let password = string(value)?;
    if password.chars().count() < MIN_PASSWORD {
        return Err(FieldError::new("field.too_short").with("min", MIN_PASSWORD));
    }
    at_most(password, MAX_PASSWORD).map(Json::from)
}

/// Not a parser of RFC 5322: only a letter that arrives proves an address. This catches slips.
fn email(value: &Json) -> Checked {
    let email = line(value, MAX_EMAIL)?;
    let sane = email.as_str().and_then(|email| email.rsplit_once('@')).is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.starts_with('.') && !host.ends_with('.')
    });
    let blank = email.as_str().is_some_and(|email| email.contains(char::is_whitespace));
    if sane && !blank { Ok(email) } else { Err(format()) }
}

fn folder(value: &Json) -> Checked {
    let folder = line(value, MAX_PATH)?;
    let path = folder.as_str().unwrap_or_default();
    let sane = path.split('/').all(|step| step != ".." && step != ".");
    if sane { Ok(folder) } else { Err(format()) }
}

fn mime(value: &Json) -> Checked {
    let mime = line(value, 127)?;
    let sane =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    match mime.as_str().and_then(|mime| mime.split_once('/')) {
        Some((kind, subtype)) if sane(kind) && sane(subtype) => Ok(mime),
        _ => Err(format()),
    }
}

fn sha256(value: &Json) -> Checked {
    let digest = string(value)?.trim().to_ascii_lowercase();
    let sane = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if sane { Ok(Json::from(digest)) } else { Err(format()) }
}

fn word(value: &Json, words: &[&str]) -> Checked {
    let word = string(value)?;
    if words.contains(&word) {
        return Ok(Json::from(word));
    }
    Err(FieldError::new("field.not_allowed").with("allowed", words))
}

fn permissions(value: &Json) -> Checked {
    let names = value.as_array().ok_or_else(format)?;
    let right = |name: &Json| {
        let name = string(name)?;
        let right = Right::of_groups().find(|right| right.to_string() == name);
        let shown: String = name.chars().take(64).collect();
        right.ok_or_else(|| FieldError::new("field.not_allowed").with("value", shown))
    };
    let mut rights = names.iter().map(right).collect::<Result<Vec<Right>, _>>()?;
    rights.sort_unstable();
    rights.dedup();
    Ok(rights.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(rule: &Rule, value: &Json, expect: Result<Json, &str>) {
        let checked = rule.check(value).map_err(|error| error.code);
        match expect {
            Ok(kept) => assert_eq!(checked, Ok(kept), "{value}"),
            Err(code) => assert_eq!(checked, Err(code), "{value}"),
        }
    }

    #[test]
    fn a_line_is_trimmed_and_neither_empty_nor_too_long() {
        let line = Rule::Line(5);
        check(&line, &json!("  Ёлка "), Ok(json!("Ёлка")));
        check(&line, &json!("ёёёёё"), Ok(json!("ёёёёё")));
        check(&line, &json!("ёёёёёё"), Err("field.too_long"));
        check(&line, &json!(" "), Err("field.required"));
        check(&line, &json!("a\nb"), Err("field.format"));
        check(&line, &json!(7), Err("field.not_a_string"));
        check(&line, &Json::Null, Err("field.not_a_string"));
    }

    #[test]
    fn a_login_is_kept_in_lower_case() {
        check(&Rule::Login, &json!("Anna.K"), Ok(json!("anna.k")));
        check(&Rule::Login, &json!("анна"), Err("field.format"));
        check(&Rule::Login, &json!("a b"), Err("field.format"));
    }

    #[test]
    fn a_blank_optional_field_is_nothing() {
        check(&Rule::OptionalEmail, &json!(" "), Ok(Json::Null));
        check(&Rule::OptionalReference, &Json::Null, Ok(Json::Null));
        check(&Rule::OptionalEmail, &json!("anna@example.org"), Ok(json!("anna@example.org")));
        check(&Rule::OptionalEmail, &json!("anna@"), Err("field.format"));
        check(&Rule::OptionalEmail, &json!("an na@example.org"), Err("field.format"));
    }

    #[test]
    fn a_size_is_a_whole_number_that_javascript_keeps() {
        check(&Rule::Size, &json!(0), Ok(json!(0)));
        check(&Rule::Size, &json!(9_007_199_254_740_991_i64), Ok(json!(9_007_199_254_740_991_i64)));
        check(&Rule::Size, &json!(9_007_199_254_740_992_i64), Err("field.format"));
        check(&Rule::Size, &json!(-1), Err("field.format"));
        check(&Rule::Size, &json!(1.5), Err("field.format"));
        check(&Rule::Size, &json!("1"), Err("field.not_a_number"));
    }

    #[test]
    fn a_reference_is_an_id_as_the_api_writes_it() {
        check(&Rule::Reference, &json!("7"), Ok(json!("7")));
        for id in ["0", "-1", "07", "+7", "x", ""] {
            check(&Rule::Reference, &json!(id), Err("field.no_such"));
        }
        check(&Rule::Reference, &json!(7), Err("field.not_a_string"));
    }

    #[test]
    fn a_folder_does_not_climb() {
        check(&Rule::Folder, &json!("/srv/scans"), Ok(json!("/srv/scans")));
        check(&Rule::Folder, &json!("/srv/../etc"), Err("field.format"));
        check(&Rule::Folder, &json!("scans/2026"), Ok(json!("scans/2026")));
        check(&Rule::Folder, &json!("./scans"), Err("field.format"));
    }

    #[test]
    fn rights_of_a_group_are_known_ones_each_once() {
        check(&Rule::Permissions, &json!(["admin", "files.view", "admin"]), Ok(json!(["files.view", "admin"])));
        check(&Rule::Permissions, &json!(["publish"]), Err("field.not_allowed"));
        check(&Rule::Permissions, &json!("admin"), Err("field.format"));
        check(&Rule::Permissions, &json!([1]), Err("field.not_a_string"));
    }

    #[test]
    fn other_shapes_are_held_too() {
        check(&Rule::Mime, &json!("application/vnd.ms-excel"), Ok(json!("application/vnd.ms-excel")));
        check(&Rule::Mime, &json!("pdf"), Err("field.format"));
        check(&Rule::OptionalSha256, &json!("AB".repeat(32)), Ok(json!("ab".repeat(32))));
        check(&Rule::OptionalSha256, &json!("ab"), Err("field.format"));
        check(&Rule::Word(&["new", "ready"]), &json!("gone"), Err("field.not_allowed"));
        check(&Rule::Password, &json!("1234567"), Err("field.too_short"));
        check(&Rule::Password, &json!("пароль88"), Ok(json!("пароль88")));
        check(&Rule::Flag, &json!("true"), Err("field.not_a_bool"));
        check(&Rule::Text(9), &json!("a\nb"), Ok(json!("a\nb")));
        check(&Rule::Text(9), &json!("a\u{0}b"), Err("field.format"));
    }
}
