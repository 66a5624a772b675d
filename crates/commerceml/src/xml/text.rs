//! The text of an element, from the pieces that the parser gives.

use quick_xml::{XmlVersion, events::BytesRef};

/// Text that XML's own rules and the database both accept.
#[derive(Default)]
pub(super) struct Text {
    kept: String,
    /// Bytes seen, kept or not.
    size: usize,
    controls: bool,
}

impl Text {
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.size = 0;
        self.controls = false;
    }

    /// Adds a piece; `wanted` says whether anybody will read it. Returns how many bytes the whole has by now.
    pub(super) fn add(&mut self, piece: &str, wanted: bool) -> usize {
        self.size += piece.len();
        if wanted {
            match has_controls(piece) {
                false => self.kept.push_str(piece),
                true => self.add_cleaned(piece),
            }
        }
        self.size
    }

    /// Without the blanks around it.
    pub(super) fn trimmed(&self) -> &str {
        self.kept.trim()
    }

    /// Whether something had to be left out.
    pub(super) fn had_controls(&self) -> bool {
        self.controls
    }

    /// Line ends become `\n` as XML demands; other control characters go: PostgreSQL refuses a whole batch for one NUL.
    fn add_cleaned(&mut self, piece: &str) {
        let mut characters = piece.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' if characters.peek() == Some(&'\n') => {}
                '\r' => self.kept.push('\n'),
                '\t' | '\n' => self.kept.push(character),
                '\0'..' ' => self.controls = true,
                _ => self.kept.push(character),
            }
        }
    }
}

/// What a reference such as `&amp;` or `&#1080;` stands for, if XML itself knows it.
pub(super) fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    match reference.is_char_ref() {
        true => reference.resolve_char_ref().ok().flatten(),
        false => match reference.xml10_content().as_ref() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "apos" => Some('\''),
            "quot" => Some('"'),
            _ => None,
        },
    }
}

/// The value of an attribute, its references resolved; `None` if one of them is unknown.
pub(super) fn attribute_value(attribute: &quick_xml::events::attributes::Attribute<'_>) -> Option<String> {
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// Whether a piece has anything but text, tabs and line feeds. Without early end, so that many bytes are looked at in one step.
fn has_controls(piece: &str) -> bool {
    piece.bytes().fold(false, |found, byte| found | (byte < b' ' && byte != b'\n' && byte != b'\t'))
}
