//! Names as bytes, written as text that can be kept, shown, sorted and read back.
//!
//! Most names are UTF-8 and stand for themselves. What is not, what would not show, and the backslash itself are escaped
//! (`report\xff.pdf`), so every name has one text and every text one name. A directory is the names on the way to it, with [`STEP`]
//! between: no name holds it and nothing a name holds sorts before it, so directories sort parent before child, subtree after subtree.

/// Between the names on the way to a directory.
pub(crate) const STEP: char = '\u{1}';

/// Sorts after every name in a directory.
pub(crate) const END: &str = "\u{10ffff}";

/// Behind a directory: sorts after all that is in it, however deep, and before all that comes next.
const BEYOND: char = '\u{2}';

/// A name as text. One that needs no escape, which is nearly every one, is itself.
pub(crate) fn encode(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                _ if is_hidden(letter) => escape(letter.encode_utf8(&mut [0; 4]).as_bytes(), &mut text),
                _ => text.push(letter),
            }
        }
        escape(chunk.invalid(), &mut text);
    }
    text
}

/// The name that was written so. `None` where nothing is written so.
#[cfg(test)]
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        name.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        rest = match rest.strip_prefix('\\') {
            Some(after) => {
                name.push(b'\\');
                after
            }
            None => {
                let digits = rest.strip_prefix('x')?.get(..2)?;
                name.push(u8::from_str_radix(digits, 16).ok()?);
                &rest[3..]
            }
        };
    }
    name.extend_from_slice(rest.as_bytes());
    Some(name)
}

/// The directory of that name in `directory`.
pub(crate) fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}{STEP}{name}") }
}

/// The place behind a directory and all that is in it.
pub(crate) fn beyond(directory: &str) -> String {
    format!("{directory}{BEYOND}")
}

/// A directory as people read it, from the folder that was opened first; that one is nothing.
pub(crate) fn shown(directory: &str) -> String {
    directory.replace(STEP, "/")
}

/// Letters that move or hide what stands beside them, so that a name would look like another, and those that stand for something here.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{10ffff}')
}

fn escape(bytes: &[u8], text: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push_str("\\x");
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &[u8], expect: &str) {
        assert_eq!(encode(name), expect);
        assert_eq!(decode(expect).as_deref(), Some(name), "{expect} leads back");
    }

    #[test]
    fn every_name_has_one_text_and_leads_back_to_its_bytes() {
        check("Счёт № 7.pdf".as_bytes(), "Счёт № 7.pdf");
        check(b"report\xff.pdf", "report\\xff.pdf");
        check(b"report\\xff.pdf", "report\\\\xff.pdf");
        check(b"a\nb\x01\x7f", "a\\x0ab\\x01\\x7f");
        check(b"\xd0", "\\xd0");
        check("\u{202e}fdp.exe".as_bytes(), "\\xe2\\x80\\xaefdp.exe");
        check(END.as_bytes(), "\\xf4\\x8f\\xbf\\xbf");
    }

    #[test]
    fn what_was_never_written_leads_nowhere() {
        for text in ["\\", "\\x", "\\x1", "\\xzz", "\\y00", "\\xя"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn directories_sort_parent_first_and_subtree_after_subtree() {
        let deep = below(&below("", "a"), "я");
        let mut sorted = [beyond("a"), "a b".to_owned(), String::new(), deep.clone(), "a".to_owned(), "b".to_owned()];
        sorted.sort();

        assert_eq!(sorted, [String::new(), "a".to_owned(), deep, beyond("a"), "a b".to_owned(), "b".to_owned()]);
    }
}
