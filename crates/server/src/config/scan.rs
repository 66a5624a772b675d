//! The text of an INI file as a list of assignments, each with its line.
//!
//! A value is the rest of its line, taken literally: passwords may hold backslashes, `#`, `;`, `%` and `=`. One pair of double
//! quotes around it is taken off, so that a value may begin or end with a space.

use std::{collections::HashMap, path::Path};

use super::problem::{Origin, Problems};

/// `key = value` below `[section]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// The assignments of `text`, the file at `path`; lines that cannot be read and keys that are given twice become problems.
pub(super) fn scan(text: &str, path: &Path, problems: &mut Problems) -> Vec<Assignment> {
    let mut scanner = Scanner { section: None, seen: HashMap::new(), found: Vec::new() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, content) in (1..).zip(text.lines()) {
        let origin = Origin::File { path: path.to_owned(), line };
        if let Err(problem) = scanner.line(content.trim(), &origin, line) {
            problems.add(origin, problem);
        }
    }
    scanner.found
}

/// What is wrong with a line that is no assignment. Its number finds it; its text is not repeated, since it may be a password whose
/// `=` was forgotten.
const NEITHER: &str = "is neither `[section]` nor `key = value`; comments begin with `;`";
const ABOVE: &str = "stands above the first section; put a line such as [server] before it";
const UNCLOSED: &str = "has no closing `]` at its end";

struct Scanner {
    section: Option<String>,
    /// The line of each `section.key` met so far.
    seen: HashMap<(String, String), usize>,
    found: Vec<Assignment>,
}

impl Scanner {
    fn line(&mut self, content: &str, origin: &Origin, line: usize) -> Result<(), String> {
        if content.is_empty() || content.starts_with([';', '#']) {
            return Ok(());
        }
        if let Some(rest) = content.strip_prefix('[') {
            self.section = Some(section(rest)?);
            return Ok(());
        }
        let (key, value) = content.split_once('=').ok_or(NEITHER)?;
        let section = self.section.clone().ok_or(ABOVE)?;
        let key = key.trim().to_owned();
        if let Some(first) = self.seen.insert((section.clone(), key.clone()), line) {
            return Err(format!("[{section}] {key}: given twice, first in line {first}; take one of the two out"));
        }
        self.found.push(Assignment { section, key, value: unquote(value.trim()).to_owned(), origin: origin.clone() });
        Ok(())
    }
}

fn section(rest: &str) -> Result<String, String> {
    Ok(rest.strip_suffix(']').ok_or(UNCLOSED)?.trim().to_owned())
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_text(text: &str) -> (Vec<(String, String, String)>, String) {
        let mut problems = Problems::default();
        let found = scan(text, Path::new("config.ini"), &mut problems);
        (found.into_iter().map(|a| (a.section, a.key, a.value)).collect(), problems.to_string())
    }

    fn value(text: &str) -> String {
        let (found, problems) = scan_text(&format!("[a]\n{text}\n"));
        assert_eq!(problems, "");
        found[0].2.clone()
    }

    #[test]
    fn values_are_taken_literally() {
        assert_eq!(value(r"password = a\nb;c#d%e=f"), r"a\nb;c#d%e=f");
        assert_eq!(value("k = \" x \""), " x ");
        assert_eq!(value("k = \"x"), "\"x");
        assert_eq!(value("k="), "");
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
        let (found, problems) = scan_text("\u{feff}[a]\r\nk = v\r\n");

        assert_eq!((found[0].2.as_str(), problems.as_str()), ("v", ""));
    }

    #[test]
    fn a_key_given_twice_is_refused_with_both_lines() {
        let (_, problems) = scan_text("[a]\nk = 1\n[b]\nk = 1\n[a]\nk = 2\n");

        assert_eq!(problems, "config.ini:6: [a] k: given twice, first in line 2; take one of the two out");
    }

    #[test]
    fn every_line_that_cannot_be_read_is_named() {
        let (found, problems) = scan_text("k = 1\n[a\nnonsense\n[b]\nk = 1\n");

        assert_eq!(found.len(), 1);
        let lines: Vec<_> = problems.lines().map(|line| line.split(": ").next().expect("a place")).collect();
        assert_eq!(lines, ["config.ini:1", "config.ini:2", "config.ini:3"]);
    }

    /// The beginning of such a line was once repeated, to find it by: `password hunter2` stood in the service's log.
    #[test]
    fn a_password_whose_equals_sign_was_forgotten_is_not_repeated() {
        let (_, problems) = scan_text("hunter2=\n[hunter2\n[redis]\npassword hunter2\nhunter2\n");

        assert_eq!(problems.lines().count(), 4, "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }
}
