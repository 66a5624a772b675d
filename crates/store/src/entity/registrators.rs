//! Registrators: folders that are watched for new files.

use super::{Column, Guard, Shown, Table, Usage};
use crate::row::Kind;

pub(super) const TABLE: Table = Table {
    name: "registrators",
    columns: &[
        Column::new("name", Kind::Text),
        Column::new("folder", Kind::Text),
        Column::reference("category_id", "SELECT count(*) FROM categories WHERE id = $1"),
        Column::new("enabled", Kind::Flag).filtered(),
        Column::new("last_scan_at", Kind::Time),
    ],
    shown: &[
        Shown { name: "category_name", kind: Kind::Text, sql: "c.name" },
        Shown { name: "files", kind: Kind::Number, sql: FILES },
    ],
    joins: " LEFT JOIN categories c ON c.id = t.category_id",
    title: "name",
    unique: Some("name"),
    search: &["name", "folder"],
    sorts: &[
        ("folder", "t.folder"),
        ("category_name", "COALESCE(c.folded, '')"),
        ("enabled", "t.enabled"),
        ("last_scan_at", "COALESCE(t.last_scan_at, 0)"),
        ("files", FILES),
    ],
    usage: &[Usage { name: "files", count: "SELECT count(*) FROM files WHERE registrator_id = $1" }],
    guard: Guard::Free,
};

const FILES: &str = "(SELECT count(*) FROM files f WHERE f.registrator_id = t.id)";
