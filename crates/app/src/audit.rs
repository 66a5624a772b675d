//! Looking at what was done, by whom: the whole of it for administrators, the history of one row for whoever may see the row.

use lockstep_protocol::Reason;
use lockstep_store::{Audit, AuditPage, Entity, Whom};

use crate::{
    App, Caller, Error,
    error::FieldError,
    list::{number, read},
    rights::Right,
};

/// Events of an answer when nothing is said.
const DEFAULT_LIMIT: u32 = 50;

/// The most events of one answer.
const MAX_LIMIT: u32 = 200;

/// The longest id that is looked for, in bytes.
const MAX_ID: usize = 128;

/// What is wanted of the audit, read from the words of an address.
#[derive(Debug, Clone)]
pub struct AuditQuery(Audit);

impl AuditQuery {
    /// Reads `entity`, `id`, `actor` (an id, `key:<id>`, or `null` for what the operator did), `reason`, `before` (a seq) and `limit`.
    /// An empty value is as good as none.
    ///
    /// # Errors
    /// [`Error::Invalid`] names every wrong word.
    pub fn read(words: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        read(words, Audit { limit: DEFAULT_LIMIT, ..Audit::default() }, take).map(Self)
    }
}

fn take(audit: &mut Audit, name: &str, value: String) -> Result<(), FieldError> {
    match name {
        "id" | "actor" if value.len() > MAX_ID => return Err(FieldError::new("field.too_long").with("max", MAX_ID)),
        "entity" => audit.entity = Some(value.parse().map_err(|_| one_of(&Entity::ALL.map(Entity::name)))?),
        "id" => audit.id = Some(value),
        "actor" if value == "null" => audit.actor = Some(Whom::Nobody),
        "actor" => audit.actor = Some(Whom::Id(value)),
        "reason" => {
            let reason = value.parse::<Reason>();
            audit.reason = Some(reason.map_err(|_| one_of(&["updated", "added", "deleted", "toggled"]))?);
        }
        "before" => audit.before = Some(value.parse().map_err(|_| FieldError::new("field.not_a_number"))?),
        "limit" => audit.limit = number(&value, MAX_LIMIT)?,
        _ => return Err(FieldError::new("field.unknown")),
    }
    Ok(())
}

fn one_of(words: &[&str]) -> FieldError {
    FieldError::new("field.not_allowed").with("allowed", words)
}

impl App {
    /// What was done, newest first, and what changed by it. Who may view an entity sees the history of each of its rows; the rest is
    /// for administrators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, Error> {
        let AuditQuery(audit) = query;
        caller.must(match (audit.entity, &audit.id) {
            (Some(entity), Some(_)) => Right::View(entity),
            _ => Right::Admin,
        })?;
        Ok(self.0.store.audit(audit).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[(&str, &str)]) -> Result<AuditQuery, Error> {
        AuditQuery::read(words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_word_is_read_and_empty_ones_are_none() {
        let words = [
            ("entity", "files"),
            ("id", "7"),
            ("actor", "key:1"),
            ("reason", "deleted"),
            ("before", "9"),
            ("limit", "5"),
        ];

        let AuditQuery(audit) = read(&words).expect("all is well");

        assert_eq!((audit.entity, audit.id.as_deref()), (Some(Entity::Files), Some("7")));
        assert_eq!((audit.actor, audit.reason), (Some(Whom::Id("key:1".into())), Some(Reason::Deleted)));
        assert_eq!((audit.before, audit.limit), (Some(9), 5));
        let AuditQuery(audit) = read(&[("entity", ""), ("actor", "null"), ("limit", "")]).expect("all is well");
        assert_eq!((audit.entity, audit.actor, audit.limit), (None, Some(Whom::Nobody), 50));
    }

    #[test]
    fn every_wrong_word_is_named() {
        let long = "x".repeat(129);
        let words = [
            ("entity", "flies"),
            ("id", long.as_str()),
            ("reason", "why"),
            ("before", "x"),
            ("limit", "201"),
            ("q", "a"),
        ];

        let fields = read(&words).expect_err("six mistakes").fields();

        let codes: Vec<_> = fields.iter().map(|(name, error)| (name.as_str(), error.code)).collect();
        let expected = [
            ("before", "field.not_a_number"),
            ("entity", "field.not_allowed"),
            ("id", "field.too_long"),
            ("limit", "field.out_of_range"),
            ("q", "field.unknown"),
            ("reason", "field.not_allowed"),
        ];
        assert_eq!(codes, expected);
    }
}
