//! What a file is, by its first bytes, by its name where they say nothing, and its digest where that is asked for.

use std::{
    fs::File,
    io::{self, Read},
};

use rustix::fs::fstat;
use sha2::{Digest, Sha256};

use super::{Found, Trouble, files::modified, folder::Folder};

/// Bytes that are read to tell what a file is. Every signature that is known lies within them.
pub(crate) const HEAD: usize = 8 * 1024;

/// Bytes of a step of a digest: between two of them somebody may have had enough.
const STEP: usize = 256 * 1024;

/// What is nothing else.
const UNKNOWN: &str = "application/octet-stream";

/// What a look into a file has found.
#[derive(Debug)]
pub(crate) struct Looked {
    /// Its type, `type/subtype`.
    pub(crate) mime: String,
    /// Its SHA-256, 64 hexadecimal digits, where it was asked for and could be had.
    pub(crate) sha256: Option<String>,
    /// What went wrong meanwhile.
    pub(crate) trouble: Option<Trouble>,
}

/// Looks into a file. Of one larger than `digest` bytes there is no digest, and none where `digest` is nothing; a digest ends early when
/// `stop` says so.
pub(super) fn look(folder: &Folder, found: &Found, digest: Option<u64>, stop: &dyn Fn() -> bool) -> Looked {
    let blind = |trouble| Looked { mime: by_name(&found.name).to_owned(), sha256: None, trouble: Some(trouble) };
    match read(folder, found, digest, stop) {
        Ok(looked) => looked,
        Err(error) => blind(Trouble::of(error)),
    }
}

fn read(folder: &Folder, found: &Found, digest: Option<u64>, stop: &dyn Fn() -> bool) -> io::Result<Looked> {
    let (mut file, _) = folder.read(&found.raw)?;
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    let wanted = digest.is_some_and(|most| found.size <= most);
    let sha256 = if wanted { sum(&head, &mut file, digest.unwrap_or_default(), stop)? } else { None };
    let after = fstat(&file)?;
    let same = modified(&after) == found.modified && u64::try_from(after.st_size) == Ok(found.size);
    let (sha256, trouble) = if same { (sha256, None) } else { (None, Some(Trouble::Changed)) };
    Ok(Looked { mime: mime(&head, &found.name).to_owned(), sha256, trouble })
}

/// The digest of a file of which the head has been read. Nothing for one that has grown beyond the limit, or when it is stopped.
fn sum(head: &[u8], file: &mut File, most: u64, stop: &dyn Fn() -> bool) -> io::Result<Option<String>> {
    let mut sha = Sha256::new_with_prefix(head);
    let mut left = most.saturating_sub(head.len() as u64);
    let mut buffer = vec![0; STEP];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Some(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()));
        }
        left = match left.checked_sub(count as u64) {
            Some(left) if !stop() => left,
            _ => return Ok(None),
        };
        sha.update(&buffer[..count]);
    }
}

/// What a name says of a type.
pub(super) fn by_name(name: &str) -> &'static str {
    mime_guess::from_path(name).first_raw().unwrap_or(UNKNOWN)
}

/// What first bytes and name say together. Bytes do not lie, but they may be less exact than the name: a document that is packed as an
/// archive, a picture written as text.
pub(crate) fn mime(head: &[u8], name: &str) -> &'static str {
    let named = by_name(name);
    match infer::get(head).map(|kind| kind.mime_type()) {
        Some("application/zip" | "application/x-ole-storage") if is_document(named) => named,
        Some("text/xml") if is_xml(named) => named,
        Some("text/html" | "text/x-shellscript") if is_written(named) => named,
        Some(known) => known,
        None if head.is_empty() => named,
        None if is_text(head) => {
            if is_written(named) {
                named
            } else {
                "text/plain"
            }
        }
        None if is_written(named) => UNKNOWN,
        None => named,
    }
}

fn is_document(mime: &str) -> bool {
    mime.starts_with("application/vnd.")
        || matches!(mime, "application/epub+zip" | "application/java-archive" | "application/msword")
}

fn is_xml(mime: &str) -> bool {
    mime.ends_with("+xml") || mime.ends_with("/xml")
}

/// Whether what is of this type is text that people could read.
fn is_written(mime: &str) -> bool {
    const WRITTEN: [&str; 6] = ["json", "javascript", "xml", "x-sh", "toml", "yaml"];
    mime.starts_with("text/") || is_xml(mime) || WRITTEN.iter().any(|kind| mime.ends_with(kind))
}

/// Whether bytes are text: no controls but those of lines. Letters of one byte, as windows-1251 has them, count.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], name: &str, expect: &str) {
        assert_eq!(mime(head, name), expect, "{name}");
    }

    #[test]
    fn bytes_say_more_than_names() {
        check(b"%PDF-1.7\n", "invoice.txt", "application/pdf");
        check(b"\x89PNG\r\n\x1a\n", "photo.jpg", "image/png");
        check(b"MZ\x90\0\x03", "letter.pdf", "application/vnd.microsoft.portable-executable");
        check(b"\0\x01\x02\x03", "readme.txt", "application/octet-stream");
    }

    #[test]
    fn a_name_says_more_where_the_bytes_are_common_to_many() {
        check(b"PK\x03\x04\x14\0", "sheet.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        check(b"PK\x03\x04\x14\0", "all.zip", "application/zip");
        check(b"<?xml version=\"1.0\"?><svg/>", "plan.svg", "image/svg+xml");
        check(b"{\"a\": 1}", "data.json", "application/json");
        check(b"\0\x01\x02\x03", "blob", "application/octet-stream");
    }

    #[test]
    fn text_is_told_in_every_encoding_of_one_byte() {
        check("Накладная № 5\n".as_bytes(), "note", "text/plain");
        check(b"\xcd\xe0\xea\xeb\xe0\xe4\xed\xe0\xff\r\n", "note.txt", "text/plain");
        check(b"", "empty.csv", "text/csv");
        check(b"", "empty", "application/octet-stream");
    }
}
