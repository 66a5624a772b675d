//! Sets of files that come over the wire, and lie below the root of all sources until they are old: those of people in `uploads`, those of
//! 1C in `exchange`.

use std::{fs, io, path::Path, time::UNIX_EPOCH};

use lockstep_store::{
    clock::rfc3339,
    jobs::{Job, JobQuery, MAX_JOBS},
};
use uuid::Uuid;

use super::{ImportType, folder::Folder};
use crate::{App, Error, jobs::JobKind, uploads::blocking};

/// Where people's are.
pub(super) const UPLOADS: &str = "uploads";

/// Where those of 1C are.
pub(super) const EXCHANGE: &str = "exchange";

/// How long a set is kept after it was last added to: long enough to look into it when an import of it went wrong.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Digits that tell sets of a day apart.
const DIGITS: usize = 8;

/// A new set in `holder`: its name there, and its folder.
pub(super) fn begin(root: &Path, holder: &str, now_ms: i64) -> io::Result<(String, Folder)> {
    let day = rfc3339(now_ms);
    let id = format!("{}-{}", day.get(..10).unwrap_or_default(), &Uuid::new_v4().simple().to_string()[..DIGITS]);
    let folder = Folder::open(root)?.make(holder)?.make_new(&id)?;
    Ok((id, folder))
}

/// Whether it is a name of [`begin`]: nothing else is looked for.
pub(super) fn is_id(name: &str) -> bool {
    let well_formed = |(place, byte): (usize, u8)| match place {
        4 | 7 | 10 => byte == b'-',
        0..10 => byte.is_ascii_digit(),
        _ => byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase(),
    };
    name.len() == 11 + DIGITS && name.bytes().enumerate().all(well_formed)
}

impl App {
    /// Removes sets that were last added to a week ago and that no import works on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep_import_sets(&self) -> Result<(), Error> {
        let (root, before) = (self.import_root().path.clone(), self.clock().now_ms() - KEPT_MS);
        let old = blocking(move || Ok(old(&root, before))).await?;
        if old.is_empty() {
            return Ok(());
        }
        let in_use = self.sources_in_use().await?;
        let used = |set: &String| in_use.iter().any(|source| source == set || source.starts_with(&format!("{set}/")));
        let root = self.import_root().path.clone();
        let unused: Vec<String> = old.into_iter().filter(|set| !used(set)).collect();
        blocking(move || unused.iter().try_for_each(|set| fs::remove_dir_all(root.join(set)))).await
    }

    async fn sources_in_use(&self) -> Result<Vec<String>, Error> {
        let kinds = ImportType::ALL.map(|import_type| JobKind::Import(import_type).name().to_owned()).to_vec();
        let query = JobQuery { kinds, active: true, limit: MAX_JOBS, ..JobQuery::default() };
        let source = |job: &Job| job.payload["source"].as_str().map(ToOwned::to_owned);
        Ok(self.0.store.jobs(&query).await?.jobs.iter().filter_map(source).collect())
    }
}

/// Sets that nothing was added to since. What cannot be read is left for the next time.
fn old(root: &Path, before: i64) -> Vec<String> {
    let sets = |holder: &str| {
        let entries = fs::read_dir(root.join(holder)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| is_id(name))?;
            let written = entry.metadata().ok().filter(fs::Metadata::is_dir)?.modified().ok()?;
            let written = i64::try_from(written.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
            (written < before).then(|| format!("{holder}/{name}"))
        });
        names.collect::<Vec<_>>()
    };
    [UPLOADS, EXCHANGE].into_iter().flat_map(sets).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_names_of_their_own_and_nothing_else_is_one() {
        let directory = tempfile::tempdir().expect("a directory");

        let (one, _) = begin(directory.path(), UPLOADS, 1_763_812_800_123).expect("made");
        let (other, _) = begin(directory.path(), UPLOADS, 1_763_812_800_123).expect("made");

        assert!(one.starts_with("2025-11-22-") && one != other, "{one} {other}");
        assert!(is_id(&one) && is_id(&other));
        for name in ["", "2025-11-22-", "2025-11-22-0123456g", "2025-11-22-0123456A", "../../../etc/passwd"] {
            assert!(!is_id(name), "{name}");
        }
        assert_eq!(old(directory.path(), i64::MAX).len(), 2);
        assert_eq!(old(directory.path(), 0), Vec::<String>::new());
    }
}
