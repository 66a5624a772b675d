//! People who sign in. The hash of a password is written and never shown. `seen_at`, in milliseconds since 1970, is when a person was
//! here last, to about five minutes.

use super::{Column, Guard, Shown, Table};
use crate::{
    engine::{Tx, sql},
    error::Error,
    row::Kind,
};

pub(super) const TABLE: Table = Table {
    name: "users",
    columns: &[
        Column::new("login", Kind::Text),
        Column::new("name", Kind::Text),
        Column::new("email", Kind::Text),
        Column::reference("group_id", "SELECT count(*) FROM groups WHERE id = $1"),
        Column::new("enabled", Kind::Flag).filtered(),
        Column::new("password_hash", Kind::Text).hidden(),
    ],
    shown: &[
        Shown { name: "group_name", kind: Kind::Text, sql: "g.name" },
        Shown { name: "seen_at", kind: Kind::Number, sql: "s.seen_at" },
    ],
    joins: " JOIN groups g ON g.id = t.group_id LEFT JOIN seen s ON s.user_id = t.id",
    title: "name",
    unique: Some("login"),
    search: &["login", "name", "email"],
    sorts: &[
        ("login", "t.login"),
        ("email", "COALESCE(t.email, '')"),
        ("group_name", "g.folded"),
        ("enabled", "t.enabled"),
        ("seen_at", "COALESCE(s.seen_at, 0)"),
    ],
    usage: &[],
    guard: Guard::Admins,
};

/// How many enabled people may administer.
pub(crate) async fn admins(tx: &mut Tx) -> Result<i64, Error> {
    let count = "SELECT count(*) FROM users u JOIN groups g ON g.id = u.group_id \
                 WHERE u.enabled = 1 AND g.permissions LIKE '%\"admin\"%'";
    tx.number(sql(count)).await
}
