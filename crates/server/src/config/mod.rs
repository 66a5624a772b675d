//! What the operator may set: read, laid over each other, checked, explained.
//!
//! Four layers, the later over the earlier: the compiled-in `config.ini.example`, the file, the environment
//! (`LOCKSTEP__SECTION__KEY`), the command line.
//! Guarantees: every problem is reported at once, each with its place and its cure; what [`load`] returns holds no value out of
//! range; secrets never print.
//! It never writes, and never reads the environment by itself: the caller hands it in.

mod imports;
mod locked;
mod problem;
mod scan;
mod secret;
mod settings;
mod show;
mod table;
mod text;
mod validate;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use config::ConfigError;

pub use self::{
    imports::Imports,
    locked::Locked,
    problem::{Origin, Problem, Problems},
    secret::Secret,
    settings::{
        Auth, Database, Format, Level, Limits, Locks, Log, Logs, OwnLevel, Redis, Server, Settings, SocketIo, Sync,
        Synchronous,
    },
    show::Effective,
    text::{List, Mode, Network, WebOrigin},
    validate::NO_WIRE,
};
use self::{scan::Assignment, table::Table};

/// Where a file is looked for when none is named, first found first taken.
pub const PLACES: [&str; 2] = ["config.ini", "/etc/lockstep/config.ini"];

/// What the variables of the environment begin with.
const PREFIX: &str = "LOCKSTEP__";

/// What the layers above the defaults are made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The file named on the command line; then it must exist.
    pub file: Option<PathBuf>,
    /// All variables of the environment; foreign ones are passed over.
    pub environment: Vec<(String, String)>,
    /// From the command line: option, `section.key`, value.
    pub arguments: Vec<(&'static str, &'static str, String)>,
}

/// Settings in force, and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Checked.
    pub settings: Settings,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    table: Table,
}

impl Loaded {
    /// Every value in force, in the order of `config.ini.example`, secrets as `***`.
    pub fn effective(&self) -> Vec<Effective> {
        show::effective(&self.table, &self.settings)
    }
}

/// Reads and checks the configuration.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(inputs: &Inputs) -> Result<Loaded, Problems> {
    let mut problems = Problems::default();
    let mut table = Table::defaults();
    let file = inputs.file.clone().or_else(|| PLACES.iter().map(PathBuf::from).find(|path| path.exists()));
    let from_file = file.iter().flat_map(|path| read(path, &mut problems)).collect::<Vec<_>>();
    for assignment in from_file.into_iter().chain(environment(inputs)).chain(arguments(inputs)) {
        table.lay(assignment, &mut problems);
    }
    let mut settings = typed(&mut table.clone(), &mut problems);
    validate::validate(&settings, &table, &mut problems);
    validate::read_passwords(&mut settings, &table, &mut problems);
    problems.judge(Loaded { settings, file, table })
}

fn read(path: &Path, problems: &mut Problems) -> Vec<Assignment> {
    let origin = Origin::File { path: path.to_owned(), line: 0 };
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return scan::scan(&text, path, problems),
            Err(error) => {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
                problems
                    .add(Origin::File { path: path.to_owned(), line }, "is not UTF-8; save the file in that encoding");
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            problems.add(origin, "no such file; copy config.ini.example there, or name another one with --config");
        }
        Err(error) => problems.add(origin, format!("cannot be read: {error}")),
    }
    Vec::new()
}

/// `LOCKSTEP__SYNC__DEPENDENCIES__CATEGORIES` is `[sync.dependencies] categories`.
fn environment(inputs: &Inputs) -> impl Iterator<Item = Assignment> {
    inputs.environment.iter().filter_map(|(name, value)| {
        let dotted = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
        Some(assignment(&dotted, value, Origin::Environment(name.clone())))
    })
}

fn arguments(inputs: &Inputs) -> impl Iterator<Item = Assignment> {
    inputs.arguments.iter().map(|(option, dotted, value)| assignment(dotted, value, Origin::Argument(option)))
}

fn assignment(dotted: &str, value: &str, origin: Origin) -> Assignment {
    let (section, key) = dotted.rsplit_once('.').unwrap_or((dotted, ""));
    Assignment { section: section.to_owned(), key: key.to_owned(), value: value.to_owned(), origin }
}

/// Turns text into types. Each value that does not fit becomes a problem and is replaced by its default, so that the next one is
/// found, too.
fn typed(table: &mut Table, problems: &mut Problems) -> Settings {
    loop {
        let built =
            config::Config::builder().add_source(table.clone()).build().and_then(config::Config::try_deserialize);
        match built {
            Ok(settings) => return settings,
            Err(error) => {
                let (key, text) = explain(&error, table);
                problems.add(table.origin(&key), text);
                assert!(table.reset(&key), "config.ini.example and the settings disagree: {error}");
            }
        }
    }
}

fn explain(error: &ConfigError, table: &Table) -> (String, String) {
    let (key, what) = match error {
        ConfigError::At { error, key, .. } => (key.clone(), error.to_string()),
        ConfigError::Type { key, expected, .. } => (key.clone(), mismatch(key.as_deref(), expected, table)),
        other => (None, other.to_string()),
    };
    let key = key.unwrap_or_default();
    let (section, name) = key.rsplit_once('.').unwrap_or_default();
    let text = format!("[{section}] {name}: {what}");
    (key, text)
}

fn mismatch(key: Option<&str>, expected: &str, table: &Table) -> String {
    let value = key.and_then(|key| table.at(key)).map_or("", |assignment| assignment.value.as_str());
    let default =
        key.and_then(|key| Table::defaults().at(key).map(|default| default.value.clone())).unwrap_or_default();
    let kind = match expected {
        "a boolean" => "on or off",
        number if number.contains("integer") => "a whole number in its range",
        other => other,
    };
    format!("`{value}` is not {kind}; the default is {default}")
}

#[cfg(test)]
mod tests;
