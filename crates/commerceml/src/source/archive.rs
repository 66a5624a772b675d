//! Archives, without unpacking them: an entry is read where it lies.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use flate2::{Crc, read::DeflateDecoder};
use zip::{CompressionMethod, ZipArchive, ZipReadOptions, read::ZipFileEntry, result::ZipError};

use super::name;
use crate::{Error, Limits, Why, error::excerpt};

/// Entries smaller than this may be packed as well as they like.
const SMALL: u64 = 1 << 20;

/// Bytes of the directory for one entry, as a rule: 46, a name, and what a system adds. It is read into memory as a whole, several times
/// its size, before it can be counted; so it is not read further than the permitted number of entries may take.
const ENTRY: u64 = 256;

/// Bytes read to find the directory.
const SURROUNDINGS: u64 = 256 << 10;

/// The files of an archive that may hold rows.
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    pub(super) ignored: u64,
}

/// Where in its archive a file lies.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) size: u64,
    start: u64,
    packed: u64,
    crc: u32,
    deflated: bool,
}

/// Whether the file begins as an archive does. It stands at its beginning again after this.
pub(super) fn is_archive(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(start == b"PK\x03\x04" || start == b"PK\x05\x06")
}

/// Reads the directory of the archive, and refuses all of it if one entry is not acceptable.
pub(super) fn list(mut file: File, shown: &str, limits: &Limits) -> Result<Listing, Error> {
    let archive = open(&file, shown, limits)?;
    let mut listing = Listing { entries: Vec::new(), ignored: 0 };
    let (mut names, mut unpacked) = (HashSet::new(), 0_u64);
    for number in 0..archive.len() {
        let entry = archive.by_index_data(number).map_err(|error| broken(shown, error))?;
        let path = checked_name(&entry, shown)?;
        let inner = name::join(shown, &path);
        if entry.is_symlink() {
            return Err(Error::refused(inner, Why::Link));
        }
        if entry.is_dir() || !is_read(&path) {
            listing.ignored += u64::from(!entry.is_dir());
            continue;
        }
        if !names.insert(path.clone()) {
            return Err(Error::refused(inner, Why::Twice));
        }
        let entry = locate(entry, path, &mut file).map_err(|why| Error::refused(&*inner, why))?;
        unpacked = unpacked.saturating_add(entry.size);
        entry.check(unpacked, limits).map_err(|why| Error::refused(inner, why))?;
        listing.entries.push(entry);
    }
    Ok(listing)
}

fn open(file: &File, shown: &str, limits: &Limits) -> Result<ZipArchive<Frugal>, Error> {
    let file = file.try_clone().map_err(|error| Error::io(shown, error))?;
    let left = SURROUNDINGS + limits.entries as u64 * ENTRY;
    let archive = ZipArchive::new(Frugal { file, left }).map_err(|error| match error {
        ZipError::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => too_many(shown, limits),
        other => broken(shown, other),
    })?;
    match archive.len() > limits.entries {
        true => Err(too_many(shown, limits)),
        // Of two entries with one name, the library would show us the second alone.
        false if archive.has_duplicate_names() => Err(Error::refused(shown, Why::Twice)),
        false => Ok(archive),
    }
}

fn too_many(shown: &str, limits: &Limits) -> Error {
    Error::refused(shown, Why::Entries(limits.entries))
}

/// Whether an entry is one of those that are read; an archive in an archive is not.
fn is_read(path: &str) -> bool {
    name::may_hold_rows(path) && !path.to_ascii_lowercase().ends_with(".zip")
}

/// Names are UTF-8 today; old Russian archivers wrote them as DOS did.
fn checked_name(entry: &ZipFileEntry<'_>, shown: &str) -> Result<String, Error> {
    let raw = entry.name_raw();
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::IBM866.decode_without_bom_handling(raw).0,
    };
    name::checked(&text).map_err(|why| Error::refused(shown, why))
}

/// Where the bytes of an entry begin is told by its own header, before them.
fn locate(entry: ZipFileEntry<'_>, name: String, file: &mut File) -> Result<Entry, Why> {
    let deflated = match entry.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => return Err(Why::Archive(format!("it is packed by a method other than deflate: {other}"))),
    };
    if entry.encrypted() {
        return Err(Why::Archive("it is locked by a password".to_owned()));
    }
    let (size, packed, crc) = (entry.size(), entry.compressed_size(), entry.crc32());
    let opened = entry.with_reader(file, ZipReadOptions::new()).map_err(|error| Why::Archive(error.to_string()))?;
    let start = opened.data_start().ok_or_else(|| Why::Archive("an entry has no place".to_owned()))?;
    Ok(Entry { name, size, start, packed, crc, deflated })
}

fn broken(shown: &str, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Error::io(shown, error),
        other => Error::refused(shown, Why::Archive(excerpt(&other.to_string()))),
    }
}

impl Entry {
    fn check(&self, unpacked: u64, limits: &Limits) -> Result<(), Why> {
        if self.size > SMALL && self.size / limits.ratio.max(1) > self.packed {
            return Err(Why::Ratio(limits.ratio));
        }
        match unpacked > limits.unpacked {
            true => Err(Why::Unpacked(limits.unpacked)),
            false => Ok(()),
        }
    }

    /// The unpacked bytes.
    pub(super) fn read(&self, mut file: File) -> io::Result<Unpacked> {
        file.seek(SeekFrom::Start(self.start))?;
        let packed = file.take(self.packed);
        let bytes: Box<dyn Read + Send> = match self.deflated {
            true => Box::new(DeflateDecoder::new(packed)),
            false => Box::new(packed),
        };
        Ok(Unpacked { bytes, left: self.size, crc: self.crc, seen: Crc::new() })
    }
}

/// A file of which only so much may be read.
struct Frugal {
    file: File,
    left: u64,
}

impl Read for Frugal {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::QuotaExceeded)?;
        Ok(read)
    }
}

impl Seek for Frugal {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The bytes of an entry, which must be as many as its archive says, and those that it says.
pub(super) struct Unpacked {
    bytes: Box<dyn Read + Send>,
    left: u64,
    crc: u32,
    seen: Crc,
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match self.bytes.read(into) {
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                return Err(damaged("it is damaged"));
            }
            other => other?,
        };
        self.seen.update(&into[..read]);
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(damaged("an entry is larger than it says")),
        }
        match read == 0 && !into.is_empty() && (self.left > 0 || self.seen.sum() != self.crc) {
            true => Err(damaged("an entry is not what it says it is")),
            false => Ok(read),
        }
    }
}

fn damaged(how: &str) -> io::Error {
    io::Error::other(Why::Archive(how.to_owned()))
}
