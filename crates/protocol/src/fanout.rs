//! Who hears a change.
//!
//! A change to a category is news for the `categories` room and a reason to look again for `files` (soft).
//! The table of dependencies is the whole rule, and what changes no data ([`EventName::is_of_data`](crate::EventName::is_of_data)) has no
//! dependents. Pure: it knows neither sockets nor workers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    event::Record,
    room::{Room, Scope},
};

/// Which rooms depend on which.
///
/// ```
/// use lockstep_protocol::{FanOut, Room};
/// let fanout = FanOut::default();
/// assert_eq!(fanout.dependents(&Room::Categories), [Room::Files]);
/// assert!(FanOut::new([(Room::Files, Room::Users), (Room::Users, Room::Files)]).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FanOut {
    /// For each room all that follow from it, nearest first; closed over chains.
    dependents: BTreeMap<Room, Vec<Room>>,
}

/// One room that hears an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The room.
    pub room: Room,
    /// Whether it is only a reason to look again.
    pub soft: bool,
}

/// A table of dependencies that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDependency {
    /// The rooms go round.
    #[error("dependencies go round: {}; take one of them out", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<Room>),
}

impl Default for FanOut {
    /// Categories and registrators are shown in the list of files.
    fn default() -> Self {
        Self::new([(Room::Categories, Room::Files), (Room::Registrators, Room::Files)])
            .expect("two rules without a cycle")
    }
}

impl FanOut {
    /// The table of `(room, room that depends on it)`.
    ///
    /// # Errors
    /// [`BadDependency::Cycle`] names the rooms of a cycle.
    pub fn new(rules: impl IntoIterator<Item = (Room, Room)>) -> Result<Self, BadDependency> {
        let mut direct: BTreeMap<Room, Vec<Room>> = BTreeMap::new();
        for (room, dependent) in rules {
            direct.entry(room).or_default().push(dependent);
        }
        let mut dependents = BTreeMap::new();
        for room in direct.keys() {
            let mut found = Vec::new();
            walk(&direct, room, &mut vec![room.clone()], &mut found)?;
            dependents.insert(room.clone(), found);
        }
        Ok(Self { dependents })
    }

    /// The rooms that look again when `room` changes, nearest first.
    pub fn dependents(&self, room: &Room) -> &[Room] {
        self.dependents.get(room).map_or(&[], Vec::as_slice)
    }

    /// The rooms that hear `record`. A global one is heard directly in each of `live`, the rooms with somebody in them.
    pub fn targets<'a>(&self, record: &Record, live: impl Iterator<Item = &'a Room>) -> Vec<Target> {
        let Scope::Room(room) = &record.scope else {
            return live.map(|room| Target { room: room.clone(), soft: false }).collect();
        };
        let dependents = if record.event.is_of_data() { self.dependents(room) } else { &[] };
        let soft = dependents.iter().map(|room| Target { room: room.clone(), soft: true });
        std::iter::once(Target { room: room.clone(), soft: false }).chain(soft).collect()
    }

    /// How `room` hears `record`: directly, softly, or not at all.
    pub fn hears(&self, room: &Room, record: &Record) -> Option<Target> {
        let soft = match &record.scope {
            Scope::Global => false,
            Scope::Room(own) if own == room => false,
            Scope::Room(other) if record.event.is_of_data() && self.dependents(other).contains(room) => true,
            Scope::Room(_) => return None,
        };
        Some(Target { room: room.clone(), soft })
    }

    /// The scopes of all records that `room` hears. Not each record of them is one: ask [`FanOut::hears`].
    pub fn sources(&self, room: &Room) -> Vec<Scope> {
        let depended = self.dependents.iter().filter(|(_, to)| to.contains(room)).map(|(from, _)| from.clone());
        let rooms: BTreeSet<Room> = depended.chain([room.clone()]).collect();
        std::iter::once(Scope::Global).chain(rooms.into_iter().map(Scope::Room)).collect()
    }
}

fn walk(
    direct: &BTreeMap<Room, Vec<Room>>,
    room: &Room,
    path: &mut Vec<Room>,
    found: &mut Vec<Room>,
) -> Result<(), BadDependency> {
    for next in direct.get(room).into_iter().flatten() {
        path.push(next.clone());
        if path[..path.len() - 1].contains(next) {
            return Err(BadDependency::Cycle(path.clone()));
        }
        if !found.contains(next) {
            found.push(next.clone());
        }
        walk(direct, next, path, found)?;
        path.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Draft, EventName, Reason},
        position::{Epoch, Seq},
    };

    #[test]
    fn a_chain_of_dependencies_is_followed_to_its_end() {
        let fanout = FanOut::new([(Room::Groups, Room::Users), (Room::Users, Room::Files)]).expect("no cycle");

        assert_eq!(fanout.dependents(&Room::Groups), [Room::Users, Room::Files]);
        assert_eq!(
            fanout.sources(&Room::Files),
            [Scope::Global, Scope::Room(Room::Files), Scope::Room(Room::Users), Scope::Room(Room::Groups)]
        );
    }

    #[test]
    fn who_holds_a_category_and_who_is_told_of_it_is_no_reason_to_look_at_the_files_again() {
        let fanout = FanOut::default();
        let record = |event: &str| {
            let draft = Draft {
                event: event.parse().expect("a name"),
                reason: Reason::Added,
                worker: 1,
                scope: Scope::Room(Room::Categories),
                id: "7".into(),
                data: None,
                rev: None,
                actor: None,
                origin: None,
            };
            draft.stamped(Epoch::new("e"), Seq(2), Seq(1))
        };
        let rooms = |event: &str| {
            let record = record(event);
            let told: Vec<Room> =
                fanout.targets(&record, std::iter::empty()).into_iter().map(|target| target.room).collect();
            let hearing =
                [Room::Categories, Room::Files].into_iter().filter(|room| fanout.hears(room, &record).is_some());
            assert_eq!(hearing.collect::<Vec<_>>(), told, "{event}");
            told
        };

        assert_eq!(rooms("categories:changed"), [Room::Categories, Room::Files]);
        for aside in EventName::ASIDE {
            assert_eq!(rooms(aside), [Room::Categories], "{aside}");
        }
    }

    #[test]
    fn a_cycle_is_refused_by_name() {
        let rules = [(Room::Files, Room::Users), (Room::Users, Room::Groups), (Room::Groups, Room::Files)];

        let error = FanOut::new(rules).expect_err("a cycle");

        assert_eq!(error.to_string(), "dependencies go round: files → users → groups → files; take one of them out");
    }

    #[test]
    fn a_room_that_depends_on_itself_is_a_cycle() {
        assert!(FanOut::new([(Room::Files, Room::Files)]).is_err());
    }
}
