//! A file in, rows and problems out.

use std::{io::Read, iter, sync::Arc};

use crate::{
    Error, Limits, Place, Problem, Row, Summary, Why,
    rows::Machine,
    xml::{Step, Walker},
};

/// Reads one file: an iterator of what is in it.
///
/// The last item is [`Found::End`]; if it is missing the file is not whole, whatever was found before. After an error nothing more
/// comes. The same file always gives the same items in the same order, so that [`Reader::skip_to`] can go on where another left off.
///
/// Memory is bounded by the [`Limits`], whatever the size of the file: under them a few hundred kilobytes as a rule, and at most a few
/// times the largest row or text.
pub struct Reader<R> {
    walker: Walker<R>,
    machine: Machine,
    most_rows: u64,
    ordinal: u64,
    ended: bool,
}

/// Something that was found, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The items of a file are numbered from 1, rows and problems alike.
    pub ordinal: u64,
    /// Where the row or the element in question begins.
    pub place: Place,
    /// What it is.
    pub found: Found,
}

/// What can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A row.
    Row(Row),
    /// Something that was skipped or mended.
    Problem(Problem),
    /// The file was read to its end and is whole.
    End(Box<Summary>),
}

impl<R: Read> Reader<R> {
    /// Reads `input`, which errors and problems call `file`. Nothing is read yet.
    pub fn new(file: &str, input: R, limits: &Limits) -> Self {
        let file: Arc<str> = file.into();
        Self {
            walker: Walker::new(Arc::clone(&file), input, limits),
            machine: Machine::new(file, limits.row),
            most_rows: limits.rows,
            ordinal: 0,
            ended: false,
        }
    }

    /// Bytes of the file read so far; the reader is at most 64 KiB ahead of the items it has given.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.walker.bytes()
    }

    /// Passes over the first items, up to that ordinal, as fast as it reads.
    pub fn skip_to(&mut self, ordinal: u64) -> Result<(), Error> {
        while self.ordinal < ordinal {
            match self.next() {
                Some(item) => drop(item?),
                None => break,
            }
        }
        Ok(())
    }

    /// Reads to the end only for what the file holds in all, and whether it is whole; with its SHA-256, if nothing was read before.
    pub fn survey(self) -> Result<Summary, Error> {
        let summary = self.survey_while(|_| true)?;
        Ok(summary.expect("nobody said that it should stop"))
    }

    /// The same as long as `go_on` says so, which is asked with the bytes read so far whenever another row was found.
    pub fn survey_while(mut self, mut go_on: impl FnMut(u64) -> bool) -> Result<Option<Summary>, Error> {
        if self.bytes() == 0 {
            self.walker.begin_digest();
        }
        while let Some(item) = self.next() {
            if let Found::End(summary) = item?.found {
                return Ok(Some(*summary));
            }
            if !go_on(self.bytes()) {
                return Ok(None);
            }
        }
        unreachable!("a reader that was not asked before ends with a summary or an error")
    }

    /// Goes on until something is found.
    fn find(&mut self) -> Result<(Place, Found), Error> {
        loop {
            if let Some(found) = self.machine.pop() {
                return Ok(found);
            }
            match self.walker.step()? {
                Step::Open => self.machine.open(self.walker.seen()),
                Step::Close => self.machine.close(self.walker.seen()),
                Step::End => return Ok(self.end()),
            }
            if self.machine.rows() > self.most_rows {
                return Err(self.walker.refuse(Why::Rows(self.most_rows)));
            }
        }
    }

    fn end(&mut self) -> (Place, Found) {
        let (encoding, bytes, sha256) = (self.walker.encoding(), self.walker.bytes(), self.walker.digest());
        let summary = Summary { encoding, bytes, sha256, ..self.machine.summary() };
        (self.walker.end_place(), Found::End(Box::new(summary)))
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let found = self.find();
        self.ended = !matches!(found, Ok((_, Found::Row(_) | Found::Problem(_))));
        self.ordinal += 1;
        Some(found.map(|(place, found)| Item { ordinal: self.ordinal, place, found }))
    }
}

impl<R: Read> iter::FusedIterator for Reader<R> {}
