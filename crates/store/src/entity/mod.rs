//! What is kept and edited: the closed list of entities.
//!
//! Each entity is one file here that says how its rows look; how they are listed and changed is the same for all (`list`, `edit`).
//! A new entity is one file, one variant and one line in [`Entity::table`].

mod categories;
mod files;
mod groups;
mod registrators;
mod table;
mod users;

use std::{fmt, str::FromStr};

use lockstep_protocol::Room;

pub(crate) use table::{Column, Guard, Shown, Table, Usage};
pub(crate) use users::admins;

/// A kind of row that people edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// Files.
    Files,
    /// People who sign in.
    Users,
    /// Groups of people and what they may do.
    Groups,
    /// Categories of files.
    Categories,
    /// Folders that are watched for files.
    Registrators,
}

impl Entity {
    /// All of them.
    pub const ALL: [Entity; 5] =
        [Entity::Files, Entity::Users, Entity::Groups, Entity::Categories, Entity::Registrators];

    /// The name, as in `/api/<name>` and in rights.
    pub fn name(self) -> &'static str {
        self.table().name
    }

    /// The room that hears of its changes.
    pub fn room(self) -> Room {
        match self {
            Entity::Files => Room::Files,
            Entity::Users => Room::Users,
            Entity::Groups => Room::Groups,
            Entity::Categories => Room::Categories,
            Entity::Registrators => Room::Registrators,
        }
    }

    /// Whether its rows can be switched on and off.
    pub fn has_enabled(self) -> bool {
        self.table().columns.iter().any(|column| column.name == "enabled")
    }

    /// What a row shows, in the order in which people read it: what they write, then what comes from other rows.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        let table = self.table();
        let written = table.columns.iter().filter(|column| !column.hidden).map(|column| column.name);
        written.chain(table.shown.iter().map(|shown| shown.name))
    }

    pub(crate) fn table(self) -> &'static Table {
        match self {
            Entity::Files => &files::TABLE,
            Entity::Users => &users::TABLE,
            Entity::Groups => &groups::TABLE,
            Entity::Categories => &categories::TABLE,
            Entity::Registrators => &registrators::TABLE,
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}`: no such entity; there are files, users, groups, categories, registrators")]
pub struct UnknownEntity(pub String);

impl FromStr for Entity {
    type Err = UnknownEntity;

    fn from_str(name: &str) -> Result<Self, UnknownEntity> {
        let found = Entity::ALL.into_iter().find(|entity| entity.name() == name);
        found.ok_or_else(|| UnknownEntity(name.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_is_read_and_written_alike_and_has_a_room_of_its_name() {
        for entity in Entity::ALL {
            assert_eq!(entity.to_string().parse(), Ok(entity));
            assert_eq!(entity.room().to_string(), entity.name());
        }
    }

    #[test]
    fn the_table_of_an_entity_names_only_columns_that_it_has() {
        for entity in Entity::ALL {
            let table = entity.table();
            let named = table.search.iter().chain(&table.unique).chain([&table.title]);
            for name in named {
                assert!(table.column(name).is_some(), "{entity} has no column `{name}`");
            }
        }
    }
}
