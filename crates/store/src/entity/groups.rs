//! Groups of people: what their members may do.

use super::{Column, Guard, Shown, Table, Usage};
use crate::row::Kind;

pub(super) const TABLE: Table = Table {
    name: "groups",
    columns: &[
        Column::new("name", Kind::Text),
        Column::new("description", Kind::Text),
        Column::new("permissions", Kind::Json),
    ],
    shown: &[Shown { name: "users", kind: Kind::Number, sql: USERS }],
    joins: "",
    title: "name",
    unique: Some("name"),
    search: &["name", "description"],
    sorts: &[("description", "t.description"), ("users", USERS)],
    usage: &[Usage { name: "users", count: "SELECT count(*) FROM users WHERE group_id = $1" }],
    guard: Guard::Admins,
};

const USERS: &str = "(SELECT count(*) FROM users u WHERE u.group_id = t.id)";
