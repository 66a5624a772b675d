//! What may be written into a person's row. The password is turned into its hash before anything is kept.

use super::{Field, Initial, rules::Rule};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "login", rule: Rule::Login, initial: Initial::Required },
    Field { name: "name", rule: Rule::Line(120), initial: Initial::Required },
    Field { name: "email", rule: Rule::OptionalEmail, initial: Initial::Null },
    Field { name: "group_id", rule: Rule::Reference, initial: Initial::Required },
    Field { name: "enabled", rule: Rule::Flag, initial: Initial::Yes },
    Field { name: "password", rule: Rule::Password, initial: Initial::Required },
];
