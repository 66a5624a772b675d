//! The name of an entity whose rows are under locks.

use std::str::FromStr;

use lockstep_app::Entity;

use super::table::near;

/// An entity as `[locks] entities` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked(pub Entity);

impl FromStr for Locked {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let near = || near(name, Entity::ALL.iter().map(|entity| entity.name()));
        name.parse().map(Self).map_err(|_| match near() {
            near if near.is_empty() => {
                let all: Vec<&str> = Entity::ALL.iter().map(|entity| entity.name()).collect();
                format!("`{name}`: no such entity; there are {}", all.join(", "))
            }
            near => format!("`{name}`: no such entity{near}"),
        })
    }
}
