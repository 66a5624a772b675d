//! A statement with its values, and the rows that come back.
//!
//! A [`Statement`] is put together from constants alone, so text from outside can reach the database only as a bound value.

use std::borrow::Cow;

use crate::error::Error;

/// A value to bind, or one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A whole number, a flag (0, 1), an id or a time in milliseconds.
    Int(Option<i64>),
    /// Text, or JSON as text.
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Value::Int(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Int(Some(i64::from(flag)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Value::Text(text)
    }
}

/// One SQL statement with the values bound to it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    pub(super) prepared: bool,
}

/// Begins a statement.
pub(crate) fn sql(text: &'static str) -> Statement {
    Statement { sql: Cow::Borrowed(text), values: Vec::new(), prepared: true }
}

impl Statement {
    /// Binds the next value; the text names it `$1`, `$2` and so on.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.sql.to_mut().push_str(text);
        self
    }

    /// Appends `$n` and binds a value to it.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let number = self.values.len().to_string();
        let sql = self.sql.to_mut();
        sql.push('$');
        sql.push_str(&number);
        self
    }

    /// Appends a number among what is selected, where PostgreSQL would take it for text.
    pub(crate) fn push_int(&mut self, number: impl Into<Option<i64>>) -> &mut Self {
        self.push("CAST(").push_bind(number.into()).push(" AS BIGINT)")
    }

    /// The same for text.
    pub(crate) fn push_text(&mut self, text: impl Into<Value>) -> &mut Self {
        self.push("CAST(").push_bind(text).push(" AS TEXT)")
    }

    /// The question how this would be done. SQLite alone understands it.
    #[cfg(test)]
    pub(crate) fn explained(self) -> Self {
        Self { sql: format!("EXPLAIN QUERY PLAN {}", self.sql).into(), ..self }
    }

    /// Appends a list of values, `$n, $n+1, …`; for none `NULL`, which equals nothing. The text of a longer one rarely comes twice, so it
    /// is not kept prepared.
    pub(crate) fn push_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        let before = self.values.len();
        for value in values {
            if self.values.len() > before {
                self.prepared = false;
                self.push(", ");
            }
            self.push_bind(value);
        }
        if self.values.len() == before { self.push("NULL") } else { self }
    }
}

/// One row that was read; columns are asked for by their place in the statement.
#[derive(Debug)]
pub(crate) struct Tuple(pub(super) Vec<Value>);

impl Tuple {
    /// Takes the number of column `n`, if it has one.
    pub(crate) fn int(&self, n: usize) -> Result<Option<i64>, Error> {
        match self.0.get(n) {
            Some(Value::Int(number)) => Ok(*number),
            Some(Value::Text(None)) => Ok(None),
            _ => Err(Error::Corrupt(format!("column {n} holds no number"))),
        }
    }

    /// Takes the text of column `n`, if it has one.
    pub(crate) fn text(&self, n: usize) -> Result<Option<String>, Error> {
        match self.0.get(n) {
            Some(Value::Text(text)) => Ok(text.clone()),
            Some(Value::Int(None)) => Ok(None),
            _ => Err(Error::Corrupt(format!("column {n} holds no text"))),
        }
    }

    /// The number of column `n`, which is never null.
    pub(crate) fn some_int(&self, n: usize) -> Result<i64, Error> {
        self.int(n)?.ok_or_else(|| Error::Corrupt(format!("column {n} is null")))
    }

    /// The text of column `n`, which is never null.
    pub(crate) fn some_text(&self, n: usize) -> Result<String, Error> {
        self.text(n)?.ok_or_else(|| Error::Corrupt(format!("column {n} is null")))
    }
}
