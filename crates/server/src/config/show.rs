//! The values in force, for `check-config`.

use serde::Serialize;

use super::{settings::Settings, table::Table, validate::is_secret};

/// One value in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// Such as `redis`.
    pub section: String,
    /// Such as `db`.
    pub key: String,
    /// As text; `***` for a secret.
    pub value: String,
    /// `default`, `config.ini:14`, `LOCKSTEP__REDIS__DB` or `--workers`.
    pub origin: String,
}

pub(super) fn effective(table: &Table, settings: &Settings) -> Vec<Effective> {
    let mut values: Vec<Effective> = table
        .iter()
        .map(|assignment| {
            let dotted = format!("{}.{}", assignment.section, assignment.key);
            Effective {
                section: assignment.section.clone(),
                key: assignment.key.clone(),
                value: shown(&dotted, &assignment.value, settings),
                origin: assignment.origin.to_string(),
            }
        })
        .collect();
    // Rules beyond the defaults were laid on last; bring each section together again, in the order of the file.
    let sections: Vec<String> = values.iter().map(|value| value.section.clone()).collect();
    values.sort_by_key(|value| sections.iter().position(|section| *section == value.section));
    values
}

fn shown(dotted: &str, value: &str, settings: &Settings) -> String {
    if is_secret(dotted, value) {
        return "***".to_owned();
    }
    match dotted {
        "jobs.import_root" => settings.import_root().display().to_string(),
        "database.url" => settings.database_url().expose().clone(),
        _ => value.to_owned(),
    }
}
