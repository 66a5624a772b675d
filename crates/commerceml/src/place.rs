//! Where in a file something stands, as an editor shows it.

use std::fmt;

/// Line and column, both counted from 1; columns are characters, and a byte order mark is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
}

impl Place {
    /// Where every file begins.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place behind these bytes, which begin here. They need not be whole UTF-8.
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let last = bytes.iter().rposition(|&byte| byte == b'\n').map_or(bytes, |end| &bytes[end + 1..]);
        let characters = last.iter().filter(|&&byte| !is_continuation(byte)).count() as u64;
        match lines {
            0 => Self { line: self.line, column: self.column + characters },
            _ => Self { line: self.line + lines, column: 1 + characters },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Whether the byte goes on with a character of UTF-8 that began before it.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_and_bytes_do_not() {
        let place = Place::START.after("<Ид>\r\nцена".as_bytes());

        assert_eq!(place.to_string(), "2:5");
        assert_eq!(place.after("ы <".as_bytes()).to_string(), "2:8");
    }
}
