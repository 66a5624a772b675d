//! Text that is made while it is read.

use std::io::{self, Read};

/// How text becomes bytes, and what its first line says of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 with a byte order mark, as 1C writes mostly.
    Utf8Marked,
    /// UTF-8 without.
    Utf8,
    /// windows-1251
    Windows1251,
}

/// A file, made piece by piece.
pub struct Stream {
    encoding: Encoding,
    pieces: Box<dyn Iterator<Item = String> + Send>,
    bytes: Vec<u8>,
    taken: usize,
}

impl Stream {
    pub(super) fn new(encoding: Encoding, pieces: Box<dyn Iterator<Item = String> + Send>) -> Self {
        let (mark, name) = match encoding {
            Encoding::Utf8Marked => ("\u{feff}", "UTF-8"),
            Encoding::Utf8 => ("", "UTF-8"),
            Encoding::Windows1251 => ("", "windows-1251"),
        };
        let bytes = format!("{mark}<?xml version=\"1.0\" encoding=\"{name}\"?>\n").into_bytes();
        Self { encoding, pieces, bytes, taken: 0 }
    }

    fn encode(&self, piece: String) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8Marked | Encoding::Utf8 => piece.into_bytes(),
            Encoding::Windows1251 => encoding_rs::WINDOWS_1251.encode(&piece).0.into_owned(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.bytes.len() {
            match self.pieces.next() {
                Some(piece) => (self.bytes, self.taken) = (self.encode(piece), 0),
                None => return Ok(0),
            }
        }
        let read = (&self.bytes[self.taken..]).read(into)?;
        self.taken += read;
        Ok(read)
    }
}
