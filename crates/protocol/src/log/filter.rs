//! Which lines a reader wants.
//!
//! Filters that mean the same are equal, so that those who want the same can be served together.
//! Reading one is total, and matching is linear in the line, whatever a reader has written.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use regex::{Regex, RegexBuilder};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use super::{Level, Line, LogType, MAX_SOURCE, UnknownWord};

/// The most names of one field.
pub const MAX_NAMES: usize = 32;

/// The longest text, in bytes.
pub const MAX_TEXT: usize = 512;

/// How large an expression may become, in bytes: `\pL{100}` takes more, and each reader may bring one of his own.
const MAX_PROGRAM: usize = 256 * 1024;

/// Which lines. The default wants all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    types: Option<Vec<LogType>>,
    levels: Option<Vec<Level>>,
    sources: Option<Names>,
    environments: Option<Names>,
    text: Option<Text>,
}

/// What is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {why}")]
pub struct BadFilter {
    /// Which field.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Filter {
    /// Reads the fields `type`, `level`, `source`, `environment`, `text` and `regex` of an object; others are not looked at.
    ///
    /// The first four are a name, names with commas between, or an array of names: any of them will do. A source or an environment that
    /// ends with `*` is a beginning. `all`, an empty text and null ask for nothing. `text` is part of the message or of the source, upper
    /// and lower case alike; with `regex: true` it is a regular expression, in which `(?-i)` tells them apart.
    ///
    /// # Errors
    /// [`BadFilter`] with the field and what would be right.
    pub fn parse(said: &Value) -> Result<Self, BadFilter> {
        if !said.is_object() && !said.is_null() {
            return Err(BadFilter { field: "filter", why: "an object is expected".into() });
        }
        Ok(Self {
            types: words(said, "type")?,
            levels: words(said, "level")?,
            sources: Names::read(said, "source")?,
            environments: Names::read(said, "environment")?,
            text: Text::read(said)?,
        })
    }

    /// Whether a reader with this filter wants `line`.
    pub fn matches(&self, line: &Line) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&line.kind))
            && self.levels.as_ref().is_none_or(|levels| levels.contains(&line.level))
            && self.sources.as_ref().is_none_or(|names| names.include(&line.source))
            && self.environments.as_ref().is_none_or(|names| names.include(&line.environment))
            && self.text.as_ref().is_none_or(|text| text.is_in(&line.message) || text.is_in(&line.source))
    }

    /// The types it is limited to.
    pub fn types(&self) -> Option<&[LogType]> {
        self.types.as_deref()
    }

    /// The levels it is limited to.
    pub fn levels(&self) -> Option<&[Level]> {
        self.levels.as_deref()
    }

    /// The sources it is limited to; one that ends with `*` is a beginning.
    pub fn sources(&self) -> Option<&[String]> {
        self.sources.as_ref().map(|names| names.0.as_slice())
    }

    /// The environments it is limited to; one that ends with `*` is a beginning.
    pub fn environments(&self) -> Option<&[String]> {
        self.environments.as_ref().map(|names| names.0.as_slice())
    }

    /// The text it looks for, and whether that is a regular expression.
    pub fn text(&self) -> Option<(&str, bool)> {
        self.text.as_ref().map(|text| (text.said.as_str(), text.is_expression))
    }
}

/// The filter in force, as its reader is told: `{type, level, source, environment, text, regex}`, null where nothing is asked for.
impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut echo = serializer.serialize_struct("Filter", 6)?;
        echo.serialize_field("type", &self.types)?;
        echo.serialize_field("level", &self.levels)?;
        echo.serialize_field("source", &self.sources())?;
        echo.serialize_field("environment", &self.environments())?;
        echo.serialize_field("text", &self.text().map(|(text, _)| text))?;
        echo.serialize_field("regex", &self.text().map(|(_, is_expression)| is_expression))?;
        echo.end()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).expect("a filter has string keys"))
    }
}

/// Names in order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Names(Vec<String>);

impl Names {
    fn read(said: &Value, field: &'static str) -> Result<Option<Self>, BadFilter> {
        let mut names = list(said, field)?;
        if let Some(long) = names.iter().find(|name| name.len() > MAX_SOURCE) {
            let begin: String = long.chars().take(32).collect();
            return Err(BadFilter { field, why: format!("`{begin}…` is longer than {MAX_SOURCE} bytes") });
        }
        names.sort();
        names.dedup();
        Ok((!names.is_empty() && !names.iter().any(|name| name == "*")).then_some(Self(names)))
    }

    fn include(&self, name: &str) -> bool {
        self.0.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => name == wanted,
        })
    }
}

/// Text that is looked for.
#[derive(Debug, Clone)]
struct Text {
    said: String,
    is_expression: bool,
    program: Regex,
}

impl Text {
    fn read(said: &Value) -> Result<Option<Self>, BadFilter> {
        let is_expression = flag(said, "regex")?;
        let text = match &said["text"] {
            Value::Null => return Ok(None),
            Value::String(text) if text.is_empty() => return Ok(None),
            Value::String(text) if text.len() <= MAX_TEXT => text.clone(),
            Value::String(_) => return Err(bad_text(format!("at most {MAX_TEXT} bytes"))),
            _ => return Err(bad_text("a text is expected".into())),
        };
        let program = if is_expression { compile(&text) } else { compile(&regex::escape(&text)) }?;
        Ok(Some(Self { said: text, is_expression, program }))
    }

    fn is_in(&self, text: &str) -> bool {
        self.program.is_match(text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        (&self.said, self.is_expression) == (&other.said, other.is_expression)
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (&self.said, self.is_expression).hash(hasher);
    }
}

fn compile(expression: &str) -> Result<Regex, BadFilter> {
    let mut builder = RegexBuilder::new(expression);
    builder.case_insensitive(true).size_limit(MAX_PROGRAM).dfa_size_limit(MAX_PROGRAM);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => bad_text("the expression is too large".into()),
        // The last line says what is wrong; those before draw it, for whoever has a terminal.
        error => {
            bad_text(error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
        }
    })
}

fn bad_text(why: String) -> BadFilter {
    BadFilter { field: "text", why }
}

/// True also as it stands in the address of a page.
fn flag(said: &Value, field: &'static str) -> Result<bool, BadFilter> {
    match &said[field] {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if matches!(text.as_str(), "true" | "1") => Ok(true),
        Value::String(text) if matches!(text.as_str(), "false" | "0" | "") => Ok(false),
        _ => Err(BadFilter { field, why: "true or false is expected".into() }),
    }
}

/// The words of a closed list, in its order, each once.
fn words<T>(said: &Value, field: &'static str) -> Result<Option<Vec<T>>, BadFilter>
where
    T: std::str::FromStr<Err = UnknownWord> + Ord,
{
    let read = |word: &String| word.parse().map_err(|error: UnknownWord| BadFilter { field, why: error.to_string() });
    let mut words = list(said, field)?.iter().map(read).collect::<Result<Vec<T>, _>>()?;
    words.sort();
    words.dedup();
    Ok((!words.is_empty()).then_some(words))
}

/// The names of a field; none where nothing is asked for.
fn list(said: &Value, field: &'static str) -> Result<Vec<String>, BadFilter> {
    let bad = |why: String| BadFilter { field, why };
    let expected = || bad("a name, names with commas between, or an array of names is expected".into());
    let names: Vec<&str> = match &said[field] {
        Value::Null => Vec::new(),
        Value::String(names) => names.split(',').collect(),
        Value::Array(names) => names.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(expected)?,
        _ => return Err(expected()),
    };
    let names: Vec<String> = names.into_iter().map(str::trim).filter(|name| !name.is_empty()).map(Into::into).collect();
    if names.len() > MAX_NAMES {
        return Err(bad(format!("at most {MAX_NAMES} names")));
    }
    Ok(if names.iter().any(|name| name == "all") { Vec::new() } else { names })
}

#[cfg(test)]
mod tests;
