//! `check-config`: every value in force and where it came from, or everything that is wrong.

use std::path::PathBuf;

use super::{data, failure::Failure, output};
use crate::config::{Effective, Loaded};

pub(super) fn run(config: Option<PathBuf>, json: bool) -> Result<(), Failure> {
    let loaded = data::load(config, Vec::new())?;
    if json {
        return output::json(&loaded.effective());
    }
    output::note(&heading(&loaded));
    output::answer(table(&loaded.effective()).trim_end())
}

fn heading(loaded: &Loaded) -> String {
    match &loaded.file {
        Some(file) => format!("{} is right. In force:", file.display()),
        None => "there is no config.ini; the defaults are in force:".to_owned(),
    }
}

/// An INI file again, with the origin behind each value.
fn table(values: &[Effective]) -> String {
    let text = |value: &Effective| format!("{} = {}", value.key, value.value);
    let width = values.iter().map(|value| text(value).chars().count()).max().unwrap_or(0);
    let mut table = String::new();
    let mut section = "";
    for value in values {
        if value.section != section {
            section = &value.section;
            table += &format!("\n[{section}]\n");
        }
        table += &format!("{:width$}  {}\n", text(value), value.origin);
    }
    table.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_sections_with_their_origins() {
        let value = |section: &str, key: &str, value: &str, origin: &str| Effective {
            section: section.into(),
            key: key.into(),
            value: value.into(),
            origin: origin.into(),
        };

        let table = table(&[value("redis", "db", "3", "config.ini:2"), value("log", "level", "info", "default")]);

        assert_eq!(table, "[redis]\ndb = 3        config.ini:2\n\n[log]\nlevel = info  default\n");
    }
}
