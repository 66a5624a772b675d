//! Which encoding a file is in.
//!
//! A byte order mark beats whatever the file says of itself; without one its declaration counts, if it stands in the first kilobyte,
//! and without that it is UTF-8. UTF-16 is known by its mark alone.

use encoding_rs::{Encoding, IBM866, KOI8_R, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

use crate::error::{Why, excerpt};

/// Bytes looked at for a declaration. Those of 1C end before the hundredth.
pub(super) const LOOKED_AT: usize = 1024;

/// What the beginning of a file says.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    pub encoding: &'static Encoding,
    /// Whether a mark decided; then a declaration may say what it likes.
    pub by_mark: bool,
    /// Bytes of the mark.
    pub mark: usize,
}

/// Chooses by the first bytes of a file, [`LOOKED_AT`] of them or all.
pub(super) fn choose(start: &[u8]) -> Result<Chosen, Why> {
    if let Some((encoding, mark)) = Encoding::for_bom(start) {
        return Ok(Chosen { encoding, by_mark: true, mark });
    }
    let encoding = match declared(start) {
        Some(label) => accepted(&label)?,
        None => UTF_8,
    };
    Ok(Chosen { encoding, by_mark: false, mark: 0 })
}

/// The encoding of that name, if 1C writes it.
pub(super) fn accepted(label: &str) -> Result<&'static Encoding, Why> {
    let known = [UTF_8, WINDOWS_1251, KOI8_R, IBM866];
    let encoding = Encoding::for_label(label.as_bytes()).filter(|encoding| known.contains(encoding));
    encoding.ok_or_else(|| Why::Encoding(excerpt(label)))
}

/// How people call it.
pub(super) fn name(encoding: &'static Encoding) -> &'static str {
    match encoding {
        _ if encoding == UTF_8 => "UTF-8",
        _ if encoding == UTF_16LE || encoding == UTF_16BE => "UTF-16",
        _ => encoding.name(),
    }
}

/// The value of `encoding="…"` in a declaration at the very beginning.
fn declared(start: &[u8]) -> Option<String> {
    let rest = start.strip_prefix(b"<?xml")?;
    let declaration = &rest[..rest.iter().position(|&byte| byte == b'>').unwrap_or(rest.len())];
    let text = String::from_utf8_lossy(declaration);
    let (_, value) = text.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value[1..].split_once(quote).map(|(label, _)| label.to_owned())
}
