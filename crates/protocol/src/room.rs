//! Where events are heard: a closed set of rooms.
//!
//! A page never joins a name of its own making; whatever is not listed here is refused.

use std::{fmt, str::FromStr, sync::Arc};

/// A room that pages join.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// The dashboard.
    Index,
    /// Files.
    Files,
    /// Users.
    Users,
    /// Groups and their rights.
    Groups,
    /// Categories.
    Categories,
    /// Registrators.
    Registrators,
    /// The administrative page.
    Admin,
    /// All imports.
    Imports,
    /// One import by its id.
    Import(Arc<str>),
    /// Products.
    Products,
    /// Live log lines.
    Logs,
    /// One person's own room by the person's id. The server puts a session into it; nobody joins it by name.
    User(Arc<str>),
}

impl Room {
    /// The rooms with a fixed name, in the order in which people are told about them.
    pub const NAMED: [Room; 10] = [
        Room::Index,
        Room::Files,
        Room::Users,
        Room::Groups,
        Room::Categories,
        Room::Registrators,
        Room::Admin,
        Room::Imports,
        Room::Products,
        Room::Logs,
    ];

    fn fixed_name(&self) -> Option<&'static str> {
        Some(match self {
            Room::Index => "index",
            Room::Files => "files",
            Room::Users => "users",
            Room::Groups => "groups",
            Room::Categories => "categories",
            Room::Registrators => "registrators",
            Room::Admin => "admin",
            Room::Imports => "imports",
            Room::Products => "products",
            Room::Logs => "logs",
            Room::Import(_) | Room::User(_) => return None,
        })
    }

    /// The name of the event that says this room's data has changed, such as `files:changed`.
    pub fn changed(&self) -> String {
        format!("{self}:changed")
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Room::Import(id) => write!(f, "import:{id}"),
            Room::User(id) => write!(f, "user:{id}"),
            named => f.write_str(named.fixed_name().unwrap_or_default()),
        }
    }
}

/// A name that is no room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}`: no such room; rooms are index, files, users, groups, categories, registrators, admin, imports, import:<id>, products, logs"
)]
pub struct UnknownRoom(pub String);

/// The longest id in a room's name, in bytes. Ids are database numbers; this only keeps strangers from filling memory.
const MAX_ID_BYTES: usize = 64;

impl FromStr for Room {
    type Err = UnknownRoom;

    fn from_str(name: &str) -> Result<Self, UnknownRoom> {
        let unknown = || UnknownRoom(name.chars().take(MAX_ID_BYTES).collect());
        if let Some(room) = Room::NAMED.into_iter().find(|room| room.fixed_name() == Some(name)) {
            return Ok(room);
        }
        let (kind, id) = name.split_once(':').ok_or_else(unknown)?;
        let sane = (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match kind {
            "import" if sane => Ok(Room::Import(id.into())),
            "user" if sane => Ok(Room::User(id.into())),
            _ => Err(unknown()),
        }
    }
}

/// How far an event reaches: every room, or one. Written `global` or `room:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every room hears it.
    Global,
    /// One room, and those that depend on it.
    Room(Room),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Global => f.write_str("global"),
            Scope::Room(room) => write!(f, "room:{room}"),
        }
    }
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadScope {
    /// Neither `global` nor `room:…`.
    #[error("`{0}` is no scope; expected global or room:<name>")]
    Shape(String),
    /// The room in it does not exist.
    #[error(transparent)]
    Room(#[from] UnknownRoom),
}

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        match text.strip_prefix("room:") {
            Some(room) => Ok(Scope::Room(room.parse()?)),
            None if text == "global" => Ok(Scope::Global),
            None => Err(BadScope::Shape(text.chars().take(64).collect())),
        }
    }
}

/// Text on the wire for a type that is read by `FromStr` and written by `Display`.
macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use as_text;
as_text!(Room, Scope);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str) {
        assert_eq!(name.parse::<Room>().expect(name).to_string(), name);
    }

    #[test]
    fn every_room_is_read_and_written_alike() {
        Room::NAMED.iter().for_each(|room| check(&room.to_string()));
        check("import:42");
        check("user:7");
    }

    #[test]
    fn a_name_of_a_strangers_making_is_refused_and_the_rooms_are_listed() {
        for name in ["flies", "", "Files", "user:", "user:../etc", "import:a b", "socket#1"] {
            let error = name.parse::<Room>().expect_err(name);
            assert!(error.to_string().contains("rooms are index, files"));
        }
    }

    #[test]
    fn scopes_are_global_or_a_room() {
        assert_eq!("global".parse(), Ok(Scope::Global));
        assert_eq!("room:files".parse(), Ok(Scope::Room(Room::Files)));
        assert!("room:flies".parse::<Scope>().is_err());
        assert!("files".parse::<Scope>().is_err());
    }
}
