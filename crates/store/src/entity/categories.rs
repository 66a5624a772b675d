//! Categories of files: a tree of names.

use super::{Column, Guard, Shown, Table, Usage};
use crate::row::Kind;

pub(super) const TABLE: Table = Table {
    name: "categories",
    columns: &[
        Column::new("name", Kind::Text),
        Column::new("description", Kind::Text),
        Column::reference("parent_id", "SELECT count(*) FROM categories WHERE id = $1"),
        Column::new("enabled", Kind::Flag).filtered(),
    ],
    shown: &[
        Shown { name: "parent_name", kind: Kind::Text, sql: "p.name" },
        Shown { name: "files", kind: Kind::Number, sql: FILES },
    ],
    joins: " LEFT JOIN categories p ON p.id = t.parent_id",
    title: "name",
    unique: Some("name"),
    search: &["name", "description"],
    sorts: &[
        ("description", "t.description"),
        ("parent_name", "COALESCE(p.folded, '')"),
        ("enabled", "t.enabled"),
        ("files", FILES),
    ],
    usage: &[
        Usage { name: "files", count: "SELECT count(*) FROM files WHERE category_id = $1" },
        Usage { name: "categories", count: "SELECT count(*) FROM categories WHERE parent_id = $1" },
        Usage { name: "registrators", count: "SELECT count(*) FROM registrators WHERE category_id = $1" },
    ],
    guard: Guard::Tree,
};

const FILES: &str = "(SELECT count(*) FROM files f WHERE f.category_id = t.id)";
