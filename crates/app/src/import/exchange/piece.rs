//! One piece of a file, on its way.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    sync::Arc,
};

use tokio::io::AsyncWriteExt;

use super::{Exchange, ExchangeError, state::Set};
use crate::{
    Error,
    import::folder::{Folder, is_in_the_way},
    uploads::blocking,
};

/// The longest part of a wrong name that is repeated.
const SHOWN: usize = 120;

/// A piece on its way. Dropped before [`Piece::finish`], the file is as it was, in a moment.
#[derive(Debug)]
pub struct Piece {
    set: Option<Set>,
    /// What is needed for undoing.
    place: Arc<Place>,
    pen: tokio::fs::File,
    name: String,
    written: u64,
    /// Bytes that may still come: of the file, and of all together.
    file_max: u64,
    set_max: u64,
}

/// The file, and what it was before.
#[derive(Debug)]
struct Place {
    folder: Folder,
    last: String,
    file: File,
    is_new: bool,
    /// Bytes that stay when the piece does not.
    before: u64,
}

impl Place {
    fn undo(&self) -> io::Result<()> {
        if self.is_new { self.folder.remove(&self.last) } else { self.file.set_len(self.before) }
    }
}

impl Exchange {
    /// Begins to take a piece. One of the file that the last one was of is put behind it; any other begins that file anew.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn begin_piece(&self, name: &str) -> Result<Piece, ExchangeError> {
        let name = accepted(name)?;
        let mut set = self.set().await?;
        if let Some(doing) = set.state.doing.clone() {
            let job = self.job(doing.job).await?;
            if job.is_active() {
                return Err(ExchangeError::Importing { job: doing.job });
            }
            set.reopen_after(&job, &doing);
        }
        let limits = self.app.import_root().limits.clone();
        let entries = limits.entries as u64;
        let opened = blocking(move || Ok(open(&set, &name, entries).map(|opened| (opened, set, name))));
        let (place, set, name) = opened.await??;
        let pen = place.file.try_clone().map_err(Error::of_disk)?;
        Ok(Piece {
            set: Some(set),
            place: Arc::new(place),
            pen: tokio::fs::File::from_std(pen),
            name,
            written: 0,
            file_max: limits.file,
            set_max: limits.unpacked,
        })
    }
}

impl Piece {
    /// The next bytes of it.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ExchangeError> {
        self.written += bytes.len() as u64;
        let all = self.set.as_ref().map_or(0, |set| set.state.bytes);
        if self.place.before + self.written > self.file_max {
            return Err(ExchangeError::FileTooLarge { name: self.name.clone(), max: self.file_max });
        }
        if all + self.written > self.set_max {
            return Err(ExchangeError::SetTooLarge { max: self.set_max });
        }
        Ok(self.pen.write_all(bytes).await.map_err(Error::of_disk)?)
    }

    /// Takes the piece back: the file is as it was, and the set is free for the next request.
    pub async fn abandon(mut self) {
        // What is still being written comes first.
        let _ = self.pen.flush().await;
        if let Some(undo) = self.undoing() {
            let _ = tokio::task::spawn_blocking(undo).await;
        }
    }

    fn undoing(&mut self) -> Option<impl FnOnce() + Send + 'static> {
        let (set, place) = (self.set.take()?, self.place.clone());
        Some(move || {
            // The set is free after that.
            let _ = place.undo();
            drop(set);
        })
    }

    /// The piece is whole.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn finish(mut self) -> Result<(), ExchangeError> {
        self.pen.flush().await.map_err(Error::of_disk)?;
        let done = blocking(move || {
            let Some(mut set) = self.set.take() else { return Ok(()) };
            set.state.bytes += self.written;
            set.state.files += u64::from(self.place.is_new);
            set.state.last = Some(self.name.clone());
            set.save().inspect_err(|_| self.set = Some(set))
        });
        Ok(done.await?)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let Some(undo) = self.undoing() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(undo)),
            Err(_) => undo(),
        }
    }
}

/// The file at its end.
fn open(set: &Set, name: &str, most: u64) -> Result<Place, ExchangeError> {
    let in_the_way = |error: io::Error| match is_in_the_way(&error) {
        true => ExchangeError::InTheWay { name: name.to_owned() },
        false => Error::of_disk(error).into(),
    };
    let round = set.folder.make(&set.state.round.to_string()).map_err(in_the_way)?;
    let (folder, last) = descend(round, name).map_err(in_the_way)?;
    let is_new = !folder.has_file(&last);
    if is_new && set.state.files >= most {
        return Err(ExchangeError::TooMany { max: most });
    }
    let mut file = folder.append(&last).map_err(in_the_way)?;
    if set.state.last.as_deref() != Some(name) {
        file.set_len(0).map_err(Error::of_disk)?;
    }
    let before = file.seek(SeekFrom::End(0)).map_err(Error::of_disk)?;
    Ok(Place { folder, last, file, is_new, before })
}

/// The folder that a file lies in, made if it is missing, and its name there.
fn descend(mut folder: Folder, path: &str) -> io::Result<(Folder, String)> {
    let (folders, last) = path.rsplit_once('/').unwrap_or(("", path));
    for name in folders.split('/').filter(|name| !name.is_empty()) {
        folder = folder.make(name)?;
    }
    Ok((folder, last.to_owned()))
}

/// The name in one spelling. Those that begin with a point are ours.
pub(super) fn accepted(name: &str) -> Result<String, ExchangeError> {
    let refused = || ExchangeError::Name { name: name.chars().take(SHOWN).collect() };
    let spelled = lockstep_commerceml::within(name).map_err(|_| refused())?;
    let hidden = spelled.split('/').any(|part| part.starts_with('.'));
    if spelled.is_empty() || hidden { Err(refused()) } else { Ok(spelled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_the_set_and_away_from_what_is_ours() {
        for (name, expected) in [("import.xml", "import.xml"), ("goods\\1\\import.xml", "goods/1/import.xml")] {
            assert_eq!(accepted(name).expect(name), expected);
        }
        for name in ["", "../a.xml", "a/../../b", "/etc/passwd", "C:\\a", ".exchange.json", "a/.lock", "a\0b", "./"] {
            assert!(matches!(accepted(name), Err(ExchangeError::Name { .. })), "{name}");
        }
    }
}
