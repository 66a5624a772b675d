//! Where exchanges lie, and which there are.
//!
//! A source is chosen by its name below the root that the operator has named. It is opened name by name through handles that no link and
//! no `..` leads out of; nothing of it is believed but what was read.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use lockstep_commerceml::{Error as ReadError, Limits, Listed, Part, Source, list};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::{Error, clock::rfc3339};

/// Names of folders that only hold sources of other people's making, one below the other, and are none themselves.
const HOLDERS: [&str; 2] = ["uploads", "exchange"];

/// Names that 1C gives to the parts of one exchange. A folder of such a name is looked at together with those beside it.
const PARTS: [&str; 15] = [
    "goods",
    "groups",
    "offers",
    "prices",
    "rests",
    "pricelists",
    "storages",
    "units",
    "propertiesgoods",
    "propertiesoffers",
    "contragents",
    "properties",
    "documents",
    "import_files",
    "webdata",
];

/// Sources that are listed at most.
const MOST: usize = 500;

/// The root of all sources.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    pub(super) path: Arc<PathBuf>,
    pub(super) limits: Limits,
}

/// Something that can be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceItem {
    /// What an order calls it: `1c/2026-11`.
    pub name: String,
    /// `folder`, `archive` or `file`.
    pub kind: &'static str,
    /// XML files in it.
    pub files: usize,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// When the newest was written, RFC 3339.
    pub modified_at: Option<String>,
}

impl Root {
    pub(crate) fn new(path: PathBuf, limits: Limits) -> Self {
        Self { path: Arc::new(path), limits }
    }

    /// Opens a source to be read, which blocks.
    pub(super) fn open(&self, name: &str) -> Result<Source, ReadError> {
        Source::open(&self.path, name, &self.limits)
    }

    /// The same for a person: what is wrong is his to mend.
    pub(super) async fn open_for(&self, name: &str) -> Result<Source, Error> {
        let (root, wanted) = (self.clone(), name.to_owned());
        let opened =
            spawn_blocking(move || root.open(&wanted)).await.map_err(|error| Error::Internal(Arc::new(error)))?;
        let source = opened.map_err(|error| self.refused(name, &error))?;
        match source.parts().is_empty() {
            true => Err(self.no_source(name, "empty", "holds no XML files".to_owned())),
            false => Ok(source),
        }
    }

    /// What is wrong with a source, for a person.
    pub(super) fn refused(&self, name: &str, error: &ReadError) -> Error {
        match error {
            ReadError::Refused(refusal) => self.no_source(name, refusal.why.code(), refusal.why.to_string()),
            ReadError::Io { source, .. } => self.no_source(name, "unreadable", format!("cannot be read: {source}")),
        }
    }

    fn no_source(&self, name: &str, code: &'static str, why: String) -> Error {
        let (name, root) = (name.chars().take(200).collect(), self.path.display().to_string());
        Error::ImportSource { name, root, code, why }
    }

    /// What lies below the root, and one level further down, which blocks.
    pub(super) fn items(&self) -> Vec<SourceItem> {
        let mut items = Vec::new();
        for place in self.places("") {
            let below = if place.is_folder { self.places(&place.name) } else { Vec::new() };
            if !HOLDERS.contains(&place.name.as_str()) {
                items.extend(self.item(&place));
            }
            let sources = below.into_iter().filter(|below| below.is_folder || is_archive(&below.name));
            items.extend(sources.filter_map(|below| self.item(&below)));
            if items.len() >= MOST {
                break;
            }
        }
        items.truncate(MOST);
        items
    }

    /// What lies in a folder, but for the parts of one exchange. What cannot be read is not there.
    fn places(&self, folder: &str) -> Vec<Listed> {
        let mut places = list(&self.path, folder).unwrap_or_default();
        places.retain(|place| !(place.is_folder && is_part(last(&place.name))));
        places
    }

    fn item(&self, place: &Listed) -> Option<SourceItem> {
        let source = self.open(&place.name).ok().filter(|source| !source.parts().is_empty())?;
        let parts = source.parts();
        let newest = parts.iter().filter_map(Part::modified).max();
        Some(SourceItem {
            kind: kind(place, &source),
            name: place.name.clone(),
            files: parts.len(),
            bytes: parts.iter().map(Part::size).sum(),
            modified_at: newest.map(|time| rfc3339(ms(time))),
        })
    }
}

fn kind(place: &Listed, source: &Source) -> &'static str {
    match (place.is_folder, source.parts()) {
        (true, _) => "folder",
        // What an archive holds lies below its name, or beside others.
        (false, [part]) if part.name() == last(&place.name) => "file",
        (false, _) => "archive",
    }
}

fn is_part(name: &str) -> bool {
    PARTS.contains(&name.to_lowercase().as_str())
}

fn is_archive(name: &str) -> bool {
    name.to_lowercase().ends_with(".zip")
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Milliseconds since 1970.
pub(super) fn ms(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default()
}
