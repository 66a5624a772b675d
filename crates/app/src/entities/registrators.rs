//! What may be written into a registrator. When it was last scanned is written by scans alone.

use super::{Field, Initial, rules::Rule};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "name", rule: Rule::Line(120), initial: Initial::Required },
    Field { name: "folder", rule: Rule::Folder, initial: Initial::Required },
    Field { name: "category_id", rule: Rule::OptionalReference, initial: Initial::Null },
    Field { name: "enabled", rule: Rule::Flag, initial: Initial::Yes },
];
