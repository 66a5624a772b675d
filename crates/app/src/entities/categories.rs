//! What may be written into a category.

use super::{Field, Initial, rules::Rule};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "name", rule: Rule::Line(120), initial: Initial::Required },
    Field { name: "description", rule: Rule::Text(2_000), initial: Initial::Empty },
    Field { name: "parent_id", rule: Rule::OptionalReference, initial: Initial::Null },
    Field { name: "enabled", rule: Rule::Flag, initial: Initial::Yes },
];
