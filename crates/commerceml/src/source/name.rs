//! Names within an exchange: which are accepted, and in which order they are worked on.

use std::cmp::Ordering;

use crate::{Why, error::excerpt};

/// Names in a path. 1C has two.
const DEEPEST: usize = 8;

/// Bytes in one name, as file systems have it.
const LONGEST: usize = 255;

/// The path in one spelling, or why it is refused: it must be relative and stay within, with at most 8 names of at most 255 bytes. 1C may
/// write `\` for `/`.
pub(super) fn checked(path: &str) -> Result<String, Why> {
    let refused = || Why::Path(excerpt(path));
    let spelled = path.replace('\\', "/");
    let drive = spelled.as_bytes().get(1) == Some(&b':');
    if spelled.starts_with('/') || drive || spelled.contains(|character: char| character.is_control()) {
        return Err(refused());
    }
    let names: Vec<&str> = spelled.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    match names.len() > DEEPEST || names.iter().any(|name| *name == ".." || name.len() > LONGEST) {
        true => Err(refused()),
        false => Ok(names.join("/")),
    }
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// One path behind the other.
pub(super) fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

/// Whether a file of that name is looked into. Of the rest, pictures are most; those that begin with a point are notes of an operating
/// system about the file that they are named for.
pub(super) fn may_hold_rows(name: &str) -> bool {
    let lower = last(name).to_ascii_lowercase();
    let noted = lower.starts_with('.') || name.split('/').any(|folder| folder == "__MACOSX");
    !noted && [".xml", ".zip"].iter().any(|end| lower.ends_with(end))
}

/// The order of names in which `1_9` comes before `1_10`.
pub(super) fn natural(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one.as_bytes(), other.as_bytes());
    while let (Some(first), Some(second)) = (a.first(), b.first()) {
        let order = match first.is_ascii_digit() && second.is_ascii_digit() {
            true => digits(&mut a).cmp(&digits(&mut b)),
            false => {
                (a, b) = (&a[1..], &b[1..]);
                first.cmp(second)
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len()).then_with(|| one.cmp(other))
}

/// Takes the digits at the beginning, as something that is ordered like their number.
fn digits<'a>(text: &mut &'a [u8]) -> (usize, &'a [u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    let zeros = number.iter().take_while(|&&digit| digit == b'0').count();
    (number.len() - zeros, &number[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_within() {
        for (path, expected) in [
            ("", ""),
            ("goods/goods_1_1.xml", "goods/goods_1_1.xml"),
            ("goods\\goods_1_1.xml", "goods/goods_1_1.xml"),
            ("./a//b/", "a/b"),
            ("Товары/1.xml", "Товары/1.xml"),
            ("a..b/...", "a..b/..."),
        ] {
            assert_eq!(checked(path).as_deref(), Ok(expected), "{path}");
        }
        let long = "a".repeat(256);
        for path in [
            "/etc/passwd",
            "..",
            "a/../b",
            "a\\..\\..\\b",
            "\\\\host\\share",
            "C:\\a",
            "c:a",
            "a\0b",
            "a\nb",
            &long,
            "1/2/3/4/5/6/7/8/9",
        ] {
            assert!(matches!(checked(path), Err(Why::Path(_))), "{path}");
        }
    }

    #[test]
    fn numbers_in_names_are_ordered_as_numbers() {
        let mut names =
            ["goods/10/a", "goods_1_10_aa", "goods/9/b", "goods_1_2_ff", "goods_1_02", "goods", "goods_1_1_00"];

        names.sort_by(|one, other| natural(one, other));

        assert_eq!(
            names,
            ["goods", "goods/9/b", "goods/10/a", "goods_1_1_00", "goods_1_02", "goods_1_2_ff", "goods_1_10_aa"]
        );
    }

    #[test]
    fn only_xml_and_archives_are_looked_into() {
        for name in ["import.xml", "a/B.XML", "set.zip"] {
            assert!(may_hold_rows(name), "{name}");
        }
        for name in ["a.jpg", "xml", "a.xml.txt", "._import.xml", "__MACOSX/a.xml", "a/.hidden.xml"] {
            assert!(!may_hold_rows(name), "{name}");
        }
    }
}
