//! What a person may write into a row: the fields of each entity and their rules.
//!
//! Each entity is one file with its list of fields; checking them is the same for all. A check looks at every field and reports all
//! that is wrong at once.

mod categories;
mod files;
mod groups;
mod registrators;
mod rules;
mod users;

use lockstep_store::{Entity, Fields};
use serde_json::Value as Json;

use crate::error::{Error, FieldError, FieldErrors};
use rules::Rule;

/// One field that may be written.
pub(crate) struct Field {
    name: &'static str,
    rule: Rule,
    /// What a new row has when nothing is said.
    initial: Initial,
}

/// What a new row has in a field of which nothing was said.
enum Initial {
    /// It must be said.
    Required,
    /// Nothing.
    Null,
    /// The empty text.
    Empty,
    /// Zero.
    Zero,
    /// Yes.
    Yes,
    /// This word.
    Word(&'static str),
    /// No members.
    EmptyList,
}

impl Initial {
    fn value(&self) -> Option<Json> {
        Some(match self {
            Initial::Required => return None,
            Initial::Null => Json::Null,
            Initial::Empty => Json::from(""),
            Initial::Zero => Json::from(0),
            Initial::Yes => Json::from(true),
            Initial::Word(word) => Json::from(*word),
            Initial::EmptyList => Json::Array(Vec::new()),
        })
    }
}

/// Fields that every row shows and nobody writes.
const READ_ONLY: [&str; 5] = ["id", "rev", "created_at", "updated_at", "updated_by"];

/// The fields of a new row: checked, trimmed, defaults filled in.
pub(crate) fn check_new(entity: Entity, given: &Json) -> Result<Fields, Error> {
    let mut errors = FieldErrors::new();
    let mut checked = check(entity, given, &mut errors)?;
    for field in fields(entity) {
        if checked.contains_key(field.name) || errors.contains_key(field.name) {
            continue;
        }
        match field.initial.value() {
            Some(value) => drop(checked.insert(field.name.to_owned(), value)),
            None => drop(errors.insert(field.name.to_owned(), FieldError::new("field.required"))),
        }
    }
    settle(checked, errors)
}

/// The fields of a change: checked and trimmed; only those that were given.
pub(crate) fn check_change(entity: Entity, given: &Json) -> Result<Fields, Error> {
    let mut errors = FieldErrors::new();
    let checked = check(entity, given, &mut errors)?;
    settle(checked, errors)
}

fn check(entity: Entity, given: &Json, errors: &mut FieldErrors) -> Result<Fields, Error> {
    let Json::Object(given) = given else {
        return Err(Error::field("*", FieldError::new("field.format")));
    };
    let mut checked = Fields::new();
    for (name, value) in given {
        match check_field(entity, name, value) {
            Ok(value) => drop(checked.insert(name.clone(), value)),
            Err(error) => drop(errors.insert(name.chars().take(64).collect(), error)),
        }
    }
    Ok(checked)
}

fn check_field(entity: Entity, name: &str, value: &Json) -> Result<Json, FieldError> {
    if READ_ONLY.contains(&name) {
        return Err(FieldError::new("field.not_allowed"));
    }
    let field = fields(entity).iter().find(|field| field.name == name);
    field.ok_or_else(|| FieldError::new("field.unknown"))?.rule.check(value)
}

fn settle(checked: Fields, errors: FieldErrors) -> Result<Fields, Error> {
    if errors.is_empty() { Ok(checked) } else { Err(Error::Invalid { fields: errors }) }
}

fn fields(entity: Entity) -> &'static [Field] {
    match entity {
        Entity::Files => files::FIELDS,
        Entity::Users => users::FIELDS,
        Entity::Groups => groups::FIELDS,
        Entity::Categories => categories::FIELDS,
        Entity::Registrators => registrators::FIELDS,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(entity: Entity, given: &Json) -> Vec<(String, &'static str)> {
        let error = check_new(entity, given).expect_err("something is wrong");
        error.fields().into_iter().map(|(field, error)| (field, error.code)).collect()
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let given = json!({"login": "Anna K", "name": 5, "password": "short", "group": "1", "rev": 2});

        let expected = [
            ("group", "field.unknown"),
            ("group_id", "field.required"),
            ("login", "field.format"),
            ("name", "field.not_a_string"),
            ("password", "field.too_short"),
            ("rev", "field.not_allowed"),
        ];
        assert_eq!(problems(Entity::Users, &given), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn a_new_row_has_defaults_and_a_change_has_only_what_was_given() {
        let new = check_new(Entity::Categories, &json!({"name": "  Договоры "})).expect("all is well");
        let change = check_change(Entity::Categories, &json!({"enabled": false})).expect("all is well");

        let expected = json!({"name": "Договоры", "description": "", "parent_id": null, "enabled": true});
        assert_eq!(Json::Object(new), expected);
        assert_eq!(Json::Object(change), json!({"enabled": false}));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(problems(Entity::Files, &json!([1])), [("*".to_owned(), "field.format")]);
    }
}
