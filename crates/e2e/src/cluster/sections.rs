//! A configuration as text.

use std::{collections::BTreeMap, fmt};

use super::Shared;

/// Sections, keys and values.
#[derive(Debug, Default)]
pub(super) struct Sections(BTreeMap<String, BTreeMap<String, String>>);

impl Sections {
    /// The defaults, but for the brakes: all clients of a test come from one address.
    pub(super) fn for_tests() -> Sections {
        let mut sections = Sections::default();
        for key in [
            "requests_per_s",
            "requests_burst",
            "login_attempts",
            "login_attempts_per_address",
            "socket_events_per_s",
            "socket_events_burst",
        ] {
            sections.set("limits", key, "10000");
        }
        sections.set("log", "level", "debug");
        sections
    }

    /// Uses what all machines of the installation use.
    pub(super) fn share(&mut self, shared: &Shared) {
        if let Some(socket) = &shared.redis {
            self.set("redis", "socket", &socket.display().to_string());
        }
        if let Some(url) = &shared.database {
            self.set("database", "url", url);
        }
    }

    pub(super) fn set(&mut self, section: &str, key: &str, value: &str) {
        self.0.entry(section.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }
}

impl fmt::Display for Sections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (section, keys) in &self.0 {
            writeln!(formatter, "[{section}]")?;
            for (key, value) in keys {
                writeln!(formatter, "{key} = {value}")?;
            }
        }
        Ok(())
    }
}
