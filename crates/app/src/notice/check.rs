//! What a notice must be like. All that is wrong with it is named at once.

use lockstep_protocol::{MAX_DATA_DEPTH, depth};
use lockstep_store::{NewNotice as Checked, NoticeKey};
use serde_json::value::RawValue;

use super::NewNotice;
use crate::{
    Caller, Error,
    error::{FieldError, FieldErrors},
};

/// The largest data, in bytes of JSON. With a message beside it a notice stays well below what an event carries.
const MAX_DATA: usize = 16 * 1024;

/// The longest kind, in bytes.
const MAX_KIND: usize = 64;

/// The longest message, in characters.
const MAX_MESSAGE: usize = 1000;

/// The longest key, in bytes: what a log line says of where it comes from, and some.
const MAX_KEY: usize = 200;

/// The notice as it is written down.
pub(super) fn notice(caller: &Caller, given: NewNotice) -> Result<Checked, Error> {
    let NewNotice { kind, data, message, status, key, window, once, times, counted } = given;
    let data = data.map_or_else(|| RawValue::from_string("{}".into()), Ok);
    let data = data.map_err(|error| Error::Internal(std::sync::Arc::new(error)))?;
    if data.get().len() > MAX_DATA {
        return Err(Error::TooLarge { max: MAX_DATA });
    }
    let mut fields = FieldErrors::new();
    let mut note = |field: &str, wrong: Option<FieldError>| {
        if let Some(wrong) = wrong {
            fields.insert(field.to_owned(), wrong);
        }
    };
    note("type", wrong_kind(&kind));
    note("data", wrong_data(&data));
    note("message", message.as_deref().and_then(wrong_message));
    note("key", key.as_deref().and_then(wrong_key));
    if !fields.is_empty() {
        return Err(Error::Invalid { fields });
    }
    let window_ms = i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 2);
    // No author's name holds a space, so no two of them can make the same key.
    let key = key.map(|key| NoticeKey { name: format!("{} {key}", caller.publisher()), window_ms });
    Ok(Checked { kind, data, message, status, key, once, times, counted })
}

fn wrong_kind(kind: &str) -> Option<FieldError> {
    let sane = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    match kind.len() {
        0 => Some(FieldError::new("field.required")),
        bytes if bytes > MAX_KIND => Some(FieldError::new("field.too_long").with("max", MAX_KIND)),
        _ => (!kind.bytes().all(sane)).then(|| FieldError::new("field.format")),
    }
}

fn wrong_data(data: &RawValue) -> Option<FieldError> {
    if !data.get().starts_with('{') {
        return Some(FieldError::new("field.not_an_object"));
    }
    (depth(data) > MAX_DATA_DEPTH).then(|| FieldError::new("field.too_deep").with("max", MAX_DATA_DEPTH))
}

/// Lines and tabs are for people to read; other control characters are for nobody.
fn wrong_message(message: &str) -> Option<FieldError> {
    if message.chars().count() > MAX_MESSAGE {
        return Some(FieldError::new("field.too_long").with("max", MAX_MESSAGE));
    }
    let strange = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    message.chars().any(strange).then(|| FieldError::new("field.format"))
}

fn wrong_key(key: &str) -> Option<FieldError> {
    match key.len() {
        0 => Some(FieldError::new("field.required")),
        bytes if bytes > MAX_KEY => Some(FieldError::new("field.too_long").with("max", MAX_KEY)),
        _ => key.chars().any(char::is_control).then(|| FieldError::new("field.format")),
    }
}
