//! Rows as the API gives them: JSON objects, ids as text, times as RFC 3339.

use lockstep_protocol::Position;
use serde_json::{Map, Value as Json};

use crate::{
    clock::rfc3339,
    engine::{Tuple, Value},
    error::Error,
};

/// Named values of a row's fields, as an edit gives them.
pub type Fields = Map<String, Json>;

/// One row of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its revision: 1 when new, one more with every change.
    pub rev: i64,
    /// All of it as JSON, `id` and `rev` too.
    pub value: Json,
}

/// One page of a list, and the position of the ledger at the same moment.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The rows as JSON.
    pub items: Vec<Json>,
    /// How many there are on all pages.
    pub total: i64,
    /// How far the ledger had come when they were read: whatever came later is not in them.
    pub position: Position,
}

/// How a column is kept, and how JSON shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// True or false; 1 or 0 in the database.
    Flag,
    /// RFC 3339; milliseconds in the database.
    Time,
    /// The id of another row: text; a number in the database.
    Id,
    /// An array or object; JSON text in the database.
    Json,
}

impl Kind {
    /// Reads column `n`.
    pub(crate) fn read(self, tuple: &Tuple, n: usize) -> Result<Json, Error> {
        let number = || tuple.int(n);
        Ok(match self {
            Kind::Text => tuple.text(n)?.map_or(Json::Null, Json::String),
            Kind::Number => number()?.map_or(Json::Null, Json::from),
            Kind::Flag => number()?.map_or(Json::Null, |flag| Json::Bool(flag != 0)),
            Kind::Time => number()?.map_or(Json::Null, |ms| Json::String(rfc3339(ms))),
            Kind::Id => number()?.map_or(Json::Null, |id| Json::String(id.to_string())),
            Kind::Json => match tuple.text(n)? {
                Some(text) => serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))?,
                None => Json::Null,
            },
        })
    }

    /// The value to bind for `json`, `None` when it is of another kind. A time is given in milliseconds.
    pub(crate) fn bind(self, json: &Json) -> Option<Value> {
        Some(match (self, json) {
            (Kind::Text | Kind::Json, Json::Null) => Value::Text(None),
            (Kind::Number | Kind::Flag | Kind::Time | Kind::Id, Json::Null) => Value::Int(None),
            (Kind::Text, Json::String(text)) if can_be_kept(text) => Value::from(text.as_str()),
            (Kind::Number | Kind::Time, Json::Number(number)) => Value::from(number.as_i64()?),
            (Kind::Flag, Json::Bool(flag)) => Value::from(*flag),
            (Kind::Id, Json::String(id)) => Value::from(parse_id(id)?),
            (Kind::Json, Json::Array(_) | Json::Object(_)) => Value::from(json.to_string()),
            _ => return None,
        })
    }
}

/// The number behind an id, when it is one: written as we write it, so that a row has one address and one id.
pub(crate) fn parse_id(id: &str) -> Option<i64> {
    let ours = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    if ours { id.parse().ok() } else { None }
}

/// Whether text can be in the database at all: PostgreSQL has no letter of value zero. Asked of what comes from outside unchecked, such
/// as the words of a search; what cannot be kept is found nowhere.
pub(crate) fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}
