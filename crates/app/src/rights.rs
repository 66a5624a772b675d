//! What one may be allowed to do: a closed list.
//!
//! `admin` is all of them; to edit something includes to view it. Rights of a group are kept as their names.

use std::{collections::BTreeSet, fmt, str::FromStr};

use lockstep_store::Entity;

/// One thing that one may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See the rows of an entity, and follow its room.
    View(Entity),
    /// Add, change, switch and delete the rows of an entity.
    Edit(Entity),
    /// Read logs.
    LogsView,
    /// Run imports and follow them.
    ImportsRun,
    /// Have folders scanned.
    ScansRun,
    /// Everything.
    Admin,
    /// Publish events that belong to no row. For API keys.
    Publish,
    /// Write log lines. For API keys.
    Log,
    /// Send notifications. For API keys.
    Notify,
}

impl Right {
    /// Rights that a group may have, in the order in which people read them.
    pub fn of_groups() -> impl Iterator<Item = Right> {
        let entities = Entity::ALL.into_iter().flat_map(|entity| [Right::View(entity), Right::Edit(entity)]);
        entities.chain([Right::LogsView, Right::ImportsRun, Right::ScansRun, Right::Admin])
    }

    /// Rights that an API key may have: those of groups, and the doors for programs.
    pub fn of_keys() -> impl Iterator<Item = Right> {
        Right::of_groups().chain([Right::Publish, Right::Log, Right::Notify])
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Right::View(entity) => write!(f, "{entity}.view"),
            Right::Edit(entity) => write!(f, "{entity}.edit"),
            Right::LogsView => f.write_str("logs.view"),
            Right::ImportsRun => f.write_str("imports.run"),
            Right::ScansRun => f.write_str("scans.run"),
            Right::Admin => f.write_str("admin"),
            Right::Publish => f.write_str("publish"),
            Right::Log => f.write_str("log"),
            Right::Notify => f.write_str("notify"),
        }
    }
}

/// A name that is no right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}`: no such right; there are {names}", names = Right::of_keys().map(|right| right.to_string()).collect::<Vec<_>>().join(", "))]
pub struct UnknownRight(pub String);

impl FromStr for Right {
    type Err = UnknownRight;

    fn from_str(name: &str) -> Result<Self, UnknownRight> {
        let found = Right::of_keys().find(|right| right.to_string() == name);
        found.ok_or_else(|| UnknownRight(name.chars().take(64).collect()))
    }
}

/// A set of rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeSet<Right>);

impl Rights {
    /// Reads names. A name that is unknown, of a right that was taken out of the list, allows nothing.
    pub fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Whether the set allows it.
    pub fn allow(&self, right: Right) -> bool {
        let directly = self.0.contains(&Right::Admin) || self.0.contains(&right);
        directly || matches!(right, Right::View(entity) if self.0.contains(&Right::Edit(entity)))
    }

    /// The first right of `other` that this set does not allow.
    pub fn lacks(&self, other: &Rights) -> Option<Right> {
        other.0.iter().copied().find(|right| !self.allow(*right))
    }

    /// Their names, as they were given.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<T: IntoIterator<Item = Right>>(rights: T) -> Self {
        Self(rights.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_is_read_and_written_alike() {
        for right in Right::of_keys() {
            assert_eq!(right.to_string().parse(), Ok(right));
        }
        assert!("files.delete".parse::<Right>().is_err());
    }

    #[test]
    fn an_administrator_may_do_everything() {
        let rights = Rights::read(["admin"]);

        assert!(Right::of_keys().all(|right| rights.allow(right)));
    }

    #[test]
    fn who_may_edit_may_view_the_same_and_nothing_else() {
        let rights = Rights::read(["files.edit", "no.such"]);

        let allowed: Vec<Right> = Right::of_keys().filter(|right| rights.allow(*right)).collect();

        assert_eq!(allowed, [Right::View(Entity::Files), Right::Edit(Entity::Files)]);
    }

    #[test]
    fn what_one_set_has_over_another_is_named() {
        let editor = Rights::read(["files.edit", "users.edit"]);

        assert_eq!(editor.lacks(&Rights::read(["files.view"])), None);
        assert_eq!(editor.lacks(&Rights::read(["files.view", "admin"])), Some(Right::Admin));
    }
}
