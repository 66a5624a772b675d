//! Reading that was broken off goes on where it was, and says how far it is.

mod common;

use std::fs;

use common::{fixtures, refused};
use lockstep_commerceml::{Cursor, Limits, Source};

#[test]
fn reading_goes_on_from_any_cursor_with_exactly_what_remains() {
    for layout in ["pair", "folders"] {
        let source = Source::open(&fixtures(layout), "", &Limits::default()).expect("a fixture");
        for part in source.parts() {
            let all: Vec<_> = source.read(part).expect("readable").map(|item| item.expect("whole")).collect();
            for done in 0..=all.len() {
                let cursor = Cursor { part: part.name().to_owned(), ordinal: done as u64 };
                let cursor: Cursor = cursor.to_string().parse().expect("a cursor");

                let rest: Vec<_> = source.resume(&cursor).expect("readable").map(|item| item.expect("whole")).collect();

                assert_eq!(rest, all[done..], "{cursor}");
            }
        }
    }
}

#[test]
fn problems_are_counted_by_cursors_as_rows_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let goods =
        "<Каталог><Товары><Товар/><Товар><Ид>1</Ид></Товар><Товар/><Товар><Ид>2&x;</Ид></Товар></Товары></Каталог>";
    fs::write(folder.path().join("goods.xml"), goods).expect("written");
    let source = Source::open(folder.path(), "", &Limits::default()).expect("a source");
    let all: Vec<_> = source.read(&source.parts()[0]).expect("readable").map(|item| item.expect("whole")).collect();
    assert_eq!(all.len(), 6, "three problems, two rows, an end");

    for done in 0..=6 {
        let cursor = Cursor { part: "goods.xml".to_owned(), ordinal: done as u64 };
        let rest: Vec<_> = source.resume(&cursor).expect("readable").map(|item| item.expect("whole")).collect();
        assert_eq!(rest, all[done..]);
    }
    let gone = Cursor { part: "offers.xml".to_owned(), ordinal: 0 };
    assert_eq!(refused(source.resume(&gone).map(drop)), "offers.xml: missing");
    assert!("goods.xml".parse::<Cursor>().is_err() && "goods.xml#x".parse::<Cursor>().is_err());
}

#[test]
fn progress_never_falls_and_reaches_the_size() {
    let source = Source::open(&fixtures("pair"), "", &Limits::default()).expect("a fixture");
    let part = &source.parts()[0];
    let mut reader = source.read(part).expect("readable");

    let mut before = 0;
    while let Some(item) = reader.next() {
        item.expect("whole");
        assert!(reader.bytes() >= before);
        before = reader.bytes();
    }

    assert_eq!(before, part.size());
}
