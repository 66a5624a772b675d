//! What may be written into a file's row.

use super::{Field, Initial, rules::Rule};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "name", rule: Rule::Line(255), initial: Initial::Required },
    Field { name: "category_id", rule: Rule::OptionalReference, initial: Initial::Null },
    Field { name: "registrator_id", rule: Rule::OptionalReference, initial: Initial::Null },
    Field { name: "path", rule: Rule::OptionalPath, initial: Initial::Null },
    Field { name: "size", rule: Rule::Size, initial: Initial::Zero },
    Field { name: "mime", rule: Rule::Mime, initial: Initial::Word("application/octet-stream") },
    Field { name: "sha256", rule: Rule::OptionalSha256, initial: Initial::Null },
    Field { name: "status", rule: Rule::Word(&["new", "ready", "missing"]), initial: Initial::Word("new") },
    Field { name: "note", rule: Rule::Text(10_000), initial: Initial::Empty },
];
