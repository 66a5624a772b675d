//! Files: what is known of each; the bytes lie elsewhere, those of uploaded files under a name that is written once and never shown.

use super::{Column, Guard, Shown, Table};
use crate::row::Kind;

pub(super) const TABLE: Table = Table {
    name: "files",
    columns: &[
        Column::new("name", Kind::Text),
        Column::reference("category_id", "SELECT count(*) FROM categories WHERE id = $1"),
        Column::reference("registrator_id", "SELECT count(*) FROM registrators WHERE id = $1"),
        Column::new("path", Kind::Text),
        Column::new("size", Kind::Number),
        Column::new("mime", Kind::Text).filtered(),
        Column::new("sha256", Kind::Text).filtered(),
        Column::new("status", Kind::Text).filtered(),
        Column::new("note", Kind::Text),
        Column::new("content", Kind::Text).hidden(),
    ],
    shown: &[
        Shown { name: "category_name", kind: Kind::Text, sql: "c.name" },
        Shown { name: "registrator_name", kind: Kind::Text, sql: "r.name" },
        Shown {
            name: "has_content",
            kind: Kind::Flag,
            sql: "CAST(CASE WHEN t.content IS NULL THEN 0 ELSE 1 END AS BIGINT)",
        },
    ],
    joins: " LEFT JOIN categories c ON c.id = t.category_id LEFT JOIN registrators r ON r.id = t.registrator_id",
    title: "name",
    unique: None,
    search: &["name", "path", "note"],
    sorts: &[
        ("path", "COALESCE(t.path, '')"),
        ("size", "t.size"),
        ("mime", "t.mime"),
        ("status", "t.status"),
        ("category_name", "COALESCE(c.folded, '')"),
        ("registrator_name", "COALESCE(r.folded, '')"),
    ],
    usage: &[],
    guard: Guard::Free,
};
