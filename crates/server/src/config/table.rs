//! The values in force: layer over layer, each with the place it came from.
//!
//! The keys that exist are those of `config.ini.example`; its values are the lowest layer. `[sync.dependencies]` alone has keys of
//! the operator's choosing: rooms.

use std::path::Path;

use config::{ConfigError, Map, Source, Value};
use lockstep_protocol::Room;

use super::{
    problem::{Origin, Problems},
    scan::{Assignment, scan},
};

/// Every key with its default and a sentence about it.
pub(super) const EXAMPLE: &str = include_str!("../../../../config.ini.example");

/// The section whose keys are names of rooms.
const DEPENDENCIES: &str = "sync.dependencies";

/// From this likeness on (1 is equal) a known name is offered for an unknown one. `sokcet` to `socket` is 0.83 by Damerau-Levenshtein.
const ALIKE: f64 = 0.6;

#[derive(Debug, Clone)]
pub(super) struct Table(Vec<Assignment>);

impl Table {
    pub(super) fn defaults() -> Self {
        let mut problems = Problems::default();
        let mut found = scan(EXAMPLE, Path::new("config.ini.example"), &mut problems);
        debug_assert!(problems.is_empty(), "{problems}");
        found.iter_mut().for_each(|assignment| assignment.origin = Origin::Default);
        Self(found)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.0.iter()
    }

    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Assignment> {
        self.0.iter().find(|assignment| assignment.section == section && assignment.key == key)
    }

    /// The value at `section.key`.
    pub(super) fn at(&self, dotted: &str) -> Option<&Assignment> {
        dotted.rsplit_once('.').and_then(|(section, key)| self.get(section, key))
    }

    /// Where the value at `section.key` came from.
    pub(super) fn origin(&self, dotted: &str) -> Origin {
        self.at(dotted).map_or(Origin::Default, |assignment| assignment.origin.clone())
    }

    /// Lays one value over what is there. An unknown key becomes a problem that names the near one.
    pub(super) fn lay(&mut self, over: Assignment, problems: &mut Problems) {
        let known = self.0.iter_mut().find(|under| under.section == over.section && under.key == over.key);
        if let Some(under) = known {
            *under = over;
        } else if over.section == DEPENDENCIES {
            self.lay_rule(over, problems);
        } else {
            let text = self.unknown(&over);
            problems.add(over.origin, text);
        }
    }

    fn lay_rule(&mut self, over: Assignment, problems: &mut Problems) {
        match over.key.parse::<Room>() {
            Ok(room) if Room::NAMED.contains(&room) => self.0.push(over),
            Ok(room) => problems
                .add(over.origin, format!("[{DEPENDENCIES}] `{room}`: rules are for rooms that are always there")),
            Err(unknown) => problems.add(over.origin, format!("[{DEPENDENCIES}] {unknown}")),
        }
    }

    fn unknown(&self, over: &Assignment) -> String {
        let Assignment { section, key, .. } = over;
        let keys: Vec<&str> =
            self.0.iter().filter(|known| known.section == *section).map(|known| known.key.as_str()).collect();
        if keys.is_empty() {
            let near = near(section, self.0.iter().map(|known| known.section.as_str()));
            return format!("[{section}] {key}: no such section{near}");
        }
        let elsewhere = self.0.iter().find(|known| known.key == *key).map(|known| known.section.as_str());
        match (near(key, keys.iter().copied()), elsewhere) {
            (near, Some(section_of_it)) if near.is_empty() => {
                format!("[{section}] {key}: no such key here; it belongs into [{section_of_it}]")
            }
            (near, _) if near.is_empty() => format!("[{section}] {key}: no such key; here are {}", keys.join(", ")),
            (near, _) => format!("[{section}] {key}: no such key{near}"),
        }
    }

    /// Goes back to the compiled-in value.
    pub(super) fn reset(&mut self, dotted: &str) -> bool {
        let default = Self::defaults().at(dotted).map(|default| default.value.clone());
        let Some((section, key)) = dotted.rsplit_once('.') else { return false };
        let found = self.0.iter_mut().find(|assignment| assignment.section == section && assignment.key == key);
        found.map(|assignment| assignment.value = default.unwrap_or_default()).is_some()
    }
}

/// The known name that is like a wrong one, as the end of a sentence; nothing where none is.
pub(super) fn near<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&wrong.to_lowercase(), name);
    let best = known.map(|name| (likeness(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map_or(String::new(), |(_, name)| format!("; did you mean {name}?"))
}

impl Source for Table {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let dotted = |assignment: &Assignment| format!("{}.{}", assignment.section, assignment.key);
        Ok(self.0.iter().map(|assignment| (dotted(assignment), assignment.value.as_str().into())).collect())
    }
}
