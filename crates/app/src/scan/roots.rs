//! The directories that folders of registrators may lie in, and nothing outside them.

use std::path::{Component, Path, PathBuf};

use crate::error::FieldError;

/// Directories below which folders are scanned.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// As the operator has named them.
    named: Vec<PathBuf>,
    /// As the system knows them, where that is another name.
    real: Vec<PathBuf>,
}

/// A folder that is there: a root, and the way from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) root: PathBuf,
    pub(crate) below: PathBuf,
}

impl Roots {
    /// These. One that is a link, or on the way of which one lies, may be named by either end of it.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let absolute = |root: PathBuf| std::path::absolute(&root).unwrap_or(root);
        let named: Vec<PathBuf> = roots.into_iter().map(absolute).collect();
        let real = named.iter().filter_map(|root| root.canonicalize().ok()).filter(|real| !named.contains(real));
        Self { real: real.collect(), named }
    }

    /// The first, in which new folders are made.
    pub fn first(&self) -> Option<&Path> {
        self.named.first().map(PathBuf::as_path)
    }

    /// Whether any of them is there, on this machine.
    pub fn are_here(&self) -> bool {
        self.named.iter().any(|root| root.is_dir())
    }

    /// Refuses a folder outside; without roots none is, since none is scanned.
    pub(crate) fn admit(&self, folder: &str) -> Result<(), FieldError> {
        if self.named.is_empty() || !self.ways(folder).is_empty() {
            return Ok(());
        }
        Err(FieldError::new("field.outside").with("roots", self.to_string()))
    }

    /// Where a folder is on this machine; nothing when it is not.
    pub(crate) fn locate(&self, folder: &str) -> Option<Located> {
        self.ways(folder).into_iter().find(|way| way.root.join(&way.below).is_dir())
    }

    /// How a folder may be reached: an absolute one from the roots that hold it, a relative one from each.
    fn ways(&self, folder: &str) -> Vec<Located> {
        let folder = Path::new(folder);
        if folder.components().any(|step| matches!(step, Component::ParentDir)) {
            return Vec::new();
        }
        let below = |root: &PathBuf| match folder.is_absolute() {
            true => folder.strip_prefix(root).ok().map(Path::to_owned),
            false => Some(folder.to_owned()),
        };
        let way = |root: &PathBuf| below(root).map(|below| Located { root: root.clone(), below });
        self.named.iter().chain(&self.real).filter_map(way).collect()
    }
}

impl std::fmt::Display for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: Vec<String> = self.named.iter().map(|root| root.display().to_string()).collect();
        f.write_str(&shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn check(roots: &Roots, folder: &str, expect: bool) {
        assert_eq!(roots.admit(folder).is_ok(), expect, "{folder}");
    }

    #[test]
    fn a_folder_lies_below_a_root_or_is_refused() {
        let roots = Roots::new(["/srv/scans".into(), "/mnt/archive".into()]);

        check(&roots, "/srv/scans", true);
        check(&roots, "/srv/scans/reception/", true);
        check(&roots, "/mnt/archive/2026", true);
        check(&roots, "reception", true);
        check(&roots, "/srv/scans2", false);
        check(&roots, "/etc", false);
        check(&roots, "/srv/scans/../../etc", false);
        check(&roots, "../etc", false);
        check(&Roots::default(), "/etc", true);
    }

    #[test]
    fn a_folder_is_found_in_the_first_root_that_has_it() {
        let (first, second) = (tempfile::TempDir::new().expect("one"), tempfile::TempDir::new().expect("another"));
        let roots = Roots::new([first.path().to_owned(), second.path().to_owned()]);
        fs::create_dir(second.path().join("in")).expect("made");

        let located = roots.locate("in").expect("it is there");

        assert_eq!((located.root.as_path(), located.below.as_path()), (second.path(), Path::new("in")));
        assert_eq!(roots.locate(&second.path().join("in").display().to_string()), Some(located));
        assert_eq!(roots.locate("out"), None);
    }
}
