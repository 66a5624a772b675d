//! An exchange as it lies on the disk: a folder, a file, or an archive.

mod archive;
mod folder;
mod name;

use std::{
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
    time::SystemTime,
};

use archive::Entry;
use folder::Folder;

use crate::{Error, Limits, Reader, Why};

/// The files of one exchange that may hold rows, wherever they lie.
///
/// Everything is opened name by name below the root, through handles that no link and no `..` leads out of, each time anew: a source
/// holds no open file, and may be kept as long as one likes.
#[derive(Debug)]
pub struct Source {
    root: PathBuf,
    limits: Limits,
    parts: Vec<Part>,
    ignored: u64,
}

/// One XML file of a source.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    size: u64,
    modified: Option<SystemTime>,
    /// The file that holds it, below the root.
    file: String,
    /// Where in that file, if it is an archive.
    entry: Option<Entry>,
}

/// A file or folder below a root, as [`list`] finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path below the root, by which [`Source::open`] knows it.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// A path below a root in one spelling, by the rules of [`Why::Path`].
pub fn within(path: &str) -> Result<String, Why> {
    name::checked(path)
}

/// What lies in a folder below the root, numbers in names counted as numbers: folders, and files that may hold rows. `folder` is a name like
/// that of [`Source::open`]. Links are not followed, and what has a name that is not accepted is not there.
pub fn list(root: &Path, folder: &str) -> Result<Vec<Listed>, Error> {
    let base = name::checked(folder).map_err(|why| Error::refused(folder, why))?;
    let folder::Found::Folder(found) = Folder::open(root)?.find(&base)? else {
        return Err(Error::refused(folder, Why::Missing));
    };
    let mut entries = found.entries()?;
    entries.retain(|entry| entry.is_folder || name::may_hold_rows(&entry.name));
    let listed = |entry: folder::Entry| Listed { name: name::join(&base, &entry.name), is_folder: entry.is_folder };
    Ok(entries.into_iter().map(listed).filter(|listed| name::checked(&listed.name).is_ok()).collect())
}

/// How far a source has been read: so many items of that part. Written `goods/goods_1_3.xml#1500`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The name of the part.
    pub part: String,
    /// The ordinal of the last item that was taken; 0 before the first.
    pub ordinal: u64,
}

impl Source {
    /// Looks what there is. `root` is trusted, `name` is not: it is a path below the root by the rules of [`Why::Path`], and empty for the
    /// root itself. Files are only listed; what is in them is seen by [`Reader::survey`].
    pub fn open(root: &Path, name: &str, limits: &Limits) -> Result<Self, Error> {
        let base = name::checked(name).map_err(|why| Error::refused(name, why))?;
        let mut source = Self { root: root.to_owned(), limits: limits.clone(), parts: Vec::new(), ignored: 0 };
        let within = Folder::open(root)?;
        match within.find(&base)? {
            folder::Found::Folder(folder) => source.add_folder(&folder, &base, "")?,
            folder::Found::File(file) => source.add_file(file, &base, name::last(&base), "")?,
        }
        source.parts.sort_by(|one, other| name::natural(&one.name, &other.name));
        Ok(source)
    }

    /// The files, numbers in their names counted as numbers: `goods_1_10` after `goods_1_9`.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How many files there are besides, such as pictures.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Reads one of the files from its beginning.
    pub fn read(&self, part: &Part) -> Result<Reader<Box<dyn Read + Send>>, Error> {
        let file = Folder::open(&self.root)?.find(&part.file)?.file(&part.file)?;
        let input: Box<dyn Read + Send> = match &part.entry {
            Some(entry) => Box::new(entry.read(file).map_err(|error| Error::io(&part.name, error))?),
            None => Box::new(file),
        };
        Ok(Reader::new(&part.name, input, &self.limits))
    }

    /// Reads the cursor's file from behind the item that it names, with the same ordinals as if read from the beginning.
    pub fn resume(&self, cursor: &Cursor) -> Result<Reader<Box<dyn Read + Send>>, Error> {
        let part = self.parts.iter().find(|part| part.name == cursor.part);
        let part = part.ok_or_else(|| Error::refused(&cursor.part, Why::Missing))?;
        let mut reader = self.read(part)?;
        reader.skip_to(cursor.ordinal)?;
        Ok(reader)
    }

    fn add_folder(&mut self, folder: &Folder, path: &str, shown: &str) -> Result<(), Error> {
        for entry in folder.entries()? {
            let (path, shown) = (name::join(path, &entry.name), name::join(shown, &entry.name));
            name::checked(&shown).map_err(|why| Error::refused(&shown, why))?;
            match entry.is_folder {
                true => self.add_folder(&folder.enter(&entry.name)?, &path, &shown)?,
                false if name::may_hold_rows(&entry.name) => {
                    self.add_file(folder.find(&entry.name)?.file(&shown)?, &path, &shown, &shown)?;
                }
                false => self.ignored += 1,
            }
        }
        Ok(())
    }

    /// What begins like an archive is one, whatever it is called; its files are shown below the name `within`.
    fn add_file(&mut self, mut file: File, path: &str, shown: &str, within: &str) -> Result<(), Error> {
        let about = file.metadata().map_err(|error| Error::io(shown, error))?;
        let modified = about.modified().ok();
        if !archive::is_archive(&mut file).map_err(|error| Error::io(shown, error))? {
            let part = Part { name: shown.to_owned(), size: about.len(), modified, file: path.to_owned(), entry: None };
            return self.add(part);
        }
        let found = archive::list(file, shown, &self.limits)?;
        self.ignored += found.ignored;
        for entry in found.entries {
            let (name, size) = (name::join(within, &entry.name), entry.size);
            self.add(Part { name, size, modified, file: path.to_owned(), entry: Some(entry) })?;
        }
        Ok(())
    }

    fn add(&mut self, part: Part) -> Result<(), Error> {
        if part.size > self.limits.file {
            return Err(Error::refused(part.name, Why::FileSize(self.limits.file)));
        }
        if self.parts.len() >= self.limits.entries {
            return Err(Error::refused(part.name, Why::Entries(self.limits.entries)));
        }
        self.parts.push(part);
        Ok(())
    }
}

impl Part {
    /// Its path within the source; in an archive, behind the archive's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes, unpacked; what [`Reader::bytes`] reaches in the end.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the file, or the archive that it is in, was last written.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.part, self.ordinal)
    }
}

/// It is not the text of a [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cursor, which is a name, a `#` and a number")]
pub struct BadCursor(String);

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let halves = text.rsplit_once('#').and_then(|(part, ordinal)| Some((part, ordinal.parse().ok()?)));
        let (part, ordinal) = halves.ok_or_else(|| BadCursor(text.to_owned()))?;
        Ok(Self { part: part.to_owned(), ordinal })
    }
}
