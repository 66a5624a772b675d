//! Files that are broken or want to do harm: refused with a reason and a place, or read with problems, and never worse than that.

mod common;
#[path = "../../protocol/tests/nasty/mod.rs"]
mod nasty;

use std::io::Read;

use common::{fixtures, framed, items, refusal, refusal_within, rows, windows_1251};
use lockstep_commerceml::{Error, Found, Limits, Reader};

/// A file that has no end: its last piece comes again and again until the reader gives up.
fn endless(start: &'static str, again: &'static str) -> impl Read {
    start.as_bytes().chain(Again { piece: again.as_bytes(), at: 0 })
}

struct Again {
    piece: &'static [u8],
    at: usize,
}

impl Read for Again {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = (&self.piece[self.at..]).read(into)?;
        self.at = (self.at + read) % self.piece.len();
        Ok(read)
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused_at_its_end() {
    let text = std::fs::read_to_string(fixtures("pair/offers.xml")).expect("a fixture");
    let text = text.trim_end();
    let whole = items(text.as_bytes());

    for file in [text.as_bytes().to_vec(), windows_1251(text)] {
        for end in 0..file.len() {
            let refused = refusal(&file[..end]);
            let expected = if end == 0 { "empty" } else { "truncated" };
            assert!(refused.ends_with(expected), "{end} bytes: {refused}");
        }
        assert_eq!(items(&file[..]).len(), whole.len());
    }
}

#[test]
fn a_file_cut_off_tells_where_it_ends_and_what_came_before() {
    let file = framed("<Каталог>\n<Товары><Товар><Ид>т1</Ид></Товар>\n<Товар><Ид>т");
    let file = file.trim_end_matches("</КоммерческаяИнформация>");

    let found: Vec<_> = Reader::new("goods.xml", file.as_bytes(), &Limits::default()).collect();

    let [Ok(first), Err(Error::Refused(refusal))] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(matches!(&first.found, Found::Row(row) if row.id() == "т1"));
    let expected = "goods.xml:3:13: ends too early: it was cut off, or a piece of it did not arrive";
    assert_eq!(refusal.to_string(), expected);
}

#[test]
fn what_is_no_whole_document_is_refused() {
    for (file, expected) in [
        ("", "1:1 empty"),
        (" \n ", "2:2 truncated"),
        ("<?xml version=\"1.0\"?>", "1:22 truncated"),
        ("<!-- Каталог -->", "1:17 truncated"),
        ("это не XML", "1:1 malformed"),
        ("<Каталог/><Каталог/>", "1:11 malformed"),
        ("<Каталог/>и ещё", "1:11 malformed"),
        ("<Каталог></Товары>", "1:10 malformed"),
        ("<Каталог></Каталог></Каталог>", "1:20 malformed"),
        ("<Каталог>А & Б</Каталог>", "1:12 malformed"),
        ("<Каталог>А &Б</Каталог>", "1:12 malformed"),
        ("<Каталог><Товары а=\"1\" а=\"2\"/></Каталог>", "1:10 malformed"),
        ("<Каталог><Товары а/></Каталог>", "1:10 malformed"),
        ("<Каталог><Товары а=1/></Каталог>", "1:10 malformed"),
        ("<Каталог><![CDATA[</Каталог>", "1:29 truncated"),
        ("<Каталог><!А></Каталог>", "1:10 malformed"),
        ("<html/>", "1:1 not_commerceml"),
        ("<x:html xmlns:x=\"urn:1C.ru:commerceml_2\"/>", "1:1 not_commerceml"),
        ("{\"Каталог\": []}", "1:1 malformed"),
    ] {
        assert_eq!(refusal(file.as_bytes()), expected, "{file}");
    }
}

#[test]
fn a_document_type_is_refused_and_no_entity_expanded() {
    for doctype in [
        "<!DOCTYPE a>",
        "<!doctype a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/evil.dtd\">",
        "<!DOCTYPE a [<!ENTITY a \"ха\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]>",
        "<!DOCTYPE",
    ] {
        assert_eq!(refusal(format!("{doctype}<Каталог>&c;</Каталог>").as_bytes()), "1:1 doctype", "{doctype}");
    }
    assert_eq!(refusal("<Каталог>\n<!DOCTYPE a></Каталог>".as_bytes()), "2:1 doctype");
}

#[test]
fn what_has_no_end_is_refused_at_the_limit() {
    assert_eq!(refusal(endless("<Каталог>", "<Товары>")), "1:514 depth");
    assert_eq!(refusal(endless("<Каталог><Товары><Товар><Ид>", "много ")), "1:29 text_size");
    assert_eq!(refusal(endless("<Каталог><Товары><Товар><Ид>", "&amp;")), "1:5242909 text_size");
    assert_eq!(refusal(endless("<Каталог><Товары><Товар><Ид>", "<![CDATA[много]]>")), "1:1782598 text_size");
    assert_eq!(refusal(endless("<Каталог><Иное>", "много ")), "1:16 text_size");
    assert_eq!(refusal(endless("<Каталог>", " ")), "1:10 text_size");
    assert_eq!(refusal(endless("<Каталог ", "а=\"1\" ")), "1:1 text_size");
    assert_eq!(refusal(endless("<Каталог", "я")), "1:1 text_size");
    assert_eq!(refusal(endless("<Каталог></Каталог", " ")), "1:10 text_size");
    assert_eq!(refusal(endless("<!--", "много ")), "1:1 text_size");
    assert_eq!(refusal(endless("<?много", "много ")), "1:1 text_size");
    assert_eq!(refusal(endless("<Каталог><![CDATA[", "много ")), "1:10 text_size");
    assert_eq!(refusal(endless("<!DOCTYPE а [", "<!ENTITY а \"б\">")), "1:1 text_size");
    assert_eq!(refusal(endless("<Каталог>&", "много")), "1:10 text_size");
}

#[test]
fn a_hundred_megabytes_of_nothing_are_refused_by_size() {
    let limits = Limits { file: 1 << 20, ..Limits::default() };

    let refused = refusal_within(endless("<Каталог>", "<Товары/>"), &limits);

    assert!(refused.ends_with("file_size"), "{refused}");
}

#[test]
fn more_attributes_or_rows_than_allowed_are_refused() {
    let attributes = |count: usize| {
        let attributes: String = (0..count).map(|number| format!(" а{number}=\"1\"")).collect();
        format!("<Каталог>\n<Товары{attributes}/></Каталог>")
    };
    assert_eq!(rows(attributes(64).as_bytes()), []);
    assert_eq!(refusal(attributes(65).as_bytes()), "2:1 attributes");

    let limits = Limits { rows: 1_000, ..Limits::default() };
    let refused = refusal_within(endless("<Каталог><Товары>", "<Товар><Ид>т</Ид></Товар>\n"), &limits);
    assert_eq!(refused, "1001:18 rows");
}

#[test]
fn depth_is_counted_up_to_the_limit_and_groups_may_lie_as_deep() {
    let nested = |count: usize| {
        let inner = (0..count).map(|number| format!("<Группы><Группа><Ид>{number}</Ид>")).collect::<String>();
        framed(&format!("<Классификатор>{inner}{}</Классификатор>", "</Группа></Группы>".repeat(count)))
    };

    assert_eq!(rows(nested(30).as_bytes()).len(), 30);
    assert!(refusal(nested(31).as_bytes()).ends_with("depth"));
}

#[test]
fn a_disk_that_fails_is_no_fault_of_the_file() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::TimedOut.into())
        }
    }
    let file = "<Каталог><Товары>".as_bytes().chain(Failing);

    let found = Reader::new("goods.xml", file, &Limits::default()).survey();

    assert!(matches!(&found, Err(Error::Io { name, .. }) if name == "goods.xml"), "{found:?}");
}

/// Pieces that have broken readers of XML before; the mutator cuts them into each other and into whole files.
const PIECES: [&str; 24] = [
    "<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "<?xml",
    "<!DOCTYPE а [<!ENTITY б \"в\">]>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&",
    "&#0;",
    "&#xD800;",
    "&#x110000;",
    "&б;",
    "</",
    "/>",
    "<:>",
    "< а>",
    "<а:б:в xmlns:а=\"\"/>",
    "<Товар Статус=\"Удален\" Статус='Удален'>",
    "<Группы><Группа><Ид>г</Ид>",
    "<Предложение><Ид>#</Ид><Цены><Цена>",
    "<Склад ИдСклада=\"&б;\" КоличествоНаСкладе=\"1e99\"/>",
    "<Документ><Товары><Товар>",
    "<ВариантыЗначений><Справочник>",
];

/// Whatever comes, it ends in an end or an error with a place, with items counted from 1 on, twice the same.
fn survives(input: &[u8]) {
    let read = || Reader::new("file.xml", input, &Limits::default()).collect::<Vec<_>>();
    let (found, again) = (read(), read());

    assert_eq!(format!("{found:?}"), format!("{again:?}"));
    let (last, before) = found.split_last().expect("an end or an error");
    for (number, item) in before.iter().enumerate() {
        let item = item.as_ref().expect("an error is the last");
        assert_eq!(item.ordinal, number as u64 + 1);
        assert!(!matches!(item.found, Found::End(_)), "an end is the last");
    }
    match last {
        Ok(item) => assert!(matches!(item.found, Found::End(_)), "cut off without a word"),
        Err(Error::Refused(refusal)) => assert!(refusal.place.is_some(), "{refusal}"),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn no_input_makes_the_reader_panic_or_end_without_a_word() {
    let files =
        ["pair/offers.xml", "old/import.xml", "folders/rests/rests_1_1_e1.xml", "folders/groups/groups_1_1_a1.xml"];
    let files = files.map(|file| std::fs::read_to_string(fixtures(file)).expect("a fixture"));
    let encoded = files.iter().map(|file| windows_1251(file));
    let wide = files
        .iter()
        .map(|file| [0xff, 0xfe].into_iter().chain(file.encode_utf16().flat_map(u16::to_le_bytes)).collect());
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| file.clone().into_bytes()).chain(encoded).chain(wide).collect();
    let seeds: Vec<&[u8]> =
        seeds.iter().map(Vec::as_slice).chain(PIECES.iter().map(|piece| piece.as_bytes())).collect();

    for mutant in nasty::bytes(&seeds, 20_000) {
        survives(&mutant);
    }
}
